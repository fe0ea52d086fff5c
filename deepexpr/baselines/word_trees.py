"""The other fair baseline: the words' left-out score and the loops in boosted trees.

As `ridge` (baselines.word_ridge), but score and loops are joined as the network `tuned` joins them
where there are many genes (model.trees), and it reads the same.
"""

import numpy as np

from deepexpr.baselines.saved import Forest
from deepexpr.baselines.svm import probability
from deepexpr.baselines.word_ridge import WordLogistic, WordRidge
from deepexpr.model.trees import Trees, grow_trees, parts_of


class JointTrees:
    """Trees on columns (n, p): the words' score, then the loops. seed : deals the parts."""

    trees: Trees

    def __init__(self, task: str, seed: int) -> None:
        self.task = task
        self.seed = seed

    def fit(self, x: np.ndarray, y: np.ndarray) -> "JointTrees":
        """On y (n,): values, or labels +1 and -1."""
        targets = (y == 1).astype(int) if self.task == "classification" else y
        checks = parts_of(targets, self.task, self.seed)
        self.trees, _ = grow_trees(x.astype(np.float32), targets, self.task, checks)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Expression, or the logit of +1: float64 (n,)."""
        return Forest(**vars(self.trees)).predict(x, self.task)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """P(-1) and P(+1): (n, 2)."""
        positive = probability(self.predict(x))
        return np.column_stack([1 - positive, positive])


class WordTrees(WordRidge):
    """Expression from words and loops."""

    def _joint(self):
        return JointTrees(self.task, self.seed)


class WordTreeClassifier(WordLogistic):
    """The same for labels."""

    def _joint(self):
        return JointTrees(self.task, self.seed)
