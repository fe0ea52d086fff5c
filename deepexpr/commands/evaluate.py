"""Score the predictions of every method and fold, and compare the methods."""

from deepexpr.options import Arguments

OPTIONS = """
--predictions PREDICTIONS...  TSV files of predictions (test genes)
--metrics METRICS             TSV: AUC or Pearson r of each method and fold
--tests TESTS                 TSV: rank-sum tests between methods over folds
[--summary SUMMARY]           TSV: mean, sd and bootstrap interval over folds
[--seed N (1)]                seed of the bootstrap intervals
"""


def run(args: Arguments) -> None:
    import pandas as pd

    from deepexpr.evaluation.comparison import compare
    from deepexpr.evaluation.metrics import fold_metrics, metrics_beyond_copy, read_predictions
    from deepexpr.evaluation.summary import summarise
    from deepexpr.files import write_table

    predictions = read_predictions(args.predictions)
    metrics, beyond = fold_metrics(predictions), metrics_beyond_copy(predictions)
    if len(beyond):
        metrics = pd.concat([metrics, beyond], ignore_index=True)
    write_table(metrics, args.metrics)
    write_table(compare(metrics, args.seed), args.tests)
    if args.summary:
        write_table(summarise(metrics, args.seed), args.summary)
