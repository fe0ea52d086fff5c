"""Ridge on words and loops, loop totals, and the network's features for the paper's methods."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from deepexpr.baselines.bundle import BaselineBundle, write_bundle
from deepexpr.baselines.fit import run_baseline
from deepexpr.baselines.inputs import choose_words, feature_matrix
from deepexpr.baselines.saved import arrays_of
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif
from deepexpr.features.motif_scans import motif_scans, read_matrices
from deepexpr.features.predictions import observed
from deepexpr.features.splits import fold_roles
from deepexpr.features.words import FINE_FROM, WORD_BLOCKS, WORD_SPREAD, loop_totals, window_words
from deepexpr.files import write_table
from deepexpr.model.samples import read_samples
from deepexpr.model.variants.tuned import Network
from deepexpr.model.words import solve_words


def without_loops(dataset):
    return dataclasses.replace(dataset, bins=None, loop_count=None, loop_number=None)


def test_without_loops_ridge_is_the_word_score_of_the_network(dataset, splits):
    alone = without_loops(dataset)
    table = run_baseline(alone, splits, "regression", "ridge", BaselineSettings()).predictions
    words, widths = window_words(dataset.sequence)
    roles = fold_roles(splits, 0)
    known = np.sort(dataset.index_of([*roles["train"], *roles["validation"]]))
    expected = solve_words(words[known], widths, dataset.expression[known], "regression")
    fold = table[table["fold"] == 0]
    test = dataset.index_of(fold["gene"])
    np.testing.assert_allclose(fold["predicted"], expected.of(words[test])[:, 0], rtol=1e-4)


@pytest.mark.parametrize(
    ("task", "method"),
    [("regression", "ridge"), ("classification", "ridge"), ("regression", "trees")],
)
def test_score_and_loops_are_joined(dataset, splits, task, method):
    """Expression here follows the motif and two bins, so both inputs must tell."""
    scores = {}
    for name, data in (("both", dataset), ("words", without_loops(dataset))):
        table = run_baseline(
            data, splits, task, method, BaselineSettings(inner_folds=3)
        ).predictions
        scores[name] = np.corrcoef(table["observed"], table["predicted"])[0, 1]
    assert scores["both"] > scores["words"] + 0.05


def test_totals_are_least_squares_on_three_sums(dataset, splits):
    table = run_baseline(dataset, splits, "regression", "totals", BaselineSettings()).predictions
    x = loop_totals(dataset.bins, dataset.bin_size)
    roles = fold_roles(splits, 1)
    known = dataset.index_of([*roles["train"], *roles["validation"]])
    fold = table[table["fold"] == 1]
    expected = LinearRegression().fit(x[known], dataset.expression[known])
    test = dataset.index_of(fold["gene"])
    np.testing.assert_allclose(fold["predicted"], expected.predict(x[test]), rtol=1e-4)
    with pytest.raises(InputError, match="binned loops"):
        run_baseline(without_loops(dataset), splits, "regression", "totals", BaselineSettings())


def test_methods_of_the_paper_can_read_the_networks_features(dataset, splits, small):
    rows = np.arange(len(dataset))
    settings = BaselineSettings(**small, features="network", word_blocks="coarse")
    found = feature_matrix(dataset, rows, settings, "network", use_bins=True)
    assert found.x.shape[1] == sum(found.blocks)
    assert found.blocks[:-1] == (4 * 256, 2 * 2080)
    run = run_baseline(dataset, splits, "regression", "linear_regression", settings)
    assert run.features == found.x.shape[1]
    table = run.predictions
    assert np.corrcoef(table["observed"], table["predicted"])[0, 1] > 0.2


@pytest.mark.parametrize("method", ["ridge", "trees"])
def test_words_in_single_precision_give_what_doubles_give(dataset, splits, method):
    """The two parts are for memory's sake alone: same bits as from one table."""
    settings, rows = BaselineSettings(inner_folds=3), np.arange(len(dataset))
    run = run_baseline(dataset, splits, "regression", method, settings)
    kind, settings = settings.features_of(method), run.settings
    table = feature_matrix(dataset, rows, settings, kind, use_bins=True)
    parts = feature_matrix(dataset, rows, settings, kind, use_bins=True, single=True)
    assert (parts.x.shape, parts.blocks) == (table.x.shape, table.blocks)
    assert parts.x.words.dtype == np.float32
    saved = arrays_of(run.pipelines[0])
    one, two = (saved.predict(each.x, "regression") for each in (table, parts))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("method", "genes", "words"),
    [("ridge", 3000, "fine"), ("trees", 3000, "fine"), ("ridge", 2999, "coarse"),
     ("lasso", 9000, "coarse")],
)  # fmt: skip
def test_words_are_as_fine_as_those_of_tuned(method, genes, words):
    assert Network().fine_words_from == FINE_FROM == 3000
    assert choose_words(BaselineSettings(), method, genes).word_blocks == words
    asked = BaselineSettings(word_blocks="fine")
    assert choose_words(asked, method, genes) == asked


def test_what_was_chosen_is_in_the_bundle(dataset, splits, tmp_path):
    run = run_baseline(dataset, splits, "regression", "ridge", BaselineSettings())
    write_bundle(tmp_path / "bundle", run, dataset, 1, [])
    bundle = BaselineBundle.open(tmp_path / "bundle")
    assert bundle.settings.word_blocks == "coarse"
    fold = run.predictions[run.predictions["fold"] == 0]
    np.testing.assert_allclose(bundle.predict(dataset, 0, fold["gene"]), fold["predicted"])


