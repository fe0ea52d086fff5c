"""One file from one URL: resumed, retried, checked, and in place only when whole."""

from __future__ import annotations

import hashlib
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

BLOCK = 1 << 20
#: Answers that a further attempt does not change.
GONE = (401, 403, 404, 410)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How often and how long a server is tried.

    attempts : tries of one transfer. pause : seconds before the second, doubled before each
    further one. timeout : seconds without a byte.
    """

    attempts: int = 5
    pause: float = 5.0
    timeout: float = 60.0


def fetch(
    url: str, path: str | Path, md5: str | None = None, patience: Patience | None = None
) -> None:
    """Download `url` to `path`.

    A cut transfer is resumed at the byte where it stopped, also by a later call. The file gets its
    name only when its length is the announced one and its MD5 (hex) is `md5`, if given.

    Raises
    ------
    InputError : after the last attempt, or at once where the server says the file is not there.
    """
    path, patience = Path(path), patience or Patience()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")

    def transfer() -> None:
        _transfer(url, partial, patience.timeout)
        _check_md5(partial, md5)

    fix = f"Check the network and the address, and run again (what arrived is kept), or put the \
file at {path} by hand."
    patiently(transfer, url, patience, fix)
    partial.replace(path)
    logger.info("%s: %d bytes to %s", url, path.stat().st_size, path)


def read_url(url: str, patience: Patience | None = None) -> str:
    """The text behind `url`, tried as in `fetch`."""
    patience = patience or Patience()

    def ask() -> str:
        with urllib.request.urlopen(url, timeout=patience.timeout) as response:
            return response.read().decode()

    fix = "Check the network and the address, or put the files in place by hand."
    return patiently(ask, url, patience, fix)


def patiently(
    action: Callable[[], Result], url: str, patience: Patience, fix: str | None = None
) -> Result:
    """Return what `action` returns, tried again where a server or the network fails it."""
    for attempt in range(1, patience.attempts + 1):
        try:
            return action()
        except (urllib.error.URLError, HTTPException, OSError, Incomplete) as error:
            gone = isinstance(error, urllib.error.HTTPError) and error.code in GONE
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            if gone or attempt == patience.attempts:
                raise InputError(f"The download failed: {error}.", where=url, fix=fix) from error
            logger.warning(
                "%s: attempt %d of %d failed: %s", url, attempt, patience.attempts, error
            )
            time.sleep(patience.pause * 2 ** (attempt - 1))
    raise AssertionError("no attempt was allowed")


class Incomplete(Exception):
    """The transfer ended, but what came is not what was announced."""


def _transfer(url: str, partial: Path, timeout: float) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        partial.unlink()  # longer than the file: start again
        raise Incomplete("what was here before did not fit the file") from error
    with response, open(partial, "ab" if response.status == 206 else "wb") as handle:
        start = handle.tell()
        announced = response.headers.get("Content-Length")
        while block := response.read1(BLOCK):
            handle.write(block)
        received = handle.tell() - start
    if announced is not None and received < int(announced):
        raise Incomplete(f"{received} of {announced} bytes arrived")


def _check_md5(partial: Path, md5: str | None) -> None:
    if not md5:
        return
    with open(partial, "rb") as handle:
        found = hashlib.file_digest(handle, "md5").hexdigest()
    if found != md5.lower():
        partial.unlink()
        raise Incomplete(f"MD5 is {found}, expected {md5}")
