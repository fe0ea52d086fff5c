"""Which cells of a loop table are anchors, counts, probabilities and flags.

A table is known by its header, or by the shape of *all* its rows; never by its first row alone.
What cannot be told is an error that shows the line.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.hichip.bedpe import ANCHORS

logger = logging.getLogger(__name__)

#: Mustache's anchors; its tables hold no counts.
MUSTACHE = ("bin1_chr", "bin1_start", "bin1_end", "bin2_chromosome", "bin2_start", "bin2_end")
#: Names of the six anchor columns, in lower case.
ANCHOR_NAMES = (
    tuple(ANCHORS),
    ("chrom1", "start1", "end1", "chrom2", "start2", "end2"),
    ("chr1", "start1", "end1", "chr2", "start2", "end2"),
    ("chra", "starta", "enda", "chrb", "startb", "endb"),
    ("chr1", "s1", "e1", "chr2", "s2", "e2"),  # FitHiChIP
    ("chr1", "x1", "x2", "chr2", "y1", "y2"),  # HiCCUPS
    ("chromosome1", "x1", "x2", "chromosome2", "y1", "y2"),  # Juicebox' annotations
    ("sourcechrom", "sourcestart", "sourceend", "targetchrom", "targetstart", "targetend"),  # UCSC
    ("chrom_a", "start_a", "end_a", "chrom_b", "start_b", "end_b"),
    ("chr_a", "start_a", "end_a", "chr_b", "start_b", "end_b"),
    ("seqnames1", "start1", "end1", "seqnames2", "start2", "end2"),  # InteractionSet
    MUSTACHE,
)
#: Columns that hold counts, by falling preference, in lower case.
VALUE_NAMES = (
    "count", "pet count", "counts", "cc", "observed", "pets", "pet", "petcount", "pet_count",
    "ipet", "ipets", "contactcount", "contact_count", "raw_count", "obs", "rab",
    "o",  # HiCCUPS up to 2016: o, e_bl, e_donut, ..., fdr_bl, ...
)  # fmt: skip
#: UCSC interact: the value of our own files is the count; in strangers' files it may be anything.
INTERACT_VALUE = "value"
#: As value_column: no column holds counts, and each loop counts 1 (where no column is called so).
EACH_ONE = "1"
_OR_ONE = "Where no column counts pairs, write 1 in value_column: each loop then counts 1."
PLACE = r"^(\S+)[:,](\d+)[-,](\d+)$"
#: WashU longrange: the partner and the value in the fourth column.
PARTNER = r"^(\S+):(\d+)-(\d+),([^,]+)$"
_WHOLE = re.compile(r"\d+(\.0*)?")
_STRANDS = {"+", "-", ".", "*"}
#: Places of the anchors in the 18 columns of UCSC interact, and of the value.
_INTERACT, _INTERACT_COUNT = (8, 9, 10, 13, 14, 15), 5


@dataclass(frozen=True)
class Shape:
    """anchors : (n, 6) text cells; count : (n,) text cells; named : all cells under their names in
    lower case, without columns where there is no header; lines : (n,) line numbers in the file;
    counted : whether a column held the counts (else each is 1)."""

    anchors: pd.DataFrame
    count: pd.Series
    named: pd.DataFrame
    lines: Sequence[int]
    counted: bool = True


def read_shape(path: str | Path, value_column: str | None = None) -> Shape:
    """Read a loop table; raises InputError where its shape, or its counts' column, is not clear.

    value_column : name of the counts' column; EACH_ONE where there is none.
    """
    names, rows, lines = _rows(path)
    table = pd.DataFrame(rows)
    lower = [name.lower() for name in names]
    if not rows:
        raise InputError(
            "The table of loops holds a header and no loop." if names
            else "The table of loops holds no loop.", where=str(path),
            expected="at least one row", found="\t".join(names)[:100] or "nothing",
            fix="Leave a sample without loops out, or give the table that holds them.",
        )  # fmt: skip
    mustache = set(MUSTACHE) <= set(lower) and not value_column
    one = value_column == EACH_ONE and EACH_ONE not in names
    named = table.set_axis(lower, axis=1) if names else table.iloc[:, :0]
    named = named.loc[:, ~named.columns.duplicated()]
    places = _named_anchors(lower)
    if one:
        anchors = table.iloc[:, places] if places else _shape_of(table, path, lines)[0]
        count = pd.Series(EACH_ONE, index=table.index)
    elif places:
        anchors = table.iloc[:, places]
        interact = "sourcechrom" in lower
        if mustache:
            logger.warning("%s: Mustache's tables hold no counts: each loop counts 1", path)
            count = pd.Series("1", index=table.index)
        else:
            count = table.iloc[:, _named_value(names, value_column, interact, path)]
        if interact and not value_column:
            _require_whole(count, path, lines, "the value of UCSC interact")
    else:
        anchors, count = _by_shape(table, names, value_column, path, lines)
        if not names:
            named = _unnamed_rates(table, count, path)
    counted = not (one or mustache)
    return Shape(anchors.set_axis(ANCHORS, axis=1), count, named, lines, counted)


def _rows(path: str | Path) -> tuple[list[str], list[list[str]], list[int]]:
    """Names of the columns (none without a header), cells and line numbers of the rows.

    Lines that begin with # are comments, of which one may be the header, wherever it stands.
    """
    with reading(path, "table of loops") as handle:
        numbered = [
            (number, line.rstrip("\r\n"))
            for number, line in enumerate(handle, 1)
            if line.strip() and not line.startswith(("track", "browser"))
        ]
    kept = [item for item in numbered if not item[1].startswith("#")]
    comments = [line.lstrip("#").strip(" ") for _, line in numbered if line.startswith("#")]
    separator = _separator([line for _, line in kept] or comments)
    rows = [[_bare(cell) for cell in line.split(separator)] for _, line in kept]
    titles = [[_bare(cell) for cell in line.split(separator)] for line in comments]
    names = next((title for title in titles if _named_anchors([*map(str.lower, title)])), [])
    if not names and rows:
        alike = [title for title in titles if len(title) == len(rows[0]) > 2]
        names = alike[-1] if alike else []
    numbers = [number for number, _ in kept]
    if not names and rows and _is_header(rows):
        names, rows, numbers = rows[0], rows[1:], numbers[1:]
    if names and rows and len(rows[0]) == len(names) + 1:
        names = ["", *names]  # R's names of the rows have no title
    width = len(names or (rows[0] if rows else []))
    wrong = next((i for i, row in enumerate(rows) if len(row) != width), None)
    if (rows and width < 3) or wrong is not None:
        first = kept[0][1] if wrong is None else dict(kept)[numbers[wrong]]
        raise InputError(
            "The file is not a table of loops.",
            where=str(path) if wrong is None else f"{path}, line {numbers[wrong]}",
            expected=f"{width} cells, as in the line before" if wrong else "tab-separated rows",
            found=first[:100],
            fix="Give BEDPE with a count behind the six columns of the anchors.",
        )
    return names, rows, numbers


def _separator(lines: list[str]) -> str | None:
    """Tab; a comma in lines without tabs; else blanks, as hichipper writes."""
    first = lines[0] if lines else ""
    if "\t" in first:
        return "\t"
    return "," if first.count(",") >= 6 else None


def _bare(cell: str) -> str:
    """A cell without blanks and R's quotes; R writes dots for the blanks of names."""
    text = cell.strip().strip('"')
    return {"PET.Count": "PET Count"}.get(text, text.replace("Bayes.", "Bayes "))


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: known ones, or no numbers where all others have some."""
    if _named_anchors([cell.lower() for cell in rows[0]]):
        return True
    first = {i for i, cell in enumerate(rows[0]) if _number(cell) is not None}
    rest = [{i for i, cell in enumerate(row) if _number(cell) is not None} for row in rows[1:]]
    places = any(re.match(PLACE, cell) for cell in rows[0])
    return not first and not places and bool(rest) and bool(set.intersection(*rest))


def _named_anchors(lower: list[str]) -> list[int] | None:
    """Places of the anchors' columns by their names."""
    for names in ANCHOR_NAMES:
        if set(names) <= set(lower):
            return [lower.index(name) for name in names]
    short = [name.replace("chromosome", "chr").replace("chrom", "chr") for name in lower[:6]]
    return list(range(6)) if short == ["chr", "start", "end"] * 2 else None


