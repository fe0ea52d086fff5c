"""Trying a server again where that can help, with growing pauses, and one error where it cannot."""

import email.utils
import logging
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException, HTTPMessage, InvalidURL
from typing import Any, TypeVar, cast

from deepexpr.downloads.addresses import EXPECTED, wrong_address
from deepexpr.errors import InputError

logger = logging.getLogger(__name__)

#: Answers among those to a client's fault (4xx) that a further attempt may change.
PASSING = (408, 421, 423, 425, 429)
#: Bytes between two failures that make the second count as the first: the line is slow to
#: finish a large file, but it works.
ENOUGH = 64 << 20
#: How often a file is fetched whole, where what came is not what it should be.
WHOLE = 2
Result = TypeVar("Result")


@dataclass(frozen=True)
class Patience:
    """How often and how long a server is tried.

    attempts : tries of one transfer without ENOUGH bytes between them. pause : seconds before the
    second, doubled before each further one, up to `longest`; what a server asks for (Retry-After)
    counts where it is longer. timeout : seconds without a byte. slowest : bytes a second, in the
    mean of `window` seconds, below which a transfer counts as broken: a server that sends a byte
    now and then would hold it for ever. beginning : seconds until a server's first word is
    whole, in timeouts.
    """

    attempts: int = 5
    pause: float = 5.0
    timeout: float = 60.0
    longest: float = 300.0
    slowest: float = 5000.0
    window: float = 60.0
    beginning: float = 3.0


class Incomplete(Exception):
    """The transfer ended, but what came is not what was announced."""


class WrongContent(Incomplete):
    """All that was announced came, and it is another file than was asked for, or a damaged one."""


def patiently(
    action: Callable[[], Result],
    url: str,
    patience: Patience,
    fix: str | None = None,
    arrived: Callable[[], int] = lambda: 0,
) -> Result:
    """Return what `action` returns, tried again where a server or the network fails it.

    arrived : how many bytes are here; attempts are counted anew after ENOUGH more than ever.
    Raises InputError after the last attempt, at once where another cannot help, and after WHOLE
    files with the wrong content.
    """
    failures, wrong, most = 0, 0, arrived()
    while True:
        try:
            return action()
        except (urllib.error.URLError, HTTPException, OSError, Incomplete) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
            wrong += isinstance(error, WrongContent)
            failures = 1 if arrived() - most >= ENOUGH else failures + 1
            most = 0 if isinstance(error, WrongContent) else max(most, arrived())
            if _lasts(error) or failures >= patience.attempts or wrong >= WHOLE:
                raise InputError(
                    f"The download failed: {_seen(error)}.",
                    where=url,
                    fix="What the server has is another file than its record or the MD5 says: "
                    "check the address and the MD5, or put the right file in place by hand."
                    if wrong >= WHOLE
                    else fix,
                ) from error
            pause = min(max(patience.pause * 2 ** (failures - 1), _asked(error)), patience.longest)
            logger.warning(
                "%s: attempt %d of %d failed: %s; next in %g s",
                url, failures, patience.attempts, _seen(error), pause,
            )  # fmt: skip
            time.sleep(pause)


def _seen(error: Exception) -> str:
    """An error in one line; what a server sent may hold letters that a terminal obeys."""
    line = " ".join(str(error).split())
    return "".join(x if x.isprintable() else ascii(x)[1:-1] for x in line)


def request_for(
    url: str, method: str | None = None, headers: dict[str, str] | None = None
) -> urllib.request.Request:
    """A request; InputError where `url` is no address that can be asked."""
    if problem := wrong_address(url, others=True):
        raise InputError(
            f"This is no address: {url!r}.",
            expected=EXPECTED,
            found=problem,
            fix="Correct the address.",
        )
    return urllib.request.Request(url, method=method, headers=headers or {})


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows as urllib does; Incomplete where a server leads on to what is no address."""

    def http_error_302(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except ValueError as error:
            fp.close()
            raise Incomplete(f"the server leads on to what is no address ({error})") from error

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302  # type: ignore[assignment]  # as in the class above


def opened(request: urllib.request.Request, patience: Patience) -> Any:
    """The answer to a request, redirects followed; Incomplete where its beginning does not come.

    The time limit of a connection is that of each byte, so the whole has one of its own.
    """
    opener = urllib.request.build_opener(_Redirects)
    return within(
        patience.beginning * patience.timeout,
        lambda: opener.open(request, timeout=patience.timeout),
    )


def within(seconds: float, ask: Callable[[], Result]) -> Result:
    """What `ask` returns or raises; Incomplete where that takes longer: it is left to itself."""
    outcome: list[tuple[Result | None, BaseException | None]] = []
    given_up = threading.Event()

    def run() -> None:
        try:
            result = ask()
        except BaseException as error:
            outcome.append((None, error))
            return
        outcome.append((result, None))
        if given_up.is_set() and hasattr(result, "close"):
            result.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        given_up.set()
        raise Incomplete(f"no answer within {seconds:g} s")
    result, error = outcome[0]
    if error is not None:
        raise error
    return cast(Result, result)


def announced_length(headers: Message) -> int | None:
    """Bytes of a body as the server announces them; Incomplete where that is no number."""
    text = headers.get("Content-Length")
    if text is not None and not (text.isascii() and text.strip().isdigit()):
        raise Incomplete(f"the server announces a length of {text!r} bytes")
    return None if text is None else int(text)


def _lasts(error: Exception) -> bool:
    """Whether a further attempt cannot change it: not there, not allowed, no address, a server
    whose certificate is not trusted, redirects in a circle."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in PASSING
    reason = getattr(error, "reason", None)
    return isinstance(error, InvalidURL) or isinstance(reason, ssl.SSLCertVerificationError)


def _asked(error: Exception) -> float:
    """Seconds that a server asks to wait (Retry-After: seconds or a date), 0 where it does not."""
    headers = getattr(error, "headers", None)
    text = ((headers.get("Retry-After") if headers else None) or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
