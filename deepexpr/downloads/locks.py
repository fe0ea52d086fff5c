"""Files that only one process works on at a time."""

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

logger = logging.getLogger(__name__)

#: What a file system without locks answers.
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def locked(
    path: Path, *, wait: bool = True, becomes: Path | None = None, why: str = ""
) -> Iterator[IO[bytes] | None]:
    """The file `path`, made where it is not there, open to read and append and held by this one.

    Whoever holds it may delete it, or rename it to `becomes`: who waited then opens what is at
    `path`, or has None where it became the other. why : said in the log where one has to wait.
    Raises BlockingIOError where another has it and `wait` is false.
    """
    while True:
        with open(path, "a+b", buffering=0) as handle:
            _lock(handle, path, wait, why)
            if _is_at(handle, path):
                yield handle
                return
            if becomes is not None and _is_at(handle, becomes):
                yield None
                return


def _lock(handle: IO[bytes], path: Path, wait: bool, why: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not wait:
            raise
        if why:
            logger.info("%s: %s; waiting", path, why)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        logger.warning("%s: this file system has no locks; start no second download", path)


def _is_at(handle: IO[bytes], path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False
