"""The enzyme or kit that is not the library's: judged against chance and the other kits."""

import logging

import numpy as np
import pytest

from deepexpr.checks.junctions import require_junctions
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.enzymes import ENZYMES, expand, junctions, parse_enzymes
from deepexpr.hichip.junction_share import junction_share, shares_of_known, tells
from deepexpr.hichip.pairs import MateCounts, PairCounts, qc_table, sum_trim_stats
from deepexpr.hichip.settings import TrimSettings
from deepexpr.hichip.trimming import trim_files

HUMAN = (0.3, 0.2, 0.2, 0.3)


def genomic(rng, number, length, letters=HUMAN):
    """Reads of a genome that avoids CG, as vertebrates' do."""
    codes = rng.choice(4, (number, length), p=letters)
    codes[:, 1:][(codes[:, :-1] == 1) & (codes[:, 1:] == 2)] = 0
    return ["".join(row) for row in np.array(list("ACGT"))[codes]]


def library(seed, enzyme, share, number=3000, length=75, letters=HUMAN):
    """Reads of which `share` hold a whole junction of `enzyme`; uncut sites of it are rare."""
    rng = np.random.default_rng(seed)
    reads = genomic(rng, number, length, letters)
    if not enzyme:
        return reads
    words = [word for j in junctions(parse_enzymes(enzyme)) for word in expand(j.sequence)]
    for i in np.flatnonzero(rng.random(number) < share):
        word = words[rng.integers(len(words))]
        at = int(rng.integers(20, length - len(word)))
        reads[i] = reads[i][:at] + word + reads[i][at + len(word) :]
    return reads


@pytest.fixture
def trim(tmp_path):
    def run(reads, enzyme, **settings):
        half = len(reads) // 2
        paths = [tmp_path / "1.fq", tmp_path / "2.fq"]
        for path, mates in zip(paths, (reads[:half], reads[half : 2 * half]), strict=True):
            path.write_text(
                "".join(f"@r{i}\n{r}\n+\n{'I' * len(r)}\n" for i, r in enumerate(mates))
            )
        out = [tmp_path / "out1.fq", tmp_path / "out2.fq"]
        return trim_files(paths, out, tmp_path / "s.tsv", TrimSettings(enzyme=enzyme, **settings))

    return run


@pytest.mark.parametrize("length", [50, 75, 100, 150])
@pytest.mark.parametrize("enzyme", ["Arima", "Arima2", "MseI", "DdeI,DpnII", "MboI", "HindIII"])
def test_reads_without_ligation_are_refused(trim, enzyme, length):
    """Degenerate and short junctions stand in genomic reads by chance."""
    with pytest.raises(InputError, match="by chance"):
        trim(library(1, None, 0, length=length), enzyme)


@pytest.mark.parametrize("seed", range(10))
def test_letters_of_the_genome_change_nothing(trim, seed):
    at = np.random.default_rng(seed).uniform(0.15, 0.35)
    letters = (at, 0.5 - at, 0.5 - at, at)
    with pytest.raises(InputError, match="by chance"):
        trim(library(seed, None, 0, letters=letters), "Arima2")
    trim(library(seed, "Arima2", 0.3, letters=letters), "Arima2")


@pytest.mark.parametrize("enzyme", [name for name in ENZYMES if tells(name)])
def test_the_right_enzyme_passes(trim, enzyme, caplog):
    with caplog.at_level(logging.WARNING):
        stats = trim(library(2, enzyme, 0.25), enzyme)
    assert stats.written
    assert "right enzyme or kit" not in caplog.text


@pytest.mark.parametrize(
    ("library_of", "said"),
    [("MboI", "HindIII"), ("HindIII", "MboI"), ("MboI", "NlaIII"), ("Arima2", "HindIII")],
)
def test_another_enzyme_is_refused_and_the_likely_one_named(trim, library_of, said):
    with pytest.raises(InputError) as caught:
        trim(library(3, library_of, 0.3), said)
    assert f"hold a junction of {library_of}" in caught.value.found


def test_nlaiii_is_taken_at_its_word(trim):
    """Its junction is its site, so reads say nothing against it."""
    assert not tells("NlaIII")
    assert trim(library(4, None, 0), "NlaIII").written


def test_a_kit_of_four_enzymes_entered_as_that_of_two(trim, caplog):
    reads = library(5, "Arima2", 0.5)
    with caplog.at_level(logging.WARNING):
        trim(reads, "Arima")
    assert "hold a junction of Arima2" in caplog.text
    caplog.clear()
    trim(reads, "Arima2")
    assert "right enzyme or kit" not in caplog.text
    assert {"Arima", "Arima2"} <= set(ENZYMES)


