"""Small answers of servers: texts, records and how long a file is."""

import contextlib
import json
import time
import urllib.error
from collections.abc import Callable
from typing import Any

from deepexpr.downloads import patience as pace
from deepexpr.downloads.pacing import wait_for_turn
from deepexpr.errors import InputError

#: An answer is no file: it comes within so many times the patience without a byte, and is not
#: longer than so many bytes.
SLOWEST, LONGEST = 5, 256 << 20


def read_url(url: str, patience: pace.Patience | None = None) -> str:
    """The text behind `url`, tried as in `fetch`."""
    return read_answer(url, str, patience)


def read_answer(
    url: str,
    understood: Callable[[str], pace.Result],
    patience: pace.Patience | None = None,
    where: str | None = None,
) -> pace.Result:
    """What `understood` makes of the text behind `url`, tried as in `fetch`.

    understood : may raise Incomplete, as of a server that says in words that it is busy: that is a
    failed attempt as any other. where : named in place of a long address.
    """
    patience = patience or pace.Patience()
    request = pace.request_for(url)

    def ask() -> pace.Result:
        wait_for_turn(url)
        return understood(pace.within((SLOWEST + 1) * patience.timeout, read))

    def read() -> str:
        body, end = b"", time.monotonic() + SLOWEST * patience.timeout
        with pace.opened(request, patience) as response:
            announced = pace.announced_length(response.headers)
            while block := response.read1(1 << 16):
                body += block
                if time.monotonic() > end or len(body) > LONGEST:
                    raise pace.Incomplete(f"no end of the answer after {len(body)} bytes")
        if announced is not None and len(body) < announced:
            raise pace.Incomplete(f"{len(body)} of {announced} bytes arrived")
        return body.decode(errors="replace")  # what is no text is told by who parses it

    fix = "Check the network and the address, or put the files in place by hand."
    return pace.patiently(ask, where or url, patience, fix)


def read_record(url: str, patience: pace.Patience | None = None) -> dict[str, Any]:
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
    with contextlib.suppress(ValueError, RecursionError):
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


def remote_size(url: str, patience: pace.Patience | None = None) -> int | None:
    """Length of the file behind `url` (bytes); None where the server does not say.

    Raises InputError where the file is not there.
    """
    patience = patience or pace.Patience()
    request = pace.request_for(url, method="HEAD")

    def ask() -> int | None:
        wait_for_turn(url)
        try:
            with pace.opened(request, patience) as response:
                return pace.announced_length(response.headers) or None
        except urllib.error.HTTPError as error:
            if error.code not in (403, 405, 501):  # the question is refused, not the file
                raise
            error.close()
            return None

    return pace.patiently(ask, url, patience, "Check the address.")
