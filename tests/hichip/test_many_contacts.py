"""Contacts by parts: what is read, looked up and written some at a time is the same as at once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.hichip import bedpe, loops, places
from deepexpr.hichip.callers import Calls
from deepexpr.schemas import CONTACTS, DEPTH

BIN = 5000


def random_rows(number, seed=0):
    """Contacts in no order, some trans, some within one anchor, many repeated, either end first."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        ends = [(f"chr{rng.choice([1, 2, 10])}", int(rng.integers(0, 6)) * BIN) for _ in "12"]
        places = [(name, start, start + BIN) for name, start in ends]
        rows.append((*places[0], *places[1], int(rng.integers(1, 9))))
    return rows


def write(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(bedpe, "BLOCK", 100)  # three lines or so


def test_repeats_are_summed_where_they_first_stood(tmp_path, small_blocks):
    rows = random_rows(400)
    expected: Counter = Counter()
    for *place, count in rows:
        one, two = sorted([tuple(place[:3]), tuple(place[3:])])
        if one != two:
            expected[*one, *two] += count
    table = bedpe.read_contacts(write(tmp_path / "c.tsv", rows))
    found = [(*row[:6], row[6]) for row in table.to_numpy().tolist()]
    assert found == [(*place, count) for place, count in expected.items()]
    assert tuple(table.columns) == CONTACTS


def test_pooled_is_the_sum_of_all_files(tmp_path, small_blocks):
    rows = random_rows(300)
    whole = bedpe.read_contacts(write(tmp_path / "c.tsv", rows))
    parts = [write(tmp_path / f"{i}.tsv", rows[i::3]) for i in range(3)]
    keys = list(CONTACTS[:6])
    pooled = bedpe.pool_contacts(parts).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(pooled, whole.sort_values(keys, ignore_index=True))


def test_rows_in_order_are_kept_as_they_are(tmp_path, small_blocks, monkeypatch):
    monkeypatch.setattr(bedpe, "_sum_repeats", lambda _: pytest.fail("nothing is repeated"))
    rows = [
        (name, i * BIN, (i + 1) * BIN, name, j * BIN, (j + 1) * BIN, 2)
        for name in ("chr2", "chr10", "chr1")
        for i in range(4)
        for j in range(i + 1, 6)
    ]
    table = bedpe.read_contacts(write(tmp_path / "c.tsv", rows))
    assert table.to_numpy().tolist() == [list(row) for row in rows]
    assert table.memory_usage(index=False).sum() < 25 * len(table) + 1000


def test_an_error_in_a_later_block_names_its_row(tmp_path, small_blocks):
    rows = [[*row] for row in random_rows(60)]
    rows[40][4] = "x"
    with pytest.raises(InputError, match=r"(?s)data row 41.*found: x"):
        bedpe.read_contacts(write(tmp_path / "c.tsv", rows))


def test_comments_and_empty_lines_may_stand_anywhere(tmp_path, small_blocks):
    lines = write(tmp_path / "c.tsv", random_rows(60)).read_text().splitlines()
    expected = bedpe.read_contacts(tmp_path / "c.tsv")
    remarks = ["# " + 90 * "long", "", "#"]
    for i in range(0, 60, 7):
        lines[i:i] = remarks
    (tmp_path / "c.tsv").write_text("\n".join([*lines, *10 * remarks]) + "\n")
    pd.testing.assert_frame_equal(bedpe.read_contacts(tmp_path / "c.tsv"), expected)


def test_positions_beyond_31_bits_are_kept(tmp_path):
    far = 3_000_000_000
    rows = [("chr1", 0, BIN, "chr1", far, far + BIN, 1), ("chr1", 5, 9, "chr1", far, far + 9, 1)]
    table = bedpe.read_contacts(write(tmp_path / "c.tsv", rows))
    assert table.to_numpy().tolist() == [list(row) for row in rows]
    assert places.midpoint_distance(table).tolist() == [far, far + 4 - 7]
    near = [("chr1", 2**30, 2**30 + 2, "chr1", 2**31 - 9, 2**31 - 1, 1)]
    table = bedpe.read_contacts(write(tmp_path / "near.tsv", near))
    assert places.midpoint_distance(table).tolist() == [2**31 - 5 - 2**30 - 1]


def test_anchors_are_looked_up_by_chromosome_start_and_end(monkeypatch):
    monkeypatch.setattr(places, "ROWS", 7)
    rng = np.random.default_rng(1)
    spots = [(f"chr{c}", s, s + w) for c in (1, 2) for s in (0, 50, 60) for w in (10, 20, 99)]
    depth = pd.DataFrame([spots[i] for i in rng.permutation(len(spots))], columns=DEPTH[:3])
    depth["reads"] = np.arange(len(depth))
    chosen = rng.integers(0, len(depth), (100, 2))
    sides = [depth.iloc[side].reset_index(drop=True) for side in chosen.T]
    contacts = pd.concat([side[list(DEPTH[:3])] for side in sides], axis=1)
    contacts = contacts.set_axis(CONTACTS[:6], axis=1)
    one, two, reads = places.number_anchors(contacts, depth)
    np.testing.assert_array_equal(np.stack([one, two], axis=1), chosen)
    np.testing.assert_array_equal(reads, depth["reads"])
    contacts.loc[50, "end2"] += 1
    with pytest.raises(InputError, match=r"(?s)1 contact.*no row for"):
        places.number_anchors(contacts, depth)
    with pytest.raises(InputError, match=r"100 contact"):
        places.number_anchors(contacts, depth.iloc[:0])


@pytest.mark.parametrize("number", [0, 1, 9, 10])
def test_the_table_in_parts_is_the_whole_table(tmp_path, monkeypatch, number):
    monkeypatch.setattr(loops, "ROWS", 3)
    starts = np.arange(number) * BIN
    contacts = pd.DataFrame(
        {"chromosome1": "chr1", "start1": starts, "end1": starts + BIN, "chromosome2": "chr1",
         "start2": starts + 4 * BIN, "end2": starts + 5 * BIN, "count": 1 + np.arange(number)}
    )  # fmt: skip
    confidence = np.linspace(0, 1, number)
    own = Calls(confidence, columns={"confidence.own": confidence / 3})
    depth = np.arange(number)
    calls = loops.LoopCalls(contacts, own, confidence > 0.5, depth, depth, "")
    bedpe.write_bedpe(calls.table, tmp_path / "whole")
    bedpe.write_bedpe(calls.parts(), tmp_path / "parts")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "parts").read_bytes()
    assert len((tmp_path / "whole").read_text().splitlines()) == number + 1
    pd.testing.assert_frame_equal(
        calls.loops, calls.table[calls.table["loop"] == 1].set_axis(calls.loops.index)
    )
    if number > 1:
        assert calls.table["name"].iloc[-1] == f"contact_{number}"
