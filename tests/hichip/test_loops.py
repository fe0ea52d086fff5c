"""Reading contacts and depths, calling loops, writing BEDPE, interact and longrange."""

from __future__ import annotations

import gzip
import logging

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.bedpe import pool_contacts, pool_depth, read_contacts, read_depth
from deepexpr.hichip.loops import call_loops
from deepexpr.hichip.origami import OrigamiResult, OrigamiSettings
from deepexpr.hichip.places import anchor_gap, midpoint_distance, number_anchors
from deepexpr.schemas import CONTACTS, LOOPS

QUICK = OrigamiSettings(mode="chiapet", iterations=100, burn_in=20, chains=1)


def contact(start1, start2, count, chromosome1="chr1", chromosome2="chr1", size=5000):
    return (chromosome1, start1, start1 + size, chromosome2, start2, start2 + size, count)


def write(path, rows, header=None):
    lines = ["\t".join(map(str, row)) for row in rows]
    path.write_text("\n".join(([header] if header else []) + lines) + "\n")
    return path


def depth_of(contacts, reads=100):
    anchors = {row[:3] for row in contacts} | {row[3:6] for row in contacts}
    return [(*anchor, reads) for anchor in sorted(anchors)]


def simulated(seed=0, number=300):
    """Contacts of 5 kb bins, a fifth of them strong; some trans and adjacent ones are strong."""
    rng = np.random.default_rng(seed)
    rows = {}
    for _ in range(number):
        one = int(rng.integers(0, 400)) * 5000
        two = one + int(rng.integers(2, 100)) * 5000
        rows[one, two] = contact(one, two, 1 + rng.poisson(12 if rng.random() < 0.2 else 0.3))
    trans = [contact(5000 * i, 5000 * i, 25, chromosome2="chr2") for i in range(5)]
    adjacent = [contact(5000 * i, 5000 * i + 5000, 25) for i in range(500, 520)]
    return [*rows.values(), *trans, *adjacent]


def columns(*names):
    return "\t".join(names)


# --- reading -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [None, columns(*CONTACTS), "#" + columns(*CONTACTS), "# made by hand", "# a\n# b\tc"],
)
def test_header_is_optional_and_comments_are_skipped(tmp_path, header):
    path = write(tmp_path / "c.tsv", [contact(0, 10_000, 3)], header)
    table = read_contacts(path)
    assert table.to_numpy().tolist() == [list(contact(0, 10_000, 3))]


def test_named_columns_may_stand_in_any_order(tmp_path):
    order = [6, 3, 4, 5, 0, 1, 2]
    header = "\t".join(CONTACTS[i] for i in order)
    row = contact(0, 10_000, 3)
    path = write(tmp_path / "c.tsv", [[row[i] for i in order]], header)
    assert read_contacts(path).to_numpy().tolist() == [list(row)]


def test_further_columns_are_ignored(tmp_path):
    path = write(tmp_path / "d.tsv", [("chr1", 0, 10, 7, 1000, "x", 1.5)])
    assert read_depth(path).to_numpy().tolist() == [["chr1", 0, 10, 7]]


def test_windows_line_ends(tmp_path):
    path = tmp_path / "c.tsv"
    path.write_bytes(b"#" + columns(*CONTACTS).encode() + b"\r\nchr1\t0\t5\tchr1\t9\t14\t2\r\n")
    assert read_contacts(path)["count"].tolist() == [2]


def test_anchors_are_put_in_order_summed_and_selves_dropped(tmp_path):
    rows = [
        contact(10_000, 0, 2),
        contact(0, 10_000, 3),
        contact(0, 0, 9),
        contact(0, 0, 4, "chr2", "chr1"),
    ]
    table = read_contacts(write(tmp_path / "c.tsv", rows))
    wanted = [contact(0, 10_000, 5), contact(0, 0, 4, "chr1", "chr2")]
    assert table.to_numpy().tolist() == [list(row) for row in wanted]


