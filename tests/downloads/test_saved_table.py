"""The saved table of downloads: what is lost, out of order or of another sheet is never fetched."""

import itertools
from dataclasses import replace

import pandas as pd
import pytest

from deepexpr.checks.saved_table import saved_table_problems
from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.downloads.assays import require_assay
from deepexpr.downloads.belonging import stranger
from deepexpr.downloads.obtaining import fetch_accession, looked_up
from deepexpr.downloads.records import RemoteFile, of_mate, read_files, require_mates, write_files
from deepexpr.errors import InputError

NAMES = itertools.count()


def remote(accession, run, mate, part, sample=""):
    """A file of its own address and MD5."""
    number = next(NAMES)
    url, md5 = f"https://x.org/{number}/{run}_{mate}.fastq.gz", f"{number:032x}"
    known = {"sample": sample, "title": "", "replicate": "1", "run": run, "mate": mate}
    own = {"experiment": sample or accession, "strategy": "OTHER"}
    return RemoteFile(accession, **known, url=url, md5=md5, bytes=5, part=part, **own)


@pytest.fixture
def ena():
    """Two runs of one experiment, of HiChIP."""
    runs = [remote("SRX1", f"SRR{part}", mate, part) for part in (1, 2) for mate in (1, 2)]
    return [replace(file, title="HiChIP_A") for file in runs]


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
        (lambda t: [*t[:4], t[4].rstrip("\n")], "The table of downloads is cut: its last line"),
        (lambda t: [*t, "\n"], "has an empty line"),
        (lambda t: [*t[:2], "\n", *t[2:]], "has an empty line"),
        (lambda t: [*t[:4], t[4].replace("OTHER", '"OTHER')], "a quotation mark where none belo"),
        (lambda t: [*t[:4], t[4].replace("OTHER", '"OT"HER')], "a quotation mark where none bel"),
        (lambda t: [*t[:4], t[4].replace("OTHER", "OTHER\tOTHER")], "has a row that has 17 cells"),
        (lambda t: [line.replace("\tparts", "").replace("\t1\t2\t", "\t1\t") for line in t],
         "lacks the column"),
        # What 0.2.0 wrote, and what came after it.
        (lambda t: ["accession\tsample\ttitle\treplicate\trun\tmate\turl\tmd5\tbytes\n"],
         "series, experiment, strategy, part, parts: an earlier version wrote it"),
        (lambda t: ["accession\tsample\ttitle\treplicate\trun\tpart\tparts\tmate\turl\tmd5"
                    "\tbytes\n",
                    "SRX1\t\t\t\tSRR1\t1\t1\t1\thttps://x.org/SRR1.fastq.gz\t\t5\n"],
         "series, experiment, strategy: an earlier version wrote it"),
        (lambda t: [t[0], *(line.replace("_1.f", "_X.f").replace("_2.f", "_1.f")
                            .replace("_X.f", "_2.f") for line in t[1:])],
         "by their names SRR1_2.fastq.gz is mate 2 and SRR1_1.fastq.gz mate 1, and they stand"),
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


@pytest.fixture
def encode():
    """Two pairs of a replicate, as ENCODE's records have them."""
    names = {("A", 1, 1): "C", ("C", 1, 2): "A", ("D", 2, 1): "B", ("B", 2, 2): "D"}
    return [
        replace(remote("ENCSR000AAA/1", name, mate, part, "ENCSR000AAA"), paired_end=str(mate),
                paired_with=other, url=f"https://x.org/{name}.fastq.gz")
        for (name, part, mate), other in names.items()
    ]  # fmt: skip


def swapped(table, columns, one, two):
    """Rows of a table with the cells of some columns exchanged."""
    table.loc[[one, two], columns] = table.loc[[two, one], columns].to_numpy()


EXCHANGES = {
    "mates": (["mate"], 0, 1, "A is mate 1 by paired_end, and stands as mate 2"),
    "files": (["run", "url", "md5", "bytes"], 0, 1, "C is paired_with C, and the mate"),
    "all but the partner": (["mate", "paired_end"], 0, 1, None),
    "files with their mates": (["run", "url", "md5", "paired_end"], 0, 1, "C is mate 2 by pair"),
    "second mates of two pairs": (["part"], 1, 3, "A is paired_with C, and the mate beside it is"),
    "their files": (["run", "url", "md5"], 1, 3, "A is paired_with C, and the mate beside it is"),
    "partners": (["paired_with"], 0, 2, "A is paired_with B, and the mate beside it is C"),
}


