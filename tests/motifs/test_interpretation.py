"""Attribution, motif scanning, and the verbs that read a network (a stand-in that adds)."""

import argparse
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepexpr.commands import filters as filters_command
from deepexpr.commands import interpret as interpret_command
from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.meme_format import read_meme, write_meme
from deepexpr.features.motif import Motif
from deepexpr.motifs.attribution import (
    attribute_bins,
    attribute_places,
    attribute_sequence,
    sequence_variants,
)
from deepexpr.motifs.scanning import known_hits, letter_frequencies, scan
from deepexpr.options import add_verb
from deepexpr.schemas import (
    ATTRIBUTION,
    ATTRIBUTION_HITS,
    BIN_ATTRIBUTION,
    FILTERS,
    PLACE_ATTRIBUTION,
)

LENGTH, WORD, AT = 60, "TGACTCAT", 30


def make_dataset():
    rng = np.random.default_rng(0)
    sequence = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (3, LENGTH))].copy()
    sequence[1, AT : AT + 8] = np.frombuffer(WORD.encode(), np.uint8)
    sequence[1, 0] = ord("N")
    bins = np.zeros((3, 4), np.float32)
    bins[1, [0, 2]] = [2.0, 1.0]
    return Dataset(
        gene=np.array(["a", "b", "c"]),
        chromosome=np.array(["chr1"] * 3),
        tss=np.array([100_000, 200_000, 300_000]),
        strand=np.array(["+", "-", "+"]),
        sequence=sequence,
        expression=np.arange(3, dtype=np.float32),
        label=np.array([-1, 1, 1], np.int8),
        cell_line="Toy",
        assembly="toy",
        bins=bins,
        loop_count=bins.sum(axis=1, keepdims=True),
        loop_number=(bins > 0).sum(axis=1, keepdims=True).astype(np.int32),
        tss_index=LENGTH // 2,
        bin_size=5000,
    )


def weights():
    """One weight per position and letter: the planted word counts, the rest hardly."""
    w = np.random.default_rng(1).normal(0, 0.001, (LENGTH, 256))
    for i, letter in enumerate(WORD):
        w[AT + i, ord(letter)] = 1.0
    w[:, ord("N")] = 0.0
    return w


def predict(inputs):
    """Two folds: the sum of the letters' weights plus the bins; the second fold doubles it."""
    value = weights()[np.arange(LENGTH), inputs["promoter"]].sum(axis=1)
    if "bins" in inputs:
        value = value + inputs["bins"] @ np.array([1.0, 1.0, 3.0, 1.0])
    return np.stack([value, 2 * value])


def test_attribution_of_an_additive_model_is_its_weights():
    dataset = make_dataset()
    track = attribute_sequence(dataset, "b", predict, batch=7)
    assert tuple(track.columns) == ATTRIBUTION
    assert track["tss_distance"].iloc[0] == -30
    w, sequence = weights(), dataset.sequence[1]
    for i in (AT, AT + 3, 50):
        others = [w[i, ord(c)] for c in "ACGT" if ord(c) != sequence[i]]
        own = w[i, sequence[i]] - np.mean(others)
        assert track["attribution"][i] == pytest.approx(1.5 * own)
        assert track["folds_sd"][i] == pytest.approx(abs(0.5 * own))
    assert track["attribution"][0] == 0  # N
    masked = attribute_sequence(dataset, "b", predict, "masking")
    assert masked["attribution"][AT] == pytest.approx(1.5)


def test_variants_change_one_letter_each():
    sequence = np.frombuffer(b"ACN", np.uint8)
    variants, positions = sequence_variants(sequence, "mutagenesis")
    assert len(variants) == 7
    assert positions.tolist() == [0, 0, 0, 1, 1, 1]
    assert ((variants[1:] != sequence).sum(axis=1) == 1).all()
    assert len(sequence_variants(sequence, "masking")[0]) == 3


def test_bins_are_emptied_one_by_one():
    table = attribute_bins(make_dataset(), "b", predict)
    assert tuple(table.columns) == BIN_ATTRIBUTION
    assert table["attribution"].tolist() == pytest.approx([3.0, 0, 4.5, 0])
    assert table["start"].tolist() == [190_000, 195_000, 200_000, 205_000]


def test_contacted_places_are_emptied_with_their_bin():
    dataset = make_dataset()  # the gene lies on the minus strand
    contacts = np.zeros((3, 3, 2), np.float32)
    contacts[1] = [[2, 7_000], [1, -3_000], [0, 0]]  # in bins 0 and 2, and no contact
    dataset = replace(dataset, others={"contacts": contacts})

    def counting(inputs):
        return predict(inputs) + 10 * inputs["contacts"][:, :, 0].sum(axis=1)

    table = attribute_bins(dataset, "b", counting)
    assert table["attribution"].tolist() == pytest.approx([23.0, 0, 14.5, 0])

    def attention(inputs):
        assert len(inputs["contacts"]) == 1
        return np.stack([np.full((1, 3, 1), share) for share in (0.2, 0.6)])

    places = attribute_places(dataset, "b", counting, attention)
    assert tuple(places.columns) == PLACE_ATTRIBUTION
    assert places["middle"].tolist() == [193_000, 203_000]
    assert places["attribution"].tolist() == pytest.approx([20, 10])
    assert places["attention"].tolist() == pytest.approx([0.4, 0.4])
    with pytest.raises(InputError, match="no contacted places"):
        attribute_places(make_dataset(), "b", counting, attention)