def test_replicates_are_summed(tmp_path):
    one = write(tmp_path / "1.tsv", [contact(0, 10_000, 2), contact(0, 20_000, 1)])
    two = write(tmp_path / "2.tsv", [contact(0, 10_000, 5), contact(0, 0, 1, "chr3", "chr3", 7)])
    pooled = pool_contacts([one, two])
    assert pooled["count"].tolist() == [7, 1]
    depths = [write(tmp_path / f"d{i}.tsv", [("chr1", 0, 5, i)]) for i in (3, 4)]
    assert pool_depth(depths)["reads"].tolist() == [7]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t0\t5\tchr1\t9\n", "5 tab-separated"),
        ("chr1 0 5 chr1 9 14 2\n", "1 tab-separated"),
        ("chr1\t0\t5\tchr1\t9\t14\t2\nchr1\t0\t5\tchr1\t9\tx\t2\n", "not a whole number"),
        ("chr1\t0\t5\tchr1\t9\t14\t2.5\n", "not a whole number"),
        ("chr1\t0\t5\tchr1\t9\t14\t0\n", "0 PETs"),
        ("chr1\t5\t5\tchr1\t9\t14\t1\n", "ends before it starts"),
        ("chr1\t0\t5\tchr1\t9\t14\t2\nchr1\t0\t5\n", "not a whole number"),
    ],
)
def test_malformed_contacts_are_errors(tmp_path, text, message):
    path = tmp_path / "c.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_contacts(path)


def test_error_names_the_row_and_the_text(tmp_path):
    path = write(tmp_path / "c.tsv", [contact(0, 9000, 1), contact(0, 10_000, "many")])
    with pytest.raises(InputError, match=r"(?s)data row 2.*found: many"):
        read_contacts(path)


# --- distances and verdicts ----------------------------------------------------------------


def test_distances():
    rows = [contact(0, 5000, 1), contact(0, 20_000, 1), contact(0, 0, 1, "chr1", "chr2")]
    table = pd.DataFrame(rows, columns=CONTACTS)
    assert anchor_gap(table).tolist() == [0, 15_000, -1]
    assert midpoint_distance(table).tolist() == [5000, 20_000, -1]


def test_depth_is_matched_by_coordinates_and_must_be_complete():
    contacts = pd.DataFrame([contact(0, 10_000, 1)], columns=CONTACTS)
    depth = pd.DataFrame(
        [("chr1", 10_000, 15_000, 8), ("chr1", 0, 5000, 3)],
        columns=["chromosome", "start", "end", "reads"],
    )
    one, two, reads = number_anchors(contacts, depth)
    assert (reads[one][0], reads[two][0]) == (3, 8)
    with pytest.raises(InputError, match=r"(?s)without a depth.*chr1:10000-15000"):
        number_anchors(contacts, depth.iloc[1:])


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_only_confident_cis_loops_whose_anchors_do_not_touch(monkeypatch, confidence, caplog):
    rows = [contact(0, 10_000, 9), contact(0, 5000, 9), contact(0, 0, 9, "chr1", "chr2")]
    depth = pd.DataFrame(depth_of(rows), columns=["chromosome", "start", "end", "reads"])
    known = OrigamiResult(
        confidence=np.full(3, confidence),
        trace=np.zeros((1, 0, 2)),
        in_mode=np.ones(1, bool),
        kept=1,
        rates=np.ones(2),
        total_rates=np.ones(2),
        rhat=np.full(3, np.nan),
        reason="",
    )
    monkeypatch.setattr("deepexpr.hichip.origami.fit_origami", lambda *_: known)
    with caplog.at_level(logging.INFO):
        calls = call_loops(pd.DataFrame(rows, columns=CONTACTS), depth, QUICK, 1)
    assert tuple(calls.table.columns) == LOOPS
    assert calls.table["loop"].tolist() == [int(confidence > 0.9), 0, 0]
    assert calls.table["score"].tolist() == [1000 * confidence] * 3
    if confidence > 0.9:
        assert "1 trans and 1 adjacent left out; 1 loops" in caplog.text
    else:
        assert "no contact exceeds confidence 0.9" in calls.reason


def test_loops_are_the_strong_contacts():
    rows = simulated()
    names = ["chromosome", "start", "end", "reads"]
    contacts = pd.DataFrame(rows, columns=CONTACTS)
    table = call_loops(contacts, pd.DataFrame(depth_of(rows), columns=names), QUICK, 1).table
    assert 20 < table["loop"].sum() < 100
    assert table.loc[table["loop"] == 1, "count"].min() > 3


# --- the verb ------------------------------------------------------------------------------


