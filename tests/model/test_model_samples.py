"""Expression in further samples as further targets of the words: of training genes only."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.splits import fold_roles, read_splits
from deepexpr.files import write_table
from deepexpr.model import words
from deepexpr.model.config import make_configs
from deepexpr.model.crossvalidation import Fold, _fold_data
from deepexpr.model.jobs import make_job
from deepexpr.model.samples import as_targets, read_samples
from deepexpr.model.variants import builder
from deepexpr.model.words import solve_words


@pytest.mark.parametrize("factors_from", [10, 10_000])
def test_samples_that_follow_the_same_words_help(factors_from, monkeypatch):
    """Forty clean samples of what one noisy line shows, on more columns than genes."""
    monkeypatch.setattr(words, "FACTORS_FROM", factors_from)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 300)).astype(np.float32)
    truth = features[:, :40] @ rng.normal(size=40)
    targets = truth + rng.normal(0, 8, 400)
    samples = truth[:, None] + rng.normal(0, 4, (400, 40))
    samples[rng.random(samples.shape) < 0.1] = np.nan
    train, test = np.arange(200), np.arange(200, 400)
    reached = {}
    for name, given in (("alone", None), ("samples", samples[train])):
        found = solve_words(features[train], [300], targets[train], "regression", samples=given)
        reached[name] = np.corrcoef(found.of(features[test])[:, 0], truth[test])[0, 1]
        inside = np.corrcoef(found.left_out[:, 0], truth[train])[0, 1]
        assert abs(inside - reached[name]) < 0.15, name
    assert reached["samples"] > reached["alone"] + 0.1


def test_targets_have_one_scale_and_nothing_unknown():
    samples = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0], [5.0, 5.0, 4.0]])
    found = as_targets(samples)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found[:, 0], [-(1.5**0.5), 0, 1.5**0.5])
    assert found[:, 1].tolist() == [0, -1, 1]


@pytest.fixture
def table(toy, tmp_path):
    """samples(change): path of a table of three samples, changed where `change` says."""
    dataset = Dataset.open(toy.h5)
    rng = np.random.default_rng(3)
    values = dataset.expression[:, None] + rng.normal(0, 0.3, (len(dataset), 3))

    def make(rows=(), by=0.0, genes=None):
        changed = values.copy()
        changed[list(rows)] += by
        samples = pd.DataFrame(changed, columns=["liver", "brain", "HepG2"])
        samples.insert(0, "gene", dataset.gene if genes is None else genes)
        write_table(samples, tmp_path / f"{by}.tsv")
        return str(tmp_path / f"{by}.tsv")

    return make


def solved(toy, path):
    """The word weights of fold 0 with the samples of a table."""
    model = {"variant": "tuned", "filters": 4, "layers": 0, "kmer_start": False, "first_pool": 4}
    settings = make_configs(model, {"samples": path})
    dataset, splits = Dataset.open(toy.h5), read_splits(toy.splits)
    job = make_job(dataset, splits, "regression", "sequence", *settings, seed=1)
    fold = Fold(job, 0, Path(), "")
    data = _fold_data(fold, builder(*settings, job.shape, "sequence"))
    return data.words.final.kernel, job.fingerprint(0)


def test_values_of_test_genes_are_not_looked_at(toy, table):
    dataset = Dataset.open(toy.h5)
    test = dataset.index_of(fold_roles(read_splits(toy.splits), 0)["test"])
    known = np.setdiff1d(np.arange(len(dataset)), test)
    (first, print1), (same, print2), (other, _) = (
        solved(toy, path) for path in (table(), table(test, 100.0), table(known[::2], 2.0))
    )
    np.testing.assert_array_equal(first, same)
    assert print1 != print2  # another table, so a fold that was finished with the first is not kept
    assert not np.array_equal(first, other)


def test_what_does_not_fit_is_told(toy, table):
    genes = Dataset.open(toy.h5).gene
    assert read_samples(table(), genes).shape == (len(genes), 3)
    with pytest.raises(InputError, match="knows 0% of the dataset's"):
        read_samples(table(by=1.0, genes=[f"ENSG{i}" for i in range(len(genes))]), genes)
    with pytest.raises(InputError, match=r"training\.samples"):
        builder(*make_configs({"variant": "tuned", "words": False}, {"samples": "x"}), None, "full")
