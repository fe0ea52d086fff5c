"""Settings of the baselines: features and search grids, with the paper's as defaults."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.setting_types import check_types


@dataclass(frozen=True)
class BaselineSettings:
    """Hyper-parameters of the six methods and of their search.

    length, informative : letters of a gapped k-mer, and those that are not gaps (spec §4).
    inner_folds : folds of the search within the training part (paper: 10).
    grid_points, grid_low, grid_high : penalties of Lasso and SVM, evenly spaced in log10
        between 10**grid_low and 10**grid_high (paper: 250 points; exponents illegible there).
    forest_sizes, forest_depths : trees, and levels of a tree (paper: 11 x 5).
    forest_features : features tried at a split: "sqrt", "log2" or a fraction in (0, 1]. The paper
        does not say; all features (1.0) cost 40 times as much.
    forest_leaf : smallest number of genes in a leaf.
    logistic_penalty : inverse strength C of the L2 penalty; the paper gives no grid (1: the
        library's default).
    lasso_deviance : the Lasso path stops where this fraction of the training variance is
        explained; weaker penalties take the score of the last solution (rule of glmnet).
    lasso_drop : the path of an inner fold also stops where its R² has fallen this far below
        its best: beyond lie hours of fitting noise, which the search would not choose.
    svm_drop : the same for the SVM's C and the AUC of an inner fold.
    svm_patience : the SVM's path of an inner fold also ends where its AUC has not risen for this
        many powers of ten of C: fits of genes that no plane parts take minutes there.
    lasso_tolerance : largest step of a coefficient, in standard deviations of the response,
        at which a solution counts as converged.
    """

    length: int = 6
    informative: int = 4
    inner_folds: int = 10
    grid_points: int = 250
    grid_low: float = -5.0
    grid_high: float = 5.0
    forest_sizes: tuple[int, ...] = (50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000)
    forest_depths: tuple[int, ...] = (2, 4, 6, 8, 10)
    forest_features: str | float = "sqrt"
    forest_leaf: int = 1
    logistic_penalty: float = 1.0
    lasso_deviance: float = 0.999
    lasso_drop: float = 0.1
    svm_drop: float = 0.05
    svm_patience: float = 2.0
    lasso_tolerance: float = 1e-4

    def __post_init__(self) -> None:
        check_types(self, "the baselines")
        for name in ("forest_sizes", "forest_depths"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))
        problems = {
            "inner_folds": self.inner_folds >= 2,
            "grid_points": self.grid_points >= 1,
            "grid_low": self.grid_low <= self.grid_high,
            "forest_sizes": bool(self.forest_sizes) and min(self.forest_sizes) >= 1,
            "forest_depths": bool(self.forest_depths) and min(self.forest_depths) >= 1,
            "forest_features": self.forest_features in ("sqrt", "log2")
            or (type(self.forest_features) in (int, float) and 0 < self.forest_features <= 1),
            "forest_leaf": self.forest_leaf >= 1,
            "logistic_penalty": self.logistic_penalty > 0,
            "lasso_deviance": 0 < self.lasso_deviance <= 1,
            "lasso_drop": self.lasso_drop > 0,
            "svm_drop": self.svm_drop > 0,
            "svm_patience": self.svm_patience > 0,
            "lasso_tolerance": self.lasso_tolerance > 0,
        }
        for name, fine in problems.items():
            if not fine:
                raise InputError(
                    f"The setting {name} cannot be used.",
                    where=f"settings of the baselines, key {name}",
                    found=repr(getattr(self, name)),
                    fix="See docs/baselines.md for what each key may be.",
                )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> BaselineSettings:
        """Defaults overlaid with `values`; an unknown key raises InputError."""
        known = {field.name: field for field in dataclasses.fields(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(
                f"Unknown setting(s) of the baselines: {', '.join(unknown)}.",
                expected="some of " + ", ".join(known),
            )
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """All settings as JSON types."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    def penalties(self) -> np.ndarray:
        """The grid of Lasso's alpha and of the SVM's C: float64 (grid_points,), ascending."""
        return np.logspace(self.grid_low, self.grid_high, self.grid_points)


def read_settings(text: str | None) -> BaselineSettings:
    """Settings from JSON text, or from a JSON or YAML file at that path; defaults if None."""
    if not text:
        return BaselineSettings()
    where = "--settings"
    try:
        if text.lstrip().startswith("{"):
            values = json.loads(text)
        else:
            where = str(Path(text))
            with reading(text, "settings") as handle:
                values = yaml.safe_load(handle)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise InputError(f"Not valid JSON or YAML: {error}.", where=where) from error
    if not isinstance(values, dict):
        raise InputError("The settings must hold keys and values.", where=where, found=repr(values))
    return BaselineSettings.from_mapping(values)
