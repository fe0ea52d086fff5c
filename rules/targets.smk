"""What a complete run makes and keeps; a kept file that is deleted is made again.

Temporary files (trimmed reads, alignments) are not listed: they come and go with their jobs.
"""


def get_reference_results():
    """Files of each assembly; the transcripts' index only where reads are counted."""
    kept = {a: ["genes.tsv", "promoters.fa"] for a in ASSEMBLIES}
    for a in set(ASSEMBLIES) - set(ARRAY_ASSEMBLIES):
        kept[a] += ["genome.fa", "transcripts.tsv"]
    return (
        [out(f"reference/{a}/{file}") for a in ASSEMBLIES for file in kept[a]]
        + [
            out(f"reference/{a}/kallisto.idx")
            for a in ASSEMBLIES
            if get_samples("rna", assembly=a, entry="reads")
        ]
        + [
            out(f"reference/{a}/bowtie/genome.{part}.ebwt")
            for a in ASSEMBLIES
            if get_samples("hichip", assembly=a, entry="reads")
            for part in BOWTIE_PARTS
        ]
    )


def get_expression_results():
    """Counts per sample and gene, expression per cell line."""
    samples = [
        f"{get_sample_value(sample, 'assembly')}/kallisto/{sample}/abundance.tsv"
        for sample in get_samples("rna", entry="reads")
    ]
    tables = [
        f"{a}/{table}.tsv" for a in ASSEMBLIES for table in ("counts", "expression")
    ]
    return [out(f"expression/{path}") for path in samples + tables]


def get_hichip_results():
    """Pairs, contacts and QC per sample; loops and signal per cell line."""
    samples = get_paired_samples()
    kept = ["pairs.gz", "qc.tsv", "contacts.tsv.gz", "depth.tsv.gz"]
    kept += ["pairs.mcool"] if config["hichip"]["mcool"] else []
    files = [f"hichip/{s}/{file}" for s in samples for file in kept]
    if config["hichip"]["keep_trimmed"]:
        files += [
            f"hichip/{s}/{unit}.R{mate}.fastq.gz"
            for s in get_samples("hichip", entry="reads")
            for unit in get_units(s)
            for mate in (1, 2)
        ]
    if samples:
        files += ["hichip/trimming_mqc.tsv", "hichip/pairs_mqc.tsv"]
    kept = [
        "contacts.bedpe",
        "loops.bedpe",
        "loops.interact.bed",
        "loops.longrange.txt",
    ]
    kept += ["qc.tsv"]
    files += [f"loops/{line}/{file}" for line in CALLED_LINES for file in kept]
    return [out(file) for file in files] + list(get_signals().values())


def get_feature_results():
    """Datasets and splits."""
    splits = [f"{a}/splits/{SCHEME}-K{k}.tsv" for a in ASSEMBLIES for k in FOLDS]
    return [out(f"features/{path}") for path in splits] + get_datasets()


def get_model_results():
    """Predictions and bundles of networks and baselines, and what is said of them."""
    predictions = get_prediction_files()
    bundles = [path.replace("predictions.tsv", "bundle") for path in predictions]
    tables = [out(f"evaluation/{table}.tsv") for table in ("metrics", "tests")]
    if get_cross_files():
        tables += [
            out(f"evaluation/cross_{table}.tsv") for table in ("metrics", "tests")
        ]
    return predictions + bundles + get_cross_files() + tables


def get_motif_results():
    """Motifs and their matches."""
    kinds = [(line, "filters") for line in CELL_LINES]
    kinds += [(line, "attribution") for line in get_attribution_lines()]
    kinds += [(line, "enhancers") for line in LOOP_LINES]
    return [
        out(f"motifs/{line}/{kind}.{suffix}")
        for line, kind in kinds
        for suffix in ("meme", "tomtom.tsv", "summary.tsv")
    ]


def get_figure_results():
    """Figures with their tables, and the pages of summary and quality."""
    stems = [*PLATES, "benchmarks"]
    figures = [
        out(f"figures/{stem}.{suffix}")
        for stem in stems
        for suffix in [*FORMATS, "tsv"]
    ]
    pages = [
        out(f"{page}.{end}")
        for page in ("summary", "quality")
        for end in ("tsv", "html")
    ]
    return figures + pages + get_tool_versions()


def get_targets():
    """Everything a complete run makes and keeps."""
    return [
        *get_reference_results(),
        *get_expression_results(),
        *get_hichip_results(),
        *get_feature_results(),
        *get_model_results(),
        *get_motif_results(),
        *get_figure_results(),
    ]


def get_kept_paths():
    """What a complete run keeps, as paths under the results folder."""
    return [path.removeprefix(out("")) for path in get_targets()]