def word_motif(word=WORD, name="AP1"):
    matrix = np.full((len(word), 4), 0.02)
    matrix[np.arange(len(word)), ["ACGT".index(c) for c in word]] = 0.94
    return Motif(name, "JUN", matrix, 10)


def test_scan_finds_both_strands_and_skips_n():
    sequence = np.frombuffer(b"CCTGACTCATCCATGAGTCACCTGANTCAT", np.uint8)
    hits = scan(sequence, word_motif(), np.full(4, 0.25), 1e-4)
    assert [(start, strand) for start, strand, _, _ in hits] == [(2, "+"), (12, "-")]
    assert all(score > 13 for *_, score, _ in hits)
    assert scan(sequence[:5], word_motif(), np.full(4, 0.25), 1.0) == []


def test_p_values_equal_enumeration():
    motif = Motif("m", "", np.random.default_rng(0).dirichlet(np.ones(4), size=3))
    background = np.array([0.3, 0.2, 0.2, 0.3])
    table = np.rint(motif.log_odds(background, pseudocount=0.01) / 0.02)
    words = list(itertools.product(range(4), repeat=3))
    scores = np.array([table[[0, 1, 2], w].sum() for w in words])
    chance = np.array([background[list(w)].prod() for w in words])
    for word, score in zip(words, scores, strict=True):
        text = np.frombuffer("".join("ACGT"[i] for i in word).encode(), np.uint8)
        p = next(h[3] for h in scan(text, motif, background, 1.1) if h[1] == "+")
        assert p == pytest.approx(chance[scores >= score].sum())


def test_known_hits_lie_at_high_attribution():
    dataset = make_dataset()
    track = attribute_sequence(dataset, "b", predict)
    motifs = [word_motif(), word_motif("ACGTACGTACG", "other")]
    hits = known_hits(track, motifs, letter_frequencies(dataset.sequence), p_value=1e-4, share=0.05)
    assert tuple(hits.columns) == ATTRIBUTION_HITS
    assert hits["motif"].tolist() == ["AP1"]
    assert hits.loc[0, ["start", "end", "orientation"]].tolist() == [AT, AT + 8, "+"]
    flat = track.assign(attribution=0.0)
    assert known_hits(flat, motifs, np.full(4, 0.25), p_value=1e-4, share=0.05).empty


class StandIn:
    """What the verbs ask of a bundle."""

    folds = (3, 4)

    def __init__(self, kind="full"):
        self.info = {"kind": kind}

    @property
    def inputs(self):
        unread = {"sequence": "bins", "hichip": "promoter"}.get(self.info["kind"])
        return {"promoter": (LENGTH,), "bins": (4,)}.keys() - {unread}

    def fitting(self, dataset):
        assert dataset.assembly == "toy"
        return dataset

    def predict_examples(self, examples, fold):
        assert fold is None
        return predict(examples.arrays)

    def first_filters(self, fold):
        assert fold == 3
        kernel = np.full((8, 4, 2), -1.0)
        kernel[np.arange(8), ["ACGT".index(c) for c in WORD], 0] = 1.0
        return kernel


@pytest.fixture
def bundle(monkeypatch):
    from deepexpr.model.bundle import Bundle

    chosen = StandIn()
    monkeypatch.setattr(Bundle, "open", classmethod(lambda cls, path: chosen))
    return chosen


def call(command, *arguments):
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    command.run(parser.parse_args(list(map(str, arguments))))


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("full", {"attribution.tsv", "motifs.tsv", "bins.tsv"}),
        ("sequence", {"attribution.tsv", "motifs.tsv"}),
        ("hichip", {"bins.tsv"}),
    ],
)
def test_verb_interpret(bundle, tmp_path, kind, files):
    bundle.info["kind"] = kind
    write_dataset(make_dataset(), tmp_path / "toy.h5")
    write_meme([word_motif()], tmp_path / "known.meme")
    call(
        interpret_command, "--bundle", "x", "--gene", "b", "--dataset", tmp_path / "toy.h5",
        "--targets", tmp_path / "known.meme", "--output", tmp_path / "out",
    )  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == files
    if kind == "full":
        hits = pd.read_csv(tmp_path / "out" / "motifs.tsv", sep="\t")
        assert hits["motif_name"].tolist() == ["JUN"]


def test_verb_filters(bundle, tmp_path):
    letters = [row.tobytes().decode() for row in make_dataset().sequence]
    (tmp_path / "p.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(letters)))
    call(
        filters_command, "--bundle", "x", "--fasta", tmp_path / "p.fa", "--output",
        tmp_path / "f.meme", "--table", tmp_path / "f.tsv", "--alpha", 0.9,
    )  # fmt: skip
    motifs = read_meme(tmp_path / "f.meme")
    assert [(m.name, m.consensus, m.sites) for m in motifs] == [("filter_0", WORD, 1)]
    table = pd.read_csv(tmp_path / "f.tsv", sep="\t")
    assert tuple(table.columns) == FILTERS
    assert table["fired"].tolist() == [1, 0]
    assert table["fold"].tolist() == [3, 3]
