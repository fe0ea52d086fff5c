"""Figures: each with the table behind it, and the summary page.

REQUIRED INPUTS: features/, loops/, evaluation/, motifs/, models/, hichip/qc.cell_line-{cell_line}.tsv.
OUTPUTS: figures/{figure}.{pdf,png,svg} and .tsv; summary.html, quality.html; versions/.
"""

for stem, (figure, category, options) in PLATES.items():

    rule:
        name:
            f"draw_{stem}".replace(".", "_")
        input:
            get_option_paths(options),
        output:
            table=out(f"figures/{stem}.tsv"),
            shown=report(
                out(f"figures/{stem}.{FORMATS[0]}"),
                caption=f"../report/{get_caption(figure)}.rst",
                category=category,
                labels={"figure": get_label(stem, figure)},
            ),
            others=[out(f"figures/{stem}.{fmt}") for fmt in FORMATS[1:]],
        log:
            out(f"logs/figures/{stem}.log"),
        group:
            "figures"
        conda:
            f"../envs/{get_figure_environment(figure)}.yaml"
        params:
            figure=figure,
            options=options,
        shell:
            "python -m deepexpr table {params.figure} {params.options:q} --output {output.table:q}"
            " --figure {output.shown:q} {output.others:q} 2> {log:q}"


rule draw_benchmarks:
    """Run time and memory of the heavy steps, as far as this run has measured them."""
    input:
        metrics=out("evaluation/metrics.tsv"),
        motifs=[out(f"motifs/{line}/filters.tomtom.tsv") for line in CELL_LINES],
    output:
        table=out("figures/benchmarks.tsv"),
        shown=report(
            out(f"figures/benchmarks.{FORMATS[0]}"),
            caption="../report/benchmarks.rst",
            category="6. Quality",
            labels={"figure": get_label("benchmarks", "benchmarks")},
        ),
        others=[out(f"figures/benchmarks.{fmt}") for fmt in FORMATS[1:]],
    log:
        out("logs/figures/benchmarks.log"),
    group:
        "figures"
    conda:
        "../envs/deepexpr.yaml"
    params:
        folder=out("benchmarks"),
    shell:
        "python -m deepexpr table benchmarks --benchmark {params.folder:q} --output {output.table:q}"
        " --figure {output.shown:q} {output.others:q} 2> {log:q}"


rule write_summary:
    """The landing page: what was run on what, main numbers, warnings."""
    input:
        datasets=get_datasets(),
        metrics=out("evaluation/metrics.tsv"),
        libraries=get_option_paths(get_libraries()),
        signals=list(get_signals().values()),
        cross=[out("evaluation/cross_metrics.tsv")] if get_cross_files() else [],
        motifs=get_option_paths(get_motif_summaries()),
        versions=get_tool_versions(),
    output:
        table=out("summary.tsv"),
        page=report(
            out("summary.html"),
            caption="../report/summary.rst",
            category="1. Summary",
            labels={"figure": get_label("summary", "summary")},
        ),
    log:
        out("logs/figures/summary.log"),
    group:
        "figures"
    conda:
        "../envs/deepexpr.yaml"
    params:
        options=lambda w, input: [
            *[f"--dataset={path}" for path in input.datasets],
            f"--metrics={input.metrics}",
            *get_libraries(),
            *get_named("signal", get_signals()),
            *[f"--cross={path}" for path in input.cross],
            *get_motif_summaries(),
            *[f"--versions={path}" for path in input.versions],
            f"--title={get_title()}",
            *[f"--warning={line}" for line in get_left_out()],
        ],
    shell:
        "python -m deepexpr table summary {params.options:q} --output {output.table:q}"
        " --figure {output.page:q} 2> {log:q}"


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


rule write_quality:
    """One page on the quality of every stage, its cost and the software."""
    input:
        libraries=get_option_paths(get_libraries()),
        histories=list(get_histories().values()),
        versions=get_tool_versions(),
        metrics=out("evaluation/metrics.tsv"),
        motifs=[out(f"motifs/{line}/filters.tomtom.tsv") for line in CELL_LINES],
    output:
        table=out("quality.tsv"),
        page=report(
            out("quality.html"),
            caption="../report/quality.rst",
            category="6. Quality",
            labels={"figure": get_label("quality", "quality")},
        ),
    log:
        out("logs/figures/quality.log"),
    group:
        "figures"
    conda:
        "../envs/deepexpr.yaml"
    params:
        options=lambda w, input: [
            *get_libraries(),
            *get_named("history", get_histories()),
            *[f"--versions={path}" for path in input.versions],
            f"--benchmark={out('benchmarks')}",
        ],
    shell:
        "python -m deepexpr table quality {params.options:q} --output {output.table:q}"
        " --figure {output.page:q} 2> {log:q}"
