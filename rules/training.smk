"""Training: one job per cell line, task, K and kind of network; it trains all its folds.

REQUIRED INPUTS: features/{cell_line}/dataset.h5, features/{assembly}/splits/{scheme}-K{K}.tsv.
OUTPUTS: models/{cell_line}/{task}/K{K}/{kind}/ bundle/, predictions.tsv, history.tsv.
"""


def get_splits(wildcards):
    """The splits of the cell line's assembly."""
    return out(
        f"features/{ASSEMBLY[wildcards.cell_line]}/splits/{SCHEME}-K{wildcards.K}.tsv"
    )


def get_pretrained(wildcards):
    """Full networks start from the sequence network of the same cell line, task and folds."""
    if not wildcards.kind.startswith("full"):
        return []
    return out("models/{cell_line}/{task}/K{K}/sequence/bundle")


def get_kind_options(wildcards, input):
    """Kind, pre-trained bundle and width of the HiChIP input."""
    kind, _, width = wildcards.kind.partition("-")
    options = [f"--kind={kind}"]
    if input.pretrained:
        options.append(f"--pretrained={input.pretrained}")
    if width:
        options.append(f"--distance={int(width.removesuffix('kb')) * 1000}")
    return options


rule train_network:
    """Train the folds of one network; a killed job goes on at the first missing fold."""
    input:
        dataset=out("features/{cell_line}/dataset.h5"),
        splits=get_splits,
        pretrained=get_pretrained,
    output:
        bundle=directory(out("models/{cell_line}/{task}/K{K}/{kind}/bundle")),
        predictions=out("models/{cell_line}/{task}/K{K}/{kind}/predictions.tsv"),
        history=out("models/{cell_line}/{task}/K{K}/{kind}/history.tsv"),
    log:
        out("logs/models/{cell_line}.{task}.K{K}.{kind}.train_network.log"),
    benchmark:
        out("benchmarks/models/{cell_line}.{task}.K{K}.{kind}.train_network.tsv")
    conda:
        "../envs/tensorflow.yaml"
    threads: config["resources"]["training_threads"]
    resources:
        mem_mb=lambda w, attempt: 4000 * attempt,
    params:
        options=get_kind_options,
        folder=lambda w, output: os.path.dirname(output.predictions),
        model=json.dumps(config["model"], sort_keys=True),
        training=json.dumps(config["training"], sort_keys=True),
        seed=config["seed"],
    shell:
        "python -m deepexpr train --dataset {input.dataset:q} --splits {input.splits:q}"
        " --task {wildcards.task} {params.options:q} --model {params.model:q}"
        " --training {params.training:q} --seed {params.seed} --threads {threads}"
        " --output {params.folder:q} 2> {log:q}"
