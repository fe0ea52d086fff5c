"""Gzip and BGZF: how they are told, and writing them so that the bytes depend on the data alone.

Everything compressed that a verb streams is BGZF (SAM specification §4.1): blocks of a fixed
number of bytes, each packed apart by zlib. Neither the sizes of the pieces in which the data come
nor threads change a byte, which isa-l's level 1, five times as fast, does not promise.
"""

import contextlib
import os
import struct
import sys
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

GZIP_MAGIC = b"\x1f\x8b"
#: Header of every block, with the extra field BC; the block's size less one follows.
BGZF_HEADER = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0"
#: The empty block that ends every complete file, BAM too.
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
#: Bytes per block before compression, as bgzip does.
BLOCK = 0xFF00


def is_gzip(path: str | Path) -> bool:
    """Whether the content is gzip, BGZF included."""
    with open(path, "rb") as handle:
        return handle.read(2) == GZIP_MAGIC


def is_bgzf(path: str | Path) -> bool:
    """Whether the content is gzip in blocks, which can be indexed."""
    with open(path, "rb") as handle:
        head = handle.read(len(BGZF_HEADER))
    return head[:4] == BGZF_HEADER[:4] and head[12:14] == b"BC"


def has_bgzf_end(path: str | Path) -> bool:
    """Whether the block that ends a complete BGZF file is there; without it the file is cut."""
    with open(path, "rb") as handle:
        handle.seek(max(0, os.path.getsize(path) - len(BGZF_END)))
        return handle.read() == BGZF_END


class BgzfWriter:
    """Writes blocked gzip to a handle that stays open; `threads` pack blocks side by side."""

    def __init__(self, handle: IO[bytes], threads: int = 0) -> None:
        self._handle = handle
        self._rest = b""
        self._pool = ThreadPoolExecutor(threads) if threads else None

    def write(self, data: bytes | memoryview) -> None:
        """Append `data`; whole blocks are compressed and written at once."""
        data = self._rest + bytes(data)
        whole = len(data) - len(data) % BLOCK
        self._write_blocks(data[start : start + BLOCK] for start in range(0, whole, BLOCK))
        self._rest = data[whole:]

    def close(self) -> None:
        """Write what is left and the end marker."""
        self._write_blocks([self._rest] if self._rest else [])
        self._handle.write(BGZF_END)
        self.abandon()

    def abandon(self) -> None:
        """End the threads; nothing more is written."""
        if self._pool:
            self._pool.shutdown()

    def _write_blocks(self, blocks: Iterable[bytes]) -> None:
        for packed in (self._pool.map if self._pool else map)(_packed, blocks):
            self._handle.write(packed)


@contextlib.contextmanager
def writing_bytes(path: str | Path, threads: int = 0) -> Iterator[IO[bytes] | BgzfWriter]:
    """Open for writing bytes; BGZF where the name ends in .gz, ``-`` is stdout. Not atomic."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with open(path, "wb") as handle:
        if not str(path).endswith(".gz"):
            yield handle
            return
        writer = BgzfWriter(handle, threads)
        try:
            yield writer
            writer.close()
        finally:
            writer.abandon()


def _packed(block: bytes) -> bytes:
    """A block as BGZF."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    body = packer.compress(block) + packer.flush()
    if len(body) > 0xFFFF - 26:  # incompressible: a stored block always fits
        body = b"\x01" + struct.pack("<HH", len(block), len(block) ^ 0xFFFF) + block
    size = len(BGZF_HEADER) + 2 + len(body) + 8 - 1
    return (
        BGZF_HEADER
        + struct.pack("<H", size)
        + body
        + struct.pack("<II", zlib.crc32(block), len(block))
    )
