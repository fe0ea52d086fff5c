"""Compressed byte streams for kernels: fixed buffers in.

The reads of a HiChIP run do not fit in memory and Python objects per read are slow, so
trimming, mate joining and pair reading all work on one moving window of decompressed bytes.
"""

import lzma
import stat
import zlib
from pathlib import Path
from typing import Self

import numpy as np
from isal import isal_zlib
from xopen import xopen

from deepexpr.errors import InputError
from deepexpr.files import require_file

#: Decompressed bytes held per stream.
WINDOW = 4 << 20
#: A record longer than this is not a read, a pair or an alignment.
LONGEST_RECORD = 256 << 20


class ByteStream:
    """A moving window over the decompressed bytes of a file (plain, gzip, BGZF, bzip2, xz).

    ``data`` is a uint8 view of the bytes not yet consumed. Damaged or cut compressed files
    raise InputError with the path.
    """

    def __init__(self, path: str | Path, what: str, threads: int = 0) -> None:
        self.path = require_file(path, what)
        self.what = what
        self.eof = False
        self._buffer = np.empty(WINDOW, np.uint8)
        self._start = self._end = 0
        self._handle = xopen(self.path, "rb", threads=threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._handle.close()

    @property
    def data(self) -> np.ndarray:
        """Bytes read and not consumed: uint8, a view that the next `fill` invalidates."""
        return self._buffer[self._start : self._end]

    def consume(self, n: int) -> None:
        """Step over `n` bytes of `data`."""
        self._start += n

    def fill(self) -> None:
        """Read on until the window is full or the file ends (then `eof` is set)."""
        left = self._end - self._start
        if left == len(self._buffer):
            self._grow()
        self._buffer[:left] = self._buffer[self._start : self._end].copy()
        self._start, self._end = 0, left
        view = memoryview(self._buffer)  # type: ignore[arg-type]  # NumPy's arrays are buffers
        while self._end < len(self._buffer) and not self.eof:
            n = self._read_into(view[self._end :])
            self.eof = n == 0
            self._end += n

    def append(self, data: bytes) -> None:
        """Add bytes after the last ones read (a missing last newline)."""
        if self._end + len(data) > len(self._buffer):
            self._grow()
        self._buffer[self._end : self._end + len(data)] = np.frombuffer(data, np.uint8)
        self._end += len(data)

    def take(self, n: int) -> bytes:
        """The next `n` bytes, consumed; fewer at the end of the file."""
        while len(self.data) < n and not self.eof:
            self.fill()
        taken = self.data[:n].tobytes()
        self.consume(len(taken))
        return taken

    def _grow(self) -> None:
        if len(self._buffer) >= LONGEST_RECORD:
            raise InputError(
                f"A record of the {self.what} is longer than {LONGEST_RECORD >> 20} MiB.",
                where=str(self.path),
                fix="Check that the file is of the expected format.",
            )
        self._buffer = np.concatenate([self._buffer, np.empty_like(self._buffer)])

    def _read_into(self, view: memoryview) -> int:
        try:
            return self._handle.readinto(view)  # type: ignore[attr-defined]  # of every binary reader here
        except (EOFError, zlib.error, isal_zlib.error, lzma.LZMAError, OSError) as error:  # type: ignore[misc]  # isal's error has no stub
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise InputError(
                f"The {self.what} is a damaged or cut compressed file ({error}).",
                where=str(self.path),
                expected="a compressed file that can be read to its end",
                fix="Copy or download it again, and compare its size or MD5 with the source.",
            ) from error


def is_pipe(path: str | Path) -> bool:
    """Whether `path` is a named pipe (such as the shell's ``>(...)``)."""
    path = Path(path)
    return path.exists() and stat.S_ISFIFO(path.stat().st_mode)
