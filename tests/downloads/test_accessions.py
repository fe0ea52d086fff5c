"""Accessions resolved when needed, against a server of our own in place of the archives."""

import gzip
import hashlib
import json
import re

import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.forms import is_accession
from deepexpr.downloads.obtaining import fetch_accession
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

QUICK = Patience(attempts=2, pause=0, timeout=5)
ENTREZ = "/entrez/eutils"
REPORT = "/ena/portal/api/filereport"
#: The tests' runs stand in it without the three columns that say whose they are.
HEADER = "run_accession\tlibrary_layout\tfastq_ftp\tfastq_md5\tfastq_bytes"
OWNERS = "experiment_accession\tsecondary_sample_accession\tlibrary_strategy"


def report(*rows, owner="SRX1\tSRS1\tOTHER"):
    """ENA's answer: rows of HEADER's columns, of one experiment."""
    lines = [f"{HEADER}\t{OWNERS}", *(f"{row}\t{owner}" for row in rows if row)]
    return "\n".join(lines).encode()


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def hosts(server):
    """Every archive is the local server: two runs of one experiment, GEO records, ENCODE files."""
    reads = {(r, m): f"run{r}mate{m} ".encode() for r in "12" for m in "12"}
    rows = [
        f"SRR{r}\tPAIRED\tftp.org/vol/SRR{r}_1.fastq.gz;ftp.org/vol/SRR{r}_2.fastq.gz"
        f"\t{md5(reads[r, '1'])};{md5(reads[r, '2'])}\t10;10"
        for r in "21"
    ]
    server.pages = {REPORT: report(*rows)}
    server.pages |= {f"/vol/SRR{r}_{m}.fastq.gz": data for (r, m), data in reads.items()}
    return Hosts(**dict.fromkeys(Hosts.model_fields, server.address))


def geo_records(server, *records):
    """What NCBI's esearch and esummary say: (accession, type, title, experiment).

    The GSM of the answer are the members of its first GSE, but for GSM9.
    """
    members = [(a, title) for a, kind, title, _ in records if kind == "GSM" and a != "GSM9"]
    found = {"count": str(len(records)), "querykey": "1", "webenv": "w", "retstart": "0"}
    result = {"uids": [str(i) for i in range(len(records))]}
    for i, (accession, kind, title, experiment) in enumerate(records):
        link = {"relationtype": "SRA", "targetobject": experiment, "targetftplink": ""}
        result[str(i)] = {
            "uid": str(i), "accession": accession, "entrytype": kind, "title": title,
            "extrelations": [link] if experiment else [],
            "samples": [{"accession": a, "title": t} for a, t in members if kind == "GSE"],
        }  # fmt: skip
    server.pages[f"{ENTREZ}/esearch.fcgi"] = json.dumps({"esearchresult": found}).encode()
    server.pages[f"{ENTREZ}/esummary.fcgi"] = json.dumps({"result": result}).encode()


def test_runs_are_joined_in_their_order(hosts, tmp_path):
    outputs = [tmp_path / "a", tmp_path / "b"]
    fetch_accession("SRX1", outputs, hosts, tmp_path / "t.tsv", QUICK)
    assert outputs[0].read_text() == "run1mate1 run2mate1 "
    assert outputs[1].read_text() == "run1mate2 run2mate2 "
    table = pd.read_csv(tmp_path / "t.tsv", sep="\t")
    assert table["run"].tolist() == ["SRR1", "SRR1", "SRR2", "SRR2"]
    assert table["mate"].tolist() == [1, 2, 1, 2]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "t.tsv"]


def test_wrong_md5_leaves_nothing(server, hosts, tmp_path):
    server.pages["/vol/SRR2_1.fastq.gz"] = b"other"
    with pytest.raises(InputError, match="MD5 is"):
        fetch_accession("SRX1", [tmp_path / "a", tmp_path / "b"], hosts, patience=QUICK)
    assert not [name for name in ("a", "b") if (tmp_path / name).exists()]


