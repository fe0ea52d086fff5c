"""HiChIP: trimming at the ligation junction, bowtie, pairs, contacts.

REQUIRED INPUTS: FASTQ, BAM, pairs, contact maps or loops of the hichip samples; reference/{assembly}/bowtie/,
chrom.sizes.
OUTPUTS: hichip/{sample}/ {unit}.trim.tsv, pairs.gz, qc.tsv, contacts.tsv.gz, depth.tsv.gz,
pairs.mcool (on request); hichip/concordance.{assembly}.tsv and .qc.tsv; hichip/qc.assembly-{assembly}.tsv, hichip/qc.cell_line-{cell_line}.tsv,
hichip/trimming_mqc.tsv, hichip/pairs_mqc.tsv.
"""

from deepexpr.hichip.sections import (
    ConcordanceSection,
    ContactSection,
    PairSection,
    TrimSection,
)

BOWTIE_INDEX = lambda w: [
    get_sample_reference(f"bowtie/{file}")(w)
    for file in RUN.bowtie_files(RUN.sample_value(w.sample, "assembly"))
]


if config["hichip"]["keep_trimmed"]:

    rule trim_unit:
        """Cut the reads of one unit at the ligation junction and keep them."""
        input:
            r1=lambda w: get_unit(w)["fq1"],
            r2=lambda w: get_unit(w)["fq2"],
        output:
            r1=out("hichip/{sample}/{unit}.R1.fastq.gz"),
            r2=out("hichip/{sample}/{unit}.R2.fastq.gz"),
            stats=out("hichip/{sample}/{unit}.trim.tsv"),
        log:
            out("logs/hichip/{sample}.{unit}.trim_unit.log"),
        benchmark:
            out("benchmarks/hichip/{sample}.{unit}.trim_unit.tsv")
        conda:
            "../envs/deepexpr.yaml"
        params:
            enzyme=lambda w: RUN.sample_value(w.sample, "enzyme"),
            settings=get_settings("hichip", TrimSection),
        shell:
            "python -m deepexpr trim --r1 {input.r1:q} --r2 {input.r2:q} --enzyme {params.enzyme:q}"
            " --settings {params.settings:q}"
            " --out-r1 {output.r1:q} --out-r2 {output.r2:q} --stats {output.stats:q} 2> {log:q}"

    rule map_mate:
        """Map one mate alone with bowtie 1; unique alignments only, order kept."""
        input:
            reads=out("hichip/{sample}/{unit}.R{mate}.fastq.gz"),
            index=BOWTIE_INDEX,
        output:
            temp(out("hichip/{sample}/{unit}.R{mate}.bam")),
        log:
            out("logs/hichip/{sample}.{unit}.R{mate}.map_mate.log"),
        benchmark:
            out("benchmarks/hichip/{sample}.{unit}.R{mate}.map_mate.tsv")
        conda:
            "../envs/bowtie.yaml"
        threads: config["resources"]["bowtie_threads"]
        params:
            prefix=lambda w, input: input.index[0].partition(".1.ebwt")[0],
            options=config["hichip"]["bowtie_options"],
        shell:
            "(set -o pipefail; bowtie {params.options} -p {threads} --reorder -S -x {params.prefix:q}"
            " -q {input.reads:q} | samtools view -b -1 -o {output:q} -) 2> {log:q}"

