"""Evaluation: metrics by fold, tests of significance, cross-cell-line prediction.

REQUIRED INPUTS: predictions.tsv of models/ and baselines/; their bundles for cross-cell-line.
OUTPUTS: evaluation/ metrics.tsv, tests.tsv, cross/{cell_line}/{task}/{method}.tsv,
cross_metrics.tsv, cross_tests.tsv.
"""

from deepexpr.schemas import NEED_LOOPS

# What needs loops needs them also where promoters alone are compared.
PROMOTER_BASELINES = [
    method for method in config["baselines"]["regression"] if method not in NEED_LOOPS
]


rule predict_cross_cell_line:
    """Predict a cell line by the mean of the models trained on the others, by each method.

    All methods in one job: starting TensorFlow takes longer than predicting.
    """
    input:
        bundles=get_partner_bundles,
        measured=lambda w: [
            out(f"features/{line}/dataset.h5")
            for line in RUN.partners(w.cell_line, "copy")
        ],
        dataset=out("features/{cell_line}/dataset.h5"),
        splits=lambda w: out(
            f"features/{RUN.assembly[w.cell_line]}/splits/{SCHEME}-K{MAIN_K}.tsv"
        ),
    output:
        get_cross_outputs("full", "sequence", *config["baselines"]["regression"]),
    log:
        out("logs/evaluation/{cell_line}.{task}.predict_cross_cell_line.log"),
    wildcard_constraints:
        cell_line=get_cross_lines(
            "full", "sequence", *config["baselines"]["regression"]
        ),
    # Long, and figures and the summary wait for it: before what nothing waits for.
    priority: 8
    conda:
        "../envs/tensorflow.yaml"
    params:
        folder=lambda w, output: os.path.dirname(output[0]),
    shell:
        "python -m deepexpr cross --bundle {input.bundles:q} --dataset {input.dataset:q}"
        " --measured {input.measured:q}"
        " --splits {input.splits:q} --output-folder {params.folder:q} 2> {log:q}"


use rule predict_cross_cell_line as predict_cross_without_hichip with:
    output:
        get_cross_outputs("sequence", *PROMOTER_BASELINES),
    wildcard_constraints:
        cell_line=get_cross_lines("sequence", *PROMOTER_BASELINES),


# Where no other cell line has the same inputs, the promoters alone still carry over.
if PROMOTER_BASELINES:

    use rule predict_cross_cell_line as predict_cross_by_promoter with:
        output:
            get_cross_outputs("sequence"),
        wildcard_constraints:
            cell_line=get_cross_lines("sequence"),


rule evaluate_predictions:
    """Score every fold of every method and compare the methods."""
    input:
        RUN.prediction_files(),
    output:
        metrics=out("evaluation/metrics.tsv"),
        tests=out("evaluation/tests.tsv"),
    log:
        out("logs/evaluation/evaluate_predictions.log"),
    priority: 8
    conda:
        "../envs/deepexpr.yaml"
    shell:
        "python -m deepexpr evaluate --predictions {input:q} --metrics {output.metrics:q}"
        " --tests {output.tests:q} 2> {log:q}"


use rule evaluate_predictions as evaluate_cross_cell_line with:
    input:
        RUN.cross_files(),
    output:
        metrics=out("evaluation/cross_metrics.tsv"),
        tests=out("evaluation/cross_tests.tsv"),
    log:
        out("logs/evaluation/evaluate_cross_cell_line.log"),
