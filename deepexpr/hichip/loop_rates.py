"""What a table of loops itself says of its rows: probabilities, flags and false discovery rates.

Rates are known by the names of their columns, whatever blanks and marks stand in them, and may be
logarithms: ``-log10(qvalue)`` is read as such and never as a rate.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import non_negative
from deepexpr.hichip.loop_shapes import Shape

logger = logging.getLogger(__name__)

#: Probabilities that a contact is a loop, in lower case.
CONFIDENCE_NAMES = ("confidence", "bayes probability", "bayes mixture")
#: 1 where a contact is a loop, in lower case: this package's, cLoops2's.
FLAG_NAMES = (
    "loop", "significant", "is_loop", "isloop", "sig", "is_sig", "issig", "is_significant",
    "issignificant",
)  # fmt: skip
#: False discovery rates, by letters and digits of their names alone, and the largest of a loop:
#: 0.05 as usual, 0.1 as HiCCUPS.
Q_LIMITS = dict.fromkeys(
    ("q", "qvalue", "qval", "qvaluebias", "fdr", "padj", "adjp", "adjpval", "adjpvalue", "padjust",
     "padjusted", "adjustedpvalue", "pvalueadjusted", "bhfdr", "fdrbh", "pvaladj", "pvalueadj",
     "bonferroni", "pbonferroni", "bonferronip", "pvaluebonferroni", "pvalbonferroni"), 0.05,
) | dict.fromkeys(("fdrbl", "fdrdonut", "fdrh", "fdrv"), 0.1)  # fmt: skip
#: Probabilities of single contacts, which say nothing of how many were tested.
P_NAMES = ("p", "pvalue", "pval", "pvaluebias")
#: Words of a flag.
_FLAGS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False,
          "false": False, "no": False}  # fmt: skip
#: Bases of logarithms by their names; of `log` alone the base is not known.
_BASES = {"": 0.0, "log10": 10.0, "lg": 10.0, "log2": 2.0, "ln": np.e, "log": np.nan}
_LOGARITHM = r"(?:neg(?:ative)?|minus|m)?(log10|log2|log|lg|ln)"


def called(shape: Shape, confidence: float, path: str | Path) -> np.ndarray:
    """(n,) bool: what the table's own probabilities, flags and q-values call loops.

    Raises InputError where one of them holds something else.
    """
    named = shape.named
    kept = np.ones(len(shape.count), dtype=bool)
    told = False
    for name in CONFIDENCE_NAMES:
        if name in named:
            kept &= (numbers(named[name], path, shape.lines) > confidence).to_numpy()
            told = True
            break
    for name in FLAG_NAMES:
        if name in named:
            kept &= _flags(named[name], path, shape.lines)
            told = True
    for name, limit, base in _rates(named, Q_LIMITS):
        q = _probabilities(named[name], base, path, shape.lines)
        above = kept & (q > limit)
        if above.any():
            logger.warning(
                "%s: column %s: %d of %d rows are above %g and no loops; they are left out",
                path, name, above.sum(), len(q), limit,
            )  # fmt: skip
        kept &= ~above
        told = True
    if not told:
        _warn_of_tested(shape, path)
    return kept


def numbers(values: pd.Series, path: str | Path, lines: Sequence[int]) -> pd.Series:
    """Positions or counts as float64; InputError, with the line, for others."""
    return non_negative(
        values,
        "the table of loops are no positions or counts",
        f"{path}, line",
        "Correct the table, or name its column of counts in value_column.",
        lines,
    )


def _rates(named: pd.DataFrame, known: dict[str, float]) -> Iterator[tuple[str, float, float]]:
    """Columns of rates: name, the limit of `known`, and the base of the logarithm (0: none)."""
    words = "|".join(sorted(known, key=len, reverse=True))
    pattern = re.compile(rf"(?:{_LOGARITHM})?({words})(?:{_LOGARITHM})?")
    for name in named:
        found = pattern.fullmatch(re.sub(r"[^a-z0-9]", "", name))
        if found:
            yield name, known[found[2]], _BASES[found[1] or found[3] or ""]


def _flags(column: pd.Series, path: str | Path, lines: Sequence[int]) -> np.ndarray:
    flags = column.str.lower().map(_FLAGS)
    if flags.isna().any():
        row = int(flags.isna().to_numpy().argmax())
        raise InputError(
            f"The column {column.name} of the table of loops holds something else than 0 and 1.",
            where=f"{path}, line {lines[row]}", expected="0 or 1",
            found=repr(column.iloc[row]), fix="Correct or remove the column.",
        )  # fmt: skip
    return flags.to_numpy(bool)


def _probabilities(
    column: pd.Series, base: float, path: str | Path, lines: Sequence[int]
) -> np.ndarray:
    """Values between 0 and 1, of a column of them or of their logarithms (`base` above 0)."""
    if base:
        return _of_logarithms(column, base, path, lines)
    values = non_negative(
        column,
        f"column {column.name} of the table of loops are no rates",
        f"{path}, line",
        "Leave out the rows of which the program knows no rate, or give them a rate of 1; rename "
        "the column where it is something else.",
        lines,
    )
    if (values > 1).any():
        row = int((values > 1).to_numpy().argmax())
        raise InputError(
            f"The column {column.name} of the table of loops holds values above 1.",
            where=f"{path}, line {lines[row]}",
            expected="probabilities or false discovery rates between 0 and 1",
            found=repr(column.iloc[row]),
            fix="Give the rates themselves, name the column -log10(q) where it holds logarithms, "
            "or rename it where it is something else.",
        )
    return values.to_numpy()


def _of_logarithms(
    column: pd.Series, base: float, path: str | Path, lines: Sequence[int]
) -> np.ndarray:
    """Rates of logarithms, which are all of one sign: inf is a rate of 0."""
    values = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = values.isna() | ((values < 0) & (values > 0).any())
    if np.isnan(base) or wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise InputError(
            f"The column {column.name} of the table of loops cannot be read as logarithms.",
            where=f"{path}, line {lines[row]}",
            expected="log10, log2 or ln in its name, and values of one sign",
            found=repr(column.iloc[row]),
            fix="Give the rates themselves in a column called qvalue, or name the logarithm.",
        )
    return base ** -values.abs().to_numpy()


def _warn_of_tested(shape: Shape, path: str | Path) -> None:
    """A table without rates or flags whose single probabilities are large may hold all contacts."""
    for name, limit, base in _rates(shape.named, dict.fromkeys(P_NAMES, 0.05)):
        try:
            p = _probabilities(shape.named[name], base, path, shape.lines)
        except InputError:
            continue  # nothing is decided by it
        if (p > limit).any():
            logger.warning(
                "%s: column %s: %d of %d rows are above %g, and no q-value or flag says which are "
                "loops: are these all tested contacts?",
                path, name, (p > limit).sum(), len(p), limit,
            )  # fmt: skip
            return
