"""Generated HiChIP reads of every known enzyme and kit, held against each as the one given."""

import logging
import random

import numpy as np
import pytest

from deepexpr.checks.junctions import require_junctions
from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, expand, junctions, parse_enzymes
from deepexpr.hichip.junction_share import tells
from deepexpr.hichip.trimming import TrimSettings, trim_files

LEAST = 0.02


def library(enzyme, seed, share=0.3, number=2000, length=90):
    """Letters of reads of a genome of some composition; `share` of them hold a junction."""
    draw, gc = random.Random(f"{enzyme}{seed}"), random.Random(seed).uniform(0.35, 0.6)
    weights = [(1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2]
    kinds = [text for j in junctions(parse_enzymes(enzyme)) for text in expand(j.sequence)]
    reads = []
    for i in range(number):
        letters = "".join(draw.choices("ACGT", weights, k=length))
        if i < share * number:
            kind, at = draw.choice(kinds), draw.randint(10, length - 25)
            letters = letters[:at] + kind + letters[at + len(kind) :]
        reads.append(letters.encode())
    draw.shuffle(reads)
    return reads


def makes(enzyme):
    return {text for j in junctions(parse_enzymes(enzyme)) for text in expand(j.sequence)}


@pytest.mark.parametrize("seed", range(10))
def test_the_right_enzyme_passes_and_a_foreign_one_does_not(seed):
    draw = random.Random(seed)
    right, other = draw.choice(sorted(ENZYMES)), draw.choice(sorted(ENZYMES))
    reads = library(right, seed)
    require_junctions(reads, right, LEAST)
    inside = any(a in b or b in a for a in makes(right) for b in makes(other))
    chance = sum(len(makes(other)) for _ in "1") / 4 ** min(map(len, makes(other))) * 80
    if inside or chance > 0.1 or not tells(other):  # cannot tell, and trimming looks at all reads
        return
    with pytest.raises(InputError, match="hold a junction of") as caught:
        require_junctions(reads, other, LEAST)
    assert "correct the enzyme" in caught.value.fix


@pytest.mark.parametrize("seed", range(10))
def test_trimming_refuses_or_tells_what_is_not_the_kit(tmp_path, seed, caplog):
    """What the check of the first reads lets through is told when all are read."""
    draw = random.Random(50 + seed)
    given = draw.choice(["MboI", "HindIII", "Arima", "Arima2", "NlaIII", "DdeI"])
    found = draw.choice(["MboI", "Arima2", "HindIII", "none"])
    source = "MboI" if found == "none" else found
    paths = []
    for mate in (1, 2):
        reads = library(source, 10 * seed + mate, 0.0 if found == "none" else 0.4, 1500)
        paths.append(tmp_path / f"{mate}.fq")
        paths[-1].write_text(
            "".join(f"@r{i}\n{r.decode()}\n+\n{'I' * len(r)}\n" for i, r in enumerate(reads))
        )
    outputs = (tmp_path / "a.fq", tmp_path / "b.fq")
    caplog.set_level(logging.WARNING)
    refused = False
    try:
        trim_files(tuple(paths), outputs, tmp_path / "s.tsv", TrimSettings(enzyme=given))
    except InputError:
        refused = True
    assert not (refused and given == found)
    if refused:
        return
    told = any(record.levelname == "WARNING" for record in caplog.records)
    shared = makes(given) & makes(source) if found != "none" else set()
    sound = given == found or not tells(given) or makes(source) <= makes(given)
    assert sound or told, (given, found, shared)
    assert np.loadtxt(tmp_path / "s.tsv", skiprows=1, usecols=1)[0] == 1500
