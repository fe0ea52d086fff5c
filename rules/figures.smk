"""Figures: each with the table behind it, and the pages of summary and quality.

Which there are follows from their declarations (deepexpr/figures/registry.py) and from what the
run has (deepexpr/run/drawings.py); what is left out is said once, with the reason.

REQUIRED INPUTS: features/, loops/, evaluation/, motifs/, models/, hichip/qc.cell_line-{cell_line}.tsv.
OUTPUTS: figures/{figure}.{pdf,png,svg} and .tsv; summary.html, quality.html; versions/.
"""

from deepexpr.run.drawings import left_out

if workflow.is_main_process:
    for line in left_out(RUN):
        logger.info(line)

for drawing in DRAWINGS:
    table, shown, *others = drawing.files(RUN)

    rule:
        name:
            drawing.rule
        input:
            drawing.inputs,
        output:
            table=table,
            shown=report(
                shown,
                caption=drawing.figure.caption("../report"),
                category=drawing.figure.category,
                labels={"figure": drawing.label},
            ),
            others=others,
        log:
            out(f"logs/figures/{drawing.stem}.log"),
        group:
            "figures"
        conda:
            f"../envs/{drawing.figure.environment}.yaml"
        params:
            figure=drawing.figure.name,
            options=drawing.options,
        shell:
            "python -m deepexpr table {params.figure} {params.options:q} --output {output.table:q}"
            " --figure {output.shown:q} {output.others:q} 2> {log:q}"


rule record_kallisto_version:
    """The version of kallisto, as it says itself."""
    output:
        out("versions/kallisto.txt"),
    log:
        out("logs/figures/record_kallisto_version.log"),
    localrule: True
    conda:
        "../envs/kallisto.yaml"
    shell:
        "kallisto version > {output:q} 2> {log:q}"


rule record_mapping_versions:
    """The versions of bowtie and samtools, as they say themselves."""
    output:
        bowtie=out("versions/bowtie.txt"),
        samtools=out("versions/samtools.txt"),
    log:
        out("logs/figures/record_mapping_versions.log"),
    localrule: True
    conda:
        "../envs/bowtie.yaml"
    shell:
        "(bowtie --version | sed -n 1p > {output.bowtie:q}"
        " && samtools --version | sed -n 1p > {output.samtools:q}) 2> {log:q}"
