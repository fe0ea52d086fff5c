"""Cross-cell-line prediction: the mean over others' models, and nothing that leaks."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.evaluation.cross_cell_line import (
    by_method,
    copy_measured,
    open_bundle,
    predict_cross,
)
from deepexpr.evaluation.metrics import metrics_beyond_copy
from deepexpr.features.bundles import BundleRecord
from deepexpr.features.dataset import Dataset
from deepexpr.features.splits import make_splits
from deepexpr.schemas import PREDICTIONS

N = 30


@pytest.fixture
def target():
    rng = np.random.default_rng(0)
    return Dataset(
        gene=np.array([f"g{i:02d}" for i in range(N)]),
        chromosome=np.full(N, "chr1"),
        tss=np.arange(N),
        strand=np.full(N, "+"),
        sequence=np.full((N, 10), ord("A"), np.uint8),
        expression=rng.normal(size=N).astype(np.float32),
        label=np.where(rng.random(N) > 0.5, 1, -1).astype(np.int8),
        cell_line="K562",
        assembly="hg19",
        tss_index=5,
    )


@pytest.fixture
def splits(target):
    return make_splits(pd.DataFrame({"gene": target.gene}), "random", 3, seed=0)


class Fake(BundleRecord):
    """A network's bundle as seen from outside: predicts `value` + fold."""

    def __init__(self, splits, value, **changes):
        info = {
            "type": "network", "kind": "full", "assembly": "hg19", "task": "regression", "K": 3,
            "scheme": "random", "folds": [0, 1, 2],
        }  # fmt: skip
        super().__init__(Path("x"), info | changes)
        self.splits, self.value = splits, value

    def predict(self, dataset, fold, genes):
        return np.full(len(genes), self.value + fold)


def test_mean_over_the_other_cell_lines(target, splits):
    bundles = [Fake(splits, 0.0, cell_line="Jurkat"), Fake(splits, 1.0, cell_line="HCT116")]
    table = predict_cross(bundles, target, splits)
    assert tuple(table.columns) == PREDICTIONS
    assert set(table["trained_on"]) == {"HCT116,Jurkat"}
    assert set(table["method"]) == {"full"}
    assert (table["predicted"] == table["fold"] + 0.5).all()
    tested = splits[splits["role"] == "test"].set_index("gene")["fold"]
    assert (table.set_index("gene")["fold"].sort_index() == tested.sort_index()).all()
    observed = dict(zip(target.gene, target.expression, strict=True))
    assert (table["observed"] == table["gene"].map(observed)).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"assembly": "mm9"}, "differ in assembly"),
        ({"task": "classification"}, "differ in task"),
        ({"kind": "sequence"}, "differ in method"),
        ({"type": "baseline", "method": "full"}, "differ in type"),
        ({"K": 5}, "differ in K"),
        ({"scheme": "chromosome"}, "differ in scheme"),
        ({"cell_line": "K562"}, "other than the target"),
        ({"cell_line": "Jurkat"}, "different cell lines"),
    ],
)
def test_what_does_not_match_is_named(target, splits, changes, message):
    other = Fake(splits, 0, **({"cell_line": "HCT116"} | changes))
    with pytest.raises(InputError, match=message):
        predict_cross([Fake(splits, 0, cell_line="Jurkat"), other], target, splits)


def test_models_of_other_splits_are_refused(target, splits):
    other = make_splits(pd.DataFrame({"gene": target.gene}), "random", 3, seed=1)
    with pytest.raises(InputError, match="other splits"):
        predict_cross([Fake(other, 0, cell_line="Jurkat")], target, splits)


@pytest.mark.parametrize(
    ("text", "word"),
    [('{"type": "other"}', "unknown type"), ("[1]", "unknown type"), ("{", "damaged")],
)
def test_unknown_bundle_is_named(tmp_path, text, word):
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(InputError, match=word):
        open_bundle(tmp_path)


def test_classes_are_the_labels(target, splits):
    bundle = Fake(splits, 0.5, cell_line="Jurkat", task="classification")
    table = predict_cross([bundle], target, splits)
    assert set(table["observed"]) == {-1, 1}


def test_bundles_are_told_apart_by_method(splits):
    lasso = {"type": "baseline", "method": "lasso"}
    bundles = [
        Fake(splits, 0, cell_line=line, **kind)
        for line in ("Jurkat", "HCT116")
        for kind in ({}, {"kind": "sequence"}, lasso)
    ]
    found = by_method(bundles)
    assert list(found) == ["full", "sequence", "lasso"]
    lines = [[bundle.info["cell_line"] for bundle in own] for own in found.values()]
    assert lines == [["Jurkat", "HCT116"]] * 3


def lines_like(target):
    """Two other cell lines: the target's genes but one, its expression shifted."""
    kept = np.arange(N) != 3
    fields = ("gene", "chromosome", "tss", "strand", "sequence", "label")
    return [
        dataclasses.replace(
            target,
            cell_line=name,
            expression=(target.expression + shift)[kept],
            **{field: getattr(target, field)[kept] for field in fields},
        )
        for name, shift in (("Jurkat", 0.0), ("HCT116", 1.0))
    ]


def test_measured_expression_of_the_others_is_copied(target, splits):
    table = copy_measured(lines_like(target), target, splits, "regression", "random")
    assert tuple(table.columns) == PREDICTIONS
    assert set(table["trained_on"]) == {"HCT116,Jurkat"}
    assert set(table["gene"]) == set(target.gene) - {"g03"}
    np.testing.assert_allclose(table["predicted"], table["observed"] + 0.5, rtol=1e-5)
    with pytest.raises(InputError, match="other cell lines"):
        copy_measured([target], target, splits, "regression", "random")


def test_what_a_method_says_beyond_the_copy(target, splits):
    """A prediction that holds the copy and nothing else has no partial correlation."""
    copied = copy_measured(lines_like(target), target, splits, "regression", "random")
    rng = np.random.default_rng(3)
    copied["predicted"] = copied["observed"] + rng.normal(size=len(copied))
    more = copied.assign(method="full", predicted=copied["observed"] + copied["predicted"])
    same = copied.assign(method="lasso", predicted=2 * copied["predicted"] + rng.normal(size=N - 1))
    found = metrics_beyond_copy(pd.concat([copied, more, same])).set_index(["method", "fold"])
    assert set(found.index.get_level_values("method")) == {"full", "lasso"}
    assert (found.loc["full", "value"] > 0.99).all()
    for fold, group in same.groupby("fold"):
        other = copied.loc[group.index]
        r = np.corrcoef([group["observed"], group["predicted"], other["predicted"]])
        expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
        assert found.loc[("lasso", fold), "value"] == pytest.approx(expected, abs=1e-9)
    assert metrics_beyond_copy(more).empty
