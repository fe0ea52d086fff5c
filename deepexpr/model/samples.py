"""Expression in further samples, as further targets of the words (`training.samples`).

Cell lines and tissues that are no target of a run tell what its few lines tell too little of: which
words matter. Only values of training genes are looked at (docs/network.md).
"""

import numpy as np

from deepexpr.errors import InputError
from deepexpr.expression.tables import read_expression
from deepexpr.model.joined import ridge_left_out

#: Least share of a dataset's genes that a table of samples has a value of.
LEAST_KNOWN = 0.5
#: Penalties of the ridge that joins the samples' left-out scores.
PENALTIES = np.logspace(1, 6, 21)


def read_samples(path: str, genes: np.ndarray) -> np.ndarray:
    """(n, samples) float32 of `genes` (n,), NaN where the table has none of a gene.

    path : TSV (gzipped or not): gene, then log expression in each sample.
    Raises InputError where the table is none, or knows fewer than half of the genes.
    """
    values = read_expression(path).reindex(genes)
    known = float(values.notna().all(axis=1).mean())
    if known < LEAST_KNOWN:
        raise InputError(
            f"The table of samples knows {known:.0%} of the dataset's {len(genes)} genes.",
            where=str(path),
            expected=f"half of them or more, named as in the dataset, such as {genes[0]}",
            fix="Name its genes as the gene table does, or leave out training.samples.",
        )
    return values.to_numpy(np.float32)


def as_targets(samples: np.ndarray) -> np.ndarray:
    """(n, k) float64 of (n, samples): mean 0 and variance 1; 0, the mean, where one is unknown.

    Samples that are alike in all of these genes are left out.
    """
    samples = samples.astype(np.float64)
    spread = np.nanstd(samples, axis=0)
    kept = samples[:, spread > 0]
    return np.nan_to_num((kept - np.nanmean(kept, axis=0)) / spread[spread > 0])


def join_scores(left_out: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """Of left-out scores (n, k) of all targets, how they tell `values` (n,): weights (k,), what is
    added, and the joint scores (n,), each of a gene by the weights that the other genes give."""
    return ridge_left_out(left_out, values, PENALTIES)
