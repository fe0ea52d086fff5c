"""HiChIP: trimming at the ligation junction, bowtie, pairs, contacts.

REQUIRED INPUTS: FASTQ of the hichip samples; reference/{assembly}/bowtie/, chrom.sizes.
OUTPUTS: hichip/{sample}/ {unit}.trim.tsv, pairs.gz, qc.tsv, contacts.tsv.gz, depth.tsv.gz;
hichip/qc.assembly-{assembly}.tsv, hichip/qc.cell_line-{cell_line}.tsv.
"""


rule trim_unit:
    """Cut the reads of one unit at the ligation junction."""
    input:
        r1=lambda w: get_unit(w)["fq1"],
        r2=lambda w: get_unit(w)["fq2"],
    output:
        r1=temp(out("hichip/{sample}/{unit}.R1.fastq.gz")),
        r2=temp(out("hichip/{sample}/{unit}.R2.fastq.gz")),
        stats=out("hichip/{sample}/{unit}.trim.tsv"),
    log:
        out("logs/hichip/{sample}.{unit}.trim_unit.log"),
    benchmark:
        out("benchmarks/hichip/{sample}.{unit}.trim_unit.tsv")
    conda:
        "../envs/deepexpr.yaml"
    params:
        enzyme=lambda w: get_sample_value(w.sample, "enzyme"),
        settings=get_settings("hichip", "min_length", "min_trimmed_fraction"),
    shell:
        "python -m deepexpr trim --r1 {input.r1:q} --r2 {input.r2:q} --enzyme {params.enzyme:q}"
        " --min-length {params.settings[min_length]}"
        " --min-trimmed-fraction {params.settings[min_trimmed_fraction]}"
        " --out-r1 {output.r1:q} --out-r2 {output.r2:q} --stats {output.stats:q} 2> {log:q}"


rule map_mate:
    """Map one mate alone with bowtie 1; unique alignments only, order kept."""
    input:
        reads=out("hichip/{sample}/{unit}.R{mate}.fastq.gz"),
        index=lambda w: multiext(
            get_sample_reference("bowtie/genome")(w),
            *[f".{p}.ebwt" for p in BOWTIE_PARTS],
        ),
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
        prefix=lambda w, input: input.index[0].removesuffix(".1.ebwt"),
        options=config["hichip"]["bowtie_options"],
    shell:
        "(set -o pipefail; bowtie {params.options} -p {threads} --reorder -S -x {params.prefix:q}"
        " -q {input.reads:q} | samtools view -b -1 -o {output:q} -) 2> {log:q}"


rule join_pairs:
    """Join the mates of all units of a sample, drop duplicates, classify, sort."""
    input:
        bam1=lambda w: expand(
            out("hichip/{{sample}}/{unit}.R1.bam"), unit=get_units(w.sample)
        ),
        bam2=lambda w: expand(
            out("hichip/{{sample}}/{unit}.R2.bam"), unit=get_units(w.sample)
        ),
        stats=lambda w: expand(
            out("hichip/{{sample}}/{unit}.trim.tsv"), unit=get_units(w.sample)
        ),
        sizes=get_sample_reference("chrom.sizes"),
    output:
        pairs=out("hichip/{sample}/pairs.gz"),
        qc=out("hichip/{sample}/qc.tsv"),
    log:
        out("logs/hichip/{sample}.join_pairs.log"),
    benchmark:
        out("benchmarks/hichip/{sample}.join_pairs.tsv")
    conda:
        "../envs/deepexpr.yaml"
    params:
        bam1=lambda w, input: [f"--bam1={path}" for path in input.bam1],
        bam2=lambda w, input: [f"--bam2={path}" for path in input.bam2],
        stats=lambda w, input: [f"--trim-stats={path}" for path in input.stats],
        settings=get_settings("hichip", "min_distance", "drop_chromosomes"),
    shell:
        "python -m deepexpr pairs {params.bam1:q} {params.bam2:q} {params.stats:q}"
        " --sample {wildcards.sample:q} --chrom-sizes {input.sizes:q}"
        " --min-distance {params.settings[min_distance]}"
        " --drop-chromosome {params.settings[drop_chromosomes]:q}"
        " --output {output.pairs:q} --qc {output.qc:q} 2> {log:q}"


rule count_contacts:
    """Count the pairs between anchors, and the reads in each anchor."""
    input:
        pairs=out("hichip/{sample}/pairs.gz"),
        anchors=config["hichip"]["anchors"] or [],
    output:
        contacts=out("hichip/{sample}/contacts.tsv.gz"),
        depth=out("hichip/{sample}/depth.tsv.gz"),
    log:
        out("logs/hichip/{sample}.count_contacts.log"),
    benchmark:
        out("benchmarks/hichip/{sample}.count_contacts.tsv")
    conda:
        "../envs/deepexpr.yaml"
    params:
        anchors=lambda w, input: f"--anchors={input.anchors}" if input.anchors else "",
        settings=get_settings("hichip", "resolution", "max_distance"),
    shell:
        "python -m deepexpr contacts --pairs {input.pairs:q} {params.anchors}"
        " --resolution {params.settings[resolution]}"
        " --max-distance {params.settings[max_distance]}"
        " --output {output.contacts:q} --depth {output.depth:q} 2> {log:q}"


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
