"""Contacts, anchor depths and loops as files, in the formats of the neighbours.

Contacts and depths come from this package (with a header) or from elsewhere (often without);
both are read here. All coordinates are 0-based and half-open.
"""

import csv
import io
import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from deepexpr.errors import InputError
from deepexpr.files import reading, write_parts, write_table, writing
from deepexpr.hichip.replicates import warn_of_equal
from deepexpr.schemas import CONTACTS, DEPTH, LOOPS

logger = logging.getLogger(__name__)

ANCHOR1, ANCHOR2 = list(CONTACTS[:3]), list(CONTACTS[3:6])
ANCHORS = ANCHOR1 + ANCHOR2
#: Letters that are parsed at a time, and what an int32 is below.
BLOCK, SMALL = 1 << 25, 1 << 31


def read_contacts(path: str | Path) -> pd.DataFrame:
    """Read contacts (schemas.CONTACTS), one row per pair of anchors.

    A header is optional, with or without a leading ``#``; other lines that start with ``#`` are
    comments; further columns are ignored. Anchors are put in order, repeated pairs are summed, an
    anchor's contact with itself is left out. Chromosomes are categorical, the rest integers.
    Raises InputError for text where a number should stand, counts below 1 and empty anchors.
    """
    table = _read_positional(path, CONTACTS, "contacts")
    if (table["count"] < 1).any():
        row = int(np.flatnonzero(table["count"] < 1)[0]) + 1
        raise InputError(
            f"A contact has {table['count'].iloc[row - 1]} PETs.",
            where=f"{path}, data row {row}",
            expected="a count of at least 1",
            fix="Leave pairs of anchors without PETs out of the file.",
        )
    ordered = order_anchors(table)
    _warn_of_both_triangles(ordered, path)
    return _sum_contacts(ordered, str(path))


def _warn_of_both_triangles(contacts: pd.DataFrame, path: str | Path) -> None:
    """A matrix that was written whole has each contact in both directions, with one count."""
    if _ascend(contacts):
        return
    again = contacts.duplicated(list(CONTACTS))
    if len(contacts) > 3 and again.mean() > 0.45:
        logger.warning(
            "%s: %d of %d contacts stand a second time with the same count, as where a matrix is "
            "written with both of its triangles; they are summed",
            path, again.sum(), len(contacts),
        )  # fmt: skip


def read_depth(path: str | Path) -> pd.DataFrame:
    """Read the reads per anchor (schemas.DEPTH); header and further columns as in contacts."""
    table = _read_positional(path, DEPTH, "depth")
    if (table["reads"] < 0).any():
        raise InputError("An anchor has a negative number of reads.", where=str(path))
    return _sum_depth([table])