@pytest.mark.parametrize(("columns", "one", "two", "problem"), EXCHANGES.values(), ids=EXCHANGES)
def test_mates_of_encode_that_were_exchanged_are_refused(
    tmp_path, encode, columns, one, two, problem
):
    path = tmp_path / "t.tsv"
    write_files(encode, path)
    assert read_files(path) == {"ENCSR000AAA/1": encode}
    table = pd.read_csv(path, sep="\t", dtype=str)
    swapped(table, columns, one, two)
    table.to_csv(path, sep="\t", index=False)
    if problem is None:  # the archive's own word was edited with it: nothing is left to tell
        assert read_files(path)
        return
    with pytest.raises(InputError, match=problem) as caught:
        read_files(path)
    assert str(path) in caught.value.where


def test_a_table_without_the_archives_word_on_mates_is_read(tmp_path, encode):
    write_files(encode, tmp_path / "t.tsv")
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype=str)
    table.drop(columns=["paired_end", "paired_with"]).to_csv(
        tmp_path / "t.tsv", sep="\t", index=False
    )
    (found,) = read_files(tmp_path / "t.tsv").values()
    assert found == [replace(file, paired_end="", paired_with="") for file in encode]


@pytest.mark.parametrize(
    ("column", "value"),
    [("url", "ftp://x.org/a"), ("url", "https://x.org"), ("url", "https://x.org/a b"),
     ("url", "https://x\x00.org/a"), ("url", "http://[127"), ("url", "http://x.org/é"),
     ("url", "http://x.org:99999/a"), ("url", "http://x.org/a\x1b[2J"),
     ("md5", "12"), ("mate", "3"),
     ("bytes", "-5"), ("bytes", "0"), ("bytes", "1e30"), ("bytes", "1e13"),
     ("bytes", "inf"), ("mate", "x"), ("mate", "1.5"), ("part", "0"),
     ("parts", "NA"), ("parts", "0"), ("parts", "-1"), ("accession", ""), ("paired_end", "3")],
)  # fmt: skip
def test_edited_table_is_checked(saved, tmp_path, column, value):
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype=str)
    table.loc[0, column] = value
    table.to_csv(tmp_path / "t.tsv", sep="\t", index=False, na_rep="")
    with pytest.raises(InputError, match=column) as caught:
        read_files(tmp_path / "t.tsv")
    assert caught.value.where
    assert str(caught.value).replace("\n", "").isprintable(), "nothing that a terminal obeys"


