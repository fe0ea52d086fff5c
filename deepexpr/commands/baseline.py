"""Search, fit and test one baseline method on every fold of the splits."""

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.options import Arguments, choices, given
from deepexpr.schemas import CLASSIFIERS, REGRESSORS, TASKS

OPTIONS = f"""
--dataset DATASET  dataset of the cell line (HDF5)
--splits SPLITS    TSV of fold, gene and role
--task {choices(TASKS)}  what is predicted
--method {choices(sorted({*CLASSIFIERS, *REGRESSORS}))}
                   classification: {", ".join(CLASSIFIERS)}; regression: {", ".join(REGRESSORS)}
[--leave-out]      where the data hold too little for this, write tables without rows, and a bundle
                   that says why, instead of an error
[--scheme SCHEME]  name of the splits' scheme; default: found from them
[--seed N (1)]     seed of inner folds and forests
[--threads N (1)]  folds fitted at the same time
--output OUTPUT    folder for bundle/, predictions.tsv and search.tsv
"""
SETTINGS, SHOWN = BaselineSettings, ()


def run(args: Arguments) -> None:
    from deepexpr.baselines.inner import SEARCH
    from deepexpr.errors import Unsupported
    from deepexpr.features.left_out import write_left_out
    from deepexpr.schemas import PREDICTIONS

    try:
        _fit(args)
    except Unsupported as error:
        if not args.leave_out:
            raise
        write_left_out(args.output, error, {"predictions.tsv": PREDICTIONS, "search.tsv": SEARCH})


def _fit(args: Arguments) -> None:
    from pathlib import Path

    from deepexpr.baselines.bundle import write_bundle
    from deepexpr.baselines.fit import run_baseline
    from deepexpr.evaluation.metrics import fold_metrics, records
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.learnable import require_loops, require_two_labels, require_two_values
    from deepexpr.features.splits import read_splits
    from deepexpr.files import write_table
    from deepexpr.schemas import NEED_LOOPS

    dataset = Dataset.open(args.dataset)
    if args.method in NEED_LOOPS:
        require_loops(dataset, anchors=args.method != "totals")
    if args.task == "classification":
        require_two_labels(dataset)
    else:
        require_two_values(dataset)
    settings = given(args, BaselineSettings)
    result = run_baseline(
        dataset, read_splits(args.splits), args.task, args.method, settings, args.seed,
        args.threads, args.scheme,
    )  # fmt: skip
    folder = Path(args.output)
    write_table(result.predictions, folder / "predictions.tsv")
    write_table(result.search, folder / "search.tsv")
    write_bundle(
        folder / "bundle", result, dataset, args.seed,
        records(fold_metrics(result.predictions)),
    )  # fmt: skip
