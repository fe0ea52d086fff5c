"""Warnings of the checks, each once, in the order of the unit sheet.

Files of many units are looked at side by side and for several checks, so warnings come as it
happens; they are told when all have come.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator
from contextvars import ContextVar

#: The row of the unit sheet that is being looked at; 0 beside them.
_ROW: ContextVar[int] = ContextVar("row", default=0)


@contextlib.contextmanager
def looking_at(row: int) -> Iterator[None]:
    """What is warned of within it belongs to this row of the unit sheet."""
    before = _ROW.set(row)
    try:
        yield
    finally:
        _ROW.reset(before)


@contextlib.contextmanager
def only_warnings(debug: bool = False) -> Iterator[None]:
    """Warnings within it are told at its end, each once: those of configuration and references,
    then row by row of the unit sheet. What reading a file counts is for the jobs' logs."""
    logger, kept = logging.getLogger("deepexpr"), _Kept()
    before, handlers = logger.level, list(logging.getLogger().handlers)
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)
    for handler in handlers:
        handler.addFilter(kept)
    try:
        yield
    finally:
        logger.setLevel(before)
        for handler in handlers:
            handler.removeFilter(kept)
        kept.tell()


class _Kept(logging.Filter):
    """Keeps warnings from all handlers; of one text that with the first row."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, tuple[int, int, logging.LogRecord]] = {}
        self.number = 0
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        text = record.getMessage()
        with self.lock:
            self.number += 1
            found = (_ROW.get(), self.number, record)
            self.first[text] = min(found, self.first.get(text, found), key=lambda one: one[:2])
        return False

    def tell(self) -> None:
        """Hand the warnings on; within a row they stand as they came."""
        for _, _, record in sorted(self.first.values(), key=lambda one: one[:2]):
            logging.getLogger(record.name).handle(record)