UNIT = dict.fromkeys(FILE_COLUMNS, "") | {
    "sample": "A", "unit": "1", "fq1": "1.gz", "fq2": "2.gz", "accession": "SRX1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "kept", "problem"),
    [
        ({}, 5, None),
        ({"sample": "B"}, 5, "The reads of SRX1 are not of the assay rna"),
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
    samples = pd.DataFrame({"sample": ["A", "B"], "assay": ["hichip", "rna"]})
    found = [error.problem for error in saved_table_problems(config, samples, units)]
    assert len(found) == bool(problem)
    assert not found or problem in found[0]
    assert not list(saved_table_problems(config | {"resolved": "none.tsv"}, samples, units))


def test_a_fault_of_the_table_is_told_once_at_its_own_row(tmp_path, ena):
    """Not at the first unit of the sheet, which has nothing to do with it."""
    sound = [replace(file, accession="SRX9", experiment="SRX9", run=f"{file.run}0",
                     url=f"{file.url}0", md5="") for file in ena]  # fmt: skip
    write_files([*sound, *ena], tmp_path / "t.tsv")
    lines = (tmp_path / "t.tsv").read_text().splitlines(keepends=True)
    (tmp_path / "t.tsv").write_text("".join(lines[:-1]))
    units = pd.DataFrame([UNIT | {"accession": name} for name in ("SRX9", "SRX1")], index=[2, 3])
    config = {"resolved": str(tmp_path / "t.tsv"), "units": "units.tsv"}
    samples = pd.DataFrame({"sample": ["A"], "assay": ["hichip"]})
    (error,) = saved_table_problems(config, samples, units)
    assert "The files of SRX1 do not belong together" in error.problem
    assert error.where == f"{tmp_path / 't.tsv'}, row 6 and on"


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


GSM1 = {"sample": "GSM1", "title": "RNAseq_A_UT_rep1", "series": "GSE1"}
ENCSR = {"experiment": "ENCSR000AAA", "run": "ENCFF000AAA", "url": "https://x.org/ENCFF000AAA.gz"}


@pytest.mark.parametrize(
    ("accession", "change", "problem"),
    [
        ("SRR1", {}, ""), ("SRR1", {"run": "SRR2"}, "the run of SRR2 is SRR2"),
        ("SRR1:mates", {}, ""), ("SRR1", {"run": ""}, "the run of https://x.org/SRR1.fastq.gz is"),
        ("SRR1", {"url": "https://x.org/SRR2.fastq.gz"}, "the address of SRR1 is that of SRR2.fa"),
        ("SRX1", {}, ""), ("SRX9", {}, "the experiment of SRR1 is SRX1"),
        ("SRX9:mates", {}, "the experiment of SRR1 is SRX1"),
        ("SRX1", {"experiment": ""}, "the experiment of SRR1 is not said"),
        ("SRS1", {"sample": "SRS1"}, ""),
        ("SRS1", {"sample": "SRS2"}, "the sample of SRR1 is SRS2"),
        ("GSM1", GSM1, ""), ("GSM2", GSM1, "the sample of SRR1 is GSM1"), ("GSM1:mates", GSM1, ""),
        ("GSE1", GSM1, ""), ("GSE2", GSM1, "the series of SRR1 is GSE1"),
        ("GSE1:*rna*ut*rep1*", GSM1, ""), ("GSE1:*rna*:mates", GSM1, ""),
        ("GSE2:*rna*", GSM1, "the series of SRR1 is GSE1"),
        ("GSE1:*RNA*rep2*", GSM1, "the title of SRR1 is RNAseq_A_UT_rep1"),
        ("GSE1:HiChIP_K562_YY1", GSM1, "the title of SRR1 is RNAseq_A_UT_rep1"),
        ("GSE1:HiChIP_K562_YY1", GSM1 | {"title": ""}, "the title of SRR1 is not said"),
        ("GSM1/*.gz", {"sample": "GSM1", "run": ""}, ""),
        ("GSM2/*.gz", {"sample": "GSM1", "run": ""}, "the sample of https://x.org/SRR1.fastq.gz"),
        ("GSM1/*.bed", {"sample": "GSM1", "run": ""}, "the file's name is SRR1.fastq.gz"),
        ("ENCFF000AAA", ENCSR, ""), ("ENCFF000AAB", ENCSR, "they have the run encff000aaa"),
        ("ENCFF000AAA,ENCFF000AAB", ENCSR, "they have the run encff000aaa"),
        ("ENCFF000AAA", ENCSR | {"url": "https://x.org/ENCFF000AAB.gz"}, "is that of ENCFF000AAB"),
        ("ENCSR000AAA/1", ENCSR, ""), ("ENCSR000AAA", ENCSR, ""),
        ("ENCSR000AAA/2", ENCSR, "the replicate of ENCFF000AAA is 1"),
        ("ENCSR000AAB/1", ENCSR, "the experiment of ENCFF000AAA is ENCSR000AAA"),
        ("ENCODE:dbxref=a:b/1", ENCSR | {"series": "a:b"}, ""),
        ("ENCODE:dbxref=a:b/2", ENCSR | {"series": "a:b"}, "the replicate of ENCFF000AAA is 1"),
        ("ENCODE:dbxref=a:c/1", ENCSR | {"series": "a:b"}, "the series of ENCFF000AAA is a:b"),
        (f"ENCODE:md5={'A' * 32}", ENCSR | {"md5": "a" * 32}, ""),
        (f"ENCODE:md5={'A' * 32}", ENCSR | {"md5": "b" * 32}, "they have the md5 bbb"),
        (f"https://x.org/SRR1.fastq.gz#md5={'A' * 32}", {"md5": "a" * 32}, ""),
        (f"https://x.org/SRR1.fastq.gz#md5={'A' * 32}", {"md5": ""}, "they have the MD5 none"),
        ("https://x.org/b.gz", {}, "they have the url https://x.org/srr1.fastq.gz"),
    ],
)  # fmt: skip
def test_a_row_is_shown_to_belong_to_its_accession(tmp_path, accession, change, problem):
    about = {"accession": accession, "sample": "", "title": "", "replicate": "1", "run": "SRR1",
             "mate": 1, "url": "https://x.org/SRR1.fastq.gz", "md5": "", "bytes": 5,
             "experiment": "SRX1"}  # fmt: skip
    file = RemoteFile(**about | change)
    told = stranger(accession, [file])
    assert told.startswith(problem) if problem == "" else problem in told
    assert bool(told) == bool(problem)
    write_files([file], tmp_path / "t.tsv")
    if problem:
        with pytest.raises(InputError, match="has other files for") as caught:
            looked_up(accession, tmp_path / "t.tsv")
        assert problem in caught.value.problem
    else:
        assert looked_up(accession, tmp_path / "t.tsv") == [file]
        with pytest.raises(InputError, match="does not hold SRR77") as caught:
            looked_up("SRR77", tmp_path / "t.tsv")
    assert "deepexpr obtain --resolve CONFIG makes the table again" in caught.value.fix


def test_runs_of_two_samples_are_not_one_sample():
    files = [remote("GSE1:*a*", f"SRR{part}", 1, part, f"GSM{part}") for part in (1, 2)]
    files = [replace(file, series="GSE1", title="HiChIP_a") for file in files]
    assert stranger("GSE1:*a*", files) == "they are of several samples: GSM1, GSM2"
    files = [replace(file, sample="GSM1") for file in files]
    assert stranger("GSM1", files) == "they are of several experiments: GSM1, GSM2"
    archives = [replace(file, sample="SRS1") for file in files]
    assert stranger("SRS1", archives) == "", "such a sample may be of several"


@pytest.mark.parametrize(
    ("strategy", "title", "refused"),
    [
        ("RNA-Seq", "", "hichip"), ("polyA plus RNA-seq", "", "hichip"),
        ("ssRNA-seq", "", "hichip"),
        ("Hi-C", "", "rna"), ("ChIA-PET", "", "rna"), ("ChIP-Seq", "", "rna"), ("OTHER", "", None),
        ("", "", None), ("OTHER", "HiChIP_K562_YY1", "rna"), ("OTHER", "Hi-ChIP of K562", "rna"),
        ("OTHER", "RNA-seq K562", "hichip"), ("OTHER", "RNA-seq beside HiChIP", None),
    ],
)  # fmt: skip
def test_reads_of_another_assay_are_refused(ena, strategy, title, refused):
    files = [replace(file, strategy=strategy, title=title) for file in ena]
    for assay in ("rna", "hichip", ""):
        if assay and assay == refused:
            with pytest.raises(InputError, match=f"of SRX1 are not of the assay {assay}") as caught:
                require_assay("SRX1", files, assay)
            assert (strategy if title == "" else title) in caught.value.found
        else:
            require_assay("SRX1", files, assay)


def test_a_run_refuses_reads_of_another_assay(saved, tmp_path):
    """Also where the table is the sheet's own: HiChIP never stands in for RNA-seq."""
    table, outputs = saved(lambda lines: lines), [tmp_path / "1", tmp_path / "2"]
    with pytest.raises(InputError, match="are not of the assay rna"):
        fetch_accession("SRX1", outputs, resolved=table, assay="rna")
    table.write_text(table.read_text().replace("\tSRX1\tOTHER", "\tSRX2\tOTHER"))
    with pytest.raises(InputError, match=r"other files for SRX1 .*experiment of SRR1 is SRX2"):
        fetch_accession("SRX1", outputs, resolved=table, assay="hichip")