def test_geo_sample_is_resolved_through_its_experiment(server, hosts):
    geo_records(
        server,
        ("GSE1", "GSE", "a study", "SRP1"),
        ("GSM12", "GSM", "another", "SRX9"),
        ("GSM1", "GSM", "mESC HiChIP", "SRX1"),
    )
    files = resolve("GSM1", hosts, QUICK)
    assert {(f.accession, f.sample, f.title) for f in files} == {("GSM1", "GSM1", "mESC HiChIP")}
    assert [(f.run, f.mate) for f in files] == [("SRR1", 1), ("SRR1", 2), ("SRR2", 1), ("SRR2", 2)]
    asked = [path for path, _ in server.requests if path.startswith("/ena")]
    assert asked == [
        "/ena/portal/api/filereport?accession=SRX1&result=read_run"
        "&fields=run_accession%2Cexperiment_accession%2Csecondary_sample_accession"
        "%2Clibrary_strategy%2Clibrary_layout%2Cfastq_ftp%2Cfastq_md5%2Cfastq_bytes&format=tsv"
    ]


def test_series_of_one_sample_is_that_sample(server, hosts):
    geo_records(server, ("GSE1", "GSE", "a", "SRP1"), ("GSM1", "GSM", "b", "SRX1"))
    assert len(resolve("GSE1", hosts, QUICK)) == 4


def test_series_of_several_samples_asks_which(server, hosts):
    study = ("GSE1", "GSE", "a study", "")
    geo_records(server, study, ("GSM2", "GSM", "rep 2", "SRX2"), ("GSM1", "GSM", "rep 1", "SRX1"))
    with pytest.raises(InputError, match="GSE1 holds 2 samples") as caught:
        resolve("GSE1", hosts, QUICK)
    assert caught.value.found == "GSM1 rep 1; GSM2 rep 2"
    assert caught.value.fix == "Fill in the GSM of the sample that is meant."


def test_sample_of_two_experiments_asks_which(server, hosts):
    geo_records(server, ("GSM1", "GSM", "a", "SRX1"))
    page = json.loads(server.pages[f"{ENTREZ}/esummary.fcgi"])
    links = page["result"]["0"]["extrelations"]
    links.append(links[0] | {"targetobject": "SRX2"})
    server.pages[f"{ENTREZ}/esummary.fcgi"] = json.dumps(page).encode()
    with pytest.raises(InputError, match="several experiments for GSM1: SRX1,SRX2"):
        resolve("GSM1", hosts, QUICK)


def test_geo_record_without_reads_is_said(server, hosts):
    geo_records(server, ("GSM1", "GSM", "array", ""))
    with pytest.raises(InputError, match="GEO names no reads for GSM1"):
        resolve("GSM1", hosts, QUICK)


@pytest.mark.parametrize("faults", [[503, 503], ["stalled", "stalled"]])
def test_silent_or_failing_archive_is_one_error(server, hosts, faults):
    geo_records(server, ("GSM1", "GSM", "a", "SRX1"))
    server.faults = faults * 3
    with pytest.raises(InputError, match="The download failed"):
        resolve("GSM1", hosts, Patience(attempts=2, pause=0, timeout=1))


def test_supplementary_file_by_pattern(server, hosts, tmp_path):
    folder = "/geo/samples/GSM2774nnn/GSM2774000/suppl/"
    listing = '<a href="/geo/samples/">up</a><a href="?C=N">by name</a>'
    listing += '<a href="GSM2774000_loops.txt.gz">x</a><a href="GSM2774000_peaks.bed.gz">y</a>'
    loops = gzip.compress(b"loops")
    server.pages |= {folder: listing.encode(), f"{folder}GSM2774000_loops.txt.gz": loops}
    fetch_accession("GSM2774000/*loops*", [tmp_path / "l"], hosts, patience=QUICK)
    assert (tmp_path / "l").read_bytes() == loops
    with pytest.raises(InputError, match="2 supplementary files") as caught:
        resolve("GSM2774000/*", hosts, QUICK)
    assert caught.value.expected == "one of GSM2774000_loops.txt.gz, GSM2774000_peaks.bed.gz"


@pytest.mark.parametrize(
    ("record", "folder"),
    [("GSM1", "samples/GSMnnn/GSM1"), ("GSE512", "series/GSEnnn/GSE512"),
     ("GSE1000", "series/GSE1nnn/GSE1000")],
)  # fmt: skip
def test_a_page_in_place_of_a_folder_is_no_empty_folder(server, hosts, record, folder):
    server.faults = ["page"] * 9
    with pytest.raises(InputError, match="the answer is no listing of a folder") as caught:
        resolve(f"{record}/a.gz", hosts, QUICK)
    assert caught.value.where == f"{server.address}/geo/{folder}/suppl/"
    assert len(server.requests) == QUICK.attempts


