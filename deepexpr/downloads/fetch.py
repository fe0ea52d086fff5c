"""One file from one URL: resumed, retried, checked, and in place only when whole."""

import gzip
import hashlib
import logging
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, Any

from deepexpr.compression import is_gzip
from deepexpr.downloads import patience as pace
from deepexpr.downloads.locks import locked
from deepexpr.downloads.moving import moving
from deepexpr.downloads.pacing import connection, wait_for_turn
from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

BLOCK = 1 << 20
#: How a page of the web begins; no file that is wanted does.
_PAGE = (b"<!doctype html", b"<html")
#: Seconds between two lines on how far a transfer is.
REPORT = 30.0


def fetch(
    url: str,
    path: str | Path,
    md5: str | None = None,
    patience: pace.Patience | None = None,
    size: int | None = None,
) -> None:
    """Download `url` to `path`.

    A cut transfer is resumed at the byte where it stopped, also by a later call. The file gets its
    name only when its length is the announced one and its MD5 (hex) is `md5`, if given; else its
    length is held against `size` (bytes), if given, and a gzip file is read to its end. Of two
    processes that want the same file the second waits for the first.

    Raises
    ------
    InputError : after the last attempt, or at once where the server says the file is not there.
    """
    path, patience = Path(path), patience or pace.Patience()
    if md5 and not re.fullmatch("[0-9A-Fa-f]{32}", md5):
        raise InputError(f"This is no MD5: {md5!r}.", expected="32 digits, 0 to 9 and a to f")
    pace.request_for(url)  # told before a file is made
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path, url, md5)
    fix = f"Check the network and the address, and run again (what arrived is kept), or put the \
file at {path} by hand."
    with locked(partial, becomes=path, why="another process downloads it") as handle:
        if handle is None:
            return
        part = _Part(handle, partial, by_version=not md5, most=size and 2 * size + BLOCK)

        def transfer() -> None:
            part.take(url, patience)
            part.require(md5, size, (urllib.parse.urlsplit(url).path, path.name))

        try:
            with connection(url):
                pace.patiently(transfer, url, patience, fix, part.length)
            partial.replace(path)
            part.source.unlink(missing_ok=True)
        finally:
            part.close()
    logger.info("%s: %d bytes to %s", url, path.stat().st_size, path)


def partial_path(path: Path, url: str, md5: str | None = None) -> Path:
    """Where a transfer is kept until it is whole: another source never goes on from there."""
    source = hashlib.sha256(f"{url} {md5 or ''}".encode()).hexdigest()[:8]
    return path.with_name(f".{path.name}.{source}.partial")