def call(folder, rows, *options, depth=None):
    contacts = write(folder / "contacts.tsv", rows, "#" + columns(*CONTACTS))
    depths = write(folder / "depth.tsv", depth or depth_of(rows), "#chromosome\tstart\tend\treads")
    arguments = ["--contacts", str(contacts), "--depth", str(depths), "--mode", "chiapet"]
    arguments += ["--iterations", "100", "--burn-in", "20", "--loops", str(folder / "loops.bedpe")]
    arguments += ["--output", str(folder / "all.bedpe.gz"), "--qc", str(folder / "qc.tsv")]
    return main(["call-loops", *arguments, *options])


def test_the_depth_of_another_sample_is_told(caplog):
    contacts = pd.DataFrame({
        "chromosome1": "c", "start1": [0, 0], "end1": [5, 5],
        "chromosome2": "c", "start2": [20, 40], "end2": [25, 45], "count": [3, 4],
    })  # fmt: skip
    depth = pd.DataFrame({"chromosome": "c", "start": [0, 20, 40], "end": [5, 25, 45]})
    for reads, told in (([7, 3, 4], False), ([6, 30, 40], True)):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            call_loops(contacts, depth.assign(reads=reads), QUICK, 1)
        assert ("1 of 3 anchors have fewer reads than PETs" in caplog.text) == told


def test_verb_writes_all_contacts_loops_and_qc(tmp_path):
    rows = simulated()
    browser = ["--interact", str(tmp_path / "i.bed"), "--longrange", str(tmp_path / "l.txt")]
    assert call(tmp_path, rows, *browser) == 0
    with gzip.open(tmp_path / "all.bedpe.gz", "rt") as handle:
        assert handle.readline().startswith("#chromosome1\tstart1")
    everything = read_table(tmp_path / "all.bedpe.gz", LOOPS)
    loops = read_table(tmp_path / "loops.bedpe", LOOPS)
    assert len(everything) == len(rows)
    pd.testing.assert_frame_equal(loops, everything[everything["loop"] == 1].reset_index(drop=True))
    qc = read_table(tmp_path / "qc.tsv", dtype=str).set_index("metric")["value"]
    assert int(qc["contacts"]) == len(rows)
    assert int(qc["loops"]) == len(loops)
    assert float(qc["lambda1"]) >= float(qc["lambda0"]) > 0
    interact = pd.read_csv(tmp_path / "i.bed", sep="\t")
    assert interact.shape == (len(loops), 18)
    assert interact["chromStart"].is_monotonic_increasing
    assert (interact["chromStart"] == interact["sourceStart"]).all()
    assert (interact["chromEnd"] == interact["targetEnd"]).all()
    longrange = pd.read_csv(tmp_path / "l.txt", sep="\t", header=None)
    assert len(longrange) == 2 * len(loops)
    assert longrange[3].str.fullmatch(r"chr1:\d+-\d+,\d+").all()
    assert longrange[1].is_monotonic_increasing


def test_same_seed_same_bytes(tmp_path):
    outputs = []
    for seed in ("1", "1", "2"):
        assert call(tmp_path, simulated(), "--seed", seed) == 0
        outputs.append((tmp_path / "all.bedpe.gz").read_bytes())
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "there are no contacts"),
        ([contact(0, 50_000, 4)], "there is only one contact"),
        ([contact(0, 10_000 * i, 2) for i in range(1, 9)], "all contacts have the same count"),
        ([contact(0, 5000 * i, i + 1, "chr1", "chr2") for i in range(9)], "between chromosomes"),
    ],
)
def test_few_contacts_give_a_valid_result_and_a_reason(tmp_path, rows, reason, caplog):
    with caplog.at_level(logging.WARNING):
        assert call(tmp_path, rows, depth=depth_of(rows) or [("chr1", 0, 5000, 3)]) == 0
    assert len(read_table(tmp_path / "all.bedpe.gz", LOOPS)) == len(rows)
    assert (tmp_path / "loops.bedpe").read_text().startswith("#chromosome1")
    qc = read_table(tmp_path / "qc.tsv", dtype=str).set_index("metric")["value"]
    assert reason in qc["reason"]


def test_verb_reports_a_missing_anchor_and_writes_nothing(tmp_path, capsys):
    rows = [contact(0, 50_000, 4)]
    assert call(tmp_path, rows, depth=depth_of(rows)[:1]) == 1
    assert "without a depth" in capsys.readouterr().err
    assert not (tmp_path / "all.bedpe.gz").exists()
