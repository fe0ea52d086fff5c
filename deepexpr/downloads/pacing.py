"""How often and how wide a server is asked, by all downloads of one user on this machine.

Jobs are processes of their own, so what they may do together is kept in files: the times of the
last requests, and a lock for each connection. A process that ends, however, lets go of its locks.
"""

import contextlib
import os
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from deepexpr.downloads.locks import locked

#: Requests within a second: ENCODE's rule (10), taken for all, and NCBI's without a key (3).
REQUESTS, REQUESTS_OF_NCBI = 10, 3
#: Transfers at a time from one server; a choice, as no archive says a number.
CONNECTIONS = 4
_SECOND = 1.0


def wait_for_turn(url: str, requests: int = 1) -> None:
    """Return when `requests` more may be sent to the server of `url`."""
    name = _server(url)
    limit = REQUESTS_OF_NCBI if name.endswith("ncbi.nlm.nih.gov") else REQUESTS
    for _ in range(requests):
        with _locked(f"{name}.requests") as handle:
            times = _times(handle)[-limit:]
            now = time.time()
            if len(times) == limit and 0 <= now - times[0] < _SECOND:
                time.sleep(_SECOND - (now - times[0]))
            handle.truncate(0)
            handle.write("\n".join(f"{t:.6f}" for t in [*times, time.time()][-limit:]).encode())


def _times(handle: IO[bytes]) -> list[float]:
    """The seconds in a file; those of one that is damaged do not count."""
    handle.seek(0)
    with contextlib.suppress(ValueError):
        return [float(line) for line in handle.read().split()]
    return []


@contextlib.contextmanager
def connection(url: str) -> Iterator[None]:
    """Hold one of the CONNECTIONS to the server of `url`; wait until one is free."""
    names = [f"{_server(url)}.connection{number}" for number in range(CONNECTIONS)]
    with contextlib.ExitStack() as held:
        while not any(_is_taken(held, name) for name in names):
            time.sleep(0.5)
        yield


def _is_taken(held: contextlib.ExitStack, name: str) -> bool:
    """Whether the lock `name` was free and is now held."""
    try:
        held.enter_context(_locked(name, wait=False))
    except BlockingIOError:
        return False
    return True


def _server(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc.replace(":", "_")[:200]


@contextlib.contextmanager
def _locked(name: str, wait: bool = True) -> Iterator[IO[bytes]]:
    """The file `name`, locked while it is open; BlockingIOError where another has it."""
    folder = Path(tempfile.gettempdir()) / f"deepexpr-downloads-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with locked(folder / name, wait=wait) as handle:
        assert handle is not None  # it becomes no other file
        yield handle
