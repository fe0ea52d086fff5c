"""Reading and writing files so that nothing half-written ever has a final name.

Every file argument of the command line may end in ``.gz``, and ``-`` stands for
standard input or output; both are handled here and nowhere else.
"""

import contextlib
import csv
import errno
import gzip
import io
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd

from deepexpr.compression import is_gzip
from deepexpr.errors import InputError, UsageError
from deepexpr.schemas import KNOWN, Kind, Table

#: What stands in a cell for a number that is not there.
ABSENT = ["", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"]

BOM = b"\xef\xbb\xbf"
#: Beginnings of compressed files that are not read as text, and what makes such.
PACKED = ((b"BZh", "bzip2"), (b"\xfd7zX", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"))


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
    raw = gzip.open(path) if is_gzip(path) else open(path, "rb")  # noqa: SIM115
    try:
        with raw:
            begin = raw.peek(4)[:4]
            if packer := next((name for magic, name in PACKED if begin.startswith(magic)), None):
                raise InputError(
                    f"The {what} is packed by {packer}.",
                    where=str(path),
                    expected="plain text or gzip",
                    fix="Unpack it, or pack it by gzip.",
                )
            if begin.startswith(BOM):  # spreadsheets write one
                raw.read(3)
            with io.TextIOWrapper(raw, encoding="utf-8") as handle:
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
            f"The {what} is not text in UTF-8.",
            where=str(path),
            found=str(error),
            fix="Check the path; a spreadsheet is to be saved as UTF-8, not as UTF-16.",
        ) from error


@contextlib.contextmanager
def _naming_full_disk(path: Path) -> Iterator[None]:
    """A disk that is full, or a quota that is used up, is told without any name."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename is None:
            error.filename = str(path)
        raise


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
        with _naming_full_disk(path):
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
        with _naming_full_disk(path):
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


def read(table: Table, path: str | Path, rest: Kind | None = None) -> pd.DataFrame:
    """Read a TSV with the columns of `table` (schemas); further columns are kept.

    rest : the kind of the further columns where their names are not ours, as those of cell lines.
    Names are text letter by letter, words may be absent (NaN), and all else are numbers; raises
    InputError, with the line, where a number column holds something else.
    """
    values = _read(path, table, lambda names: _kinds(names, table, rest))
    for column in table.columns:
        if column.kind == "number" and values[column.name].dtype.kind not in "iuf":
            numbers = pd.to_numeric(values[column.name], errors="coerce")
            wrong = numbers.isna() & values[column.name].notna()
            if wrong.any():
                raise InputError(
                    f"{int(wrong.sum())} value(s) of the column {column.name} are no numbers.",
                    where=f"{path}, line {int(wrong.to_numpy().argmax()) + 2}",
                    expected=f"a number{f' ({column.unit})' if column.unit else ''}",
                    found=repr(str(values.loc[wrong, column.name].iloc[0])),
                )
            values[column.name] = numbers
    return values


def read_table(path: str | Path, columns: Sequence[str] = (), **kwargs) -> pd.DataFrame:
    """Read a TSV with a header (a leading ``#`` is dropped) and check that `columns` are there.

    Columns are of the kinds that `columns`, if it is a schema, and `schemas.KNOWN` give them.
    kwargs : given to pandas; with a dtype nothing is taken from the schema.
    """
    if "dtype" in kwargs:
        return _read(path, columns, lambda names: kwargs)
    return _read(path, columns, lambda names: _kinds(names, columns, None) | kwargs)


def _read(path: str | Path, columns: Sequence[str], options: Callable) -> pd.DataFrame:
    with reading(path, "table") as handle:
        head = next(csv.reader([handle.readline()], delimiter="\t"), [])
        names = [name.lstrip("#") for name in head]
        _require_columns(names, columns, path)
        try:
            table = pd.read_csv(handle, sep="\t", header=None, names=names, **options(names))
        except (pd.errors.ParserError, ValueError) as error:
            raise InputError(f"Not a table: {error}.", where=str(path)) from error
    if not isinstance(table.index, pd.RangeIndex):
        raise InputError(
            "The rows have more cells than the header.",
            where=str(path),
            expected=f"{len(names)} cells",
            fix="Give every column a name, and remove surplus tabs.",
        )
    return table


def _kinds(names: list[str], columns: Sequence[str], rest: Kind | None) -> dict[str, Any]:
    """What pandas is told about the columns of a header."""
    own = {c.name: c for c in columns.columns} if isinstance(columns, Table) else {}
    known = own if rest else KNOWN | own
    kinds = {name: known[name].kind if name in known else rest or "number" for name in names}
    absent = {"name": [], "words": ["", "NA"], "number": ABSENT}
    return {
        "dtype": {name: str for name, kind in kinds.items() if kind != "number"},
        "na_values": {name: absent[kind] for name, kind in kinds.items()},
        "keep_default_na": False,
    }


def _require_columns(names: list[str], columns: Sequence[str], path: str | Path) -> None:
    """Raise InputError where the header lacks a column, or holds one twice."""
    missing = [c for c in columns if c not in names]
    twice = [name for name in names if names.count(name) > 1]
    if missing:
        raise InputError(
            f"The table lacks the column(s) {', '.join(missing)}.",
            where=str(path),
            expected="tab-separated columns " + ", ".join(columns),
            found=", ".join(names),
            fix="Add the column(s) to the header and the rows.",
        )
    if twice:
        raise InputError(
            f"The column {twice[0]!r} stands twice in the header.",
            where=str(path),
            fix="Rename or remove one of them.",
        )


def read_gene_list(path: str | Path) -> list[str]:
    """The genes of a file with one a line, in its order; InputError where it names none."""
    with reading(path, "list of genes") as handle:
        names = [line.strip() for line in handle if line.strip()]
    if not names:
        raise InputError("The list names no gene.", where=str(path), expected="one gene a line")
    return names


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """Write a TSV with a header, without an index, atomically. Floats keep 10 digits."""
    write_parts([table], path)


def write_parts(tables: Iterable[pd.DataFrame], path: str | Path) -> None:
    """The same of a table that comes in parts with equal columns, which need not fit in memory."""
    form = {"sep": "\t", "index": False, "float_format": "%.10g", "na_rep": "NA"}
    with writing(path) as handle:
        for number, table in enumerate(tables):
            table.to_csv(handle, header=not number, **form)


def non_negative(
    values: pd.Series, what: str, where: str, fix: str, lines: Sequence[int] | None = None
) -> pd.Series:
    """A column of a table as float64; InputError names the first below 0 or not finite.

    what : ends "N value(s) of ..."; where : what stands before the number of the row.
    lines : the rows' numbers in the file; without them 1, 2, 3 ...
    """
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    bad = ~numbers.between(0, float("inf"), inclusive="left")
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            f"{int(bad.sum())} value(s) of {what}.",
            where=f"{where} {lines[row] if lines is not None else row + 1}",
            expected="numbers of 0 or more",
            found=repr(str(values.iloc[row])),
            fix=fix,
        )
    return numbers


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
