"""One file from one URL: resumed, retried, checked, and in place only when whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, TypeVar

from deepexpr.downloads.pacing import connection, wait_for_turn
from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

BLOCK = 1 << 20
#: Answers that a further attempt does not change.
GONE = (401, 403, 404, 410)
#: Bytes between two failures that make the second count as the first: the line is slow to
#: finish a large file, but it works.
ENOUGH = 64 * BLOCK
#: Seconds between two lines on how far a transfer is.
REPORT = 30.0
Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How often and how long a server is tried.

    attempts : tries of one transfer without ENOUGH bytes between them. pause : seconds before the
    second, doubled before each further one, up to `longest`; what a server asks for (Retry-After)
    counts where it is longer. timeout : seconds without a byte.
    """

    attempts: int = 5
    pause: float = 5.0
    timeout: float = 60.0
    longest: float = 300.0


def fetch(
    url: str,
    path: str | Path,
    md5: str | None = None,
    patience: Patience | None = None,
    size: int | None = None,
) -> None:
    """Download `url` to `path`.

    A cut transfer is resumed at the byte where it stopped, also by a later call. The file gets its
    name only when its length is the announced one and its MD5 (hex) is `md5`, if given; else its
    length is held against `size` (bytes), if given.

    Raises
    ------
    InputError : after the last attempt, or at once where the server says the file is not there.
    """
    path, patience = Path(path), patience or Patience()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_path(path, url, md5)

    def transfer() -> None:
        _transfer(url, partial, patience.timeout)
        _check(partial, md5, size)

    fix = f"Check the network and the address, and run again (what arrived is kept), or put the \
file at {path} by hand."
    with connection(url):
        patiently(transfer, url, patience, fix, lambda: _length(partial))
    partial.replace(path)
    logger.info("%s: %d bytes to %s", url, path.stat().st_size, path)


def partial_path(path: Path, url: str, md5: str | None = None) -> Path:
    """Where a transfer is kept until it is whole: another source never goes on from there."""
    source = hashlib.sha256(f"{url} {md5 or ''}".encode()).hexdigest()[:8]
    return path.with_name(f".{path.name}.{source}.partial")


def read_url(url: str, patience: Patience | None = None) -> str:
    """The text behind `url`, tried as in `fetch`."""
    patience = patience or Patience()

    def ask() -> str:
        wait_for_turn(url)
        with urllib.request.urlopen(url, timeout=patience.timeout) as response:
            announced, body = response.headers.get("Content-Length"), response.read()
        if announced is not None and len(body) < int(announced):
            raise Incomplete(f"{len(body)} of {announced} bytes arrived")
        return body.decode(errors="replace")  # what is no text is told by who parses it

    fix = "Check the network and the address, or put the files in place by hand."
    return patiently(ask, url, patience, fix)


def read_record(url: str, patience: Patience | None = None) -> dict[str, Any]:
    """The JSON object behind `url`; {} where the server has none (404).

    Raises InputError where the answer is no JSON object, as of a server under repair.
    """
    try:
        text = read_url(url, patience)
    except InputError as error:
        if isinstance(error.__cause__, urllib.error.HTTPError) and error.__cause__.code == 404:
            return {}
        raise
    record = None
    with contextlib.suppress(ValueError):
        record = json.loads(text)
    if not isinstance(record, dict):
        raise InputError(
            "The server's answer is no record.",
            where=url,
            expected="a JSON object",
            found=repr(text[:80]),
            fix="Try again later, or put the files in place by hand.",
        )
    return record


def remote_size(url: str, patience: Patience | None = None) -> int | None:
    """Length of the file behind `url` (bytes); None where the server does not say.

    Raises InputError where the file is not there.
    """
    patience = patience or Patience()
    request = urllib.request.Request(url, method="HEAD")

    def ask() -> int | None:
        wait_for_turn(url)
        try:
            with urllib.request.urlopen(request, timeout=patience.timeout) as response:
                return int(response.headers.get("Content-Length") or 0) or None
        except urllib.error.HTTPError as error:
            if error.code not in (403, 405, 501):  # the question is refused, not the file
                raise
            error.close()
            return None

    return patiently(ask, url, patience, "Check the address.")


def patiently(
    action: Callable[[], Result],
    url: str,
    patience: Patience,
    fix: str | None = None,
    arrived: Callable[[], int] = lambda: 0,
) -> Result:
    """Return what `action` returns, tried again where a server or the network fails it.

    arrived : how many bytes are here; attempts are counted anew after ENOUGH more of them.
    """
    failures, before = 0, arrived()
    while True:
        try:
            return action()
        except (urllib.error.URLError, HTTPException, OSError, Incomplete) as error:
            gone = isinstance(error, urllib.error.HTTPError) and error.code in GONE
            failures = 1 if arrived() - before >= ENOUGH else failures + 1
            before = arrived()
            pause = min(max(patience.pause * 2 ** (failures - 1), _asked(error)), patience.longest)
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            if gone or failures >= patience.attempts:
                raise InputError(f"The download failed: {error}.", where=url, fix=fix) from error
            logger.warning(
                "%s: attempt %d of %d failed: %s; next in %g s",
                url, failures, patience.attempts, error, pause,
            )  # fmt: skip
            time.sleep(pause)


class Incomplete(Exception):
    """The transfer ended, but what came is not what was announced."""


def _asked(error: Exception) -> float:
    """Seconds that a server asks to wait (Retry-After), 0 where it does not, or gives a date."""
    headers = getattr(error, "headers", None)
    text = (headers.get("Retry-After") if headers else None) or ""
    return float(text) if text.isdigit() else 0.0


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _transfer(url: str, partial: Path, timeout: float) -> None:
    have = _length(partial)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    wait_for_turn(url)
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        partial.unlink()  # longer than the file: start again
        raise Incomplete("what was here before did not fit the file") from error
    with response:
        resumed = response.status == 206
        came = response.headers.get("Content-Range") or f"bytes {have}-"
        if resumed and not came.startswith(f"bytes {have}-"):
            partial.unlink()
            raise Incomplete(f"the server sent {came}, asked from byte {have} on")
        announced = response.headers.get("Content-Length")
        total = int(announced) + (have if resumed else 0) if announced is not None else None
        with open(partial, "ab" if resumed else "wb") as handle:
            _copy(response, handle, url, total)
    if total is not None and _length(partial) < total:
        raise Incomplete(f"{_length(partial)} of {total} bytes arrived")


def _copy(response: Any, handle: IO[bytes], url: str, total: int | None) -> None:
    """Copy a body to a file, and say every REPORT seconds how far it is."""
    told, start = time.monotonic(), handle.tell()
    while block := response.read1(BLOCK):
        handle.write(block)
        seconds = time.monotonic() - told
        if seconds > REPORT:
            here, end = handle.tell(), f" of {total / 1e6:,.0f}" if total else ""
            speed = (here - start) / seconds / 1e6
            logger.info("%s: %s%s MB, %.1f MB/s", url, f"{here / 1e6:,.0f}", end, speed)
            told, start = time.monotonic(), here


def _check(partial: Path, md5: str | None, size: int | None) -> None:
    """MD5 where it is known, else the length; a file that does not fit is deleted."""
    if md5:
        with open(partial, "rb") as handle:
            found = hashlib.file_digest(handle, "md5").hexdigest()
        if found != md5.lower():
            partial.unlink()
            raise Incomplete(f"MD5 is {found}, expected {md5}")
    elif size is not None and (have := _length(partial)) != size:
        partial.unlink()
        raise Incomplete(f"{have} bytes arrived, the record says {size}")
