"""A wrong enzyme is told by the first reads, against what chance alone gives."""

import random

import pytest

from deepexpr.checks.junctions import require_junctions
from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, expand, junctions, parse_enzymes
from deepexpr.hichip.junction_share import junction_share


def library(enzyme, share, number=3000, length=75, seed=1, letters="ACGT"):
    """Reads of random letters, this share of which holds a junction of `enzyme`."""
    draw = random.Random(seed)
    made = [s for j in junctions(parse_enzymes(enzyme)) for s in expand(j.sequence)]
    reads = []
    for i in range(number):
        read = "".join(draw.choices(letters, k=length))
        if i < share * number:
            put = draw.choice(made)
            start = draw.randrange(length - len(put))
            read = read[:start] + put + read[start + len(put) :]
        reads.append(read.encode())
    return reads


KNOWN = [name for name in ENZYMES if junction_share(library("MboI", 0), name)[1] < 0.1]
SITES = ["^GATC", "G^ANTC", "C^TNAG", "T^TAA", "A^AGCTT", "C^TAG"]


@pytest.mark.parametrize("enzyme", KNOWN)
@pytest.mark.parametrize("share", [0.03, 0.2, 0.6])
def test_right_enzyme_passes(enzyme, share):
    require_junctions(library(enzyme, share), enzyme, 0.02)


@pytest.mark.parametrize("length", [75, 100, 150])
@pytest.mark.parametrize("enzyme", [*KNOWN, "^GATC,C^TNAG", "T^TAA", "^GATC,G^ANTC"])
def test_reads_without_ligation_are_refused_though_chance_gives_some(enzyme, length):
    reads = library("MboI", 0, number=20_000, length=length)
    share, chance = junction_share(reads, enzyme)
    assert share == pytest.approx(chance, abs=0.02)
    with pytest.raises(InputError, match="by chance"):
        require_junctions(reads, enzyme, 0.02)


def test_another_enzyme_is_named():
    with pytest.raises(InputError) as caught:
        require_junctions(library("HindIII", 0.3), "MboI", 0.02)
    assert "The reads hold those of HindIII" in caught.value.fix


@pytest.mark.parametrize("seed", range(10))
def test_generated_pairs_of_sites(seed):
    draw = random.Random(seed)
    chosen = draw.sample(SITES, draw.randint(1, 3))
    enzyme, letters = ",".join(chosen), draw.choice(["ACGT", "AACGTT", "AAACGTTT", "ACCGGT"])
    require_junctions(library(enzyme, 0.1, seed=seed, letters=letters), enzyme, 0.02)
    none = library(enzyme, 0, number=20_000, seed=seed, letters=letters)
    if junction_share(none, enzyme)[1] < 0.1:
        with pytest.raises(InputError):
            require_junctions(none, enzyme, 0.02)


def test_few_reads_or_no_minimum_tell_nothing():
    require_junctions(library("MboI", 0, number=900), "MboI", 0.02)
    require_junctions(library("MboI", 0), "MboI", 0)
    require_junctions(library("MboI", 0), "NlaIII", 0.02)  # its junction is its site
