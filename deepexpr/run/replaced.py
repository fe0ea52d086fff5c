"""Jobs of an earlier run in the same folder that the configuration has no more."""

from deepexpr.run.targets import Run
from deepexpr.schemas import TASKS


def replaced_jobs(run: Run) -> list[str]:
    """Names, as patterns with ``*``, of jobs that another training.trainer, evaluation.tasks or
    resources.scatter_folds had: their logs and measurements may be there still."""
    alone = [
        f"{line}.{task}.K*.{kind}.train_network"
        for line in run.lines_together
        for task in run.tasks
        for kind in run.kinds_together()
    ]
    dropped = [f"*.{task}.K*" for task in TASKS if task not in run.tasks]
    scattered = run.config["resources"]["scatter_folds"]
    return [*(alone or ["*.train_lines"]), *dropped, *([] if scattered else ["*.train_fold"])]
