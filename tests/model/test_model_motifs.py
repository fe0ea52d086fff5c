"""Known motifs beside the words: the layer, the closed form that reads it, and what is refused."""

import json

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif
from deepexpr.features.motif_scans import (
    BACKGROUND,
    P_VALUE,
    block_spread,
    matrices_of,
    motif_scans,
    read_matrices,
    scan_windows,
)
from deepexpr.features.motif_scores import match_scores, thresholds
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.files import read_table
from deepexpr.letters import CODES
from deepexpr.model import network
from deepexpr.model.bundle import Bundle
from deepexpr.model.config import make_configs
from deepexpr.model.examples import Examples
from deepexpr.model.layers import MotifScans
from deepexpr.model.variants import builder
from deepexpr.model.words import standardisation

#: The motif planted in the toy, one that is wider and one of odd width.
NAMED = {"planted": "TGACTCAT", "wide": "GGGACTTTCCGA", "odd": "CACGTGG"}
LETTERS = "ACGT"


def motif(name: str, consensus: str) -> Motif:
    probabilities = np.full((len(consensus), 4), 0.05)
    probabilities[np.arange(len(consensus)), [LETTERS.index(c) for c in consensus]] = 0.85
    return Motif(name, "", probabilities, 20)


MOTIFS = [motif(*item) for item in NAMED.items()]


@pytest.fixture(scope="module")
def meme(tmp_path_factory):
    path = tmp_path_factory.mktemp("motifs") / "known.meme"
    write_meme(MOTIFS, path)
    return str(path)


def sequences(n: int, length: int, seed: int = 1) -> np.ndarray:
    return np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(seed).integers(0, 4, (n, length))]


def test_what_is_above_the_score_of_a_match_is_summed_over_both_strands():
    """As FIMO's scores of each window say, one by one."""
    length, bits = 300, 0.02
    letters = sequences(20, length)
    found, columns = motif_scans(letters, matrices_of(MOTIFS))
    windows = scan_windows(length)
    assert found.shape == (20, len(windows) * 3)
    assert sum(columns) == found.shape[1]
    # Centres: motifs stand in the middle of the widest, one place to the left where they can not.
    for i, one in enumerate(MOTIFS):
        expected = np.zeros((20, len(windows)))
        for strand, (matrix, least) in enumerate(thresholds(one, BACKGROUND, P_VALUE)):
            over = np.maximum(match_scores(CODES[letters], matrix) - least, 0) * bits
            start = (12 - one.width) // 2
            first = start if strand == 0 else 12 - one.width - start
            place = np.arange(over.shape[1]) - first + (12 - 1) // 2
            expected += over @ windows[:, np.clip(place, 0, length - 1)].T
        got = found.reshape(20, len(windows), 3)[:, :, i] ** 2 - 0.375
        inside = slice(2, -2)  # at the ends other letters stand for the worst ones
        np.testing.assert_allclose(got[:, inside], expected[:, inside], atol=2e-3)
        assert expected.max() > 1


def test_no_letter_and_no_place_is_better_than_the_worst():
    matrices = matrices_of(MOTIFS)
    none, _ = motif_scans(encode_bytes(["N" * 100]), matrices)
    np.testing.assert_allclose(none, np.sqrt(0.375), rtol=1e-6)
    kept, _ = motif_scans(encode_bytes(["N" * 40 + NAMED["wide"] + "N" * 48]), matrices)
    assert kept.max() > 2


def test_the_layer_finds_what_the_closed_forms_read(meme):
    letters = sequences(5, 200)
    letters[0, 20:60] = ord("N")
    matrices = read_matrices(meme)
    layer = MotifScans(*(matrices.kernel.shape[i] for i in (0, 2)))
    layer.PART = 2
    layer.build((None, 200, 4))
    layer.set_weights([matrices.kernel, matrices.least])
    expected, _ = motif_scans(letters, matrices)
    found = layer(one_hot(letters))
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-4)
    assert layer.compute_output_shape((None, 200, 4)) == (None, expected.shape[1])
    again = MotifScans.from_config(layer.get_config())
    assert (again.width, again.motifs) == (12, 3)


