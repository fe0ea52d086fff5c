"""Chromosome names compared: in any order, of any spelling, as a plain comparison would."""

import random
from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr.errors import InputError
from deepexpr.reference.aliases import AUTO, read_aliases
from deepexpr.reference.chromosomes import (
    is_whole,
    natural_key,
    natural_rank,
    require_common_name,
    require_most,
    require_shared_names,
)

names = st.sampled_from(
    ["chr1", "1", "Chr1", "chr2", "2", "chrX", "X", "chrM", "MT", "M", "NC_000001.11", "GL000220.1",
     "chr1_KI270706v1_random", "HG002#1#chr1", "chr10", "10", "scaffold_7", "2L", "chrIV", "Pt"]
) | st.text("chr1X#_.", min_size=1, max_size=6)  # fmt: skip
sets = st.lists(names, min_size=1, max_size=8, unique=True)


def outcome(function, *args):
    try:
        function(*args)
    except InputError as error:
        return error.problem
    return None


@settings(max_examples=60)
@given(sets, sets)
def test_reading_no_further_than_needed_decides_as_reading_all(annotated, sequences):
    """Where it stops early, a whole chromosome is shared, so that not all is another's."""
    counts = Counter(annotated)
    early = outcome(require_common_name, annotated, sequences, "a", "g", lambda: counts)
    shared = outcome(require_shared_names, annotated, sequences, "a", "g")
    if shared is not None:
        assert early == shared
    elif not any(is_whole(name) for name in set(annotated) & set(sequences)):
        late = outcome(require_most, counts, set(sequences), "a", "g")
        assert (early is None) == (late is None)


@settings(max_examples=60)
@given(sets, sets)
def test_nothing_is_refused_early_that_passes_when_all_is_read(annotated, sequences):
    """In any order; what passes early is looked at again when the annotation is read."""
    counts = Counter(annotated)
    full = outcome(require_shared_names, annotated, sequences, "a", "g") or outcome(
        require_most, counts, set(sequences), "a", "g"
    )
    for names in (annotated, annotated[::-1]):
        for known in (sequences, sequences[::-1]):
            early = outcome(require_common_name, names, known, "a", "g", lambda: counts)
            assert early is None or early == full


@settings(max_examples=60)
@given(sets, names)
def test_aliases_join_only_what_is_one(genome, other):
    aliases = read_aliases(AUTO, genome)
    assert [aliases[name] for name in genome] == genome  # the genome's names stay
    found = aliases[other]
    assert found == other or found in genome
    assert aliases[found] == found
    if found != other:  # only by chr, by case of chr, or by M and MT
        plain = {name.lower().removeprefix("chr") for name in (found, other)}
        assert len(plain) == 1 or plain == {"m", "mt"}
        labels = [name for name in genome if name.lower().removeprefix("chr") in plain]
        assert labels == [found]


@settings(max_examples=60)
@given(sets)
def test_natural_order_is_one_whatever_comes_first(some):
    rank = natural_rank(pd.Series(some))
    again = natural_rank(pd.Series(some[::-1]))
    assert dict(zip(some, rank, strict=True)) == dict(zip(some[::-1], again, strict=True))
    ordered = sorted(some, key=natural_key)
    whole = [is_whole(name) for name in ordered]
    assert whole == sorted(whole, reverse=True)


@pytest.mark.parametrize("seed", range(10))
def test_generated_worlds_of_names(seed):
    """A genome of UCSC's names and an annotation of Ensembl's or NCBI's: told, or mapped."""
    draw = random.Random(seed)
    numbers = [str(i) for i in range(1, draw.randint(3, 20))] + ["X", "MT"]
    ucsc = ["chr" + ("M" if n == "MT" else n) for n in numbers]
    scaffolds = [f"GL{draw.randint(1, 999_999):06d}.1" for _ in range(draw.randint(1, 5))]
    counts = Counter({name: draw.randint(1, 500) for name in numbers})
    counts.update(dict.fromkeys(scaffolds, 1))
    known = {*ucsc, *scaffolds}
    with pytest.raises(InputError, match=r"annotation is (lost|in the)") as caught:
        require_common_name(counts, known, "a", "g", lambda: counts)
    assert "aliases" in caught.value.fix
    aliases = read_aliases(AUTO, [*ucsc, *scaffolds])
    assert [aliases[name] for name in numbers] == ucsc
    refseq = {f"NC_{i:06d}.{draw.randint(1, 12)}": 100 for i in range(1, len(numbers))}
    with pytest.raises(InputError, match="No chromosome of the annotation is in the genome"):
        require_common_name(refseq, known, "a", "g", lambda: Counter(refseq))


def test_names_that_aliases_make_one_are_told(tmp_path, caplog):
    """A table that puts two chromosomes of an annotation on one of the genome's."""
    (tmp_path / "a").write_text("NC_1.1\tchr1\nNC_2.1\tchr1\n")
    aliases = read_aliases(tmp_path / "a", ["chr1", "chr2"])
    aliases.rename(pd.Series(["NC_1.1", "chr2"]), "loops")
    assert not [r for r in caplog.records if r.levelname == "WARNING"]
    aliases.rename(pd.Series(["NC_1.1", "NC_2.1"]), "loops")
    assert "loops: NC_1.1 and NC_2.1 are all read as chr1" in caplog.text
    (tmp_path / "a").write_text("chr1\tchr2\tNC_1.1\n")
    assert read_aliases(tmp_path / "a", ["chr1", "chr2"])["NC_1.1"] == "NC_1.1"
    assert "chr1 and chr2 of the genome stand on one line" in caplog.text
