"""Training: one job per cell line, task, K and kind of network; it trains all its folds.
With training.trainer: stacked one per task, K and kind trains those of cell lines that are alike.

REQUIRED INPUTS: features/{cell_line}/dataset.h5, features/{assembly}/splits/{scheme}-K{K}.tsv.
OUTPUTS: models/{cell_line}/{task}/K{K}/{kind}/ bundle/, predictions.tsv, history.tsv.
"""

#: Networks that took days can be made read-only; root may write them all the same.
PROTECTED = protected if config["resources"]["protect_bundles"] else lambda path: path

#: Parameters that a job has in common with one of its folds.
SETTINGS = {
    "options": get_kind_options,
    "model": json.dumps(config["model"], sort_keys=True),
    "training": json.dumps(get_training(), sort_keys=True),
    "scheme": SCHEME,
    "seed": config["seed"],
    "leave_out": get_leave_out,
}


rule train_network:
    """Train the folds of one network; a killed job goes on with those that are missing."""
    input:
        dataset=out("features/{cell_line}/dataset.h5"),
        splits=get_splits,
        pretrained=get_pretrained,
        folds=get_trained_folds,
        samples=get_training().get("samples") or [],
        motifs=config["model"].get("motifs") or [],
    output:
        bundle=PROTECTED(directory(out("models/{cell_line}/{task}/K{K}/{kind}/bundle"))),
        predictions=out("models/{cell_line}/{task}/K{K}/{kind}/predictions.tsv"),
        history=out("models/{cell_line}/{task}/K{K}/{kind}/history.tsv"),
    log:
        out("logs/models/{cell_line}.{task}.K{K}.{kind}.train_network.log"),
    benchmark:
        out("benchmarks/models/{cell_line}.{task}.K{K}.{kind}.train_network.tsv")
    # The longest chains (training, filters, motifs) first: nothing long is left for the end.
    priority: 10
    conda:
        {
            (False, False): "../envs/tensorflow.yaml",
            (False, True): "../envs/tensorflow-gpu.yaml",
            (True, False): "../envs/jax.yaml",
            (True, True): "../envs/jax-gpu.yaml",
        }[get_training().get("trainer") == "stacked", config["resources"]["gpu"]]
    threads: config["resources"]["training_threads"]
    params:
        **SETTINGS,
        only="",
        folder=lambda w, output: os.path.dirname(output.predictions),
    shell:
        "python -m deepexpr train --dataset {input.dataset:q} --splits {input.splits:q}"
        " --scheme {params.scheme}"
        " --task {wildcards.task} {params.options:q} --model {params.model:q}"
        " --training {params.training:q} --seed {params.seed} --threads {threads}"
        " {params.leave_out} {params.only} --output {params.folder:q} 2> {log:q}"


# One fold in a job of its own, for clusters with many GPUs; train_network gathers them.
use rule train_network as train_fold with:
    input:
        dataset=out("features/{cell_line}/dataset.h5"),
        splits=get_splits,
        pretrained=get_pretrained,
        samples=get_training().get("samples") or [],
        motifs=config["model"].get("motifs") or [],
    output:
        temp(
            directory(
                out("models/{cell_line}/{task}/K{K}/{kind}/.partial/fold-{fold}")
            )
        ),
    log:
        out("logs/models/{cell_line}.{task}.K{K}.{kind}.fold-{fold}.train_fold.log"),
    benchmark:
        out(
            "benchmarks/models/{cell_line}.{task}.K{K}.{kind}.fold-{fold}.train_fold.tsv"
        )
    wildcard_constraints:
        fold=r"\d+",
    params:
        **SETTINGS,
        only=lambda w: f"--only-fold={w.fold}",
        folder=lambda w: out(f"models/{w.cell_line}/{w.task}/K{w.K}/{w.kind}"),


if RUN.lines_together:

    ruleorder: train_lines > train_network

    # The folds of several cell lines in one program (training.trainer: stacked).
    use rule train_network as train_lines with:
        input:
            dataset=get_of_lines("features/{cell_line}/dataset.h5"),
            splits=lambda w: [
                out(f"features/{RUN.assembly[line]}/splits/{SCHEME}-K{w.K}.tsv")
                for line in RUN.lines_together
            ],
            pretrained=lambda w: (
                get_of_lines("models/{cell_line}/{task}/K{K}/sequence/bundle")
                if get_pretrained(w)
                else []
            ),
            samples=get_training().get("samples") or [],
            motifs=config["model"].get("motifs") or [],
        output:
            bundle=[
                PROTECTED(directory(path))
                for path in get_of_lines(
                    "models/{cell_line}/{task}/K{K}/{kind}/bundle"
                )
            ],
            predictions=get_of_lines(
                "models/{cell_line}/{task}/K{K}/{kind}/predictions.tsv"
            ),
            history=get_of_lines("models/{cell_line}/{task}/K{K}/{kind}/history.tsv"),
        log:
            out("logs/models/{task}.K{K}.{kind}.train_lines.log"),
        benchmark:
            out("benchmarks/models/{task}.K{K}.{kind}.train_lines.tsv")
        wildcard_constraints:
            kind=get_alternatives(RUN.kinds_together()),
        params:
            **SETTINGS,
            only="",
            folder=lambda w, output: [os.path.dirname(p) for p in output.predictions],
