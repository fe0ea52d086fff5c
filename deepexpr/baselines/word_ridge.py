"""A fair baseline: the words of `tuned` in closed form, and their score beside the loops.

Ridge regression on words in windows (model.words.solve_words: penalty by leave-one-out error). Each
training gene then has its *left-out* score, and a second small model joins that score with
the loops summed in windows: beside fitted scores the loops would get too little weight, for
these look better than they are on new genes.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegressionCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from deepexpr.baselines.inputs import in_parts
from deepexpr.model.words import solve_words

PENALTIES = np.logspace(-2, 5, 29)
STRENGTHS = np.logspace(-3, 3, 13)


class _WordRidge(BaseEstimator):
    """blocks : columns of each kind of word, then of the loops; 0 there: the words alone.

    spread : how columns of words are weighed (model.words.standardisation). seed : of what a joint
    model draws. joined : rectified units read the scores of further samples (model.joined).
    """

    task = ""

    def __init__(
        self,
        blocks: tuple[int, ...] = (1, 0),
        inner_folds: int = 10,
        spread: float | list[float] = 1.0,
        seed: int = 0,
        joined: bool = False,
    ) -> None:
        self.blocks = blocks
        self.seed = seed
        self.joined = joined
        self.spread = spread
        self.inner_folds = inner_folds

    def fit(self, x, y: np.ndarray, samples: np.ndarray | None = None):
        """Fit on x (n, p) in either form, not scaled, and y (n,): values, or labels +1 and -1.

        samples : (n, k) of the same genes, as solve_words takes them.
        """
        words, loops = in_parts(x, sum(self.blocks[:-1]))
        targets = (y == 1).astype(np.float64) if self.task == "classification" else y
        blocks = list(self.blocks[:-1])
        # Beside samples, which have variance 1, a target weighs as that of the network does.
        scaled = samples is not None and self.task == "regression"
        sd = float(targets.std()) or 1.0 if scaled else 1.0
        solved = solve_words(
            words, blocks, targets / sd, self.task, spread=self.spread, samples=samples,
            joined=self.joined,
        )  # fmt: skip
        self.words_ = solved.times(sd)
        self.penalty_ = self.words_.penalty
        self.joint_ = None
        if loops.shape[1]:
            self.joint_ = self._joint()
            self.joint_.fit(np.column_stack([self.words_.left_out[:, -1], loops]), y)
        # Kept once in the file of the fold; the left-out scores have done their work.
        self.n_features_in_ = x.shape[1]
        return self

    def _scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        words, loops = in_parts(x, sum(self.blocks[:-1]))
        score = self.words_.of(words)
        return score, np.column_stack([score[:, -1], loops])


class WordRidge(RegressorMixin, _WordRidge):
    """Expression from words and loops."""

    task = "regression"

    def _joint(self):
        return make_pipeline(StandardScaler(), RidgeCV(PENALTIES))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Expression (n,)."""
        score, joint = self._scores(x)
        return score[:, 0].astype(np.float64) if self.joint_ is None else self.joint_.predict(joint)


class WordLogistic(ClassifierMixin, _WordRidge):
    """The same for labels: the words' left-out scores are logits, joined by logistic regression."""

    task = "classification"

    def fit(self, x, y: np.ndarray, samples: np.ndarray | None = None):
        """As `_WordRidge.fit`; the labels are -1 and 1."""
        self.classes_ = np.array([-1, 1])
        return super().fit(x, y, samples)

    def _joint(self):
        search = LogisticRegressionCV(
            Cs=STRENGTHS, l1_ratios=(0.0,), cv=self.inner_folds, scoring="roc_auc",
            use_legacy_attributes=False,
        )  # fmt: skip
        return make_pipeline(StandardScaler(), search)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """P(-1) and P(+1): (n, 2)."""
        score, joint = self._scores(x)
        if self.joint_ is not None:
            return self.joint_.predict_proba(joint)
        positive = 0.5 * (1 + np.tanh((score[:, 1] - score[:, 0]).astype(np.float64) / 2))
        return np.column_stack([1 - positive, positive])

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Labels (n,), +1 or -1."""
        return np.where(self.predict_proba(x)[:, 1] >= 0.5, 1, -1)
