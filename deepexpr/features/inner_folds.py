"""Parts of the training genes of a fold, by which something is chosen while none is tested."""

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

from deepexpr.errors import Unsupported


def inner_folds(y: np.ndarray, task: str, folds: int, seed: int) -> list[np.ndarray]:
    """Row numbers of each inner test part of the training genes, stratified by label (1, the other)
    for classification. y : (n,) values or labels. Raises Unsupported where there are too few."""
    smallest = min(np.sum(y == 1), np.sum(y != 1)) if task == "classification" else len(y)
    if smallest < folds:
        raise Unsupported(
            f"The training part is too small for {folds} inner folds.",
            expected=f"at least {folds} genes" + (" of each label" * (task == "classification")),
            found=str(smallest),
            fix="Use fewer inner folds (inner_folds) or more genes.",
        )
    splitter = StratifiedKFold if task == "classification" else KFold
    parts = splitter(folds, shuffle=True, random_state=seed).split(np.zeros((len(y), 1)), y)
    return [test for _, test in parts]