def _named_value(
    names: list[str], value_column: str | None, interact: bool, path: str | Path
) -> int:
    wanted = [value_column] if value_column else [*VALUE_NAMES, *[INTERACT_VALUE] * interact]
    lower = [name.lower() for name in names]
    found = [lower.index(name.lower()) for name in wanted if name.lower() in lower]
    if not found:
        raise InputError(
            f"The table of loops has no column {value_column!r}."
            if value_column
            else "Which column of the table holds the counts is not known.",
            where=str(path),
            expected=value_column or f"one of {', '.join(VALUE_NAMES)}",
            found=", ".join(names),
            fix=f"Fill in value_column in the unit sheet. {_OR_ONE}",
        )
    first = lower[found[0]]
    if lower.count(first) > 1 or found[0] in (_named_anchors(lower) or ()):
        raise InputError(
            f"The column {names[found[0]]!r} is no single column of counts.",
            where=str(path),
            expected="one column of that name, which holds no place of an anchor",
            found=", ".join(names),
            fix="Rename one of them, or correct value_column.",
        )
    if len(found) > 1:
        others = ", ".join(names[i] for i in found[1:])
        logger.warning("%s: %s is taken as the count, not %s", path, names[found[0]], others)
    return found[0]


def _by_shape(
    table: pd.DataFrame, names: list[str], value_column: str | None, path: str | Path, lines
) -> tuple[pd.DataFrame, pd.Series]:
    """A table whose header, if any, names no anchors: WashU's shapes, UCSC interact or BEDPE."""
    if value_column and not names:
        raise InputError(
            f"The table of loops has no header that names {value_column!r}.",
            where=str(path),
            found="\t".join(table.iloc[0])[:100],
            fix="Empty value_column, or give the table a header.",
        )
    anchors, count, rest = _shape_of(table, path, lines)
    if value_column:
        return anchors, table.iloc[:, _named_value(names, value_column, False, path)]
    known = [name.lower() for name in names if name.lower() in VALUE_NAMES]
    if known:
        return anchors, table.iloc[:, _named_value(names, None, False, path)]
    if count is None:
        count = _only_count(table, rest, path, lines)
        if rest[0] == count.name == 7:
            logger.warning("%s: column 8, the score of BEDPE, is taken as the count", path)
    _require_whole(count, path, lines, "counts of a table without a header")
    return anchors, count


