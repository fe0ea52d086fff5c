"""Accessions resolved when needed, against a server of our own in place of the archives."""

import hashlib
import json

import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.downloads.accessions import fetch_accession, is_accession, resolve
from deepexpr.downloads.fetch import Patience
from deepexpr.downloads.geo import geo_samples
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

QUICK = Patience(attempts=2, pause=0, timeout=5)
ENTREZ = "/entrez/eutils"


def md5(data):
    return hashlib.md5(data).hexdigest()


@pytest.fixture
def hosts(server):
    """Every archive is the local server: two runs of one experiment, GEO records, ENCODE files."""
    reads = {(r, m): f"run{r}mate{m} ".encode() for r in "12" for m in "12"}
    rows = [
        f"SRR{r}\tftp.org/vol/SRR{r}_1.fastq.gz;ftp.org/vol/SRR{r}_2.fastq.gz"
        f"\t{md5(reads[r, '1'])};{md5(reads[r, '2'])}"
        for r in "21"
    ]
    table = "run_accession\tfastq_ftp\tfastq_md5\n" + "\n".join(rows)
    server.pages = {"/ena/portal/api/filereport": table.encode()}
    server.pages |= {f"/vol/SRR{r}_{m}.fastq.gz": data for (r, m), data in reads.items()}
    return Hosts(**dict.fromkeys(Hosts.model_fields, server.address))


def geo_records(server, *records):
    """What NCBI's esearch and esummary say: (accession, type, title, experiment)."""
    found = {"count": str(len(records)), "querykey": "1", "webenv": "w", "retstart": "0"}
    result = {"uids": [str(i) for i in range(len(records))]}
    for i, (accession, kind, title, experiment) in enumerate(records):
        link = {"relationtype": "SRA", "targetobject": experiment, "targetftplink": ""}
        result[str(i)] = {
            "uid": str(i), "accession": accession, "entrytype": kind, "title": title,
            "extrelations": [link] if experiment else [],
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
        fetch_accession("SRR2", [tmp_path / "a", tmp_path / "b"], hosts, patience=QUICK)
    assert [p.name for p in tmp_path.iterdir()] == [".a.part0"], "the run that was whole is kept"


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
        "&fields=run_accession%2Cfastq_ftp%2Cfastq_md5&format=tsv"
    ]


def test_series_of_one_sample_is_that_sample(server, hosts):
    geo_records(server, ("GSE1", "GSE", "a", "SRP1"), ("GSM1", "GSM", "b", "SRX1"))
    assert len(resolve("GSE1", hosts, QUICK)) == 4


def test_series_of_several_samples_asks_which(server, hosts):
    geo_records(server, ("GSM2", "GSM", "rep 2", "SRX2"), ("GSM1", "GSM", "rep 1", "SRX1"))
    assert [s.sample for s in geo_samples("GSE1", hosts, QUICK)] == ["GSM1", "GSM2"]
    with pytest.raises(InputError, match="GSE1 holds 2 samples") as caught:
        resolve("GSE1", hosts, QUICK)
    assert caught.value.found == "GSM1 rep 1; GSM2 rep 2"
    assert caught.value.fix == "Fill in the GSM of the sample that is meant."


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
    server.pages |= {folder: listing.encode(), f"{folder}GSM2774000_loops.txt.gz": b"loops"}
    fetch_accession("GSM2774000/*loops*", [tmp_path / "l"], hosts, patience=QUICK)
    assert (tmp_path / "l").read_bytes() == b"loops"
    with pytest.raises(InputError, match="2 supplementary files") as caught:
        resolve("GSM2774000/*", hosts, QUICK)
    assert caught.value.expected == "one of GSM2774000_loops.txt.gz, GSM2774000_peaks.bed.gz"


def test_encode_files_are_checked_by_md5_and_mate(server, hosts, tmp_path):
    for i, name in enumerate(("ENCFF000AAA", "ENCFF000AAB"), 1):
        href = f"/files/{name}/@@download/{name}.fastq.gz"
        record = {"href": href, "md5sum": md5(name.encode()), "paired_end": str(i),
                  "dataset": "/experiments/ENCSR000AEM/"}  # fmt: skip
        server.pages[f"/files/{name}/"] = json.dumps(record).encode()
        server.pages[href] = name.encode()
    outputs = [tmp_path / "a", tmp_path / "b"]
    fetch_accession("ENCFF000AAA,ENCFF000AAB", outputs, hosts, tmp_path / "t.tsv", QUICK)
    assert [path.read_text() for path in outputs] == ["ENCFF000AAA", "ENCFF000AAB"]
    assert set(pd.read_csv(tmp_path / "t.tsv", sep="\t")["sample"]) == {"ENCSR000AEM"}
    with pytest.raises(InputError, match="ENCFF000AAB holds mate 2"):
        resolve("ENCFF000AAB,ENCFF000AAA", hosts, QUICK)


def test_mates_must_match_the_sheet(hosts, tmp_path):
    with pytest.raises(InputError, match=r"2 file\(s\) per run"):
        fetch_accession("SRR1", [tmp_path / "a"], hosts, patience=QUICK)


def test_unknown_accession_is_refused(hosts):
    assert not is_accession("XYZ1")
    with pytest.raises(InputError, match="'XYZ1' cannot be downloaded"):
        resolve("XYZ1", hosts)


def test_verb_takes_other_hosts(server, hosts, tmp_path, capsys):
    files = [str(tmp_path / "a"), str(tmp_path / "b")]
    options = ["--accession", "SRR1", "--output", *files, "--table", str(tmp_path / "t.tsv")]
    names = [f"--host={name}={server.address}" for name in ("ena", "ena_files")]
    assert main(["obtain", *options, *names]) == 0
    assert len(pd.read_csv(tmp_path / "t.tsv", sep="\t")) == 4
    assert main(["obtain", *options, "--host=eba=x"]) == 2
    assert "The host 'eba' is not known." in capsys.readouterr().err


def test_runs_of_different_kinds_are_refused_before_any_download(server, hosts, tmp_path):
    single = "SRR3\tftp.example.org/r3.fastq.gz\tabc"
    page = server.pages["/ena/portal/api/filereport"]
    server.pages["/ena/portal/api/filereport"] = page + b"\n" + single.encode()
    with pytest.raises(InputError, match="differ in their number of files") as caught:
        fetch_accession("SRX000001", [tmp_path / "1.gz", tmp_path / "2.gz"], hosts)
    assert "SRR3 1" in caught.value.found
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("SRR3\t\t", "lists no FASTQ for the run SRR3"),
        ("SRR3\ta/1_1.fastq.gz;a/1_2.fastq.gz\tabc", "2 FASTQ and 1 checksums"),
        ("<html>", "no table of runs"),
    ],
)
def test_records_without_files_are_one_error(server, hosts, tmp_path, row, message):
    table = "run_accession\tfastq_ftp\tfastq_md5\n" + row
    server.pages["/ena/portal/api/filereport"] = table.encode()
    with pytest.raises(InputError, match=message):
        fetch_accession("SRX000001", [tmp_path / "1.gz"], hosts)
