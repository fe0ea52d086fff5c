"""Networks that read bins of several HiChIP targets, and of one of them alone."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.evaluation.metrics import fold_metrics
from deepexpr.features.dataset import write_dataset
from deepexpr.features.words import loop_windows
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.summary import build_summary
from deepexpr.files import read_table, write_table
from deepexpr.model import network
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.distal_trees import tree_front
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.variants import builder
from deepexpr.scores import pearson

TARGETS = ("H3K27ac", "noise")


def two(dataset):
    """The bins of a dataset as one target, and as many counts that say nothing as another."""
    other = np.random.default_rng(5).permutation(dataset.bins.ravel()).reshape(dataset.bins.shape)
    return replace(dataset, bins=np.stack([dataset.bins, other], axis=2), targets=TARGETS)


@pytest.mark.parametrize("distance", [None, 50_000])
def test_features_of_several_targets_are_those_of_each_in_turn(distance):
    modules = TwoModules.of(make_configs({"variant": "tuned", "distance": distance}, {})[0])
    scaling = Scaling(bins_scale=0.7, totals_scale=2.0)
    bins = np.random.default_rng(1).random((5, 40, 2)).astype(np.float32)
    both = network.bins_front(modules, Shape(200, 40, 5000, "regression", targets=2), scaling)
    alone = network.bins_front(modules, Shape(200, 40, 5000, "regression"), scaling)
    found = np.asarray(both(bins))
    each = [np.asarray(alone(bins[:, :, i])) for i in range(2)]
    totals = len(modules.totals)
    wanted = np.hstack([*(e[:, :totals] for e in each), *(e[:, totals:] for e in each)])
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_trees_read_the_windows_of_each_target_in_turn():
    modules = TwoModules.of(make_configs({"variant": "tuned"}, {})[0])
    bins = np.random.default_rng(1).random((5, 40, 2)).astype(np.float32)
    front = tree_front(modules, Shape(200, 40, 5000, "regression", targets=2))
    np.testing.assert_allclose(np.asarray(front(bins)), loop_windows(bins, 5000), rtol=1e-5)


@pytest.mark.parametrize("variant", ["paper", "authors_code"])
@pytest.mark.parametrize("kind", ["full", "hichip"])
def test_other_variants_take_several_targets(variant, kind):
    shape = Shape(2000, 400, 5000, "regression", targets=3)
    small = {"blocks": 1, "layers": 1} if variant == "authors_code" else {}
    builder(*make_configs({"variant": variant} | small, {}), shape, kind).check()


@pytest.mark.slow
def test_training_predicting_and_ablation_by_target(toy, train, tmp_path, capsys):
    dataset = toy.dataset(1)
    write_dataset(two(dataset), tmp_path / "two.h5")
    options = {"dataset": tmp_path / "two.h5"}
    first = train(tmp_path / "sequence", "sequence", **options)
    runs = {
        name: train(tmp_path / name, "full", pretrained=first / "bundle", **options, **more)
        for name, more in (
            ("full", {}),
            ("signal", {"only_target": "H3K27ac"}),
            ("noise", {"only_target": "noise"}),
        )
    }
    tables = {name: read_table(folder / "predictions.tsv") for name, folder in runs.items()}
    methods = {name: table["method"].unique().tolist() for name, table in tables.items()}
    assert methods == {
        "full": ["full"], "signal": ["full-only-H3K27ac"], "noise": ["full-only-noise"],
    }  # fmt: skip
    score = {name: pearson(t["observed"], t["predicted"])[0] for name, t in tables.items()}
    assert score["signal"] > score["noise"] + 0.05
    assert score["full"] > score["noise"]
    # So the landing page names the mark that was planted first.
    folders = [first, *runs.values()]
    found = fold_metrics(pd.concat(read_table(folder / "predictions.tsv") for folder in folders))
    write_table(found, tmp_path / "metrics.tsv")
    summary = build_summary(Inputs(metrics=(tmp_path / "metrics.tsv",)))
    assert summary["value"].str.contains("of one target alone: H3K27ac 0").any()

    bundle, other = Bundle.open(runs["full"] / "bundle"), two(toy.dataset(2, "Other"))
    assert bundle.inputs["bins"] == (40, 2)
    assert bundle.targets == TARGETS
    assert np.isfinite(bundle.predict(other)).all()
    with pytest.raises(InputError, match="another set of HiChIP targets"):
        bundle.predict(replace(other, targets=("noise", "H3K27ac")))
    with pytest.raises(InputError, match="another set of HiChIP targets"):
        bundle.predict(toy.dataset(2, "Other"))
    # A bundle of one target takes it out of several, and a line of one target as it is.
    alone = Bundle.open(runs["signal"] / "bundle")
    wanted = alone.predict(toy.dataset(2, "Other"))
    np.testing.assert_allclose(alone.predict(other), wanted)
    with pytest.raises(InputError, match="no bins of a target"):
        alone.predict(replace(other, targets=("CTCF", "noise")))
    with pytest.raises(InputError, match="another set of HiChIP targets"):
        Bundle.open(train(tmp_path / "plain", "hichip") / "bundle").predict(other)

    (tmp_path / "bins.tsv").write_text("gene\n")
    argv = ["predict", "--bundle", runs["full"] / "bundle", "--dataset", tmp_path / "two.h5",
            "--bins", tmp_path / "bins.tsv", "--output", "-"]  # fmt: skip
    assert main([str(a) for a in argv]) == 1
    assert "bins of several targets" in capsys.readouterr().err
    info = json.loads((runs["full"] / "bundle/bundle.json").read_text())
    assert info["targets"] == list(TARGETS)
    argv = ["train", f"--dataset={tmp_path / 'two.h5'}", f"--splits={toy.splits}"]
    argv += ["--task=regression", "--kind=sequence", "--only-target=noise", f"--output={tmp_path}"]
    assert main(argv) == 2
