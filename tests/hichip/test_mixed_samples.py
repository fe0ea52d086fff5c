"""Samples that do not belong beside one another: totals of other kinds, one library twice."""

import logging

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.hichip.bedpe import ANCHORS, pool_contacts, read_contacts
from deepexpr.hichip.differential import differential_loops
from deepexpr.hichip.loop_tables import imported_signal
from deepexpr.hichip.pairs import PairSettings, pairs_from_pairs, qc_table
from deepexpr.hichip.signal import read_totals
from deepexpr.schemas import CONTACTS

BAM = {"read_pairs": 1000, "r1_unique": 700, "r2_unique": 690, "both_unique": 500,
       "r1_multiple": 90, "r2_multiple": 80, "valid_pairs": 300}  # fmt: skip
PAIRS = {"read_pairs": 400, "r1_unique": 400, "r2_unique": 400, "both_unique": 400,
         "r1_multiple": 0, "r2_multiple": 0, "valid_pairs": 280}  # fmt: skip


def totals(path, **samples):
    rows = [(s, m, v) for s, metrics in samples.items() for m, v in metrics.items()]
    pd.DataFrame(rows, columns=["sample", "metric", "value"]).to_csv(path, sep="\t", index=False)
    return path


@pytest.mark.parametrize(
    ("samples", "metric", "told"),
    [
        ({"a": BAM, "b": PAIRS}, "read_pairs", True),
        ({"a": BAM, "b": PAIRS}, "valid_pairs", False),
        ({"a": BAM, "b": BAM}, "read_pairs", False),
        ({"a": PAIRS, "b": PAIRS}, "read_pairs", False),
        ({"a": {"read_pairs": 9}, "b": {"read_pairs": 8}}, "read_pairs", False),
        ({"001": BAM, "NA": PAIRS | {"r1_unique": 399}}, "read_pairs", False),
    ],
)
def test_totals_that_count_other_things_are_told(tmp_path, caplog, samples, metric, told):
    with caplog.at_level(logging.WARNING):
        found = read_totals(totals(tmp_path / "q.tsv", **samples), metric)
    assert found == {name: values[metric] for name, values in samples.items()}
    assert ("b came as pairs" in caplog.text or "of b came" in caplog.text) == told


def test_our_own_qc_of_pairs_is_known(tmp_path, caplog):
    """The shape that the warning goes by is that of the verb `pairs`."""
    path = tmp_path / "in.pairs"
    path.write_text(
        "## pairs format v1.0\n#chromsize: chr1 90000\n"
        "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2\n"
        "a\tchr1\t9\tchr1\t50000\t+\t-\n"
    )
    mates, counts = pairs_from_pairs([path], None, tmp_path / "out.gz", PairSettings())
    own = qc_table("b", None, mates, counts)[["sample", "metric", "value"]]
    other = pd.DataFrame({"sample": "a", "metric": list(BAM), "value": list(BAM.values())})
    pd.concat([own, other]).to_csv(tmp_path / "q.tsv", sep="\t", index=False)
    with caplog.at_level(logging.WARNING):
        read_totals(tmp_path / "q.tsv")
    assert "read_pairs of b came as pairs" in caplog.text


def places(n):
    starts = np.arange(n) * 5000
    return pd.DataFrame({
        "chromosome1": "chr1", "start1": starts, "end1": starts + 5000, "chromosome2": "chr1",
        "start2": starts + 10**6, "end2": starts + 10**6 + 5000,
    })[ANCHORS]  # fmt: skip


@pytest.mark.parametrize(("other", "told"), [(0, True), (1, False)])
def test_one_library_under_two_names_is_told(tmp_path, capsys, caplog, other, told):
    loops = places(30)
    counts = np.arange(30) % 7 + 1
    changed = counts + other * (np.arange(30) == 3)
    tables = {"a": loops.assign(count=counts), "b": loops.assign(count=changed)}
    with caplog.at_level(logging.WARNING):
        imported_signal(tables, {"chr1": 10**7})
    assert ("a and b have the same counts of all 30 loops" in caplog.text) == told
    loops.to_csv(tmp_path / "l.bedpe", sep="\t", index=False)
    for name, table in tables.items():
        table[list(CONTACTS)].to_csv(tmp_path / name, sep="\t", index=False)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        pool_contacts([tmp_path / "a", tmp_path / "b"])
    assert ("have the same counts of all 30 contacts" in caplog.text) == told
    caplog.clear()
    contacts = {name: read_contacts(tmp_path / name) for name in "ab"}
    extra = {name: loops.assign(count=counts[::-1] + i) for i, name in enumerate("cd")}
    with caplog.at_level(logging.WARNING):
        differential_loops([loops, loops], contacts | extra, ["c", "d"])
    assert ("a and b have the same counts of all 30 loops" in caplog.text) == told
    argv = ["signal", "--loops", "l.bedpe", "--totals", "q.tsv", "--output", "o.tsv"]
    totals(tmp_path / "q.tsv", a=BAM, b=BAM)
    argv = [str(tmp_path / a) if "." in a and not a.startswith("--") else a for a in argv]
    argv += [f"--contacts=a={tmp_path / 'a'}", f"--contacts=b={tmp_path / 'b'}"]
    assert main(argv) == 0
    assert ("one library under two names" in capsys.readouterr().err) == told


def test_no_valid_pair_is_told(tmp_path, caplog):
    path = tmp_path / "in.pairs"
    path.write_text(
        "## pairs format v1.0\n#chromsize: chr1 90000\n"
        "#columns: readID chrom1 pos1 chrom2 pos2 strand1 strand2\n"
        "a\tchr1\t9\tchr1\t9\t+\t+\n"
    )
    with caplog.at_level(logging.WARNING):
        pairs_from_pairs([path], None, tmp_path / "out.gz", PairSettings())
    assert "no valid pair is left: of 1 distinct pairs 1 are closer than 1000 bp" in caplog.text
