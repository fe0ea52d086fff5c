"""Jobs of an earlier run in the same folder whose networks other jobs train now."""

from deepexpr.run.targets import Run


def replaced_jobs(run: Run) -> list[str]:
    """Names, as patterns with ``*``, of jobs that another training.trainer or
    resources.scatter_folds had: their logs and measurements may be there still."""
    alone = [
        f"{line}.{task}.K*.{kind}.train_network"
        for line in run.lines_together
        for task in run.tasks
        for kind in run.kinds_together()
    ]
    scattered = run.config["resources"]["scatter_folds"]
    return [*(alone or ["*.train_lines"]), *([] if scattered else ["*.train_fold"])]
