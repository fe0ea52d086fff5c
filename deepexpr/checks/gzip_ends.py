"""Whether a gzip file reaches its end, told from its last block in milliseconds.

A copy that was cut short looks healthy until the last byte is read, hours into a run. Reading a
whole lane takes minutes, so only the end is looked at: BGZF ends in a fixed empty block; any
other gzip file ends in a deflate block marked as the last, eight bytes before the end of the file
(RFC 1951, 1952). Such a block is searched for and unpacked. Where none is found the file is
read whole, so that nothing is called damaged by mistake.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deepexpr.compression import BGZF_END, is_bgzf
from deepexpr.files import reading

TRAILER = 8  # CRC32 and length
#: Bytes from the end in which the last block is looked for, one after the other. zlib's blocks
#: hold at most 16,383 symbols, those of libdeflate and isa-l more.
WINDOWS = (1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17)
#: The end of a stream that was flushed before it was closed, as Python writes text: an empty
#: stored block, then an empty last one.
FLUSHED_END = bytes.fromhex("0000ffff0300")
#: Bits of a dynamic block's header before the lengths of the code-length code.
HEADER_BITS = 17
#: Bits of those lengths, at most.
LENGTHS_BITS = 19 * 3


def check_gzip_end(path: str | Path, what: str) -> None:
    """Raise InputError where a gzip file is cut or its end is damaged."""
    size, bgzf = os.path.getsize(path), is_bgzf(path)
    with open(path, "rb") as handle:
        seen = 0
        for window in WINDOWS:
            handle.seek(max(size - window, 0))
            tail = handle.read()
            if tail.endswith(BGZF_END):
                return
            if not bgzf and (tail[:-TRAILER].endswith(FLUSHED_END) or _ends_in_a_block(tail, seen)):
                return
            seen = len(tail)
            if size <= window:
                break
    with reading(path, what) as text:
        for _ in text:
            pass


def _ends_in_a_block(tail: bytes, seen: int) -> bool:
    """Whether a last block begins in `tail`, before its `seen` last bytes, and ends with it."""
    bits = np.unpackbits(np.frombuffer(tail, np.uint8), bitorder="little")
    new = 8 * (len(tail) - seen) + HEADER_BITS + LENGTHS_BITS if seen else len(bits)
    shifted: dict[int, bytes] = {}
    for position in _candidates(bits[:new]):
        byte, shift = divmod(position, 8)
        if shift not in shifted:
            shifted[shift] = np.packbits(bits[shift:], bitorder="little").tobytes()
        # What came before the block is not known; zeros in its place do not change its length.
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS, zdict=bytes(1 << 15))
        try:
            unpacker.decompress(memoryview(shifted[shift])[byte:])
        except zlib.error:
            continue
        # The shift may leave one more byte than the trailer.
        if unpacker.eof and TRAILER <= len(unpacker.unused_data) <= TRAILER + 1:
            return True
    return False


def _candidates(bits: np.ndarray) -> Iterator[int]:
    """Bit positions at which a last, dynamically coded block may begin, from the end on.

    Its header: 1 (last), 2 (dynamic), at most 286 literal and 30 distance codes, the number of
    code lengths, and then their lengths, which must make a complete prefix code.
    """
    count = len(bits) - HEADER_BITS - LENGTHS_BITS
    if count < 1:
        return
    three = bits[:-2] | bits[1:-1] << 1 | bits[2:] << 2
    places = np.flatnonzero(three[:count] == 5)
    for first in (3, 8):
        places = places[(three[places + first] | (three[places + first + 3] & 3) << 3) <= 29]
    lengths = 4 + (three[places + 13].astype(np.int64) | bits[places + 16].astype(np.int64) << 3)
    # The share of the code space that each length takes, summed along every third position.
    share = np.array([0, 64, 32, 16, 8, 4, 2, 1], np.int32)[three]
    share = np.concatenate([share, np.zeros(-len(share) % 3, share.dtype)])
    summed = share.reshape(-1, 3).cumsum(axis=0, dtype=np.int32).ravel()
    taken = summed[places + HEADER_BITS + 3 * (lengths - 1)] - summed[places + HEADER_BITS - 3]
    yield from (int(p) for p in places[taken == 128][::-1])
