"""Features: one dataset per cell line, and the splits that every method shares.

REQUIRED INPUTS: reference/{assembly}/, expression/{assembly}/expression.tsv, loops/{cell_line}/.
OUTPUTS: features/{assembly}/splits/{scheme}-K{K}.tsv, features/{cell_line}/dataset.h5.
"""

from deepexpr.features.sections import EnhancerFeatures, FeatureSection


rule split_genes:
    """Assign every gene to train, validation and test of each fold."""
    input:
        genes=out("reference/{assembly}/genes.tsv"),
        expression=out("expression/{assembly}/expression.tsv"),
        promoters=lambda w: (
            out("reference/{assembly}/promoters.fa") if w.scheme == "family" else []
        ),
    output:
        out("features/{assembly}/splits/{scheme}-K{K}.tsv"),
    log:
        out("logs/features/{assembly}.{scheme}-K{K}.split_genes.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        seed=config["seed"],
        leave_out=get_leave_out,
        promoters=lambda w, input: (
            f"--promoters={input.promoters}" if input.promoters else ""
        ),
    shell:
        "python -m deepexpr splits --genes {input.genes:q} --expression {input.expression:q}"
        " {params.promoters:q} --scheme {wildcards.scheme} --folds {wildcards.K}"
        " {params.leave_out} --seed {params.seed} --output {output:q} 2> {log:q}"


rule build_dataset:
    """Put promoters, bins, expression and labels of a cell line into one file."""
    input:
        genes=lambda w: out(f"reference/{RUN.assembly[w.cell_line]}/genes.tsv"),
        promoters=lambda w: out(f"reference/{RUN.assembly[w.cell_line]}/promoters.fa"),
        expression=lambda w: out(
            f"expression/{RUN.assembly[w.cell_line]}/expression.tsv"
        ),
        signal=lambda w: [
            option.rsplit("=", 1)[1] for option in get_signal_options(w.cell_line)
        ],
        # Sequences of contacted places, only for networks that read them.
        genome=lambda w: (
            out(f"reference/{RUN.assembly[w.cell_line]}/genome.fa")
            if RUN.reads_places and get_signal_options(w.cell_line)
            else []
        ),
        peaks=(RUN.reads_places and config["motifs"]["enhancer_peaks"]) or [],
        bins=lambda w: [
            option.split("=", 1)[1] for option in get_bin_options(w.cell_line)
        ],
    output:
        out("features/{cell_line}/dataset.h5"),
    log:
        out("logs/features/{cell_line}.build_dataset.log"),
    conda:
        "../envs/deepexpr.yaml"
    params:
        signal=lambda w: get_signal_options(w.cell_line),
        bins=lambda w: get_bin_options(w.cell_line),
        # Networks of one line predict the others, so all have what the least of them have.
        anchors="--no-anchors" if RUN.bin_lines else [],
        assembly=lambda w: RUN.assembly[w.cell_line],
        places=lambda w, input: [
            f"--{name}={path}"
            for name, path in (("genome", input.genome), ("peaks", input.peaks))
            if path and input.genome
        ],
        settings=get_settings(
            "features", EnhancerFeatures if RUN.reads_places else FeatureSection
        ),
    shell:
        "python -m deepexpr dataset --genes {input.genes:q} --promoters {input.promoters:q}"
        " --expression {input.expression:q} {params.signal:q} {params.bins:q} {params.anchors:q}"
        " {params.places:q}"
        " --cell-line {wildcards.cell_line:q} --assembly {params.assembly:q}"
        " --settings {params.settings:q} --output {output:q} 2> {log:q}"