def pool_contacts(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read several files of contacts and sum the counts of equal pairs of anchors; warns of files
    with the same contacts."""
    tables = [read_contacts(path) for path in paths]
    numbers = ["start1", "start2", "count"]
    equal = {str(p): [t[c].to_numpy() for c in numbers] for p, t in zip(paths, tables, strict=True)}
    warn_of_equal(equal, "contacts")
    pooled = tables[0] if len(tables) == 1 else _sum_contacts(_pooled(tables), "pooled")
    logger.info(
        "%d file(s) with %s contacts pooled to %d",
        len(tables),
        ", ".join(str(len(t)) for t in tables),
        len(pooled),
    )
    return pooled


def pool_depth(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read several files of anchor depths and sum the reads of equal anchors."""
    return _sum_depth([read_depth(path) for path in paths])


def write_bedpe(loops: pd.DataFrame | Iterable[pd.DataFrame], path: str | Path) -> None:
    """Write schemas.LOOPS, and a caller's columns behind them, as BEDPE with a ``#`` header.

    The table may come in parts.
    """
    parts = [loops] if isinstance(loops, pd.DataFrame) else loops
    write_parts((_as_bedpe(part) for part in parts), path)


def _as_bedpe(loops: pd.DataFrame) -> pd.DataFrame:
    own = [name for name in loops.columns if name.startswith("confidence.")]
    return loops[[*LOOPS, *own]].rename(columns={LOOPS[0]: f"#{LOOPS[0]}"})


def write_interact(loops: pd.DataFrame, path: str | Path) -> None:
    """Write UCSC interact lines (bed5+13), sorted, ready for ``bedToBigBed -as=interact.as``.

    The thick end of the item is the span of both anchors; ``value`` is the PET count.
    """
    same = is_cis(loops)
    start, end = loops["start1"].to_numpy(), loops["end2"].to_numpy()
    table = pd.DataFrame(
        {
            "#chrom": loops["chromosome1"].astype(str),
            "chromStart": np.where(same, np.minimum(start, loops["start2"]), start),
            "chromEnd": np.where(same, np.maximum(end, loops["end1"]), loops["end1"]),
            "name": loops["name"],
            "score": loops["score"],
            "value": loops["count"],
            "exp": ".",
            "color": "0",
            "sourceChrom": loops["chromosome1"].astype(str),
            "sourceStart": loops["start1"],
            "sourceEnd": loops["end1"],
            "sourceName": ".",
            "sourceStrand": ".",
            "targetChrom": loops["chromosome2"].astype(str),
            "targetStart": loops["start2"],
            "targetEnd": loops["end2"],
            "targetName": ".",
            "targetStrand": ".",
        }
    )
    write_table(table.sort_values(["#chrom", "chromStart"], kind="stable"), path)


def write_longrange(loops: pd.DataFrame, path: str | Path) -> None:
    """Write WashU longrange text: each loop once from either anchor, sorted for tabix."""
    sides = []
    for here, there in ((ANCHOR1, ANCHOR2), (ANCHOR2, ANCHOR1)):
        side = loops[here].set_axis(["chromosome", "start", "end"], axis=1)
        other = loops[there].astype(str).set_axis(["c", "s", "e"], axis=1)
        count = loops["count"].astype(str)
        sides.append(side.assign(partner=other.c + ":" + other.s + "-" + other.e + "," + count))
    table = pd.concat(sides).astype({"chromosome": str})
    table = table.sort_values(["chromosome", "start", "end"], kind="stable")
    with writing(path) as handle:
        table.to_csv(handle, sep="\t", index=False, header=False)


def is_cis(table: pd.DataFrame) -> np.ndarray:
    """(s,) bool: both anchors on one chromosome."""
    first, second = table["chromosome1"], table["chromosome2"]
    kinds = first.dtype, second.dtype
    categorical = all(isinstance(kind, pd.CategoricalDtype) for kind in kinds)
    if categorical and first.cat.categories.equals(second.cat.categories):
        return (first.cat.codes == second.cat.codes).to_numpy()
    return np.asarray(first.astype(str)) == np.asarray(second.astype(str))


def _read_positional(path: str | Path, columns: tuple[str, ...], what: str) -> pd.DataFrame:
    """Read columns of a tab-separated file: by name if it has a header, else the first ones."""
    parts: list[pd.DataFrame] = []
    with reading(path, what) as handle:
        blocks = _blocks(handle)
        text, (skipped, places, width) = "", (0, list[int](), 0)
        for block in blocks:
            text += block
            skipped, places, width = _find_columns(text, columns)
            if width:
                break
        if width == 0:
            return _typed(pd.DataFrame({c: pd.Series(dtype=object) for c in columns}))
        if width < len(columns):
            raise InputError(
                f"The {what} have {width} tab-separated column(s).",
                where=str(path),
                expected=", ".join(columns),
                fix="Separate the columns by tabs, in this order, or add a header that names them.",
            )
        numbers = [
            p for p, c in zip(places, columns, strict=True) if not c.startswith("chromosome")
        ]
        for block in itertools.chain([text], blocks):
            before = sum(map(len, parts))
            table = _parsed(block, skipped, places, numbers, (path, what, before))
            parts.append(_typed(table[places].set_axis(list(columns), axis=1)))
            skipped = 0
    return _joined(parts)


def _blocks(handle: IO[str]) -> Iterator[str]:
    """The lines of a text, `BLOCK` letters at a time."""
    while text := handle.read(BLOCK):
        yield text + handle.readline()


def _parsed(
    text: str,
    skipped: int,
    places: list[int],
    numbers: list[int],
    of: tuple[str | Path, str, int],
) -> pd.DataFrame:
    """The columns at `places` of lines of text, those at `numbers` as int64, all others as
    categories; `of` is the file, what it holds, and its rows before these lines."""
    path, what, before = of
    kinds = {p: np.int64 if p in numbers else "category" for p in places}
    if "\n#" in text or (before and text.startswith("#")):  # whole lines: names may hold a #
        text = re.sub("(?m)^#.*$", "", text)
    options = {
        "sep": "\t",
        "header": None,
        "skiprows": skipped,
        "quoting": csv.QUOTE_NONE,
        "keep_default_na": False,
    }
    try:
        return pd.read_csv(io.StringIO(text), usecols=places, dtype=kinds, **options)
    except pd.errors.EmptyDataError:  # a last block of comments or empty lines
        return pd.DataFrame({p: pd.Series(dtype=kind) for p, kind in kinds.items()})
    except pd.errors.ParserError as error:
        where = f"{path}, after data row {before}" if before else str(path)
        raise InputError(f"The {what} are not a table: {error}.", where=where) from error
    except ValueError as error:
        raw = pd.read_csv(io.StringIO(text), dtype=str, **options).reindex(columns=numbers)
        raise _not_a_number(raw, path, what, before) from error


def _find_columns(text: str, columns: tuple[str, ...]) -> tuple[int, list[int], int]:
    """(lines before the data, places of `columns`, fields of a line; 0 where there is no data)."""
    names: list[str] | None = None
    for number, line in enumerate(io.StringIO(text)):
        fields = line.rstrip("\r\n").split("\t")
        title = [fields[0].lstrip("#").strip(), *fields[1:]]
        if all(c in title for c in columns):
            names = title
        elif line.strip() and not line.startswith("#"):
            places = [names.index(c) for c in columns] if names else list(range(len(columns)))
            return number, places, len(fields)
    return 0, [], 0


def _not_a_number(raw: pd.DataFrame, path: str | Path, what: str, before: int) -> InputError:
    wrong = ~raw.apply(lambda c: c.str.fullmatch(r"\s*[+-]?\d+\s*").fillna(False).astype(bool))
    row = int(np.flatnonzero(wrong.any(axis=1))[0]) if wrong.any(axis=None) else 0
    found = ", ".join(str(v) for v in raw.iloc[row][wrong.iloc[row]])
    return InputError(
        f"The {what} hold something that is not a whole number.",
        where=f"{path}, data row {before + row + 1}",
        expected="whole numbers for positions and counts",
        found=found or None,
        fix="Correct the row, or give the columns in the expected order.",
    )


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    """Chromosomes as categories, numbers as int32, of half the memory, where all are so small."""
    kinds: dict[str, Any] = {}
    for name in table.columns:
        if name.startswith("chromosome"):
            kinds[name] = "category"
        else:
            numbers = table[name].to_numpy(np.int64)
            small = not len(numbers) or -SMALL <= numbers.min() <= numbers.max() < SMALL
            kinds[name] = np.int32 if small else np.int64
    return table.astype(kinds)


def _pooled(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Contacts of several files under one another, the names of both sides in one order."""
    return order_anchors(_joined(tables))


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of `_typed` under one another; their chromosomes may have different categories."""
    tables = [table for table in tables if len(table)] or list(tables[:1])
    if len(tables) == 1:
        return tables[0]
    columns = {
        name: union_categoricals([t[name] for t in tables], sort_categories=True)
        if name.startswith("chromosome")
        else np.concatenate([t[name].to_numpy() for t in tables])
        for name in tables[0].columns
    }
    return pd.DataFrame(columns)


def order_anchors(contacts: pd.DataFrame) -> pd.DataFrame:
    """Put anchor 1 first: by chromosome name, then start, then end."""
    names = sorted(
        set(contacts["chromosome1"].cat.categories) | set(contacts["chromosome2"].cat.categories)
    )
    table = contacts.astype({c: pd.CategoricalDtype(names) for c in ("chromosome1", "chromosome2")})
    code1, code2 = table["chromosome1"].cat.codes, table["chromosome2"].cat.codes
    later = (code1 == code2) & (table["start1"] > table["start2"])
    tied = (code1 == code2) & (table["start1"] == table["start2"])
    swap = (code1 > code2) | later | (tied & (table["end1"] > table["end2"]))
    if swap.any():
        swapped = table.loc[swap, ANCHOR2 + ANCHOR1].set_axis(ANCHORS, axis=1)
        table.loc[swap, ANCHORS] = swapped
    return table


def _sum_contacts(contacts: pd.DataFrame, source: str) -> pd.DataFrame:
    """Sum repeated pairs, leave out an anchor with itself, check that anchors are not empty."""
    wrong = (contacts["end1"] <= contacts["start1"]) | (contacts["end2"] <= contacts["start2"])
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} contact(s) have an anchor that ends before it starts.",
            where=f"{source}, first at data row {int(np.flatnonzero(wrong)[0]) + 1}",
            expected="0-based half-open coordinates: start < end",
        )
    same = is_cis(contacts) & (contacts["start1"] == contacts["start2"])
    own = same & (contacts["end1"] == contacts["end2"])
    kept = contacts[~own].reset_index(drop=True) if own.any() else contacts
    summed = kept if _ascend(kept) else _sum_repeats(kept)
    logger.info(
        "%s: %d contacts in, %d of an anchor with itself left out, %d distinct pairs of anchors",
        source,
        len(contacts),
        int(own.sum()),
        len(summed),
    )
    return summed


