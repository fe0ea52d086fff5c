"""Downloads from a server that misbehaves: whole files or one clear error, nothing between."""

import hashlib
import zipfile

import pytest

from deepexpr.cli import main
from deepexpr.downloads.fetch import Patience, fetch
from deepexpr.downloads.packages import fetch_package_files
from deepexpr.errors import InputError

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT).hexdigest()
QUICK = Patience(attempts=3, pause=0, timeout=1)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_cut_transfer_is_resumed(server, tmp_path):
    server.faults = ["cut"]
    fetch(f"{server.address}/x", tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.requests[1][1] == f"bytes={len(CONTENT) // 2}-"


@pytest.mark.parametrize("faults", [[], ["slow"], [503, 503], ["cut", 503], ["stalled"]])
def test_passing_faults_end_in_the_whole_file(server, tmp_path, faults):
    server.faults = list(faults)
    fetch(f"{server.address}/x", tmp_path / "x", MD5, QUICK)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert names(tmp_path) == ["x"]
    assert len(server.requests) == 1 + sum(fault != "slow" for fault in faults)


@pytest.mark.parametrize(
    ("faults", "md5", "requests", "message", "left"),
    [
        ([503] * 9, None, 3, "503", []),
        ([404], None, 1, "404", []),
        ([], "0" * 32, 3, f"MD5 is {MD5}, expected {'0' * 32}", []),
        # What arrived waits under another name, for the next run to go on from.
        (["cut"] * 9, None, 3, "bytes arrived", [".x.partial"]),
        (["stalled"] * 9, None, 3, "timed out", [".x.partial"]),
    ],
)
def test_lasting_faults_leave_no_file(server, tmp_path, faults, md5, requests, message, left):
    server.faults = faults
    with pytest.raises(InputError, match=message) as caught:
        fetch(f"{server.address}/x", tmp_path / "x", md5, QUICK)
    assert caught.value.where == f"{server.address}/x"
    assert names(tmp_path) == left
    assert len(server.requests) == requests


def test_the_next_run_goes_on_where_the_last_stopped(server, tmp_path):
    server.faults = ["cut", 503, 503]
    with pytest.raises(InputError):
        fetch(f"{server.address}/x", tmp_path / "x", MD5, QUICK)
    fetch(f"{server.address}/x", tmp_path / "x", MD5, QUICK)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.requests[-1][1] == f"bytes={len(CONTENT) // 2}-"


def test_pauses_double(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("deepexpr.downloads.fetch.time.sleep", pauses.append)
    server.faults = [503] * 4
    fetch(f"{server.address}/x", tmp_path / "x", patience=Patience(5, 2.0, 5))
    assert pauses == [2.0, 4.0, 8.0, 16.0]


def test_verb_downloads_one_url(server, tmp_path, capsys):
    output = tmp_path / "genome.fa.gz"
    options = ["--url", f"{server.address}/g", "--output", str(output)]
    assert main(["obtain", *options, "--md5", MD5]) == 0
    assert output.read_bytes() == CONTENT
    assert main(["obtain", *options, str(output)]) == 2
    assert "One --output is needed." in capsys.readouterr().err


def test_package_member_that_is_not_there(tmp_path, monkeypatch):
    wheel = tmp_path / "p.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("data/a.txt", "A")
    monkeypatch.setattr("deepexpr.downloads.packages._download_wheel", lambda *args: wheel)
    fetch_package_files("p", "1", "0", "data", ["a.txt"], tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "A"
    with pytest.raises(InputError, match=r"does not hold data/b.txt"):
        fetch_package_files("p", "1", "0", "data", ["b.txt"], tmp_path / "out")
    assert names(tmp_path / "out") == ["a.txt"]
