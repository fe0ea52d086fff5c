"""One file from one URL: resumed, retried, checked, and in place only when whole."""

from __future__ import annotations

import hashlib
import logging
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

ATTEMPTS = 5
TIMEOUT = 60.0  # seconds without a byte
BLOCK = 1 << 20


def fetch(
    url: str,
    path: str | Path,
    md5: str | None = None,
    attempts: int = ATTEMPTS,
    pause: float = 5.0,
) -> None:
    """Download `url` to `path`.

    A cut transfer is resumed at the byte where it stopped; a failed one is tried `attempts`
    times with pauses that double from `pause` seconds. The file gets its name only when its
    length is the announced one and its MD5 (hex) is `md5`, if given.

    Raises
    ------
    InputError : after the last attempt, or at once where the server says the file is not there.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    for attempt in range(1, attempts + 1):
        try:
            _transfer(url, partial)
            _check_md5(url, partial, md5)
        except (urllib.error.URLError, HTTPException, OSError, _Incomplete) as error:
            if isinstance(error, urllib.error.HTTPError) and error.code in (401, 403, 404, 410):
                raise _failure(url, path, error) from error
            if attempt == attempts:
                raise _failure(url, path, error) from error
            logger.warning("%s: attempt %d of %d failed: %s", url, attempt, attempts, error)
            time.sleep(pause * 2 ** (attempt - 1))
        else:
            partial.replace(path)
            logger.info("%s: %d bytes to %s", url, path.stat().st_size, path)
            return


class _Incomplete(Exception):
    """The transfer ended, but the file is not what was announced."""


def _transfer(url: str, partial: Path) -> None:
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        partial.unlink()  # longer than the file: start again
        raise _Incomplete("what was here before did not fit the file") from error
    with response, open(partial, "ab" if response.status == 206 else "wb") as handle:
        start = handle.tell()
        announced = response.headers.get("Content-Length")
        while block := response.read(BLOCK):
            handle.write(block)
        received = handle.tell() - start
    if announced is not None and received < int(announced):
        raise _Incomplete(f"{received} of {announced} bytes arrived")


def _check_md5(url: str, partial: Path, md5: str | None) -> None:
    if md5 is None:
        return
    with open(partial, "rb") as handle:
        found = hashlib.file_digest(handle, "md5").hexdigest()
    if found != md5.lower():
        partial.unlink()
        raise _Incomplete(f"MD5 is {found}, expected {md5}")


def _failure(url: str, path: Path, error: Exception) -> InputError:
    return InputError(
        f"The download failed: {error}.",
        where=url,
        fix=f"Check the network and the address, and run again (what arrived is kept), "
        f"or put the file at {path} by hand.",
    )