def test_encode_files_are_checked_by_md5_and_mate(server, hosts, tmp_path):
    for i, name in enumerate(("ENCFF000AAA", "ENCFF000AAB"), 1):
        href = f"/files/{name}/@@download/{name}.fastq.gz"
        record = {"href": href, "md5sum": md5(name.encode()), "paired_end": str(i),
                  "accession": name, "dataset": "/experiments/ENCSR000AEM/"}  # fmt: skip
        server.pages[f"/files/{name}/"] = json.dumps(record).encode()
        server.pages[href] = name.encode()
    outputs = [tmp_path / "a", tmp_path / "b"]
    fetch_accession("ENCFF000AAA,ENCFF000AAB", outputs, hosts, tmp_path / "t.tsv", QUICK)
    assert [path.read_text() for path in outputs] == ["ENCFF000AAA", "ENCFF000AAB"]
    assert set(pd.read_csv(tmp_path / "t.tsv", sep="\t")["sample"]) == {"ENCSR000AEM"}
    with pytest.raises(InputError, match="ENCFF000AAB holds mate 2"):
        resolve("ENCFF000AAB,ENCFF000AAA", hosts, QUICK)


def test_mates_must_match_the_sheet(hosts, tmp_path):
    with pytest.raises(InputError, match="of SRX1 are paired-end"):
        fetch_accession("SRX1", [tmp_path / "a"], hosts, patience=QUICK)


def test_unknown_accession_is_refused(hosts):
    assert not is_accession("XYZ1")
    with pytest.raises(InputError, match="'XYZ1' cannot be downloaded"):
        resolve("XYZ1", hosts)


def test_verb_takes_other_hosts(server, hosts, tmp_path, capsys):
    files = [str(tmp_path / "a"), str(tmp_path / "b")]
    options = ["--accession", "SRX1", "--output", *files, "--table", str(tmp_path / "t.tsv")]
    names = [f"--host={name}={server.address}" for name in ("ena", "ena_files")]
    assert main(["obtain", *options, *names]) == 0
    assert len(pd.read_csv(tmp_path / "t.tsv", sep="\t")) == 4
    assert main(["obtain", *options, "--host=eba=x"]) == 2
    assert "The host 'eba' is not known." in capsys.readouterr().err
    for address in ("x.org", "https://x.org/", "ftp://x.org", "https://a b"):
        assert main(["obtain", *options, f"--host=ena={address}"]) == 1
        assert f"{address!r} does not match" in capsys.readouterr().err


def test_records_faults_are_told_before_any_download(server, hosts, tmp_path):
    page = server.pages[REPORT]
    row = b"\nSRR3\tSINGLE\tftp.example.org/r3.fastq.gz\tabc\t9\tSRX1\tSRS1\tOTHER"
    server.pages[REPORT] = page + row
    with pytest.raises(InputError, match="differ in their number of files") as caught:
        fetch_accession("SRX1", [tmp_path / "1.gz", tmp_path / "2.gz"], hosts)
    assert "SRR3 1" in caught.value.found
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("", "ENA lists no FASTQ for SRX000001"),
        ("SRR3\tPAIRED\t\t\t", "lists no FASTQ for the run SRR3"),
        ("SRR3\tPAIRED\ta/1_1.fastq.gz;a/1_2.fastq.gz\tabc\t5;5",
         "2 FASTQ, 1 checksums and 2 sizes"),
        ("<html>", "no table of runs"),
        ("SRR3\tSINGLE\ta/r.fastq.gz\tabc\tmuch", "a size that is no number"),
        ("SRR3\tSINGLE\ta/r.fastq.gz\tabc\t-5", "a size that is no number"),
        ("SRR3\tSINGLE\ta/r.fastq.gz\tabc\t5", "bad md5"),
        (f"SRR3\tSINGLE\ta/r.fastq.gz\t{'0' * 32}\t0", "bad bytes"),
        (f"SRR3\tSINGLE\tr.fastq.gz\t{'0' * 32}\t5", "bad url"),
        (f"SRR3\tSINGLE\ta/r.fq.gz\t{'0' * 32}\t5\nSRR3\tSINGLE\ta/r.fq.gz\t{'0' * 32}\t5",
         "2 of them have the address"),
        ("SRR3\tPAIRED\ta/r.fastq.gz\tabc\t5", r"1 file\(s\) for the run SRR3, which is paired"),
        ("SRR3\tPAIRED\ta/r.fastq.gz;a/r_1.fastq.gz\tabc;d\t5;6", r"2 file\(s\) for the run SRR3"),
        ("SRR3\tPAIRED\ta/r.fastq.gz;a/r_1.fastq.gz;a/r_2.fastq.gz\tabc;d;e\t5;6;7",
         r"3 file\(s\) for the run SRR3"),
    ],
)  # fmt: skip
def test_records_without_files_are_one_error(server, hosts, tmp_path, row, message):
    server.pages[REPORT] = report(*row.split("\n")) if row != "<html>" else row.encode()
    with pytest.raises(InputError, match=message) as caught:
        fetch_accession("SRX000001", [tmp_path / "1.gz"], hosts)
    assert caught.value.fix
    assert not list(tmp_path.iterdir())
    assert [path for path, _ in server.requests if not path.startswith("/ena")] == []


