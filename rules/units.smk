"""Samples and units of the sheets: what each enters with, as inputs and options of rules."""


def get_unit(wildcards):
    """The sheet's row of one unit."""
    chosen = (UNITS["sample"] == wildcards.sample) & (UNITS["unit"] == wildcards.unit)
    return UNITS[chosen].iloc[0]


def get_unit_file(sample):
    """The file of a sample that has one unit with one file."""
    (row,) = UNITS[UNITS["sample"] == sample].to_dict("records")
    (path,) = files_of(row).values()
    return path


def get_contact_map(wildcards):
    """The contact map of a sample as its sheet names it: FILE, or FILE::/GROUP."""
    return UNITS.loc[UNITS["sample"] == wildcards.sample, "contacts"].iloc[0]


def get_rna_reads(wildcards):
    """All FASTQ of an RNA-seq sample, mates of one unit side by side."""
    rows = UNITS[UNITS["sample"] == wildcards.sample]
    return [path for pair in zip(rows["fq1"], rows["fq2"]) for path in pair if path]


def get_mate_options(wildcards):
    """The same files as options: --fq1 ... --fq2 ..."""
    rows = UNITS[UNITS["sample"] == wildcards.sample]
    second = [path for path in rows["fq2"] if path]
    return ["--fq1", *rows["fq1"], *(["--fq2", *second] if second else [])]


def get_strandedness(wildcards):
    """As which strand the reads of a sample are read."""
    return RUN.sample_value(wildcards.sample, "strandedness") or "unstranded"


def get_read_counts(assembly):
    """Tables of how many reads there are, of the samples that are counted here."""
    return {
        sample: out(f"expression/{assembly}/reads/{sample}.tsv")
        for sample in RUN.samples_of("rna", assembly=assembly, entry="reads")
    }


def get_abundance(assembly):
    """kallisto's abundance.tsv by sample, counted here or given."""
    return {
        sample: (
            out(f"expression/{assembly}/kallisto/{sample}/abundance.tsv")
            if RUN.entry[sample] == "reads"
            else get_unit_file(sample)
        )
        for sample in RUN.samples_of("rna", assembly=assembly)
        if RUN.entry[sample] != "expression"
    }


def get_gene_tables(assembly):
    """Given tables of values per gene, by sample."""
    samples = RUN.samples_of("rna", assembly=assembly, entry="expression")
    return {sample: get_unit_file(sample) for sample in samples}


def get_sample_paths(samples, paths, column="cell_line"):
    """CELL_LINE:SAMPLE:PATH of each sample, as verbs take files whose cell line (or pool) counts."""
    lines = [RUN.sample_value(sample, column) for sample in samples]
    return [":".join(item) for item in zip(lines, samples, paths)]


def get_sample_options(option, files):
    """The same as options, of files by sample."""
    return [f"--{option}={item}" for item in get_sample_paths(files, files.values())]


def get_compared_samples(wildcards):
    """HiChIP samples of the two cell lines whose loops are compared."""
    lines = RUN.differential[wildcards.pair]
    return [sample for line in lines for sample in RUN.samples_of("hichip", line)]


def get_value_columns(samples):
    """Options that name the column of values, where the unit sheet does."""
    columns = UNITS.drop_duplicates("sample").set_index("sample")["value_column"]
    return [f"--value-column={s}={columns[s]}" for s in samples if columns[s]]


def get_loop_options(pool):
    """Options of import-loops: the table of each sample, and its column of counts."""
    samples = RUN.samples_of("hichip", pool=pool)
    tables = [f"--table={s}={get_unit_file(s)}" for s in samples]
    return tables + get_value_columns(samples)


def get_rows_table(cell_line=None, assembly=None):
    """The table of genes whose rows an array has."""
    samples = RUN.samples_of("rna", cell_line, assembly, entry="expression")
    return get_unit_file(samples[0])


def get_bin_options(cell_line):
    """Options of the verb dataset for a cell line whose bins are given."""
    if cell_line not in RUN.bin_lines:
        return []
    (sample,) = RUN.samples_of("hichip", cell_line)
    rows = get_rows_table(cell_line)
    return [f"--bin-array={get_unit_file(sample)}", f"--bin-rows={rows}"]


def get_signal_options(cell_line):
    """Options of the verb dataset: the loops of a cell line, or of each of its targets."""
    if marks := RUN.marks(cell_line):
        return [
            f"--target-signal={target}={out(f'loops/{pool}/signal.tsv')}"
            for target, pool in marks.items()
        ]
    if cell_line in RUN.loop_lines:
        return [f"--signal={out(f'loops/{cell_line}/signal.tsv')}"]
    return []


def get_bams(mate):
    """An input function: the BAM of one mate of all units, mapped here or given."""
    return lambda w: [
        (
            unit[f"bam{mate}"]
            if RUN.entry[w.sample] == "bam"
            else out(f"hichip/{w.sample}/{unit['unit']}.R{mate}.bam")
        )
        for unit in UNITS[UNITS["sample"] == w.sample].to_dict("records")
        if RUN.entry[w.sample] in ("reads", "bam")
    ]


def get_given_pairs(wildcards):
    """Pairs files of a sample that enters with them."""
    rows = UNITS[UNITS["sample"] == wildcards.sample]
    return [path for path in rows["pairs"] if path]


def get_blacklist(wildcards):
    """The blacklist of a sample's assembly, where there is one."""
    assembly = RUN.sample_value(wildcards.sample, "assembly")
    path = config["assemblies"][assembly]["blacklist"]
    return [path] if path else []


def get_trim_stats(wildcards):
    """Counts of the trimming, where it is done here."""
    if RUN.entry[wildcards.sample] != "reads":
        return []
    return [
        out(f"hichip/{wildcards.sample}/{unit}.trim.tsv")
        for unit in RUN.units_of(wildcards.sample)
    ]


def get_anchors(wildcards):
    """BED of the anchors, given or called; none for bins."""
    if config["hichip"]["anchors"] != "macs":
        return config["hichip"]["anchors"] or []
    return out(f"hichip/peaks.{RUN.sample_value(wildcards.sample, 'pool')}.bed")
