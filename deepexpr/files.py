"""Reading and writing files so that nothing half-written ever has a final name.

Every file argument of the command line may end in ``.gz``, and ``-`` stands for
standard input or output; both are handled here and nowhere else.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pandas as pd

from deepexpr.errors import InputError, UsageError


def require_file(path: str | Path, what: str = "file") -> Path:
    """Return `path` if it is a readable, non-empty file, else raise InputError."""
    path = Path(path)
    if not path.is_file():
        raise InputError(
            f"The {what} does not exist.", where=str(path), fix="Check the path and its spelling."
        )
    if path.stat().st_size == 0:
        raise InputError(f"The {what} is empty.", where=str(path), fix="Make or download it again.")
    return path


@contextlib.contextmanager
def reading(path: str | Path, what: str = "file") -> Iterator[IO[str]]:
    """Open text for reading: plain, gzip (by content, not by name) or ``-``.

    A damaged or cut gzip stream raises InputError with the path.
    """
    if str(path) == "-":
        yield sys.stdin
        return
    path = require_file(path, what)
    with open(path, "rb") as probe:
        gzipped = probe.read(2) == b"\x1f\x8b"
    handle = gzip.open(path, "rt") if gzipped else open(path)  # noqa: SIM115
    try:
        with handle:
            yield handle
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"The {what} is a damaged or cut gzip file ({error}).",
            where=str(path),
            expected="a gzip file that can be read to its end",
            fix="Copy or download it again, and compare its size or MD5 with the source.",
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"The {what} is not text.", where=str(path), found=str(error), fix="Check the path."
        ) from error


@contextlib.contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` on success, delete it on error."""
    if str(path) == "-":
        raise UsageError(
            "This output cannot go to standard output.", where="-", fix="Give the name of a file."
        )
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays (".gz", ".keras", ".pdf"): libraries choose the format by it.
    suffix = "".join(path.suffixes[-2:])
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=suffix, dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`; it replaces `path` on success only."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            shutil.rmtree(path)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[IO[str]]:
    """Open text for writing, atomically; gzip where the name ends in .gz; ``-`` is stdout."""
    if str(path) == "-":
        yield sys.stdout
        return
    with atomic_path(path) as temporary:
        if str(path).endswith(".gz"):
            # mtime=0 and no name: the same content gives the same bytes.
            with (
                open(temporary, "wb") as raw,
                gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as compressed,
                io.TextIOWrapper(compressed) as handle,
            ):
                yield handle
        else:
            with open(temporary, "w") as handle:
                yield handle


def read_table(path: str | Path, columns: tuple[str, ...] = (), **kwargs) -> pd.DataFrame:
    """Read a TSV with a header (a leading ``#`` is dropped) and check that `columns` are there."""
    with reading(path, "table") as handle:
        try:
            table = pd.read_csv(handle, sep="\t", **kwargs)
        except (pd.errors.EmptyDataError, pd.errors.ParserError) as error:
            raise InputError(f"Not a table: {error}.", where=str(path)) from error
    table.columns = [str(c).lstrip("#") for c in table.columns]
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise InputError(
            f"The table lacks the column(s) {', '.join(missing)}.",
            where=str(path),
            expected="tab-separated columns " + ", ".join(columns),
            found=", ".join(map(str, table.columns)),
            fix="Add the column(s) to the header and the rows.",
        )
    return table


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a TSV with a header, without an index, atomically. Floats keep 10 digits."""
    with writing(path) as handle:
        table.to_csv(handle, sep="\t", index=False, float_format="%.10g", na_rep="NA")


def non_negative(values: pd.Series, what: str, where: str, fix: str) -> pd.Series:
    """A column of a table as float64; InputError names the first below 0 or not finite.

    what : ends "N value(s) of ..."; where : what stands before the number of the row.
    """
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    bad = ~numbers.between(0, float("inf"), inclusive="left")
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            f"{int(bad.sum())} value(s) of {what}.",
            where=f"{where} {row + 1}",
            expected="numbers of 0 or more",
            found=repr(str(values.iloc[row])),
            fix=fix,
        )
    return numbers


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