def test_reads_that_lost_their_mate_are_left_out_where_that_is_asked(server, hosts):
    x, y, z = (letter * 32 for letter in "abc")
    paths = "a/v/r.fastq.gz;a/v/r_2.fastq.gz;a/v/r_1.fastq.gz"
    row = f"SRR3\tPAIRED\t{paths}\t{x};{y};{z}\t5;6;7"
    server.pages[REPORT] = report(row, owner="SRX3\tSRS1\tHi-C")
    with pytest.raises(InputError, match="3 file") as caught:
        resolve("SRR3", hosts, QUICK)
    assert "Write SRR3:mates" in caught.value.fix
    files = resolve("SRR3:mates", hosts, QUICK)
    assert [(f.mate, f.md5, f.bytes, f.url[-12:]) for f in files] == [
        (1, z, 7, "r_1.fastq.gz"), (2, y, 6, "r_2.fastq.gz"),
    ]  # fmt: skip


SERIES = (
    ("GSE1", "GSE", "a study", ""),
    ("GSM1", "GSM", "HiChIP_A_YY1", "SRX1"),
    ("GSM2", "GSM", "RNAseq_A_UT_rep1", "SRX2"),
    ("GSM3", "GSM", "RNAseq_A_UT_rep2", ""),
    ("GSM9", "GSM", "HiChIP_A_YY1", "SRX9"),  # found by the search, of another series
)


@pytest.mark.parametrize("title", ["HiChIP_A_YY1", "hichip_a_yy1", "*HiChIP*", "HiChIP_?_YY1"])
def test_sample_of_a_series_by_its_title(server, hosts, title):
    geo_records(server, *SERIES)
    files = resolve(f"GSE1:{title}", hosts, QUICK)
    assert {(f.sample, f.title) for f in files} == {("GSM1", "HiChIP_A_YY1")}
    assert {f.accession for f in files} == {f"GSE1:{title}"}


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("*RNA*", r"2 sample\(s\) of GSE1 have a title like"),
        ("*ChIP-seq*", r"No sample\(s\) of GSE1 have a title like"),
        ("*rep2", "GEO names no reads for GSM3 RNAseq_A_UT_rep2"),
    ],
)
def test_title_that_fits_not_one_lists_the_members(server, hosts, title, message):
    geo_records(server, *SERIES)
    with pytest.raises(InputError, match=message) as caught:
        resolve(f"GSE1:{title}", hosts, QUICK)
    if "rep2" not in title:
        assert caught.value.found == (
            "GSM1 HiChIP_A_YY1; GSM2 RNAseq_A_UT_rep1; GSM3 RNAseq_A_UT_rep2"
        )


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ([(429, {})] * 9, "HTTP Error 429: Too Many Requests"),
        ([(503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})] * 9, "HTTP Error 503"),
        (["page"] * 9, "the answer cannot be read ('<html>try again later</html>')"),
    ],
)
def test_ncbi_that_refuses_is_asked_as_often_as_any_server(server, hosts, faults, message):
    server.faults = faults
    with pytest.raises(InputError, match=re.escape(message)):
        resolve("GSM1", hosts, QUICK)
    assert len(server.requests) == QUICK.attempts