def test_known_motifs_are_read_beside_words_and_kept_in_the_bundle(dataset, splits, tmp_path):
    path = tmp_path / "known.meme"
    probabilities = np.full((8, 4), 0.05)
    probabilities[np.arange(8), [0, 1, 2, 3, 3, 2, 1, 0]] = 0.85
    write_meme([Motif("one", "", probabilities, 20)], path)
    alone, settings = without_loops(dataset), BaselineSettings(motifs=str(path))
    run = run_baseline(alone, splits, "regression", "ridge", settings)
    words, widths = window_words(dataset.sequence)
    scans, more = motif_scans(dataset.sequence, read_matrices(str(path)))
    both, widths = np.hstack([words, scans]), widths + more
    roles = fold_roles(splits, 0)
    known = np.sort(dataset.index_of([*roles["train"], *roles["validation"]]))
    expected = solve_words(both[known], widths, dataset.expression[known], "regression")
    fold = run.predictions[run.predictions["fold"] == 0]
    test = dataset.index_of(fold["gene"])
    np.testing.assert_allclose(fold["predicted"], expected.of(both[test])[:, 0], rtol=1e-4)
    write_bundle(tmp_path / "bundle", run, alone, 1, [])
    path.unlink()
    bundle = BaselineBundle.open(tmp_path / "bundle")
    assert bundle.info["inputs"]["sequence"] == "words in windows, known motifs"
    found = bundle.predict(alone, 0, fold["gene"])
    np.testing.assert_allclose(found, fold["predicted"], rtol=1e-6)
    kept = tmp_path / "bundle" / "motifs.meme"
    kept.write_text(kept.read_text() + "\n")
    with pytest.raises(InputError, match="not those that it was fitted with"):
        BaselineBundle.open(tmp_path / "bundle").predict(alone, 0)
    kept.unlink()
    with pytest.raises(InputError, match="motifs"):
        BaselineBundle.open(tmp_path / "bundle").predict(alone, 0)


@pytest.mark.parametrize("task", ["regression", "classification"])
@pytest.mark.parametrize(("words", "method"), [("coarse", "ridge"), ("fine", "trees")])
def test_further_samples_are_targets_of_the_words_and_kept(
    dataset, splits, tmp_path, task, words, method
):
    rng = np.random.default_rng(3)
    values = dataset.expression[:, None] + rng.normal(size=(len(dataset), 5))
    table = pd.DataFrame(values, columns=list("vwxyz")).assign(gene=dataset.gene)
    table = table[["gene", *"vwxyz"]].iloc[3:]  # not all genes are known
    write_table(table, tmp_path / "samples.tsv")
    settings = BaselineSettings(
        samples=str(tmp_path / "samples.tsv"), word_blocks=words, inner_folds=3
    )
    run = run_baseline(dataset, splits, task, method, settings)
    roles = fold_roles(splits, 0)
    known = np.sort(dataset.index_of([*roles["train"], *roles["validation"]]))
    counts, blocks = window_words(dataset.sequence, WORD_BLOCKS[words])
    samples = read_samples(settings.samples, dataset.gene)
    y = observed(dataset, known, task)
    sd = 1.0 if task == "classification" else y.std()
    expected = solve_words(
        counts[known], blocks, (y == 1) if task == "classification" else y / sd, task,
        spread=WORD_SPREAD[words], samples=samples[known], joined=words == "fine",
    )  # fmt: skip
    found = run.pipelines[0][-1].words_
    np.testing.assert_allclose(found.left_out, expected.left_out * sd, rtol=1e-4)
    other = counts[: len(dataset)]
    np.testing.assert_allclose(found.of(other), expected.of(other) * sd, rtol=1e-3, atol=1e-4)
    assert len(found.joined) == (3 if words == "fine" else 0)
    write_bundle(tmp_path / "bundle", run, dataset, 1, [])
    (tmp_path / "samples.tsv").unlink()  # prediction needs none
    bundle = BaselineBundle.open(tmp_path / "bundle")
    assert "further samples as targets" in bundle.info["inputs"]["sequence"]
    assert len(bundle.info["samples_sha256"]) == 64
    fold = run.predictions[run.predictions["fold"] == 0]
    np.testing.assert_allclose(
        bundle.predict(dataset, 0, fold["gene"]), fold["predicted"], rtol=1e-5
    )


def test_samples_of_test_genes_are_not_looked_at_and_units_do_not_matter(dataset, splits, tmp_path):
    meme = tmp_path / "known.meme"
    write_meme([Motif("one", "", np.full((8, 4), 0.25), 20)], meme)
    rng, test = np.random.default_rng(3), set(fold_roles(splits, 0)["test"])
    values = dataset.expression[:, None] + rng.normal(size=(len(dataset), 5))
    found = []
    for factor, changed in ((1.0, 0.0), (1.0, 9.0), (10.0, 0.0)):
        held = np.array([gene in test for gene in dataset.gene])
        table = pd.DataFrame(values + changed * held[:, None] * rng.normal(size=values.shape))
        table.insert(0, "gene", dataset.gene)
        write_table(table, tmp_path / "samples.tsv")
        settings = BaselineSettings(
            samples=str(tmp_path / "samples.tsv"), motifs=str(meme), word_blocks="fine"
        )
        scaled = dataclasses.replace(dataset, expression=dataset.expression * factor)
        run = run_baseline(scaled, splits, "regression", "ridge", settings)
        fold = run.predictions[run.predictions["fold"] == 0]
        found.append(fold["predicted"].to_numpy() / factor)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], found[2], rtol=1e-3, atol=1e-3)


def test_samples_are_of_no_use_to_methods_that_solve_no_words():
    settings = BaselineSettings(samples="absent.tsv", features="network")
    assert choose_words(settings, "lasso", 100).samples is None
    assert choose_words(settings, "ridge", 100).samples == "absent.tsv"
