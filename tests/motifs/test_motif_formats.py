"""Motif matrices, MEME files and JASPAR."""

from pathlib import Path

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme, write_meme
from deepexpr.features.motif import Motif, check_unique_names
from deepexpr.motifs.jaspar import is_release, load_jaspar

SHARED = Path(__file__).parents[3] / "shared" / "data" / "tomtom"


def test_motif_of_counts_by_hand():
    motif = Motif.from_counts("m", "", [[4, 0, 0, 0], [1, 1, 1, 1], [2, 0, 0, 2]])
    assert motif.sites == 4
    assert motif.consensus == "AAA"
    assert motif.information_content == pytest.approx(2 + 0 + 1)
    assert motif.reverse_complement().probabilities[-1].tolist() == [0, 0, 0, 1]
    assert motif.log_odds()[2, 0] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
    "matrix", [[[0.5, 0.5, 0.5, 0.5]], [[1.5, -0.5, 0, 0]], np.zeros((0, 4)), [[1.0, 0, 0]]]
)
def test_motif_refuses_what_is_not_a_probability_matrix(matrix):
    with pytest.raises(InputError):
        Motif("m", "", np.asarray(matrix))


def test_motif_refuses_empty_columns_blanks_and_twins():
    with pytest.raises(InputError, match="without any letter"):
        Motif.from_counts("m", "", np.zeros((2, 4)))
    with pytest.raises(InputError, match="blanks"):
        Motif("a b", "", np.full((1, 4), 0.25))
    motif = Motif("m", "", np.full((1, 4), 0.25))
    with pytest.raises(InputError, match="Two motifs"):
        check_unique_names([motif, motif])


@pytest.mark.parametrize("name", ["motifs.meme", "motifs.meme.gz"])
def test_meme_file_round_trip(tmp_path, name):
    rng = np.random.default_rng(0)
    motifs = [
        Motif(f"m{i}", "alt" * (i % 2), rng.dirichlet(np.ones(4), size=5 + i), 10.0 * (i + 1))
        for i in range(3)
    ]
    write_meme(motifs, tmp_path / name)
    back = read_meme(tmp_path / name)
    assert [(m.name, m.alt_name, m.sites) for m in back] == [
        (m.name, m.alt_name, m.sites) for m in motifs
    ]
    for one, other in zip(back, motifs, strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-7)


HEAD = "MEME version 4\nMOTIF x\nletter-probability matrix: alength= 4 w= 2 nsites= 3\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\n", "MEME's motif format"),
        (HEAD + "1 0 0 0\n", "has 1 rows"),
        (HEAD + "1 0 0\n", "has 3 numbers"),
        (HEAD + "1 0 0 0\n0.5 0 0 0\n", "not probabilities"),
        ("MEME version 4\nMOTIF\n", "no name"),
        ("MEME version 4\nletter-probability matrix:\n1 0 0 0\n", "before any MOTIF"),
        (HEAD.replace("alength= 4", "alength= 20"), "not of DNA"),
    ],
)
def test_meme_file_errors_name_the_line(tmp_path, text, message):
    path = tmp_path / "bad.meme"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_meme(path)
    assert str(path) in str(caught.value)


def test_jaspar_2018_core_vertebrates_is_the_papers_579():
    motifs = load_jaspar()
    assert len(motifs) == 579
    ctcf = next(m for m in motifs if m.name == "MA0139.1")
    assert ctcf.alt_name == "CTCF"
    assert ctcf.width == 19
    reference = SHARED / "jaspar2018_core_vertebrates.meme"
    if not reference.exists():
        pytest.skip("the reference matrices are not in ../shared/data/tomtom")
    by_name = {m.name: m for m in read_meme(reference)}
    assert set(by_name) == {m.name for m in motifs}
    for motif in motifs:
        np.testing.assert_allclose(
            motif.probabilities, by_name[motif.name].probabilities, atol=2e-6
        )


def test_jaspar_unknown_release_lists_the_known_ones():
    with pytest.raises(InputError, match="JASPAR2018"):
        load_jaspar("JASPAR1999")
    assert is_release("JASPAR2024")
    assert not is_release("jaspar.meme")