def test_ncbi_is_waited_for_as_long_as_it_asks(server, hosts, monkeypatch):
    geo_records(server, ("GSM1", "GSM", "a", "SRX1"))
    monkeypatch.setattr("deepexpr.downloads.patience.time.sleep", (pauses := []).append)
    server.faults = [(429, {"Retry-After": "7"}), None, (503, {"Retry-After": "4"})]
    assert len(resolve("GSM1", hosts, QUICK)) == 4
    assert [pause for pause in pauses if pause >= 1] == [7, 4]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"error": "API rate limit exceeded", "count": "4"}, "API rate limit exceeded"),
        ({"esearchresult": {"ERROR": "Search Backend failed"}}, "Search Backend failed"),
        ({"esearchresult": {"count": "2"}}, "did not keep its search"),
        ([], "the answer cannot be read"),
    ],
)
def test_what_ncbi_says_in_place_of_a_search(server, hosts, search, message):
    server.pages[f"{ENTREZ}/esearch.fcgi"] = json.dumps(search).encode()
    with pytest.raises(InputError, match=message):
        resolve("GSM1", hosts, QUICK)


def test_summaries_come_page_by_page(server, hosts, monkeypatch):
    geo_records(server, *SERIES)
    monkeypatch.setattr("deepexpr.downloads.geo.SUMMARIES", 3)
    resolve("GSE1:HiChIP*", hosts, QUICK)
    asked = [path for path, _ in server.requests if "esummary" in path]
    assert [path.rpartition("&")[2] for path in asked] == ["retstart=0", "retstart=3"]


@pytest.mark.parametrize("samples", ["x", [1], None, [{"title": "HiChIP"}], [{"accession": None}]])
def test_a_series_whose_samples_cannot_be_read(server, hosts, samples):
    geo_records(server, *SERIES)
    page = json.loads(server.pages[f"{ENTREZ}/esummary.fcgi"])
    page["result"]["0"]["samples"] = samples
    server.pages[f"{ENTREZ}/esummary.fcgi"] = json.dumps(page).encode()
    with pytest.raises(InputError, match=r"No sample\(s\) of GSE1 have a title like"):
        resolve("GSE1:*HiChIP*", hosts, QUICK)


def test_brackets_of_a_title_are_letters(server, hosts):
    geo_records(server, SERIES[0], ("GSM1", "GSM", "RNA [K562]", "SRX1"))
    assert resolve("GSE1:RNA [K562]", hosts, QUICK)[0].sample == "GSM1"
    with pytest.raises(InputError, match="No sample"):
        resolve("GSE1:RNA [a-z]K562*", hosts, QUICK)


def test_foreign_samples_do_not_stand_in(server, hosts):
    geo_records(server, ("GSM2", "GSM", "another", "SRX2"), ("GSE1", "GSE", "a study", ""))
    with pytest.raises(InputError, match="it has no such record") as caught:
        resolve("GSM1", hosts, QUICK)
    assert caught.value.found == "GSE1, GSM2"


def test_verb_offers_another_way_where_a_title_names_no_sample(server, hosts, tmp_path, capsys):
    geo_records(server, *SERIES)
    options = ["--accession", "GSE1:*RNA*", "--output", str(tmp_path / "a")]
    names = [f"--host=ncbi={server.address}", f"--instead={'Or use the table.'}"]
    assert main(["obtain", *options, *names]) == 1
    text = capsys.readouterr().err
    assert "fix: Fill in the GSM of the sample that is meant. Or use the table." in text


def test_addresses_of_both_mates(server, tmp_path):
    server.pages = {"/a_1.gz": b"one", "/a_2.gz": b"two"}
    text = ",".join(
        f"{server.address}/a_{m}.gz#md5={md5(b)}" for m, b in ((1, b"one"), (2, b"two"))
    )
    assert is_accession(text)
    assert [(f.mate, f.bytes) for f in resolve(text, None, QUICK)] == [(1, 3), (2, 3)]
    fetch_accession(text, [tmp_path / "1", tmp_path / "2"], patience=QUICK)
    assert [(tmp_path / m).read_text() for m in "12"] == ["one", "two"]
    with pytest.raises(InputError, match="404"):
        resolve(f"{server.address}/gone.gz", None, QUICK)


@pytest.mark.parametrize(
    "text",
    ["https://x.org/a#md5=12", "ftp://x.org/a", "https://a,https://b,https://c", "ENCSR000AEM/x",
     "ENCODE:md5=12", "ENCODE:dbxref=", "GSE1:", "GSM1:title", "ENCFF000AA"],
)  # fmt: skip
def test_what_is_nearly_an_accession_is_none(text):
    assert not is_accession(text)
