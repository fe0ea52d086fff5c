"""Loop signal: scaled to the smallest library, averaged over replicates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.bedpe import ANCHORS
from deepexpr.hichip.signal import loop_signal, read_called_loops, read_totals
from deepexpr.schemas import CONTACTS, SIGNAL

LOOP1, LOOP2 = ("chr1", 0, 5000, "chr1", 50_000, 55_000), ("chr2", 0, 5000, "chr2", 9000, 14_000)


def loops(*rows):
    return pd.DataFrame(rows, columns=ANCHORS)


def contacts(*rows):
    return pd.DataFrame(rows, columns=list(CONTACTS))


def test_by_hand():
    samples = {
        "a_1": contacts((*LOOP1, 8), (*LOOP2, 3)),
        "a_2": contacts((*LOOP1, 30), ("chr5", 0, 1, "chr5", 2, 3, 7)),
    }
    # b_1, of another cell line, has the smallest library.
    totals = {"a_1": 200.0, "a_2": 300.0, "b_1": 100.0}
    table = loop_signal(loops(LOOP2, LOOP1), samples, totals)
    assert tuple(table.columns) == (*SIGNAL, "count.a_1", "count.a_2")
    # LOOP2 is missing in a_2 and counts 0 there.
    np.testing.assert_allclose(table["normalised"], [(3 / 2 + 0) / 2, (8 / 2 + 30 / 3) / 2])
    np.testing.assert_allclose(table["signal"], np.log2([1.75, 8]))
    assert table["count.a_1"].tolist() == [3, 8]
    assert table["count.a_2"].tolist() == [0, 30]


def test_no_loops_give_a_header():
    table = loop_signal(loops(), {"a": contacts((*LOOP1, 8))}, {"a": 5.0})
    assert len(table) == 0
    assert tuple(table.columns) == (*SIGNAL, "count.a")


def test_foreign_contacts_are_warned_of(caplog):
    loop_signal(loops(LOOP1), {"a": contacts((*LOOP2, 8))}, {"a": 5.0})
    assert "no loop has PETs" in caplog.text


def test_sample_without_a_total_is_an_error():
    with pytest.raises(InputError, match=r"(?s)sample\(s\) a.*found: b"):
        loop_signal(loops(LOOP1), {"a": contacts((*LOOP1, 8))}, {"b": 5.0})


def write_totals(path, rows):
    pd.DataFrame(rows, columns=["sample", "metric", "value"]).to_csv(path, sep="\t", index=False)
    return path


def test_totals_are_the_rows_of_one_metric(tmp_path):
    rows = [("a", "read_pairs", 10), ("a", "cis", 4), ("b", "read_pairs", 20), ("b", "note", "x")]
    path = write_totals(tmp_path / "t.tsv", rows)
    assert read_totals(path) == {"a": 10.0, "b": 20.0}
    assert read_totals(path, "cis") == {"a": 4.0}
    with pytest.raises(InputError, match=r"(?s)metric 'pairs'.*cis, note, read_pairs"):
        read_totals(path, "pairs")


@pytest.mark.parametrize("value", [0, "NA", -3])
def test_impossible_totals_are_errors(tmp_path, value):
    path = write_totals(tmp_path / "t.tsv", [("a", "read_pairs", value), ("b", "read_pairs", 5)])
    with pytest.raises(InputError, match="not above 0 for a"):
        read_totals(path)


def test_repeated_totals_are_an_error(tmp_path):
    path = write_totals(tmp_path / "t.tsv", [("a", "read_pairs", 1), ("a", "read_pairs", 5)])
    with pytest.raises(InputError, match="repeated"):
        read_totals(path)


def test_repeated_loops_are_an_error(tmp_path):
    loops(LOOP1, LOOP1).to_csv(tmp_path / "l.bedpe", sep="\t", index=False)
    with pytest.raises(InputError, match="listed twice"):
        read_called_loops(tmp_path / "l.bedpe")


def test_swapped_anchors_are_the_same_loop(tmp_path):
    swapped = (*LOOP1[3:6], *LOOP1[:3])
    loops(swapped, LOOP2).to_csv(tmp_path / "l.bedpe", sep="\t", index=False)
    assert read_called_loops(tmp_path / "l.bedpe").equals(loops(LOOP1, LOOP2))
    loops(swapped, LOOP1).to_csv(tmp_path / "l.bedpe", sep="\t", index=False)
    with pytest.raises(InputError, match="listed twice"):
        read_called_loops(tmp_path / "l.bedpe")


def test_verb(tmp_path):
    called = loops(LOOP1, LOOP2).assign(loop=[1, 0]).rename(columns={"chromosome1": "#chromosome1"})
    called.to_csv(tmp_path / "loops.bedpe", sep="\t", index=False)
    for sample, count in (("a_1", 4), ("a_2", 6)):
        contacts((*LOOP1, count)).to_csv(tmp_path / f"{sample}.tsv", sep="\t", index=False)
    totals = write_totals(tmp_path / "t.tsv", [("a_1", "read_pairs", 9), ("a_2", "read_pairs", 9)])
    arguments = ["signal", "--loops", str(tmp_path / "loops.bedpe"), "--totals", str(totals)]
    arguments += ["--output", str(tmp_path / "s.tsv.gz")]
    samples = [f"--contacts={s}={tmp_path / s}.tsv" for s in ("a_1", "a_2")]
    assert main([*arguments, *samples]) == 0
    table = read_table(tmp_path / "s.tsv.gz", SIGNAL)
    assert table["normalised"].tolist() == [5.0]
    assert table["count.a_2"].tolist() == [6]


def test_verb_wants_names(tmp_path, capsys):
    arguments = ["signal", "--loops", "x", "--totals", "y", "--output", "z"]
    assert main([*arguments, "--contacts", "a.tsv"]) == 2
    assert "--contacts SAMPLE=TSV" in capsys.readouterr().err