@pytest.mark.parametrize(
    ("library_of", "kit", "length"),
    [("MboI", "Arima2", 75), ("MboI", "Arima", 150), ("HinfI", "Arima2", 75),
     ("Arima", "Arima2", 75)],
)  # fmt: skip
def test_a_kit_of_more_enzymes_than_cut_is_told(trim, caplog, library_of, kit, length):
    reads = library(8, library_of, 0.3, 2000, length)
    with caplog.at_level(logging.WARNING):
        trim(reads, kit)
        require_junctions([read.encode() for read in reads], kit, 0.02, "row 3")
    by_run, by_check = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    words = f"hold a junction of {library_of}, and next to none another one of {kit}"
    assert words in by_run
    assert words in by_check
    assert by_check.startswith("row 3: ")
    assert by_check.endswith(f"Set the enzyme to {library_of} if it is not.")


@pytest.mark.parametrize(("length", "share"), [(75, 0.3), (150, 0.05)])
@pytest.mark.parametrize("enzyme", [name for name in ENZYMES if tells(name)])
def test_all_enzymes_of_a_kit_are_seen(caplog, enzyme, length, share):
    reads = [read.encode() for read in library(9, enzyme, share, 1500, length)]
    with caplog.at_level(logging.WARNING):
        require_junctions(reads, enzyme, 0.02)
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


@pytest.mark.parametrize("word", ["none", "MNase"])
def test_reads_that_an_enzyme_cut_are_not_without_one(trim, word):
    reads = library(10, "MboI", 0.3)
    for look in (
        lambda: trim(reads, word),
        lambda: require_junctions([read.encode() for read in reads], word, 0.02),
    ):
        with pytest.raises(InputError, match=r"hold a junction of MboI(.|\n)*said to be") as caught:
            look()
        assert "Set the enzyme to MboI" in caught.value.fix
    trim(reads, word, min_trimmed_fraction=0)
    for other in (None, "NlaIII"):
        untouched = library(11, other, 0.3)
        trim(untouched, word)
        require_junctions([read.encode() for read in untouched], word, 0.02)


def test_what_is_not_counted_is_not_said(trim, caplog):
    with caplog.at_level(logging.INFO):
        trim(library(12, None, 0), "none")
    assert "nan" not in caplog.text
    assert "trimmed none, as no junction is known" in caplog.text


def test_junctions_cut_off_by_the_end_do_not_count_for_the_guard(trim):
    """Half of the reads end in the first letters of a junction, none holds a whole one."""
    reads = [r[:-5] + "GATCG" if i % 2 else r for i, r in enumerate(library(6, None, 0))]
    with pytest.raises(InputError, match="whole junction"):
        trim(reads, "MboI")
    assert trim(reads, "MboI", min_trimmed_fraction=0).fraction() > 0.4


@pytest.mark.parametrize("word", ["none", "MNase", "DNase", "mnase", "Micro-C", "omni-c"])
def test_libraries_without_an_enzyme_are_not_cut(trim, tmp_path, word):
    reads = library(7, "MboI", 0.3, number=400)
    stats = trim(reads, word)
    assert parse_enzymes(word) == ()
    assert (tmp_path / "out1.fq").read_text() == (tmp_path / "1.fq").read_text()
    assert (stats.dropped, stats.full) == (0, (0, 0))
    table = sum_trim_stats([tmp_path / "s.tsv", tmp_path / "s.tsv"])
    qc = qc_table("s", table, MateCounts(pairs=400), PairCounts()).set_index("metric")
    assert qc.loc["read_pairs", "value"] == 400
    assert np.isnan(qc.loc["trimmed_fraction", "value"])
    assert qc.loc["trimmed_fraction", "verdict"] == ""
    assert read_table(tmp_path / "s.tsv")["value"].isna().sum() == 3


@pytest.mark.parametrize("seed", range(10))
def test_chance_is_what_is_seen_where_nothing_was_ligated(seed):
    rng = np.random.default_rng(seed)
    reads = [read.encode() for read in genomic(rng, 4000, int(rng.integers(36, 151)))]
    for enzyme in ("Arima2", "MseI", "NlaIII", "DdeI,DpnII"):
        seen, chance = junction_share(reads, enzyme)
        assert abs(seen - chance) < 4 * np.sqrt(chance / len(reads)) + 0.1 * chance
    assert shares_of_known(reads)[0].excess < 0.05
