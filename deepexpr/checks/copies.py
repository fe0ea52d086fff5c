"""Files of different units that hold the same: one library under two names counts twice.

Reads are compared by their letters, alignments and pairs by their places, maps by their pixels,
and tables as they lie on the disk; names, headers and compression say nothing.
"""

import hashlib
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.checks.bam import first_records
from deepexpr.checks.fastq import COMPARED, FEWEST, FirstReads
from deepexpr.config.entries import files_of
from deepexpr.errors import InputError
from deepexpr.files import reading

#: Bytes looked at, at both ends of tables and arrays.
ENDS = 1 << 20
#: What a kind of file holds, in words; other columns hold values.
_WORDS = {"fq1": "reads", "fq2": "reads", "bam1": "reads", "bam2": "reads", "pairs": "pairs",
          "contacts": "contacts", "loops": "loops"}  # fmt: skip


def copies(
    units: pd.DataFrame,
    reads: Sequence[Sequence[FirstReads]],
    groups: Mapping[str, Hashable],
    resolution: int,
    path: str,
) -> Iterator[InputError]:
    """Units of which files hold the same as another's, where the two are added or averaged.

    reads : what was read of each unit's FASTQ. groups : sample -> what its replicates share, of
    which the first element is the cell line. resolution : of contact maps, bp. path : of the sheet.
    """
    seen: dict[tuple, tuple[str, int]] = {}
    for (index, unit), own in zip(units.iterrows(), reads, strict=True):
        held: list[tuple[str, str, Hashable]] = [(file.path, "fq1", file.copies_of) for file in own]
        held += [
            (file, column, _content(column, unit, file, resolution))
            for column, file in files_of(unit).items()
            if not column.startswith("fq") and Path(file).is_file()
        ]
        for file, column, content in held:
            if not content:
                continue
            key = (groups[unit["sample"]], content, unit["value_column"])
            other, row = seen.setdefault(key, (file, index))
            if row != index:
                yield _problem(groups[unit["sample"]], column, (other, file), (row, index), path)
                break


def _problem(
    group: Hashable, column: str, files: tuple[str, str], rows: tuple, path: str
) -> InputError:
    line = group[0] if isinstance(group, tuple) else group
    what = _WORDS.get(column, "values")
    first = "the first of them are the same" if what in ("reads", "pairs") else "one is a copy"
    return InputError(
        f"Two units of {line} hold the same {what}: {first}.",
        where=f"{path}, rows {rows[0]} and {rows[1]}",
        found=" and ".join(files),
        fix=f"Give each file once; the same {what} would count twice.",
    )


def _content(column: str, unit: pd.Series, file: str, resolution: int) -> Hashable:
    """Equal for files that hold the same; empty where it cannot be told."""
    try:
        if column in ("bam1", "bam2"):
            reads = first_records(file).reads
            return tuple(reads) if len(set(reads)) >= FEWEST else ()
        if column == "pairs":
            return _places(file)
        if column == "contacts":
            return _pixels(unit["contacts"], resolution)
        return _ends(file)
    except (InputError, OSError):  # what is wrong with the file itself is told elsewhere
        return ()


def _places(file: str) -> tuple[str, ...]:
    """Chromosomes and positions of the first pairs; the name of a read may differ."""
    if file.endswith((".bz2", ".xz", ".zst")):
        return ()
    with reading(file, "pairs file") as handle:
        rows = islice((line for line in handle if not line.startswith("#")), COMPARED)
        found = tuple("\t".join(line.split("\t")[1:5]) for line in rows)
    return found if len(set(found)) >= FEWEST else ()


def _pixels(text: str, resolution: int) -> tuple[str, ...]:
    """Of some pixels of a contact map, in whatever kind of file."""
    from deepexpr.hichip.map_files import open_map  # imports h5py; only where there are maps

    with open_map(text, resolution) as found:
        some = found.look()
    if len(some.pairs) < COMPARED:
        return ()
    low, high = np.minimum(some.one, some.other), np.maximum(some.one, some.other)
    upper = some.one <= some.other  # a square matrix of the same has them twice
    order = np.lexsort((high[upper], low[upper]))
    digest = hashlib.sha256()
    for column in (low, high, some.pairs):
        digest.update(column[upper][order].astype("int64").tobytes())
    return ("map", digest.hexdigest())


def _ends(file: str) -> tuple[str, ...]:
    """Of the first and last bytes, and the size."""
    size = os.path.getsize(file)
    with open(file, "rb") as handle:
        digest = hashlib.sha256(handle.read(ENDS))
        handle.seek(max(0, size - ENDS))
        digest.update(handle.read(ENDS))
    return ("bytes", str(size), digest.hexdigest())