def _ascend(contacts: pd.DataFrame) -> bool:
    """Whether each pair of anchors comes after the one before, as in files of this package: then
    none is repeated, and nothing is to be sorted."""
    codes = [contacts[c].cat.codes.to_numpy(np.int64) for c in ("chromosome1", "chromosome2")]
    both = (codes[0] << 32) + codes[1]
    other = both[1:] != both[:-1]
    starts = both[np.flatnonzero(np.append(True, other))] if len(both) else both
    if len(np.unique(starts)) < len(starts):
        return False  # two chromosomes come a second time
    after, tied = other, ~other
    for name in ("start1", "end1", "start2", "end2"):
        values = contacts[name].to_numpy()
        after = after | (tied & (values[1:] > values[:-1]))
        tied = tied & (values[1:] == values[:-1])
    return bool(after.all())


def _sum_repeats(contacts: pd.DataFrame) -> pd.DataFrame:
    """Each pair of anchors once, where it first stood, with the sum of its counts."""
    numbers = np.zeros(1, np.int64)
    for name in ("chromosome", "start", "end"):
        sides = [contacts[f"{name}{side}"] for side in "12"]
        parts = [s.cat.codes if name == "chromosome" else s for s in sides]
        values = np.concatenate([p.to_numpy(np.int64) for p in parts])
        values -= values.min()
        numbers = pd.factorize(numbers * (values.max() + 1) + values)[0]
    pairs = numbers[: len(contacts)] * (numbers.max() + 1) + numbers[len(contacts) :]
    order = np.argsort(pairs, kind="stable")
    begin = np.flatnonzero(np.append(True, np.diff(pairs[order]) != 0))
    sums = np.add.reduceat(contacts["count"].to_numpy(np.int64)[order], begin)
    first = order[begin]
    ranks = np.argsort(first)
    return contacts.iloc[first[ranks]].assign(count=sums[ranks]).reset_index(drop=True)


def _sum_depth(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    table = _joined(tables).astype({"reads": np.int64})
    return table.groupby(list(DEPTH[:3]), observed=True, as_index=False)["reads"].sum()
