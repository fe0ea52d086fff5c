"""TomTom: our two engines against the reference program, the null, and the errors."""

import stat
import sys
from dataclasses import replace
from pathlib import Path

import memelite
import numpy as np
import pandas as pd
import pytest

from deepexpr.commands import tomtom as command
from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme, write_meme
from deepexpr.features.motif import Motif
from deepexpr.motifs.jaspar import load_jaspar
from deepexpr.motifs.meme_suite import parse_tomtom
from deepexpr.motifs.memelite_parts import VERSION, compare_columns
from deepexpr.motifs.tomtom import (
    TomtomOptions,
    best_matches,
    compare,
    known_share,
    shuffle_columns,
    significant,
)
from deepexpr.options import add_verb
from deepexpr.schemas import TOMTOM, TOMTOM_SUMMARY

SHARED = Path(__file__).parents[3] / "shared" / "data" / "tomtom"
needs_reference = pytest.mark.skipif(
    not SHARED.exists(), reason="TomTom's reference output is not in ../shared/data/tomtom"
)


@pytest.fixture(scope="module")
def jaspar():
    return load_jaspar()


@pytest.fixture(scope="module")
def known(jaspar):
    """Four known motifs that are no palindromes, renamed, and all pairs with JASPAR."""
    names = {"MA0139.1": "ctcf", "MA0095.2": "yy1", "MA0003.3": "ap2", "MA0002.2": "runx"}
    queries = [replace(m, name=names[m.name]) for m in jaspar if m.name in names]
    return queries, compare(queries, jaspar)  # compiles for 15 seconds on a new machine


