"""Evaluation: metrics by fold, tests of significance, cross-cell-line prediction.

REQUIRED INPUTS: predictions.tsv of models/ and baselines/; their bundles for cross-cell-line.
OUTPUTS: evaluation/ metrics.tsv, tests.tsv, cross/{cell_line}/{task}/{method}.tsv,
cross_metrics.tsv, cross_tests.tsv; with evaluation.cross_species species/{cell_line}.{task}.tsv,
species_metrics.tsv, species_tests.tsv, and the same of genes apart.
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
        leave_out=get_leave_out,
    shell:
        "python -m deepexpr cross --bundle {input.bundles:q} --dataset {input.dataset:q}"
        " --measured {input.measured:q}"
        " --splits {input.splits:q} {params.leave_out}"
        " --output-folder {params.folder:q} 2> {log:q}"


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


# What another species' models predict, where a table of orthologues is given.
if RUN.species_files():
    SPECIES = config["evaluation"]["cross_species"]

    rule match_orthologues:
        """Match the table of orthologues with the genes of both assemblies: names are told early."""
        input:
            table=SPECIES["orthologues"],
            genes=[out(f"reference/{a}/genes.tsv") for a in SPECIES["assemblies"]],
        output:
            out("evaluation/species/orthologues.tsv"),
        log:
            out("logs/evaluation/match_orthologues.log"),
        # A table of other names is to be told before anything is trained.
        priority: 20
        conda:
            "../envs/deepexpr.yaml"
        params:
            assemblies=SPECIES["assemblies"],
        shell:
            "python -m deepexpr orthologues --table {input.table:q} --genes {input.genes:q}"
            " --assembly {params.assemblies:q} --output {output:q} 2> {log:q}"

    rule predict_cross_species:
        """Predict a cell line by the models of the other assembly's, by every method, and copy."""
        input:
            bundles=get_relative_bundles,
            measured=lambda w: [
                out(f"features/{line}/dataset.h5")
                for line in RUN.relatives(w.cell_line, "copy")
            ],
            dataset=out("features/{cell_line}/dataset.h5"),
            orthologues=out("evaluation/species/orthologues.tsv"),
        output:
            predictions=out("evaluation/species/{cell_line}.{task}.tsv"),
            apart=out("evaluation/species/{cell_line}.{task}.apart.tsv"),
            genes=out("evaluation/species/{cell_line}.{task}.genes.tsv"),
        log:
            out("logs/evaluation/{cell_line}.{task}.predict_cross_species.log"),
        priority: 8
        conda:
            "../envs/tensorflow.yaml"
        shell:
            "python -m deepexpr cross-species --bundle {input.bundles:q}"
            " --measured {input.measured:q} --dataset {input.dataset:q}"
            " --orthologues {input.orthologues:q} --genes {output.genes:q}"
            " --apart {output.apart:q} --output {output.predictions:q} 2> {log:q}"

    use rule evaluate_predictions as evaluate_cross_species with:
        input:
            RUN.species_files(),
        output:
            metrics=out("evaluation/species_metrics.tsv"),
            tests=out("evaluation/species_tests.tsv"),
        log:
            out("logs/evaluation/evaluate_cross_species.log"),

    use rule evaluate_predictions as evaluate_without_orthologues with:
        input:
            RUN.species_files("apart.tsv"),
        output:
            metrics=out("evaluation/species_apart_metrics.tsv"),
            tests=out("evaluation/species_apart_tests.tsv"),
        log:
            out("logs/evaluation/evaluate_without_orthologues.log"),
