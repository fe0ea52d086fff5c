"""The variant that reads contacted places: a motif in them decides what a contact counts."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.dataset import CONTACTS, ENHANCERS, Dataset, write_dataset

SITE = np.frombuffer(b"AGATAAGC", np.uint8)
SLOTS, WIDTH = 4, 60
MODEL = {
    "variant": "enhancers", "filters": 8, "kernel": 8, "first_pool": 4, "windows": 5, "dense": [8],
    "distal": [8], "dropout": 0.0, "words": False, "judge": 8, "attentions": 1,
}  # fmt: skip
TRAINING = {
    "epochs": 20,
    "patience": 20,
    "distal_epochs": 5,
    "batch_size": 16,
    "learning_rate": 0.01,
}


@pytest.fixture(scope="module")
def planted(toy, tmp_path_factory):
    """A dataset in which contacts count where SITE stands in the place, and which ones do."""
    dataset, rng = toy.dataset(1), np.random.default_rng(5)
    n = len(dataset)
    there = rng.random((n, SLOTS)) < 0.75
    true = there & (rng.random((n, SLOTS)) < 0.5)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (n, SLOTS, WIDTH))]
    for row, slot in np.argwhere(true):
        start = rng.integers(0, WIDTH - len(SITE))
        letters[row, slot, start : start + len(SITE)] = SITE
    letters[~there] = ord("N")
    counts = there * rng.gamma(4.0, 1.0, (n, SLOTS))  # those without it are no weaker
    contacts = np.stack([np.log2(1 + counts), rng.normal(0, 1e5, (n, SLOTS)) * there], axis=2)
    strength = np.log2(1 + (true * counts).sum(axis=1))
    dataset = dataclasses.replace(
        dataset,
        expression=(strength + rng.normal(0, 0.1, n)).astype(np.float32),
        label=np.where(strength >= np.median(strength), 1, -1).astype(np.int8),
        bins=np.log2(1 + np.pad(counts, ((0, 0), (0, 36)))).astype(np.float32),
        others={ENHANCERS: letters, CONTACTS: contacts.astype(np.float32)},
    )
    path = tmp_path_factory.mktemp("planted") / "planted.h5"
    write_dataset(dataset, path)
    read = Dataset.open(path)
    roles = np.repeat(["train", "validation", "test"], [220, 40, 40])
    splits = pd.DataFrame({"fold": 0, "gene": rng.permutation(read.gene), "role": roles})
    splits.to_csv(path.with_name("splits.tsv"), sep="\t", index=False)
    order = [dataset.gene.tolist().index(gene) for gene in read.gene]
    return path, np.where(there, true, np.nan)[order]


def trained(path, output, kind, model=None, training=None, task="regression"):
    splits = str(path.with_name("splits.tsv"))
    command = ["train", "--dataset", str(path), "--splits", splits, "--task", task, "--kind", kind,
               "--threads", "1", "--output", str(output)]  # fmt: skip
    command += ["--model", json.dumps(MODEL | (model or {}))]
    assert main([*command, "--training", json.dumps(TRAINING | (training or {}))]) == 0
    return output


def test_it_counts_the_contacts_that_hold_the_planted_motif(planted, tmp_path):
    from sklearn.metrics import roc_auc_score as roc_auc

    from deepexpr.model.attention import contact_attention, contact_effects
    from deepexpr.model.bundle import Bundle
    from deepexpr.model.examples import Examples

    path, true = planted
    output = trained(path, tmp_path / "out", "hichip")
    bundle, dataset = Bundle.open(output / "bundle"), Dataset.open(path)
    table = pd.read_csv(output / "predictions.tsv", sep="\t")
    # Neither counts nor distances tell which contacts count: what it has beyond them are letters.
    counted = np.exp2(dataset.others[CONTACTS][dataset.index_of(table["gene"]), :, 0]) - 1
    alone = np.corrcoef(np.log2(1 + counted.sum(axis=1)), table["observed"])[0, 1]
    reached = np.corrcoef(table["observed"], table["predicted"])[0, 1]
    assert reached > max(0.8, alone + 0.2)
    again = bundle.predict_held_out(dataset).merge(table, on=["fold", "gene"])
    np.testing.assert_allclose(again["predicted_x"], again["predicted_y"], rtol=1e-5)
    examples, there = Examples(dataset.inputs), np.isfinite(true)
    attention = contact_attention(bundle.models(0)[0], examples)[:, :, 0]
    assert (np.isfinite(attention) == there).all()
    assert roc_auc(true[there] == 1, attention[there]) > 0.9
    effects = contact_effects(lambda e: bundle.predict_examples(e, 0)[0], examples)
    assert roc_auc(true[there] == 1, effects[there]) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_full_network_with_words_predicts_again_what_was_recorded(planted, tmp_path, task):
    from deepexpr.model.bundle import Bundle

    path, _ = planted
    model = {"words": True, "distance": 50_000}
    output = trained(path, tmp_path / "out", "full", model, {"epochs": 2, "distal_epochs": 2}, task)
    bundle, dataset = Bundle.open(output / "bundle"), Dataset.open(path)
    table = pd.read_csv(output / "predictions.tsv", sep="\t")
    again = bundle.predict_held_out(dataset).merge(table, on=["fold", "gene"])
    np.testing.assert_allclose(again["predicted_x"], again["predicted_y"], rtol=1e-5)
    # The promoter's filters are those of the places.
    contacted = bundle.models(0)[0].get_layer("contacted")
    own = contacted.get_layer("first_convolution").get_weights()[0]
    assert (bundle.first_filters(0) == own).all()


def test_layers_of_contacts():
    from deepexpr.model.contact_layers import AttendedTotals, ContactNumbers, Slots

    contacts = np.array([[[2, 1e5], [1, -9e3], [0, 0]]], np.float32)  # counts 3, 1, and none
    attention = np.array([[[1, 0.5], [0, 1], [1, 1]]], np.float32)
    near = AttendedTotals(50_000)([attention, contacts])
    np.testing.assert_allclose(AttendedTotals()([attention, contacts]), np.log2([[4, 3.5]]))
    np.testing.assert_allclose(near, [[0, 1]], atol=1e-6)
    numbers = np.asarray(ContactNumbers()(contacts))[0]
    np.testing.assert_allclose(numbers[1], [1, -1, -1], atol=1e-6)
    row = np.asarray(Slots(2)(np.ones((1, 3, 5, 4), np.float32)))[0, :, 0]
    assert row.tolist() == [1, 1, 1, 1, 1, 0, 0] * 3


def test_a_dataset_without_places_is_refused(toy, tmp_path, capsys):
    command = ["train", "--dataset", str(toy.h5), "--splits", str(toy.splits), "--task",
               "regression", "--kind", "full", "--output", str(tmp_path / "out"),
               "--model", '{"variant": "enhancers"}']  # fmt: skip
    assert main(command) == 1
    message = capsys.readouterr().err
    assert "does not hold the sequences of contacted places" in message
    assert "--genome" in message


def test_networks_without_places_have_no_attention(toy):
    from deepexpr.model.attention import contact_attention
    from deepexpr.model.examples import Examples
    from deepexpr.model.network import Shape, TwoModules, build_proximal

    config = TwoModules(4, 8, 0, 0, 1, 1, 1, (), ())
    model = build_proximal(config, Shape(160, 40, 5000, "regression"))
    with pytest.raises(InputError, match="reads no contacted places"):
        contact_attention(model, Examples(toy.dataset(1).inputs))
