"""The saved table of downloads: what is lost, out of order or of another sheet is never fetched."""

import itertools

import pandas as pd
import pytest

from deepexpr.checks.saved_table import saved_table_problems
from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.downloads.accessions import fits
from deepexpr.downloads.obtaining import fetch_accession, looked_up
from deepexpr.downloads.records import RemoteFile, of_mate, read_files, require_mates, write_files
from deepexpr.errors import InputError

NAMES = itertools.count()


def remote(accession, run, mate, part, sample=""):
    """A file of its own address and MD5."""
    number = next(NAMES)
    url, md5 = f"https://x.org/{run}_{mate}.{number}.gz", f"{number:032x}"
    return RemoteFile(accession, sample, "", "1", run, mate, url, md5, 5, part)


@pytest.fixture
def ena():
    """Two runs of one experiment."""
    return [remote("SRX1", f"SRR{part}", mate, part) for part in (1, 2) for mate in (1, 2)]


@pytest.fixture
def saved(tmp_path, ena):
    """Function: the table's lines (header first) as they are to stand in it -> its path."""
    write_files(ena, tmp_path / "t.tsv")

    def change(edit):
        lines = (tmp_path / "t.tsv").read_text().splitlines(keepends=True)
        (tmp_path / "t.tsv").write_text("".join(edit(lines)))
        return tmp_path / "t.tsv"

    return change


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t[:4], "of the parts 1 to 2 of mate 2 there are 1"),
        (lambda t: t[:1] + t[2:], "of the parts 1 to 2 of mate 1 there are 2"),
        (lambda t: t[:3], "of the parts 1 to 2 of mate 1 there are 1"),
        (lambda t: t[:1] + t[3:], "of the parts 1 to 2 of mate 1 there are 2"),
        (lambda t: [t[0], t[2], t[4]], "of mate 1 there are none"),
        (lambda t: [*t, t[1]], "there are 1, 1, 2"),
        (lambda t: [line.replace("SRR2\t2\t2\t2", "SRR1\t2\t2\t2") for line in t],
         "mate 1 of part 2 is of the run SRR2, mate 2 of SRR1"),
        (lambda t: [*t[:4], t[4][:-5]], "The table of downloads is cut"),
        (lambda t: [*t[:4], t[4].rpartition("\t")[0].rpartition("\t")[0] + "\n"], "is cut"),
        (lambda t: [*t[:4], t[4].rstrip("\n")], "The table of downloads is cut"),
        (lambda t: [line.replace("\tparts", "").replace("\t1\t2\t", "\t1\t") for line in t],
         "lacks the column"),
    ],
)  # fmt: skip
def test_a_table_that_lost_something_is_refused(saved, tmp_path, edit, message):
    with pytest.raises(InputError, match=message) as caught:
        fetch_accession("SRX1", [tmp_path / "1", tmp_path / "2"], resolved=saved(edit))
    assert str(tmp_path / "t.tsv") in caught.value.where
    assert "deepexpr obtain --resolve CONFIG makes the table again" in caught.value.fix


@pytest.mark.parametrize("order", list(itertools.permutations(range(1, 5)))[1::5])
def test_rows_in_another_order_are_joined_in_that_of_their_parts(saved, ena, order):
    path = saved(lambda lines: [lines[0], *(lines[i] for i in order)])
    assert read_files(path) == {"SRX1": ena}


def test_order_of_mates_without_runs(tmp_path):
    """Files of ENCODE have names of their own; their parts say which belong together."""
    names = {("A", 1, 1), ("D", 2, 1), ("C", 1, 2), ("B", 2, 2)}
    files = [remote("ENCSR000AAA/1", name, mate, part, "ENCSR000AAA") for name, mate, part in names]
    write_files(files[::-1], tmp_path / "t.tsv")
    found = looked_up("ENCSR000AAA/1", tmp_path / "t.tsv")
    assert ["".join(file.run for file in of_mate(found, mate)) for mate in (1, 2)] == ["AC", "DB"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("url", "ftp://x.org/a"), ("url", "https://x.org"), ("url", "https://x.org/a b"),
     ("md5", "12"), ("mate", "3"),
     ("bytes", "-5"), ("bytes", "inf"), ("mate", "x"), ("mate", "1.5"), ("part", "0"),
     ("parts", "NA"), ("accession", "")],
)  # fmt: skip
def test_edited_table_is_checked(saved, tmp_path, column, value):
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype=str)
    table.loc[0, column] = value
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False, na_rep="")
    with pytest.raises(InputError, match=column) as caught:
        read_files(tmp_path / "t.tsv")
    assert caught.value.where


