"""Values of genes as other programs write them, and what spreadsheets make of such tables."""

import logging
import re
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import ABSENT, non_negative, reading

log = logging.getLogger(__name__)

#: What the first cell of a header is called, in lower case.
HEADS = {
    "", "gene", "genes", "gene_id", "geneid", "gene_name", "gene_symbol", "genename", "gene name",
    "gene symbol", "symbol", "hgnc_symbol", "id", "name", "sample", "hugo_symbol", "target_id",
    "external_gene_name", "ensembl", "ensembl_id", "tracking_id", "feature", "x", "...1", "v1",
}  # fmt: skip

#: What stands for a number: none measured, marks between its thousands, 0x1F, 12%, <5. A column
#: named so (293T) needs one of HEADS over the symbols.
_NO_NUMBER = re.compile(r"[-.*?]|#.*|n\.?[ad]\.?|[<>=~+-]*\.?\d.*", re.IGNORECASE)

_MONTH = "(?:Jan|Feb|M(?:[aä]r|rz)|Apr|Ma[iy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])[a-z]*"
#: What a spreadsheet makes of SEPT2, MARCH1, DEC1 (a date) and of 2310009E13 (a number). Genes of
#: worms are called sep-1 and apr-1, so that a month in front has a capital and two digits behind.
_SPREADSHEET = re.compile(
    rf"\d{{1,4}}\.?[-./ ](?i:{_MONTH})\.?(?:[-./ ]\d+)?|{_MONTH}[-./ ]\d{{2,4}}"
    r"|\d{4}-\d\d-\d\d(?:[ T][\d:.]+)?|\d{1,2}/\d{1,2}/\d{2,4}|\d(?:\.\d+)?E\+\d+"
)

#: A table is judged to be on a log scale from so many genes on, below this value.
LOG_SCALE_GENES, LOG_SCALE_TOP = 1_000, 30


def read_gene_counts(path: str | Path, value_column: str | None = None) -> pd.Series:
    """Values (counts or TPM, float64) by gene symbol, from a tab-separated table.

    Symbols stand in the first column. A table of two columns needs no header; of several, with a
    header, `value_column` names the one. Lines that begin with # are left out.
    A row that repeats symbol and value is the same gene written again; a symbol with several
    values (several loci) has their sum. Symbols that a spreadsheet made dates of, and values that
    look like logarithms, are warned of.
    """
    with reading(path, "table of genes") as handle:
        lines = (line.rstrip("\r\n") for line in handle)
        rows = [line.split("\t") for line in lines if line.strip() and line[0] != "#"]
    place = _place_of(value_column, rows, path)
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(rows[0])), None)
    if wrong is not None:
        raise InputError(
            "The rows of the table differ in length.",
            where=f"{path}, row {wrong + 1}",
            expected=f"{len(rows[0])} cells",
            found="\t".join(rows[wrong])[:100],
        )
    first = 1 if value_column or _is_header(rows[0], path) else 0
    rows = [[row[0].strip(' "'), row[place].strip('"')] for row in rows[first:]]
    table = pd.DataFrame(rows, columns=["gene", "count"])
    table["count"] = _values(table["count"], path, first)
    if not (table["count"] > 0).any():
        raise InputError(
            "No gene of the table has a value above 0.",
            where=str(path),
            found=f"{len(table)} genes, all 0" if len(table) else "no gene",
            fix="Look at the column of the values, and at the program that wrote it.",
        )
    _warn_of_spreadsheet(table["gene"], path)
    _warn_of_log_scale(table["count"], path)
    copies = table.duplicated()
    table = table[~copies]
    several = table["gene"].duplicated()
    if copies.any() or several.any():
        log.warning(
            "%s: %d rows repeat a symbol and its count and were dropped, %d repeat a symbol with "
            "another count and were summed",
            path, copies.sum(), several.sum(),
        )  # fmt: skip
    return table.groupby("gene", sort=False)["count"].sum()


def _place_of(value_column: str | None, rows: list[list[str]], path: str | Path) -> int:
    """Where the values stand in a row."""
    head = [text.strip('"') for text in rows[0]] if rows else []
    if value_column and value_column in head[1:]:
        return head.index(value_column)
    if value_column or len(head) != 2:
        raise InputError(
            f"The table of genes has no column {value_column!r}."
            if value_column
            else "The table does not have two columns.",
            where=str(path),
            expected=value_column or "gene symbol, tab, value",
            found="\t".join(head)[:100] or "no rows",
            fix="Correct value_column in the unit sheet; it is a name in the table's header."
            if value_column
            else "Name the column of the values: value_column in the unit sheet.",
        )
    return 1


def _is_header(row: list[str], path: str | Path) -> bool:
    """Whether the first row of two cells names columns: its second is no kind of number."""
    symbol, value = (text.strip().strip('"') for text in row)
    if symbol.lower() in HEADS:
        return True
    try:
        float(value)
        return False
    except ValueError:
        if value in ABSENT or _NO_NUMBER.fullmatch(value):
            return False
    log.warning("%s: the first row (%s, %s) is taken as the header, not as a gene", path, *row)
    return True


def _values(values: pd.Series, path: str | Path, header: int) -> pd.Series:
    fix = "Mend the table: numbers without marks between thousands, no gene without a value; the "
    fix += "first cell of a header is called gene."
    if (pd.to_numeric(values, errors="coerce") < 0).any():
        fix = "Give counts or TPM: values below 0 are logarithms or scores (undo 2**x - 1)."
    rows = values.set_axis(range(len(values)))
    return non_negative(
        rows, "count are no counts", f"{path}{', behind the header' * header}, row", fix
    )


def _warn_of_spreadsheet(genes: pd.Series, path: str | Path) -> None:
    dates = [gene for gene in genes if _SPREADSHEET.fullmatch(gene)]
    if dates:
        log.warning(
            "%s: %d symbol(s) are dates or numbers that a spreadsheet made of genes, such as %s; "
            "no gene has such a name, so they are lost for every sample: write the symbols again "
            "(MARCHF1, SEPTIN2)",
            path, len(dates), " and ".join(dates[:3]),
        )  # fmt: skip


def _warn_of_log_scale(values: pd.Series, path: str | Path) -> None:
    measured = values[values > 0]
    if len(values) < LOG_SCALE_GENES or not len(measured) or values.max() >= LOG_SCALE_TOP:
        return
    if (measured % 1 == 0).mean() < 0.5:
        log.warning(
            "%s: the largest of %d values is %.4g and few are whole numbers: this looks like a log "
            "scale; give counts or TPM (log10 is taken here)",
            path, len(values), values.max(),
        )  # fmt: skip