@pytest.mark.slow  # compiles for a minute on a new machine
def test_memelites_parts_are_its_program_to_the_bit(jaspar):
    rng = np.random.default_rng(3)
    random = [rng.dirichlet(np.full(4, 0.3), size=int(width)) for width in range(1, 41, 3)]
    queries = [m.probabilities.T for m in jaspar[::40]] + [array.T for array in random]
    targets = [np.ascontiguousarray(m.probabilities.T) for m in jaspar]
    queries = [np.ascontiguousarray(query) for query in queries]
    own = compare_columns(queries, targets)
    theirs = memelite.tomtom(queries, targets, n_target_bins=None, n_jobs=1)
    for mine, expected in zip(own, theirs, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_another_memelite_runs_its_own_program(jaspar, monkeypatch):
    asked = []

    def program(queries, targets, n_target_bins, n_jobs):
        asked.append((n_target_bins, n_jobs))
        return np.full((5, len(queries), len(targets)), 0.5)

    monkeypatch.setattr(memelite, "tomtom", program)
    monkeypatch.setattr(memelite, "__version__", "0.6.0")
    table = compare(jaspar[:2], jaspar)
    assert asked == [(None, 1)]
    assert (table["p_value"] == 0.5).all()


def test_the_locked_memelite_is_the_one_whose_parts_are_called():
    assert memelite.__version__ == VERSION


@needs_reference
def test_memelite_equals_the_reference_program():
    queries = read_meme(SHARED / "query.meme")
    targets = read_meme(SHARED / "jaspar2018_core_vertebrates.meme")
    ours = compare(queries, targets).set_index(["query", "target"])
    reference = pd.read_csv(SHARED / "tomtom_ed.txt.gz", sep="\t")
    reference = reference.set_index(["#Query ID", "Target ID"])
    assert len(ours) == len(reference) == 5790
    both = ours.join(reference.rename_axis(ours.index.names))
    assert np.corrcoef(np.log10(both["p_value"]), np.log10(both["p-value"]))[0, 1] > 0.998
    np.testing.assert_allclose(both["e_value"], both["p_value"] * 579)
    sure = both[both["p-value"] < 1e-3]
    assert (sure["offset"] == sure["Optimal offset"]).mean() >= 0.99
    assert (sure["overlap"] == sure["Overlap"]).mean() >= 0.99
    # CREB1's site TGACGTCA is its own reverse complement: either orientation is right.
    other = sure[sure["orientation"] != sure["Orientation"]]
    assert set(other.index.get_level_values("query")) <= {"q07_CREB1"}


def test_a_motif_finds_itself_on_either_strand(known, jaspar):
    queries, table = known
    best = best_matches(table).set_index("query")
    by_name = {m.name: m for m in jaspar}
    for query in queries:
        assert by_name[best.loc[query.name, "target"]].alt_name
        assert best.loc[query.name, "e_value"] < 1e-4
        assert best.loc[query.name, "orientation"] == "+"
    flipped = [query.reverse_complement() for query in queries]
    turned = compare(flipped, jaspar).set_index(["query", "target"])
    table = table.set_index(["query", "target"]).loc[turned.index]
    sure = table["p_value"] < 1e-6
    assert (turned.loc[sure, "orientation"] != table.loc[sure, "orientation"]).mean() > 0.8
    log_ratio = np.log10(turned.loc[sure, "p_value"]) - np.log10(table.loc[sure, "p_value"])
    assert np.abs(log_ratio).max() < 0.5


def test_table_is_sorted_and_e_and_q_agree_with_p(known):
    queries, table = known
    assert tuple(table.columns) == TOMTOM
    assert list(dict.fromkeys(table["query"])) == [m.name for m in queries]
    for _, rows in table.groupby("query"):
        assert rows["p_value"].is_monotonic_increasing
        assert rows["q_value"].is_monotonic_increasing
        assert (rows["q_value"] >= rows["p_value"]).all()
    assert (significant(table, 0.05)["e_value"] < 0.05).all()


def test_shuffled_motifs_match_less_and_repeat_with_the_seed(known, jaspar):
    queries, table = known
    share = known_share(table, queries, jaspar, TomtomOptions(), shuffles=3, seed=4)
    assert tuple(share.columns) == TOMTOM_SUMMARY
    row = share.iloc[0]
    assert row["queries"] == row["matched"] == 4
    assert row["matched_shuffled_mean"] < 4
    again = known_share(table, queries, jaspar, TomtomOptions(), shuffles=3, seed=4)
    pd.testing.assert_frame_equal(share, again)


def test_shuffling_keeps_the_columns():
    motif = Motif("m", "", np.random.default_rng(0).dirichlet(np.ones(4), size=9))
    shuffled = shuffle_columns(motif, np.random.default_rng(1))
    assert sorted(map(tuple, shuffled.probabilities)) == sorted(map(tuple, motif.probabilities))
    assert not np.array_equal(shuffled.probabilities, motif.probabilities)


def test_no_query_gives_an_empty_table_and_no_target_an_error(jaspar):
    table = compare([], jaspar)
    assert tuple(table.columns) == TOMTOM
    assert len(significant(table)) == len(best_matches(table)) == 0
    share = known_share(table, [], jaspar, TomtomOptions(), shuffles=2)
    assert share.loc[0, "matched"] == 0
    with pytest.raises(InputError, match="no target"):
        compare(jaspar[:1], [])


def test_unknown_combinations_are_refused():
    with pytest.raises(InputError, match=r"motifs\.engine: meme"):
        TomtomOptions(distance="pearson", engine="memelite")
    with pytest.raises(InputError, match="is not one of"):
        TomtomOptions(distance="manhattan")


def test_engine_meme_without_the_program_says_how_to_install_it(jaspar, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="conda install"):
        compare(jaspar[:1], jaspar, TomtomOptions(distance="pearson", engine="meme"))


@pytest.fixture
def fake_meme(tmp_path, monkeypatch):
    """A `tomtom` on the PATH that prints two rows in MEME's format (or fails on -dist ed)."""
    program = tmp_path / "tomtom"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "if 'ed' in sys.argv: sys.exit('bad motif file')\n"
        "print('Query_ID\\tTarget_ID\\tOptimal_offset\\tp-value\\tE-value\\tq-value\\tOverlap'\n"
        "      '\\tQuery_consensus\\tTarget_consensus\\tOrientation')\n"
        "print('m\\tMA0004.1\\t-1\\t0.5\\t1\\t1\\t6\\tAC\\tAC\\t-')\n"
        "print('m\\tMA0002.2\\t3\\t0.001\\t1\\t1\\t8\\tAC\\tAC\\t+')\n"
        "print('\\n# Tomtom (Motif Comparison Tool): Version 5.5.5')\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_engine_meme_gives_the_same_table(jaspar, fake_meme):
    query = [Motif("m", "", np.full((8, 4), 0.25))]
    table = compare(query, jaspar, TomtomOptions(distance="pearson", engine="meme"))
    assert tuple(table.columns) == TOMTOM
    assert table["target"].tolist() == ["MA0002.2", "MA0004.1"]
    assert table["target_name"].tolist() == ["RUNX1", "Arnt"]
    assert table["offset"].tolist() == [3, -1]
    assert table["e_value"].tolist() == pytest.approx([0.579, 289.5])
    with pytest.raises(InputError, match="bad motif file"):
        compare(query, jaspar, TomtomOptions(distance="ed", engine="meme"))


@needs_reference
def test_output_of_meme_4_is_read():
    text = pd.read_csv(SHARED / "tomtom_ed.txt.gz", sep="\0", header=None)[0]
    table = parse_tomtom("\n".join(text))
    assert len(table) == 5790
    assert table["p_value"].between(0, 1).all()
    with pytest.raises(InputError, match="line 1"):
        parse_tomtom("a\tb\n")


def run_command(arguments):
    import argparse

    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    command.run(parser.parse_args(list(map(str, arguments))))


def test_verb_writes_pairs_best_and_summary(known, tmp_path):
    write_meme(known[0], tmp_path / "query.meme")
    run_command(
        ["--query", tmp_path / "query.meme", "--output", tmp_path / "hits.tsv.gz",
         "--best", tmp_path / "best.tsv", "--summary", tmp_path / "summary.tsv",
         "--null-shuffles", 2, "--seed", 3]
    )  # fmt: skip
    hits = pd.read_csv(tmp_path / "hits.tsv.gz", sep="\t")
    assert (hits["e_value"] < 0.05).all()
    assert len(pd.read_csv(tmp_path / "best.tsv", sep="\t")) == 4
    assert pd.read_csv(tmp_path / "summary.tsv", sep="\t").loc[0, "shuffles"] == 2
    with pytest.raises(InputError, match="--summary"):
        run_command(["--query", tmp_path / "query.meme", "--output", "-", "--null-shuffles", 2])


def test_more_threads_than_cores_are_no_error(jaspar):
    table = compare(jaspar[:1], jaspar[:30], TomtomOptions(threads=10_000))
    assert len(table) == 30
