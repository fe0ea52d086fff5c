"""Every method on a small dataset: what they learn, what they must not see, what they keep."""

import dataclasses

import numpy as np
import pytest

from deepexpr.baselines.bundle import BaselineBundle, write_bundle
from deepexpr.baselines.fit import run_baseline
from deepexpr.baselines.methods import METHODS, check_method
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.splits import fold_roles
from deepexpr.options import read_options
from deepexpr.schemas import PREDICTIONS

ALL = [(task, method) for task, methods in METHODS.items() for method in methods]


@pytest.fixture
def settings(small):
    return BaselineSettings.of(small, "test")


@pytest.mark.parametrize(("task", "method"), ALL)
def test_method_learns_and_its_bundle_predicts_the_same(
    task, method, dataset, splits, settings, tmp_path
):
    run = run_baseline(dataset, splits, task, method, settings, seed=4)
    table = run.predictions
    assert tuple(table.columns) == PREDICTIONS
    assert sorted(table["gene"]) == sorted(dataset.gene)
    assert set(table["K"]) == {3}
    assert set(table["scheme"]) == {"random"}
    if method != "totals":  # here two bins of ten hold the signal: their sum holds next to nothing
        assert np.corrcoef(table["observed"], table["predicted"])[0, 1] > 0.2
    if task == "classification":
        assert table["predicted"].between(0, 1).all()
    write_bundle(tmp_path / "bundle", run, dataset, 4, [])
    bundle = BaselineBundle.open(tmp_path / "bundle")
    assert (bundle.info["task"], bundle.info["method"]) == (task, method)
    assert bundle.folds == [0, 1, 2]
    for fold, group in table.groupby("fold"):
        np.testing.assert_allclose(
            bundle.predict(dataset, fold, group["gene"]), group["predicted"], rtol=1e-9, atol=1e-9
        )


@pytest.mark.parametrize(("task", "method"), ALL)
def test_test_genes_are_not_seen(task, method, dataset, splits, settings):
    """Other responses and inputs of the test genes change no prediction of another gene."""
    genes = fold_roles(splits, 0)["test"]
    rows = dataset.index_of(genes)
    changed = dataclasses.replace(
        dataset,
        expression=dataset.expression.copy(),
        label=dataset.label.copy(),
        bins=dataset.bins.copy(),
    )
    changed.expression[rows] += 100
    changed.label[rows] *= -1
    changed.bins[rows[1:]] *= 50
    first, second = (run_baseline(d, splits, task, method, settings) for d in (dataset, changed))
    values = [run.predictions.set_index(["fold", "gene"])["predicted"] for run in (first, second)]
    assert values[0][0, genes[0]] == values[1][0, genes[0]]
    assert not values[0][1].equals(values[1][1])  # there they are training genes


def test_threads_and_repetition_do_not_change_the_result(dataset, splits, settings, tmp_path):
    runs = [
        run_baseline(dataset, splits, "regression", "random_forest", settings, 1, threads)
        for threads in (1, 2)
    ]
    assert runs[0].predictions.equals(runs[1].predictions)
    assert runs[0].search.equals(runs[1].search)
    for i, run in enumerate(runs):
        write_bundle(tmp_path / f"{i}", run, dataset, 1, [])
    files = sorted(path.name for path in (tmp_path / "0").iterdir())
    assert files == ["bundle.json", "fold-0.npz", "fold-1.npz", "fold-2.npz", "splits.tsv"]
    for name in files:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()


def test_without_hichip_the_sequence_is_used_alone(dataset, splits, settings, tmp_path):
    alone = dataclasses.replace(dataset, bins=None, loop_count=None, loop_number=None)
    run = run_baseline(alone, splits, "regression", "lasso", settings)
    write_bundle(tmp_path / "bundle", run, alone, 0, [])
    bundle = BaselineBundle.open(tmp_path / "bundle")
    assert bundle.info["inputs"]["bins"] is None
    # Another dataset's bins are not looked at.
    assert len(bundle.predict(dataset, 0, dataset.gene[:3])) == 3


def test_minimum_norm_is_said(dataset, splits, settings):
    run = run_baseline(dataset, splits, "regression", "linear_regression", settings)
    assert run.search["note"].str.contains("minimum-norm").all()


def test_damaged_or_foreign_bundles_are_refused(dataset, splits, settings, tmp_path):
    run = run_baseline(dataset, splits, "regression", "linear_regression", settings)
    write_bundle(tmp_path / "bundle", run, dataset, 0, [])
    bundle = BaselineBundle.open(tmp_path / "bundle")
    with pytest.raises(InputError, match="no fold 9"):
        bundle.predict(dataset, 9)
    without = dataclasses.replace(dataset, bins=None, loop_count=None, loop_number=None)
    with pytest.raises(InputError, match="binned loops"):
        bundle.predict(without, 0)
    with pytest.raises(InputError, match="number of features"):
        bundle.predict(dataclasses.replace(dataset, bins=dataset.bins[:, :5]), 0)
    (tmp_path / "bundle" / "fold-0.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="damaged"):
        bundle.predict(dataset, 0)
    (tmp_path / "bundle" / "bundle.json").write_text('{"type": "network"}')
    with pytest.raises(InputError, match="does not hold a baseline"):
        BaselineBundle.open(tmp_path / "bundle")


def test_method_of_the_other_task_is_refused():
    with pytest.raises(InputError, match="no method of regression"):
        check_method("regression", "svm")


def test_settings_are_checked(tmp_path):
    assert read_options(None) == {}
    assert len(BaselineSettings().penalties()) == 250
    assert len(BaselineSettings().forest_sizes) * len(BaselineSettings().forest_depths) == 55
    path = tmp_path / "s.yaml"
    path.write_text("inner_folds: 4\nforest_sizes: [20, 10]\n")
    assert BaselineSettings.of(read_options(str(path)), "test").forest_sizes == (10, 20)
    for text, message in (
        ('{"folds": 3}', "Unknown key 'folds'"),
        ('{"inner_folds": 1}', "inner_folds"),
        ('{"inner_folds": "x"}', "is not of type 'integer'"),
        ('{"inner_folds": 2.5}', "is not of type 'integer'"),
        ('{"length": "4"}', "is not of type 'integer'"),
        ('{"grid_low": NaN}', "is not finite"),
        ('{"forest_sizes": [5.5]}', "is not of type 'integer'"),
        ('{"forest_sizes": 5}', "is not of type 'array'"),
        ('{"forest_features": true}', "cannot be used"),
        ('{"forest_features": 2}', "2 is greater than the maximum of 1"),
        ('{"grid_low": 9}', "The grid ends below its start"),
        ("{", "Not valid JSON"),
    ):
        with pytest.raises(InputError, match=message):
            BaselineSettings.of(read_options(text), "test")