else:

    rule map_unit:
        """Cut the mates of one unit at the junction and map each alone as they come: bowtie 1,
        unique alignments only, order kept. Trimmed reads pass through pipes, not the disk.
        """
        input:
            r1=lambda w: get_unit(w)["fq1"],
            r2=lambda w: get_unit(w)["fq2"],
            index=BOWTIE_INDEX,
        output:
            bam1=temp(out("hichip/{sample}/{unit}.R1.bam")),
            bam2=temp(out("hichip/{sample}/{unit}.R2.bam")),
            stats=out("hichip/{sample}/{unit}.trim.tsv"),
        log:
            out("logs/hichip/{sample}.{unit}.map_unit.log"),
        benchmark:
            out("benchmarks/hichip/{sample}.{unit}.map_unit.tsv")
        conda:
            "../envs/mapping.yaml"
        threads: config["resources"]["bowtie_threads"]
        params:
            enzyme=lambda w: RUN.sample_value(w.sample, "enzyme"),
            settings=get_settings("hichip", TrimSection),
            options=config["hichip"]["bowtie_options"],
            prefix=lambda w, input: input.index[0].partition(".1.ebwt")[0],
            threads=lambda w, threads: max(1, threads // 2),
        shell:
            # The commands are texts for another shell: names of files reach it as variables.
            # PYTHONPATH is the workflow's folder (rules/common.smk); as a parameter it would map
            # everything again in a copied run.
            "(pipes=$(mktemp -d) && export pipes r1={input.r1:q} r2={input.r2:q}"
            " enzyme={params.enzyme:q} stats={output.stats:q} index={params.prefix:q}"
            " settings={params.settings:q}"
            " bam1={output.bam1:q} bam2={output.bam2:q}"
            ' && mkfifo "$pipes/1" "$pipes/2"'
            ' && trap \'rm -rf "$pipes"\' EXIT && bash "$PYTHONPATH/scripts/run_together.sh"'
            ' \'python -m deepexpr trim --r1 "$r1" --r2 "$r2" --enzyme "$enzyme"'
            ' --settings "$settings" --out-r1 "$pipes/1" --out-r2 "$pipes/2" --stats "$stats"\''
            " 'bowtie {params.options} -p {params.threads} --reorder -S"
            ' -x "$index" -q "$pipes/1" | samtools view -b -1 -o "$bam1" -\''
            " 'bowtie {params.options} -p {params.threads} --reorder -S"
            ' -x "$index" -q "$pipes/2" | samtools view -b -1 -o "$bam2" -\''
            ") 2> {log:q}"


rule join_pairs:
    """Join the mates of all units of a sample, drop duplicates, classify, sort."""
    input:
        bam1=get_bams(1),
        bam2=get_bams(2),
        pairs=get_given_pairs,
        stats=get_trim_stats,
        sizes=get_sample_reference("chrom.sizes"),
        aliases=lambda w: get_alias_file(RUN.sample_value(w.sample, "assembly")),
        blacklist=get_blacklist,
    output:
        pairs=out("hichip/{sample}/pairs.gz"),
        qc=out("hichip/{sample}/qc.tsv"),
    log:
        out("logs/hichip/{sample}.join_pairs.log"),
    benchmark:
        out("benchmarks/hichip/{sample}.join_pairs.tsv")
    wildcard_constraints:
        sample=get_alternatives(set(SAMPLES["sample"]) - set(RUN.map_samples)),
    conda:
        "../envs/deepexpr.yaml"
    params:
        files=lambda w, input: [
            *[f"--bam1={path}" for path in input.bam1],
            *[f"--bam2={path}" for path in input.bam2],
            *[f"--pairs={path}" for path in input.pairs],
            *[f"--trim-stats={path}" for path in input.stats],
            *get_alias_option(RUN.sample_value(w.sample, "assembly")),
            *[f"--blacklist={path}" for path in input.get("blacklist", [])],
        ],
        settings=get_settings("hichip", PairSection),
    shell:
        "python -m deepexpr pairs {params.files:q}"
        " --sample {wildcards.sample:q} --chrom-sizes {input.sizes:q}"
        " --settings {params.settings:q}"
        " --output {output.pairs:q} --qc {output.qc:q} 2> {log:q}"


rule import_contacts:
    """Take contacts and depths from a contact map of another program."""
    input:
        map=lambda w: get_unit_file(w.sample),
        sizes=get_sample_reference("chrom.sizes"),
        aliases=lambda w: get_alias_file(RUN.sample_value(w.sample, "assembly")),
    output:
        contacts=out("hichip/{sample}/contacts.tsv.gz"),
        depth=out("hichip/{sample}/depth.tsv.gz"),
        qc=out("hichip/{sample}/qc.tsv"),
    log:
        out("logs/hichip/{sample}.import_contacts.log"),
    wildcard_constraints:
        sample=get_alternatives(RUN.map_samples),
    conda:
        "../envs/deepexpr.yaml"
    params:
        map=get_contact_map,
        aliases=lambda w: get_alias_option(RUN.sample_value(w.sample, "assembly")),
        settings=get_settings("hichip", ContactSection),
    shell:
        "python -m deepexpr import-contacts --map {params.map:q} --sample {wildcards.sample:q}"
        " --chrom-sizes {input.sizes:q} {params.aliases:q} --settings {params.settings:q}"
        " --output {output.contacts:q} --depth {output.depth:q} --qc {output.qc:q} 2> {log:q}"


rule write_mcool:
    """Bin the pairs at several resolutions, for HiGlass (only with hichip.mcool)."""
    input:
        pairs=out("hichip/{sample}/pairs.gz"),
        sizes=get_sample_reference("chrom.sizes"),
    output:
        out("hichip/{sample}/pairs.mcool"),
    log:
        out("logs/hichip/{sample}.write_mcool.log"),
    conda:
        "../envs/cooler.yaml"
    params:
        resolution=config["hichip"]["resolution"],
        need=get_tool_check("cooler", "hichip.mcool", "false"),
    shell:
        "({params.need} cool={output:q}.cool && trap 'rm -f \"$cool\"' EXIT"
        " && cooler cload pairs -c1 2 -p1 3 -c2 4 -p2 5 {input.sizes:q}:{params.resolution}"
        ' {input.pairs:q} "$cool"'
        ' && cooler zoomify --out {output:q} "$cool") 2> {log:q}'


rule call_peaks:
    """Call peaks of the mate ends of a pool of replicates, to be anchors (only with hichip.anchors: macs)."""
    input:
        pairs=get_replicates("pairs.gz"),
        sizes=lambda w: out(f"reference/{RUN.assembly[RUN.pools[w.pool]]}/chrom.sizes"),
    output:
        peaks=out("hichip/peaks.{pool}.bed"),
        ends=temp(out("hichip/ends.{pool}.bed.gz")),
        folder=temp(directory(out("hichip/macs.{pool}"))),
    log:
        out("logs/hichip/{pool}.call_peaks.log"),
    benchmark:
        out("benchmarks/hichip/{pool}.call_peaks.tsv")
    conda:
        "../envs/macs.yaml"
    params:
        need=get_tool_check("macs3", "hichip.anchors", "null, or to a BED of peaks"),
        options=config["hichip"]["macs_options"],
    shell:
        "({params.need} python -m deepexpr ends --pairs {input.pairs:q} --output {output.ends:q}"
        # MACS takes the mappable part of the genome; nine tenths is usual.
        " && size=$(awk '{{n += $2}} END {{printf \"%d\", 0.9 * n}}' {input.sizes:q})"
        ' && macs3 callpeak -t {output.ends:q} -f BED -g "$size" {params.options}'
        " -n anchors --outdir {output.folder:q}"
        " && cut -f 1-3 {output.folder:q}/anchors_peaks.narrowPeak > {output.peaks:q}) 2> {log:q}"


rule count_contacts:
    """Count the pairs between anchors, and the reads in each anchor."""
    input:
        pairs=out("hichip/{sample}/pairs.gz"),
        anchors=get_anchors,
    output:
        contacts=out("hichip/{sample}/contacts.tsv.gz"),
        depth=out("hichip/{sample}/depth.tsv.gz"),
    log:
        out("logs/hichip/{sample}.count_contacts.log"),
    benchmark:
        out("benchmarks/hichip/{sample}.count_contacts.tsv")
    wildcard_constraints:
        sample=get_alternatives(set(SAMPLES["sample"]) - set(RUN.map_samples)),
    conda:
        "../envs/deepexpr.yaml"
    params:
        anchors=lambda w, input: (
            [f"--anchors={input.anchors}"] if input.anchors else []
        ),
        settings=get_settings("hichip", ContactSection),
    shell:
        "python -m deepexpr contacts --pairs {input.pairs:q} {params.anchors:q}"
        " --settings {params.settings:q}"
        " --output {output.contacts:q} --depth {output.depth:q} 2> {log:q}"


rule compare_samples:
    """Stratum-adjusted correlation of the contact maps of all samples of an assembly."""
    input:
        lambda w: [
            out(f"hichip/{s}/pairs.gz") for s in RUN.compared_samples(w.assembly)
        ],
    output:
        table=out("hichip/concordance.{assembly}.tsv"),
        qc=out("hichip/concordance.{assembly}.qc.tsv"),
    log:
        out("logs/hichip/{assembly}.compare_samples.log"),
    benchmark:
        out("benchmarks/hichip/{assembly}.compare_samples.tsv")
    conda:
        "../envs/deepexpr.yaml"
    params:
        pairs=lambda w, input: get_sample_paths(
            RUN.compared_samples(w.assembly), input, "pool"
        ),
        settings=get_settings("hichip", ConcordanceSection),
    shell:
        "python -m deepexpr concordance --pairs {params.pairs:q} --settings {params.settings:q}"
        " --output {output.table:q} --qc {output.qc:q} 2> {log:q}"


rule write_multiqc:
    """Sections for MultiQC: `multiqc results` finds them beside the tools' own logs."""
    input:
        lambda w: [out(f"hichip/{s}/qc.tsv") for s in RUN.paired_samples()],
    output:
        trimming=out("hichip/trimming_mqc.tsv"),
        pairs=out("hichip/pairs_mqc.tsv"),
    log:
        out("logs/hichip/write_multiqc.log"),
    localrule: True
    conda:
        "../envs/deepexpr.yaml"
    script:
        "../scripts/write_multiqc.py"


rule gather_hichip_qc:
    """Put the QC counts of all samples of an assembly, or of a cell line, into one table."""
    input:
        lambda w: [out(f"hichip/{sample}/qc.tsv") for sample in get_group(w.group)],
    output:
        out("hichip/qc.{group}.tsv"),
    log:
        out("logs/hichip/{group}.gather_hichip_qc.log"),
    localrule: True
    conda:
        "../envs/deepexpr.yaml"
    script:
        "../scripts/concatenate_tables.py"
