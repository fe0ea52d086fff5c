"""Jobs of an earlier run in the same folder that the configuration has no more."""

from deepexpr.run.targets import Run
from deepexpr.schemas import TASKS


def replaced_jobs(run: Run) -> list[str]:
    """Names, as patterns with ``*``, of jobs that another training.trainer, evaluation.tasks or
    resources.scatter_folds had: their logs and measurements may be there still.

    Of a task that is no longer asked for: its networks, baselines and predictions across cell lines
    and species. Jobs that other settings had (a number of folds, a baseline, a cell line, a
    sample) are not named."""
    alone = [
        f"{line}.{task}.K*.{kind}.train_network"
        for line in run.lines_together
        for task in run.tasks
        for kind in run.kinds_together()
    ]
    dropped = [
        pattern
        for task in TASKS
        if task not in run.tasks
        for pattern in (f"{task}.K*", f"*.{task}.K*", f"*.{task}.predict_cross_*")
    ]
    scattered = run.config["resources"]["scatter_folds"]
    return [*(alone or ["*.train_lines"]), *dropped, *([] if scattered else ["*.train_fold"])]