def test_a_network_with_known_motifs(toy, train, meme):
    """It finds the planted one by them, and its bundle needs no file of motifs."""
    few = {"words": True, "filters": 4, "layers": 0, "convolution_from": 1000}
    out = train(toy.folder / "with", "sequence", model=few | {"motifs": meme})
    bundle = Bundle.open(out / "bundle")
    assert set(bundle.info["recipes"].values()) == {
        "coarse words and known motifs, layers beside them not trained"
    }
    table = read_table(out / "predictions.tsv").set_index("gene")
    again = bundle.predict_held_out(Dataset.open(toy.h5)).set_index("gene")["predicted"]
    np.testing.assert_allclose(again[table.index], table["predicted"], atol=1e-6)
    words = read_table(train(toy.folder / "without", "sequence", model=few) / "predictions.tsv")
    r = [np.corrcoef(t["observed"], t["predicted"])[0, 1] for t in (table, words)]
    assert r[0] > r[1] + 0.1
    examples = Examples(Dataset.open(toy.h5).inputs).take(np.arange(3))
    assert np.isfinite(bundle.promoter_gradients(examples, 0)).all()


def test_folds_share_their_scans(toy, meme, monkeypatch):
    bundle = Bundle.open(toy.folder / "with" / "bundle")
    called, call = [], MotifScans.call
    monkeypatch.setattr(MotifScans, "call", lambda self, x: called.append(1) or call(self, x))
    dataset = Dataset.open(toy.h5)
    bundle.predict(dataset)
    batches = len(called)
    bundle.predict_examples(Examples(dataset.inputs), 0)
    assert batches == len(called) - batches  # two folds took no more than one


def test_another_file_is_another_training(toy, meme, tmp_path, train_only):
    path = tmp_path / "own.meme"
    write_meme(MOTIFS[1:], path)
    model = {"words": True, "filters": 4, "layers": 0, "convolution_from": 1000}
    model |= {"motifs": str(path), "variant": "tuned", "first_pool": 4}
    record = train_only(toy.folder / "one", "sequence", "regression", model) / "fold.json"
    first = json.loads(record.read_text())["fingerprint"]
    write_meme(MOTIFS, path)
    record = train_only(toy.folder / "two", "sequence", "regression", model) / "fold.json"
    assert json.loads(record.read_text())["fingerprint"] != first


def test_a_bundle_of_other_motifs_is_not_built_upon(toy, train, tmp_path):
    path = tmp_path / "own.meme"
    write_meme(MOTIFS, path)
    model = {"words": True, "filters": 4, "layers": 0, "convolution_from": 1000}
    model |= {"motifs": str(path)}
    first = train(tmp_path / "first", "sequence", model=model)
    write_meme(MOTIFS[1:], path)
    with pytest.raises(InputError, match="another file of samples or motifs"):
        train(tmp_path / "other", "full", model=model, pretrained=first / "bundle")


def test_what_does_not_go_is_refused(tmp_path, meme):
    with pytest.raises(InputError, match="p-value") as caught:
        matrices_of([motif("short", "ACG")], "short.meme")
    assert caught.value.where == "short.meme"
    settings = make_configs({"variant": "tuned", "words": False, "motifs": meme}, {})
    with pytest.raises(InputError, match="the network has none"):
        builder(*settings, network.Shape(200, 0, 5000, "regression"), "sequence")
    settings = make_configs({"variant": "tuned", "motifs": str(tmp_path / "absent.meme")}, {})
    with pytest.raises(InputError, match="absent"):
        builder(*settings, network.Shape(200, 0, 5000, "regression"), "sequence").check()


def test_motifs_weigh_by_themselves_and_words_as_before():
    rng = np.random.default_rng(1)
    sd = np.array([0.5, 1.0, 2.0, 4.0])
    columns = (rng.normal(size=(50_000, 4)) * sd).astype(np.float32)
    blocks = [2, 1, 1]
    assert block_spread("fine", blocks, True) == [0.5, 1.0, 1.0]
    _, scale = standardisation(columns, blocks, block_spread("fine", blocks, True))
    _, alone = standardisation(columns[:, :2], [2], 0.5)
    np.testing.assert_allclose(scale[:2], alone, rtol=1e-6)
    np.testing.assert_allclose((columns[:, 2:] * scale[2:]).std(axis=0), 1.0, rtol=1e-4)