def _shape_of(
    table: pd.DataFrame, path: str | Path, lines: Sequence[int]
) -> tuple[pd.DataFrame, pd.Series | None, list[int]]:
    """Anchors; the counts where the shape tells them; else the columns they may be in."""
    width = table.shape[1]
    joined = [i for i in range(width) if _all(table[i], PLACE)]
    if len(joined) == 2:  # WashU's pairs begin with them; cLoops has them somewhere, under a header
        rest = [i for i in range(width) if i not in joined]
        return _extracted(table, PLACE, joined), table[2] if joined == [0, 1] else None, rest
    if width >= 4 and _all(table[3], PARTNER):
        partner = table[3].str.extract(PARTNER)
        return pd.concat([table[[0, 1, 2]], partner[[0, 1, 2]]], axis=1), partner[3], []
    if width == 18 and _positions(table, _INTERACT):
        return table.iloc[:, list(_INTERACT)], table[_INTERACT_COUNT], []
    if width >= 6 and _positions(table, (0, 1, 2, 3, 4, 5)):
        strands = width >= 10 and all(set(table[i]) <= _STRANDS for i in (8, 9))
        rest = [7, *range(10, width)] if strands else list(range(6, width))
        return table.iloc[:, :6], None, rest  # BEDPE: column 7 is the name, column 8 the score
    raise InputError(
        "The shape of the table of loops is not known.",
        where=f"{path}, line {lines[0]}",
        expected="BEDPE with a count, or a header that names anchors and counts",
        found="\t".join(table.iloc[0])[:100],
        fix=f"Name the columns chrom1, start1, end1, chrom2, start2, end2, count. {_OR_ONE}",
    )


