"""Baselines: the methods the paper compares with, on the same datasets and splits.

REQUIRED INPUTS: features/{cell_line}/dataset.h5, features/{assembly}/splits/{scheme}-K{K}.tsv.
OUTPUTS: baselines/{cell_line}/{task}/K{K}/{baseline}/ bundle/, predictions.tsv, search.tsv.
"""


rule fit_baseline:
    """Fit one baseline on all folds, its hyper-parameters chosen by inner cross-validation."""
    input:
        dataset=out("features/{cell_line}/dataset.h5"),
        splits=get_splits,
        files=get_baseline_files,
    output:
        bundle=directory(out("baselines/{cell_line}/{task}/K{K}/{baseline}/bundle")),
        predictions=out("baselines/{cell_line}/{task}/K{K}/{baseline}/predictions.tsv"),
        search=out("baselines/{cell_line}/{task}/K{K}/{baseline}/search.tsv"),
    log:
        out("logs/baselines/{cell_line}.{task}.K{K}.{baseline}.fit_baseline.log"),
    benchmark:
        out("benchmarks/baselines/{cell_line}.{task}.K{K}.{baseline}.fit_baseline.tsv")
    # Predictions across cell lines wait for them, and figures for these.
    priority: 5
    conda:
        "../envs/deepexpr.yaml"
    threads: config["resources"]["baseline_threads"]
    params:
        folder=lambda w, output: os.path.dirname(output.predictions),
        settings=lambda w: json.dumps(get_baseline_settings(w), sort_keys=True),
        scheme=SCHEME,
        leave_out=get_leave_out,
        seed=config["seed"],
    shell:
        "python -m deepexpr baseline --dataset {input.dataset:q} --splits {input.splits:q}"
        " --scheme {params.scheme}"
        " --task {wildcards.task} --method {wildcards.baseline} --settings {params.settings:q}"
        " {params.leave_out} --seed {params.seed} --threads {threads} --output {params.folder:q} 2> {log:q}"