UNIT = dict.fromkeys(FILE_COLUMNS, "") | {
    "sample": "A", "unit": "1", "fq1": "1.gz", "fq2": "2.gz", "accession": "SRX1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "kept", "problem"),
    [
        ({}, 5, None),
        ({}, 4, "do not belong together"),
        ({"fq2": ""}, 5, "are paired-end"),
        ({"accession": "SRX2"}, 5, "does not hold SRX2"),
        ({"fq1": "here.gz", "fq2": "here.gz", "accession": "SRX2"}, 5, None),
        ({"accession": ""}, 5, None),
    ],
)
def test_check_tells_what_a_run_would_stop_at(saved, tmp_path, monkeypatch, unit, kept, problem):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.gz").touch()
    units = pd.DataFrame([UNIT | unit], index=[2])
    config = {"resolved": str(saved(lambda lines: lines[:kept])), "units": "units.tsv"}
    found = [error.problem for error in saved_table_problems(config, units)]
    assert len(found) == bool(problem)
    assert not found or problem in found[0]
    assert not list(saved_table_problems(config | {"resolved": "none.tsv"}, units))


@pytest.mark.parametrize(
    "files",
    [
        [],
        [remote("X", "SRR1", 2, 1)],
        [remote("X", "SRR1", 1, 1), remote("X", "SRR2", 1, 2), remote("X", "SRR1", 2, 1)],
        [remote("X", "SRR1", 1, 1), remote("X", "SRR2", 2, 1)],
        [remote("X", "SRR1", 1, 1)] * 2,
    ],
)
def test_files_that_do_not_belong_together(files):
    for outputs in (1, 2):
        with pytest.raises(InputError, match="The files of X do not belong together"):
            require_mates("X", files, outputs)


@pytest.mark.parametrize(
    ("accession", "change", "fitting"),
    [
        ("SRR1", {}, True), ("SRR1", {"run": "SRR2"}, False), ("SRR1:mates", {}, True),
        ("SRX9", {}, True),
        ("GSM1", {"sample": "GSM1"}, True), ("GSM1", {"sample": "GSM2"}, False),
        ("GSM1:mates", {"sample": "GSM1"}, True), ("GSE1:*a*", {"sample": "GSM2"}, True),
        ("GSM1/*.gz", {"sample": "GSM1"}, True), ("GSM1/*.bed", {"sample": "GSM1"}, False),
        ("ENCFF000AAA", {"run": "ENCFF000AAA"}, True), ("ENCFF000AAA", {}, False),
        ("ENCFF000AAA,ENCFF000AAB", {"run": "ENCFF000AAA"}, False),
        ("ENCSR000AAA/1", {"sample": "ENCSR000AAA"}, True),
        ("ENCSR000AAA/2", {"sample": "ENCSR000AAA"}, False),
        ("ENCSR000AAB/1", {"sample": "ENCSR000AAA"}, False),
        ("ENCODE:dbxref=a:b/1", {}, True), ("ENCODE:dbxref=a:b/2", {}, False),
        (f"ENCODE:md5={'A' * 32}", {"md5": "a" * 32}, True),
        (f"ENCODE:md5={'A' * 32}", {"md5": "b" * 32}, False),
        (f"https://x.org/a.gz#md5={'A' * 32}", {"md5": "a" * 32}, True),
        (f"https://x.org/a.gz#md5={'A' * 32}", {"md5": ""}, False),
        ("https://x.org/b.gz", {}, False),
    ],
)  # fmt: skip
def test_a_table_of_another_sheet_is_told(tmp_path, accession, change, fitting):
    about = {"accession": accession, "sample": "", "title": "", "replicate": "1", "run": "SRR1",
             "mate": 1, "url": "https://x.org/a.gz", "md5": "", "bytes": 5}  # fmt: skip
    file = RemoteFile(**about | change)
    assert fits(accession, [file]) == fitting
    write_files([file], tmp_path / "t.tsv")
    if fitting:
        assert looked_up(accession, tmp_path / "t.tsv") == [file]
        with pytest.raises(InputError, match="does not hold SRR77") as caught:
            looked_up("SRR77", tmp_path / "t.tsv")
    else:
        with pytest.raises(InputError, match="has other files for") as caught:
            looked_up(accession, tmp_path / "t.tsv")
    assert "deepexpr obtain --resolve CONFIG makes the table again" in caught.value.fix
