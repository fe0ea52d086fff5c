"""Generated motif files: read back as they were made, in every dialect; damaged ones refused."""

import random

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme


def matrices(draw):
    made = {}
    for number in range(draw.randint(1, 5)):
        rows = [[draw.random() ** 3 for _ in "ACGT"] for _ in range(draw.randint(1, 12))]
        name = draw.choice(["MA{0}.1", "{0}-ACGT", "M_{0}", "NA{0}"]).format(number)
        made[name] = np.array([[cell / sum(row) for cell in row] for row in rows])
    return made


def cell(draw, value):
    return draw.choice([f"{value:.6f}", f"{value:.6e}", f" {value:.6f}"])


def text_of(made, draw, odds=True):
    end, gap = draw.choice(["\n", "\r\n"]), draw.choice([" ", "  ", "\t"])
    head = [
        "MEME version 4",
        "",
        draw.choice(["ALPHABET= ACGT", "ALPHABET = ACGT", "ALPHABET=ACGT"]),
    ]
    lines = [*head, "", "strands: + -", "", "Background letter frequencies (from uniform):"]
    lines += ["A 0.25000 C 0.25000 G 0.25000 T 0.25000", ""]
    for name, matrix in made.items():
        lines += [f"MOTIF {name} {draw.choice(['', 'FACTOR', 'a::b'])}", ""]
        if odds and draw.random() < 0.5:
            lines.append(f"log-odds matrix: alength= 4 w= {len(matrix)} E= 0")
            lines += ["  1  2 -3  4"] * len(matrix) + [""]
        keys = draw.choice(
            [f"alength= 4 w= {len(matrix)} nsites= 9 E= 1e-3", f"w= {len(matrix)}", ""]
        )
        lines.append(f"letter-probability matrix: {keys}")
        lines += [gap.join(cell(draw, value) for value in row) for row in matrix]
        lines += ["", f"URL http://example.org/{name}", ""] if draw.random() < 0.5 else [""]
    return end.join(lines)


def write(tmp_path, text):
    (tmp_path / "m.meme").write_bytes(text.encode())
    return tmp_path / "m.meme"


@pytest.mark.parametrize("seed", range(10))
def test_motifs_of_every_dialect_are_read_back(tmp_path, seed):
    draw = random.Random(seed)
    made = matrices(draw)
    found = read_meme(write(tmp_path, text_of(made, draw)))
    assert [motif.name for motif in found] == list(made)
    for motif in found:
        assert motif.probabilities == pytest.approx(made[motif.name], abs=1e-5)
        assert motif.sites in (9, 20)


def a_row(draw, lines):
    rows = [
        i for i, line in enumerate(lines) if line[:1] in " 01" and "." in line and "A" not in line
    ]
    return draw.choice(rows)


DAMAGES = {
    "a value less": lambda draw, lines, at: lines[at].rsplit(None, 1)[0],
    "a value more": lambda draw, lines, at: lines[at] + " 0.1",
    "no number": lambda draw, lines, at: lines[at].rsplit(None, 1)[0] + " x",
    "not a number": lambda draw, lines, at: "nan 0.5 0.25 0.25",
    "counts": lambda draw, lines, at: "12 0 7 1",
    "below 0": lambda draw, lines, at: "-0.5 1.0 0.25 0.25",
    "a comma": lambda draw, lines, at: "0,25 0,25 0,25 0,25",
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("seed", range(10))
def test_damaged_motifs_are_refused(tmp_path, damage, seed):
    draw = random.Random(100 + seed)
    made = {"A": np.full((3, 4), 0.25), "B": np.full((4, 4), 0.25)}
    lines = text_of(made, draw, odds=False).splitlines()
    at = a_row(draw, lines)
    lines[at] = DAMAGES[damage](draw, lines, at)
    with pytest.raises(InputError):
        read_meme(write(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize("alphabet", ["ACTG", "AGCT", "TGCA", "ACDEFGHIKLMNPQRSTVWY", "ACGTm"])
def test_another_order_of_letters_is_refused(tmp_path, alphabet):
    text = text_of({"A": np.full((3, 4), 0.25)}, random.Random(1))
    text = text.replace("= ACGT", f"= {alphabet}").replace("=ACGT", f"= {alphabet}")
    with pytest.raises(InputError, match="not that of DNA, in its order") as caught:
        read_meme(write(tmp_path, text))
    assert "line 3" in caught.value.where


@pytest.mark.parametrize(
    "text",
    [">MA0139.1 CTCF\nA [ 1 2 ]\nC [ 3 4 ]\nG [ 1 2 ]\nT [ 3 4 ]\n",  # JASPAR
     ">ACGT\tname\t6.0\n0.25\t0.25\t0.25\t0.25\n",  # HOMER
     "ID any\nP0 A C G T\n01 1 2 2 0 S\n//\n",  # TRANSFAC
     "0.25 0.25 0.25 0.25\n"],
)  # fmt: skip
def test_formats_of_others_are_refused(tmp_path, text):
    with pytest.raises(InputError, match="Not a file in MEME's motif format"):
        read_meme(write(tmp_path, text))
