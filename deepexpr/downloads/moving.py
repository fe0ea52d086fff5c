"""A transfer that hardly moves is ended from outside.

Whoever waits for bytes cannot tell: a server that sends one now and then keeps every wait short,
also in places where none of them is of the file (the length of a chunk, for one).
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from deepexpr.downloads.patience import Incomplete, Patience


@contextlib.contextmanager
def moving(
    response: Any, arrived: Callable[[], int], total: int | None, patience: Patience
) -> Iterator[None]:
    """Incomplete where, within a window, fewer bytes come than `patience` lets pass.

    arrived : how many are here; total : of the whole, None where it is not known.
    """
    done = threading.Event()
    told: list[str] = []

    def watch() -> None:
        before = arrived()
        while not done.wait(patience.window):
            here = arrived()
            if here != total and here - before < patience.slowest * patience.window:
                told.append(
                    f"{here - before:,} bytes came in {patience.window:g} s, less than "
                    f"{patience.slowest:,.0f} a second"
                )
                _hang_up(response)
                return
            before = here

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    except Exception as error:
        if told:  # reading ended because we hung up
            raise Incomplete(told[0]) from error
        raise
    finally:
        done.set()
        thread.join()
    if told and arrived() != total:
        raise Incomplete(told[0])


def _hang_up(response: Any) -> None:
    """End the connection below whatever reads from it, TLS included; files have none."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(response.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
