"""Motifs: what the filters learnt and what the enhancers hold, against known motifs.

REQUIRED INPUTS: regression bundles of the sequence network; loops/{cell_line}/signal.tsv.
OUTPUTS: motifs/{cell_line}/ filters.meme, filters.tsv, filters.tomtom.tsv, enhancers.fa,
cismodule/, enhancers.tomtom.tsv.
"""

MOTIF_TASK = "regression" if "regression" in TASKS else TASKS[0]


rule read_filters:
    """Turn the first layer's filters into position weight matrices."""
    input:
        bundle=out(f"models/{{cell_line}}/{MOTIF_TASK}/K{MAIN_K}/sequence/bundle"),
        promoters=lambda w: out(f"reference/{ASSEMBLY[w.cell_line]}/promoters.fa"),
    output:
        motifs=out("motifs/{cell_line}/filters.meme"),
        table=out("motifs/{cell_line}/filters.tsv"),
    log:
        out("logs/motifs/{cell_line}.read_filters.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.read_filters.tsv")
    priority: 20
    conda:
        "../envs/tensorflow.yaml"
    params:
        alpha=config["motifs"]["alpha"],
    shell:
        "python -m deepexpr filters --bundle {input.bundle:q} --fasta {input.promoters:q}"
        " --alpha {params.alpha} --output {output.motifs:q} --table {output.table:q} 2> {log:q}"


rule match_motifs:
    """Compare motifs with the known ones by TomTom, beside shuffled copies."""
    input:
        out("motifs/{cell_line}/{motifs}.meme"),
    output:
        matches=out("motifs/{cell_line}/{motifs}.tomtom.tsv"),
        summary=out("motifs/{cell_line}/{motifs}.summary.tsv"),
    log:
        out("logs/motifs/{cell_line}.{motifs}.match_motifs.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.{motifs}.match_motifs.tsv")
    priority: 20
    conda:
        "../envs/motifs.yaml"
    params:
        settings=get_settings(
            "motifs", "targets", "distance", "engine", "e_value", "null_shuffles"
        ),
        seed=config["seed"],
    shell:
        "python -m deepexpr tomtom --query {input:q} --targets {params.settings[targets]:q}"
        " --distance {params.settings[distance]} --engine {params.settings[engine]}"
        " --e-value {params.settings[e_value]} --null-shuffles {params.settings[null_shuffles]}"
        " --seed {params.seed} --output {output.matches:q} --summary {output.summary:q} 2> {log:q}"


rule cut_enhancers:
    """Cut the distal anchors of the strongest loops."""
    input:
        signal=out("loops/{cell_line}/signal.tsv"),
        genome=lambda w: out(f"reference/{ASSEMBLY[w.cell_line]}/genome.fa"),
        genes=lambda w: out(f"reference/{ASSEMBLY[w.cell_line]}/genes.tsv"),
        peaks=config["motifs"]["enhancer_peaks"] or [],
    output:
        fasta=out("motifs/{cell_line}/enhancers.fa"),
        bed=out("motifs/{cell_line}/enhancers.bed"),
    log:
        out("logs/motifs/{cell_line}.cut_enhancers.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        settings=get_settings("motifs", "enhancers"),
        options=lambda w, input: ([f"--peaks={input.peaks}"] if input.peaks else [])
        + (
            [f"--width={config['motifs']['enhancer_width']}"]
            if config["motifs"]["enhancer_width"]
            else []
        ),
    shell:
        "python -m deepexpr enhancers --signal {input.signal:q} --genome {input.genome:q}"
        " --genes {input.genes:q} --number {params.settings[enhancers]} {params.options:q}"
        " --output {output.fasta:q} --bed {output.bed:q} 2> {log:q}"


rule find_enhancer_motifs:
    """Find motifs and modules in the enhancers with CisModule."""
    input:
        out("motifs/{cell_line}/enhancers.fa"),
    output:
        folder=directory(out("motifs/{cell_line}/cismodule")),
        motifs=out("motifs/{cell_line}/enhancers.meme"),
    log:
        out("logs/motifs/{cell_line}.find_enhancer_motifs.log"),
    benchmark:
        out("benchmarks/motifs/{cell_line}.find_enhancer_motifs.tsv")
    conda:
        "../envs/motifs.yaml"
    params:
        number=config["motifs"]["enhancer_motifs"],
        settings=json.dumps(config["motifs"]["cismodule"], sort_keys=True),
        seed=config["seed"],
    shell:
        "(python -m deepexpr cismodule --fasta {input:q} --motifs {params.number} --settings {params.settings:q}"
        " --seed {params.seed} --output {output.folder:q}"
        " && cp {output.folder:q}/motifs.meme {output.motifs:q}) 2> {log:q}"