class _Part:
    """What has arrived of a file, held by this process alone.

    source : beside it, which version of the file the bytes are of, by the server's ETag or date.
    Where an MD5 is known it is not asked for: servers that share their work may differ in it.
    most : bytes after which it cannot be the file any more; None where its length is not known.
    """

    def __init__(
        self, handle: IO[bytes], path: Path, by_version: bool, most: int | None = None
    ) -> None:
        self.handle, self.path = handle, path
        self.source = path.with_suffix(".source")
        self.by_version, self.most = by_version, most

    def length(self) -> int:
        return os.fstat(self.handle.fileno()).st_size

    def close(self) -> None:
        """Leave nothing behind where nothing arrived."""
        if not self.length() and self.path.exists():
            self.path.unlink()
            self.source.unlink(missing_ok=True)

    def begin_again(self) -> None:
        self.handle.truncate(0)

    def take(self, url: str, patience: pace.Patience) -> None:
        """All that is missing; Incomplete where less comes than was announced."""
        have = self.length()
        wait_for_turn(url)
        try:
            response = pace.opened(self._request(url, have), patience)
        except urllib.error.HTTPError as error:
            if error.code != 416:
                raise
            error.close()
            if (error.headers.get("Content-Range") or "").replace(" ", "") == f"bytes*/{have}":
                return  # all of it was here
            self.begin_again()
            raise pace.Incomplete("what was here before did not fit the file") from error
        with response:
            total = self._begin(response, have)
            self._copy(response, url, total, patience)
        here = self.length()
        if total is not None and here != total:
            if here > total:  # a part that says of itself what cannot be
                self.begin_again()
            raise pace.Incomplete(f"{here} of {total} bytes arrived")

    def _request(self, url: str, have: int) -> urllib.request.Request:
        headers = {"Range": f"bytes={have}-"} if have else {}
        if have and self._version():
            headers["If-Range"] = self._version()
        return pace.request_for(url, headers=headers)

    def _version(self) -> str:
        known = self.by_version and self.source.exists()
        return self.source.read_text() if known else ""

    def _begin(self, response: Any, have: int) -> int | None:
        """Make ready for the body of an answer; bytes of the whole file, None where not known."""
        if response.status not in (200, 206, None):  # None: not of HTTP
            raise pace.Incomplete(f"the server answers {response.status} without a file")
        announced = pace.announced_length(response.headers)
        if response.status != 206:
            self.begin_again()
            self.source.unlink(missing_ok=True)
            if self.by_version and _version_of(response.headers):
                self.source.write_text(_version_of(response.headers))
            return announced
        came = response.headers.get("Content-Range") or "nothing on where it begins"
        place = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", came.strip())
        if place is None or int(place[1]) != have:
            self.begin_again()
            raise pace.Incomplete(f"the server sent {came}, asked from byte {have} on")
        if have and self._version() and not _is_version(self._version(), response.headers):
            self.begin_again()
            raise pace.Incomplete("the file has changed since its first bytes came")
        if place[2] != "*":
            return int(place[2])
        return None if announced is None else have + announced

    def _copy(self, response: Any, url: str, total: int | None, patience: pace.Patience) -> None:
        """Append a body, and say every REPORT seconds how far it is; Incomplete where it is slower
        than a line can be."""
        told, start = time.monotonic(), self.length()
        end = f" of {_megabytes(total)}" if total else ""
        with moving(response, self.length, total, patience):
            while block := response.read1(BLOCK):
                self._write(block)
                now, here = time.monotonic(), self.length()
                if self.most and here > self.most:  # a server that does not end
                    self.begin_again()
                    raise pace.WrongContent(f"more than {self.most:,} bytes came, twice the file")
                if now - told > REPORT:
                    speed = (here - start) / (now - told) / 1e6
                    logger.info("%s: %s%s MB, %.1f MB/s", url, _megabytes(here), end, speed)
                    told, start = now, here

    def _write(self, block: bytes) -> None:
        try:
            self._append(block)
        except OSError as error:  # of this machine, not of the server: no further attempt helps
            raise InputError(
                f"What arrives cannot be written: {error.strerror}.",
                where=str(self.path),
                fix="Make room, and run again; what arrived is kept.",
            ) from error

    def _append(self, block: bytes) -> None:
        while block:
            block = block[self.handle.write(block) :]

    def require(self, md5: str | None, size: int | None, names: tuple[str, str]) -> None:
        """The MD5 where it is known; else the length, and of a gzip file that it can be read.

        names : of the file, on the server and here. What does not fit is dropped.
        """
        problem = self._problem(md5, size, any(name.endswith((".gz", ".bgz")) for name in names))
        if problem:
            begin = os.pread(self.handle.fileno(), 40, 0).strip()
            if begin[:1] in (b"<", b"{"):
                problem += f"; it begins with {begin.decode(errors='replace')!r}, as a message does"
            self.begin_again()
            raise pace.WrongContent(problem)

    def _problem(self, md5: str | None, size: int | None, compressed: bool) -> str:
        if not self.length():
            return "the server sent an empty file"
        if md5:
            with open(self.path, "rb") as handle:
                found = hashlib.file_digest(handle, "md5").hexdigest()
            return "" if found == md5.lower() else f"MD5 is {found}, expected {md5}"
        if size is not None and self.length() != size:
            return f"{self.length()} bytes arrived, the record says {size}"
        if is_gzip(self.path):
            return _damage(self.path)
        if compressed:
            return "what arrived is no gzip file"
        begin = os.pread(self.handle.fileno(), 200, 0).lstrip().lower()
        return "a web page arrived, and no file" if begin.startswith(_PAGE) else ""


def _megabytes(number: int) -> str:
    """Bytes in MB; of a small file more than the nearest whole number."""
    return f"{number / 1e6:,.0f}" if number >= 10e6 else f"{number / 1e6:.2g}"


def _damage(path: Path) -> str:
    """Why a gzip file cannot be read to its end, "" where it can."""
    try:
        with gzip.open(path) as handle:
            while handle.read(BLOCK):
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"what arrived is a damaged or cut gzip file ({error})"
    return ""


def _version_of(headers: HTTPMessage) -> str:
    """What tells this version of a file from another: a strong ETag, else its date; else ""."""
    tag = headers.get("ETag") or ""
    return tag if tag.startswith('"') else headers.get("Last-Modified") or ""


def _is_version(known: str, headers: HTTPMessage) -> bool:
    """Whether a part may be of the version `known`: a server need not say it again."""
    said = headers.get("ETag" if known.startswith('"') else "Last-Modified")
    return said is None or said == known
