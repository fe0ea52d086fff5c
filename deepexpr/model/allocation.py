"""What the C library does with memory that a compiled step no longer needs."""

import ctypes
import platform

#: Parameters of glibc's mallopt (malloc.h) and the bytes they are set to.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Freed memory stays with the process, in pieces of up to 1 GiB; False where that is not known.

    XLA takes the maps of a step as one piece on a CPU and frees it after the step. By default glibc
    hands pieces beyond 32 MiB back to the system, which gives fresh pages at the next step, one by
    one: of `paper` at batch 4 that was 11 to 15 of a step's 44 ms. For the whole process, and
    lasting; on other C libraries nothing is done.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(name, _BYTES) for name in (_TRIM_THRESHOLD, _MMAP_THRESHOLD))
