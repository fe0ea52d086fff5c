"""What a variant does to the letters around a TSS; both strands, all kinds."""

import numpy as np
import pytest

from deepexpr.letters import reverse_complement
from deepexpr.variants.alleles import Change, edited, oriented, trimmed, tss_distance


def array(text):
    return np.frombuffer(text.encode(), np.uint8)


@pytest.mark.parametrize(
    ("reference", "alternate", "change"),
    [
        ("A", "g", (10, 11, "G")),
        ("AC", "AT", (11, 12, "T")),
        ("ACGT", "A", (11, 14, "")),
        ("A", "ATT", (11, 11, "TT")),
        ("CAAA", "CAA", (11, 12, "")),  # the first of a repeat
        ("AG", "TC", (10, 12, "TC")),
        ("A", "A", (10, 10, "")),
    ],
)
def test_shared_letters_fall_out(reference, alternate, change):
    assert trimmed(10, reference, alternate) == change


def test_size_is_that_of_the_longer_allele():
    assert Change(5, 5, "TTT").size == 3
    assert Change(5, 9, "T").size == 4


@pytest.mark.parametrize(
    ("change", "distance"),
    [
        ((10, 11, "G"), 0), ((7, 8, "G"), -3), ((12, 13, "G"), 2),
        ((7, 10, ""), -1), ((9, 12, ""), 0), ((11, 14, ""), 1),
        ((10, 10, "T"), -1), ((11, 11, "T"), 1), ((8, 8, "T"), -3),
    ],
)  # fmt: skip
def test_distance_to_a_tss_at_10(change, distance):
    assert tss_distance(Change(*change), 10) == distance


#: The TSS is the T at 4.
STRETCH = "ACGGTCCAGA"


@pytest.mark.parametrize(
    ("change", "letters", "tss"),
    [
        ((1, 2, "T"), "ATGGTCCAGA", 4),
        ((1, 3, ""), "AGTCCAGA", 2),  # upstream: what lies before it moves closer
        ((6, 8, ""), "ACGGTCGA", 4),  # downstream: what lies behind it moves closer
        ((2, 2, "AA"), "ACAAGGTCCAGA", 6),
        ((4, 4, "AA"), "ACGGAATCCAGA", 6),  # just before the TSS
        ((5, 5, "AA"), "ACGGTAACCAGA", 4),
        ((3, 6, ""), "ACGCAGA", 3),  # with the TSS: the next letter stands in its place
        ((4, 5, "G"), "ACGGGCCAGA", 4),
    ],
)
def test_the_tss_keeps_its_letters(change, letters, tss):
    changed, place = edited(array(STRETCH), 4, Change(*change))
    assert changed.tobytes().decode() == letters
    assert place == tss
    if not change[0] <= 4 < change[1]:
        assert letters[place] == "T"


def test_both_strands_give_the_same_haplotype():
    rng = np.random.default_rng(0)
    for _ in range(200):
        text = "".join(rng.choice(list("ACGT"), 30))
        first = int(rng.integers(2, 24))
        end = first + int(rng.integers(0, 4))
        change = Change(first + 100, end + 100, "".join(rng.choice(list("ACGT"), rng.integers(4))))
        plus, _ = edited(array(text), 15, oriented(change, 100, 130, "+"))
        minus, _ = edited(array(reverse_complement(text)), 14, oriented(change, 100, 130, "-"))
        assert reverse_complement(minus.tobytes().decode()) == plus.tobytes().decode()
