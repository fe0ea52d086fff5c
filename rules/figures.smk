"""Figures: each with the table behind it, and the summary page.

REQUIRED INPUTS: features/, loops/, evaluation/, motifs/, models/, hichip/qc.cell_line-{cell_line}.tsv.
OUTPUTS: figures/{figure}.{pdf,png,svg} and .tsv; summary.html.
"""

for stem, (figure, category, options) in PLATES.items():

    rule:
        name:
            f"draw_{stem}".replace(".", "_")
        input:
            get_option_paths(options),
        output:
            table=out(f"figures/{stem}.tsv"),
            files=report(
                [out(f"figures/{stem}.{fmt}") for fmt in FORMATS],
                caption=f"../report/{'table1' if figure == 'table1' else 'figure_' + figure if figure[0].isdigit() else figure}.rst",
                category=category,
                labels={
                    "figure": stem.replace("figure_", "Figure ").replace(".", " ")
                },
            ),
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
            "(python -m deepexpr table {params.figure} {params.options:q} --output {output.table:q}"
            " && python -m deepexpr figure {params.figure} --table {output.table:q}"
            " --output {output.files:q}) 2> {log:q}"


rule draw_benchmarks:
    """Run time and memory of the heavy steps, as far as this run has measured them."""
    input:
        metrics=out("evaluation/metrics.tsv"),
        motifs=[out(f"motifs/{line}/filters.tomtom.tsv") for line in CELL_LINES],
    output:
        table=out("figures/benchmarks.tsv"),
        files=report(
            [out(f"figures/benchmarks.{fmt}") for fmt in FORMATS],
            caption="../report/benchmarks.rst",
            category="6. Quality",
            labels={"figure": "Run time and memory"},
        ),
    log:
        out("logs/figures/benchmarks.log"),
    group:
        "figures"
    conda:
        "../envs/deepexpr.yaml"
    params:
        folder=out("benchmarks"),
    shell:
        "(python -m deepexpr table benchmarks --benchmark {params.folder:q} --output {output.table:q}"
        " && python -m deepexpr figure benchmarks --table {output.table:q}"
        " --output {output.files:q}) 2> {log:q}"


rule write_summary:
    """The landing page: what was run on what, main numbers, warnings."""
    input:
        datasets=get_datasets(),
        metrics=out("evaluation/metrics.tsv"),
        qc=list(get_qc().values()),
        signals=list(get_signals().values()),
        cross=[out("evaluation/cross_metrics.tsv")] if get_cross_files() else [],
        motifs=get_option_paths(get_motif_summaries()),
    output:
        table=out("summary.tsv"),
        page=report(
            out("summary.html"), caption="../report/summary.rst", category="1. Summary"
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
            *get_named("qc", get_qc()),
            *get_named("signal", get_signals()),
            *[f"--cross={path}" for path in input.cross],
            *get_motif_summaries(),
            *[f"--warning={line}" for line in get_left_out()],
        ],
    shell:
        "(python -m deepexpr table summary {params.options:q} --output {output.table:q}"
        " && python -m deepexpr figure summary --table {output.table:q} --output {output.page:q})"
        " 2> {log:q}"