def _only_count(
    table: pd.DataFrame, places: Sequence[int], path: str | Path, lines: Sequence[int]
) -> pd.Series:
    """The first column that is a number in every row, if no other could be the counts as well."""
    numeric = [i for i in places if table[i].map(_number).notna().all()]
    whole = [
        i for i in numeric if _is_whole(table[i]) and (i == numeric[0] or set(table[i]) != {"1"})
    ]
    counted = table[numeric[0]] if numeric else None
    if counted is None or len(whole) > 1 or (len(table) > 1 and _numbers_rows(counted)):
        several = ", ".join(str(i + 1) for i in whole)
        raise InputError(
            "Which column of the table holds the counts cannot be told without a header.",
            where=f"{path}, line {lines[0]}",
            expected="one column of whole numbers behind the anchors",
            found=(f"columns {several} in " if len(whole) > 1 else "")
            + "\t".join(table.iloc[0])[:100],
            fix="Add a header: chrom1, start1, end1, chrom2, start2, end2, and count over the "
            f"counts (any names over the others). {_OR_ONE}",
        )
    return counted


def _unnamed_rates(table: pd.DataFrame, count: pd.Series, path: str | Path) -> pd.DataFrame:
    """The false discovery rates of hichipper and Mango, which write no header: two anchors, PETs,
    and the rate in the last column (hichipper's interactions.all.mango holds all tested pairs)."""
    behind = [i for i in table.columns if i > 6 and i != count.name and _are_rates(table[i])]
    last = table.shape[1] - 1
    if count.name == 6 and last in behind:
        shares = (table[last].map(float) % 1 != 0).any()
        if ".mango" in Path(path).name or (last == 7 and shares):
            logger.warning(
                "%s: column %d is taken as the false discovery rate, as hichipper and Mango write",
                path, last + 1,
            )  # fmt: skip
            return pd.DataFrame({"fdr": table[last]})
    if behind:
        logger.warning(
            "%s: what stands in column %s, values between 0 and 1, is not known and not read; name "
            "it fdr in a header where it is that", path, " and ".join(str(i + 1) for i in behind),
        )  # fmt: skip
    return table.iloc[:, :0]


def _are_rates(column: pd.Series) -> bool:
    values = [_number(cell) for cell in column]
    return all(value is not None and 0 <= value <= 1 for value in values)


def _require_whole(count: pd.Series, path: str | Path, lines: Sequence[int], what: str) -> None:
    wrong = ~count.map(lambda cell: bool(_WHOLE.fullmatch(cell)) and float(cell) >= 1)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{int(wrong.sum())} of {len(count)} {what} are no counts.",
            where=f"{path}, line {lines[row]}",
            expected="whole numbers of 1 or more",
            found=repr(str(count.iloc[row])),
            fix="Give the table that holds the counts of PETs, with a header that names their "
            f"column (count), or name it in value_column. {_OR_ONE}",
        )


def _is_whole(column: pd.Series) -> bool:
    return all(_WHOLE.fullmatch(cell) and float(cell) >= 1 for cell in column)


def _numbers_rows(column: pd.Series) -> bool:
    """Whether a column counts the rows 1, 2, 3, ... (or from 0)."""
    values = column.map(float)
    return len(values) > 2 and (values.diff().dropna() == 1).all() and values.iloc[0] in (0, 1)


def _positions(table: pd.DataFrame, places: Sequence[int]) -> bool:
    """Whether a chromosome, start and end stand twice at `places`, in every row."""
    numbers = [places[i] for i in (1, 2, 4, 5)]
    return all(table[i].str.fullmatch(r"\d+").all() for i in numbers)


def _all(column: pd.Series, pattern: str) -> bool:
    return bool(re.match(pattern, column.iloc[0])) and bool(column.str.match(pattern).all())


def _extracted(table: pd.DataFrame, pattern: str, places: Sequence[int]) -> pd.DataFrame:
    return pd.concat([table[i].str.extract(pattern) for i in places], axis=1)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
