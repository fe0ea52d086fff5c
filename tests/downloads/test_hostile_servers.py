"""Servers that lie: a file is whole and the right one, or there is one clear error."""

import gzip
import itertools
import random
import ssl
import threading
import time
import urllib.error
from dataclasses import replace
from functools import partial

import pytest

from deepexpr.cli import main
from deepexpr.downloads import fetch as fetching
from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.asking import read_record, read_url, remote_size
from deepexpr.downloads.fetch import fetch, partial_path
from deepexpr.downloads.locks import locked
from deepexpr.downloads.moving import moving
from deepexpr.downloads.obtaining import fetch_files
from deepexpr.downloads.patience import Incomplete, Patience, within
from deepexpr.downloads.records import RemoteFile
from deepexpr.errors import InputError

QUICK = Patience(attempts=3, pause=0, timeout=30)
READS = gzip.compress(random.Random(1).randbytes(100_000), 1)
OTHER = gzip.compress(random.Random(2).randbytes(100_000), 1)


@pytest.fixture
def reads(server):
    """Address of a gzip file."""
    server.pages["/r.gz"] = READS
    return f"{server.address}/r.gz"


def changing(etag):
    """A fault: the file is replaced just before it is asked for again."""

    def change(server):
        server.pages["/r.gz"], server.etag = OTHER, etag

    return change


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        (["unannounced"], 2),  # half of it: a damaged gzip file
        (["page"], 2),
        (["letters"], 2),
        (["cut", "unranged"], 2),
        (["cut", "cut", "unranged"], 3),
        (["cut", 416], 3),
        ([(202, {})], 2),
        ([(503, {"Retry-After": "²"}), (503, {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"})], 3),
    ],
)
def test_faults_without_an_md5_end_in_the_whole_file(server, reads, tmp_path, faults, requests):
    server.faults = list(faults)
    fetch(reads, tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == READS
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    ("faults", "message", "requests"),
    [
        (["unannounced"] * 9, "damaged or cut gzip file", 2),
        (["page"] * 9, "no gzip file; it begins with '<html>try again", 2),
        (["letters"] * 9, "announces a length of 'abc' bytes", 3),
        ([(200, {})] * 9, "the server sent an empty file", 2),
        ([(202, {})] * 9, "the server answers 202 without a file", 3),
        ([(301, {"Location": "/r.gz"})] * 99, "redirect error", None),
        ([(302, {"Location": "http://[::1/"})] * 9, "leads on to what is no address", 3),
        ([(302, {"Location": "file:///etc/hostname"})] * 9, "is not allowed", 1),
        ([(400, {})] * 9, "400", 1),
        ([(451, {})] * 9, "451", 1),
    ],
)
def test_lasting_faults_are_one_error(server, reads, tmp_path, faults, message, requests):
    server.faults = list(faults)
    with pytest.raises(InputError, match=message) as caught:
        fetch(reads, tmp_path / "x", patience=QUICK)
    assert caught.value.fix
    assert not list(tmp_path.iterdir())
    assert requests in (None, len(server.requests))


@pytest.mark.parametrize("minds", [True, False])
@pytest.mark.parametrize("later", [True, False])
def test_a_file_that_changes_is_not_stitched(server, reads, tmp_path, minds, later):
    """Also where the server does not mind If-Range, and where a later run goes on."""
    server.etag, server.minds = '"1"', minds
    server.faults = ["cut", 503, 503] if later else ["cut", changing('"2"')]
    if later:
        with pytest.raises(InputError):
            fetch(reads, tmp_path / "x", patience=QUICK)
        changing('"2"')(server)
    fetch(reads, tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == OTHER
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_file_that_did_not_change_is_resumed(server, reads, tmp_path):
    server.etag, server.faults = '"1"', ["cut"]
    fetch(reads, tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == READS
    assert server.requests[1][1] == f"bytes={len(READS) // 2}-"


def test_a_part_that_is_longer_than_the_whole_is_not_kept(server, tmp_path):
    server.pages["/t.txt"] = bytes(1000)
    server.faults = ["cut", "overlong", "overlong"]
    with pytest.raises(InputError, match="1000 of 501 bytes arrived"):
        fetch(f"{server.address}/t.txt", tmp_path / "x", patience=replace(QUICK, attempts=2))
    assert not list(tmp_path.iterdir())


def test_what_a_server_sends_never_reaches_the_terminal_as_it_is(server, reads, tmp_path):
    server.faults = ["noise"] * 9
    with pytest.raises(InputError, match=r"The download failed: HTTP/1.1 \\x1b\[2J") as caught:
        fetch(reads, tmp_path / "x", patience=QUICK)
    assert str(caught.value).replace("\n", "").isprintable()


def test_a_file_that_was_whole_already_is_not_fetched_again(server, reads, tmp_path):
    """The run before ended between the last byte and the check."""
    partial_path(tmp_path / "x", reads).write_bytes(READS)
    server.faults = [(416, {"Content-Range": f"bytes */{len(READS)}"})]
    fetch(reads, tmp_path / "x", patience=QUICK)
    assert (tmp_path / "x").read_bytes() == READS
    assert len(server.requests) == 1


def test_a_server_that_starts_again_and_again_ends(server, tmp_path, monkeypatch):
    """What had arrived once before does not count as progress."""
    monkeypatch.setattr("deepexpr.downloads.patience.ENOUGH", 1000)
    server.faults = ["cut", (416, {})] * 30
    with pytest.raises(InputError, match="The download failed"):
        fetch(f"{server.address}/x", tmp_path / "x", patience=QUICK)
    assert len(server.requests) < 8


def test_two_processes_do_not_write_one_part(server, reads, tmp_path):
    server.faults = ["slow", "slow"]
    errors = []

    def run():
        try:
            fetch(reads, tmp_path / "x", patience=QUICK)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert (tmp_path / "x").read_bytes() == READS
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert len(server.requests) == 1, "who waited takes what the other fetched"


def test_who_waited_for_joined_files_takes_them(server, tmp_path):
    server.pages |= {"/1.gz": READS, "/2.gz": OTHER}
    files = [
        RemoteFile("X", "", "", "", f"SRR{i}", 1, f"{server.address}/{i}.gz", "", None, i)
        for i in (1, 2)
    ]
    server.faults = ["slow", "slow"]
    threads = [
        threading.Thread(target=fetch_files, args=(files, [tmp_path / "x"], QUICK))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert (tmp_path / "x").read_bytes() == READS + OTHER
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert len(server.requests) == 2


def test_a_lock_that_was_let_go_by_deleting_its_file(tmp_path):
    path, got = tmp_path / "lock", []

    def wait():
        with locked(path) as handle:
            got.append(handle is not None and path.exists())

    with locked(path):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        with pytest.raises(BlockingIOError), locked(path, wait=False):
            pass
        path.unlink()
    thread.join(60)
    assert got == [True]


def test_a_full_disk_is_told_at_once(server, reads, tmp_path, monkeypatch):
    def full(self, block):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching._Part, "_append", full)
    with pytest.raises(InputError, match="cannot be written: No space left") as caught:
        fetch(reads, tmp_path / "x", patience=QUICK)
    assert "Make room" in caught.value.fix
    assert len(server.requests) == 1


@pytest.mark.parametrize("ask", [read_url, remote_size])
@pytest.mark.parametrize(
    "url", ["x.org/a", "http://x.org:port/a", "http://", "https://x.örg/a", "http://[::1/a"]
)
def test_what_is_no_address(ask, url, tmp_path):
    for call in (lambda: ask(url, QUICK), lambda: fetch(url, tmp_path / "x", patience=QUICK)):
        with pytest.raises(InputError) as caught:
            call()
        assert caught.value.problem.startswith(("This is no address", "The download failed"))


def test_answers_that_are_no_records(server):
    pages = {"/empty": b"{}", "/list": b"[]", "/html": b"<html>", "/nothing": b"",
             "/deep": b"[" * 200_000}  # fmt: skip
    server.pages |= pages
    assert read_record(f"{server.address}/empty", QUICK) == {}
    for name in ("/list", "/html", "/nothing", "/deep"):
        with pytest.raises(InputError, match="The server's answer is no record"):
            read_record(f"{server.address}{name}", QUICK)
    server.faults = ["letters"] * 3
    with pytest.raises(InputError, match="announces a length of 'abc'"):
        read_record(f"{server.address}/empty", QUICK)


def test_an_answer_without_end(server, monkeypatch):
    monkeypatch.setattr("deepexpr.downloads.asking.SLOWEST", 0.1)
    server.faults = ["slow"] * 3
    with pytest.raises(InputError, match="no end of the answer"):
        read_url(f"{server.address}/x", Patience(attempts=2, pause=0, timeout=1))


def test_a_bad_md5_is_told_before_anything_is_fetched(tmp_path, capsys):
    options = ["--url", "https://localhost/x", "--output", str(tmp_path / "x"), "--md5", "abc"]
    assert main(["obtain", *options]) == 1
    assert "This is no MD5: 'abc'." in capsys.readouterr().err


def test_addresses_of_one_file_for_both_mates(server, reads):
    with pytest.raises(InputError, match="2 of them have the address"):
        resolve(f"{reads},{reads}", None, QUICK)


def test_after_a_failure_no_further_file_is_begun(server, tmp_path):
    server.faults = [404, *["slow"] * 9]
    files = [
        RemoteFile("X", "", "", "", f"SRR{i}", 1, f"{server.address}/{i}", "", None, i)
        for i in range(1, 10)
    ]
    with pytest.raises(InputError, match="404"):
        fetch_files(files, [tmp_path / "x"], QUICK)
    assert len(server.requests) <= 5
    left = [path.name for path in tmp_path.iterdir()]
    assert all(name.endswith(".part") for name in left), "for the next run to go on from"


DRIPPED = Patience(attempts=3, pause=0, timeout=30, window=0.1)


def test_a_drip_is_a_broken_line(server, reads, tmp_path):
    """Every byte comes in time, and the file never would: tried again from where it stopped."""
    server.faults = ["drip", "drip"]
    fetch(reads, tmp_path / "x", patience=replace(DRIPPED, attempts=20))  # a busy machine is slow
    assert (tmp_path / "x").read_bytes() == READS
    assert len(server.requests) >= 3
    assert any(held and held.startswith("bytes=") for _, held in server.requests[1:])


@pytest.mark.parametrize("fault", ["drip", "dripping chunk"])
def test_an_endless_drip_is_one_error(server, reads, tmp_path, fault):
    server.faults = [fault] * 9
    with pytest.raises(
        InputError, match=r"bytes came in 0\.1 s, less than 5,000 a second"
    ) as caught:
        fetch(reads, tmp_path / "x", patience=DRIPPED)
    assert caught.value.where == reads
    assert caught.value.fix
    assert len(server.requests) == 3
    assert all(path.suffix in (".partial", ".source") for path in tmp_path.iterdir())


@pytest.mark.parametrize("ask", [read_url, fetch])
def test_a_beginning_that_never_comes_is_one_error(server, reads, tmp_path, ask):
    server.faults = ["dripping head"] * 9
    where = {"path": tmp_path / "x"} if ask is fetch else {}
    with pytest.raises(InputError, match=r"no answer within 0\.3 s"):
        ask(reads, patience=replace(DRIPPED, attempts=2, timeout=3, beginning=0.1), **where)
    assert len(server.requests) <= 2


def test_a_slow_line_that_moves_is_taken():
    """Each time that it is looked at, enough has come."""
    seen, enough = itertools.count(0, 100), threading.Event()

    def arrived():
        here = next(seen)
        if here >= 500:
            enough.set()
        return here

    with moving(None, arrived, None, Patience(window=0.01, slowest=1000)):
        assert enough.wait(60)


def test_an_answer_that_comes_too_late_is_closed():
    class Late:
        closed = threading.Event()

        def close(self):
            self.closed.set()

    go = threading.Event()

    def ask():
        go.wait(60)
        return Late()

    with pytest.raises(Incomplete, match="no answer within 0 s"):
        within(0, ask)
    go.set()
    assert Late.closed.wait(60)


def test_a_page_in_place_of_a_table_is_told(server, tmp_path):
    """Also where neither MD5 nor ending of the name say what is to come."""
    server.pages["/table.txt"] = b"\n<!DOCTYPE HTML><html><body>Sign in</body></html>"
    with pytest.raises(InputError, match="a web page arrived, and no file; it begins with"):
        fetch(f"{server.address}/table.txt", tmp_path / "x", patience=QUICK)
    assert not list(tmp_path.iterdir())
    assert len(server.requests) == 2


def test_a_server_that_does_not_end_is_stopped(server, tmp_path):
    """Where the record knows how long the file is, whatever else is known of it."""
    server.pages["/endless"] = bytes(4 << 20)
    for md5 in ("0" * 32, None):
        with pytest.raises(InputError, match="more than 1,048,596 bytes came, twice the file"):
            fetch(f"{server.address}/endless", tmp_path / "x", md5, QUICK, size=10)
    assert not list(tmp_path.iterdir())


def test_a_certificate_that_nobody_trusts_is_told_at_once(tmp_path, monkeypatch):
    asked = []

    def refuse(request, patience):
        asked.append(request.full_url)
        fault = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed")
        raise urllib.error.URLError(fault)

    monkeypatch.setattr("deepexpr.downloads.patience.opened", refuse)
    for ask in (read_url, partial(fetch, path=tmp_path / "x")):
        asked.clear()
        with pytest.raises(InputError, match="certificate verify failed"):
            ask("https://x.org/a", patience=QUICK)
        assert len(asked) == 1
    assert not list(tmp_path.iterdir())
