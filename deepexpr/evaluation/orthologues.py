"""Orthologues of two assemblies: read from a table, matched with the genes of both.

A plain table holds a gene of the first assembly and one of the second in its first two columns,
with a header or without. A download of Ensembl BioMart is known by its header: the first
species' columns are "Gene stable ID" and "Gene name", the other's have its name before them
("Mouse gene name"). Of the columns that could be meant the one is taken that names most genes.
"""

import csv
import logging
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.schemas import ORTHOLOGUES

log = logging.getLogger(__name__)

#: Relations of a pair: either gene is in no other pair; or one of them is.
ONE_TO_ONE, SEVERAL = "one-to-one", "several"

#: BioMart's names of columns: of the species that was asked about, and of the other one; on its
#: pages, and in its R package.
_FIRST = re.compile(r"Gene (stable ID( version)?|name)|ensembl_gene_id|external_gene_name")
_SECOND = re.compile(
    r"\S.* gene (stable ID( version)?|name)|\w+_homolog_(ensembl_gene|associated_gene_name)"
)
#: Below this share of either side's genes the pairs are few, and a warning says so.
FEW = 0.25


def match_orthologues(
    path: str | Path, assemblies: Sequence[str], genes: Sequence[Collection[str]]
) -> pd.DataFrame:
    """Pairs of which an assembly has the gene: columns schemas.ORTHOLOGUES, each pair once.

    A pair with one known gene predicts nothing, but says which genes are family.

    path : the table. assemblies : two names, in the order of its columns. genes : of each of them.
    A gene in several pairs of the table, whether these genes are known or not, makes all its
    pairs "several". Raises InputError where no pair is known, and says so where the two sides
    are exchanged.
    """
    first, second = (set(map(str, own)) for own in genes)
    header, rows = _read(path)
    sides = _sides(header, rows, path)
    pairs = _pairs(rows, sides, (first, second))
    for column, known in (("gene1", first), ("gene2", second)):
        _require_one_each(pairs[column], known, path)
    one, other = pairs["gene1"].isin(first), pairs["gene2"].isin(second)
    if not (one & other).any():
        raise _unmatched(path, assemblies, (header, rows, sides), (first, second))
    often = pairs["gene1"].duplicated(keep=False) | pairs["gene2"].duplicated(keep=False)
    pairs["relation"] = often.map({True: SEVERAL, False: ONE_TO_ONE})
    found = pairs[one | other].assign(assembly1=assemblies[0], assembly2=assemblies[1])
    found = found.sort_values(["gene1", "gene2"], ignore_index=True)[list(ORTHOLOGUES)]
    _tell(pairs[one & other], len(pairs), (first, second), assemblies, path)
    return found


def _require_one_each(cells: pd.Series, known: set[str], path: str | Path) -> None:
    """Raise InputError where a cell is a list of genes, which would pass as one unknown gene."""
    for cell in cells[~cells.isin(known)]:
        parts = [part.strip() for part in re.split(r"[,;|]", cell)]
        if len(parts) > 1 and known.intersection(parts):
            raise InputError(
                "A cell of the orthologues holds several genes.",
                where=str(path),
                expected="one gene, and a line for each pair",
                found=cell[:60],
                fix="Write each pair on a line of its own.",
            )


def _read(path: str | Path) -> tuple[list[str], list[list[str]]]:
    """BioMart's header ([] of a plain table) and the rows, by tabs or commas."""
    with reading(path, "table of orthologues") as handle:
        lines = handle.read().splitlines()
    comma = "\t" not in next(iter(lines), "") and "," in next(iter(lines), "")
    rows = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(lines, delimiter="," if comma else "\t"), 1)
        if row and not row[0].startswith("#") and any(map(str.strip, row))
    ]
    width = len(rows[0][1]) if rows else 0
    for number, row in rows:
        if len(row) < 2 or len(row) < width:
            raise InputError(
                "A line of the orthologues does not hold the genes of both assemblies.",
                where=f"{path}, line {number}",
                expected=f"{max(width, 2)} columns, by tabs or commas",
                found=f"{len(row)}: {' '.join(row)[:60]}",
            )
    cells = [row for _, row in rows]
    named = bool(cells) and any(map(_FIRST.fullmatch, cells[0]))
    return (cells[0], cells[1:]) if named else ([], cells)


def _sides(
    header: list[str], rows: list[list[str]], path: str | Path
) -> tuple[list[int], list[int]]:
    """Columns that may name the first assembly's genes, and the second's."""
    if not rows:
        raise InputError("The table holds no orthologues.", where=str(path))
    if not header:
        return [0], [1]
    first = [i for i, name in enumerate(header) if _FIRST.fullmatch(name)]
    second = [i for i, name in enumerate(header) if _SECOND.fullmatch(name)]
    if not second:
        raise InputError(
            "The BioMart table has no genes of another species.",
            where=str(path),
            expected='a column such as "Mouse gene name" beside "Gene name"',
            found=", ".join(header),
            fix='Choose it in BioMart under "Homologues".',
        )
    return first, second


def _pairs(
    rows: list[list[str]],
    sides: tuple[list[int], list[int]],
    genes: tuple[set[str], set[str]],
) -> pd.DataFrame:
    """gene1 and gene2 of every pair of the table, by the columns that name most genes."""
    chosen = [
        max(columns, key=lambda column: sum(row[column] in own for row in rows))
        for columns, own in zip(sides, genes, strict=True)
    ]
    pairs = pd.DataFrame([[row[i] for i in chosen] for row in rows], columns=["gene1", "gene2"])
    given = (pairs["gene1"] != "") & (pairs["gene2"] != "")
    return pairs[given].drop_duplicates(ignore_index=True)


def _unmatched(path, assemblies, table, genes) -> InputError:
    """Why no pair is known: the sides exchanged, or other names."""
    header, rows, sides = table
    turned = _pairs(rows, sides, genes[::-1])
    if (turned["gene1"].isin(genes[1]) & turned["gene2"].isin(genes[0])).any():
        fix = f"Exchange the assemblies: {assemblies[1]} first, then {assemblies[0]}."
    elif header:
        fix = 'Choose the columns "Gene name" of both species in BioMart.'
    else:
        fix = "Use the names that the annotations use (the column gene of genes.tsv)."
    own = [", ".join(sorted(names)[:3]) for names in genes]
    return InputError(
        "No pair of orthologues names a gene of both assemblies.",
        where=str(path),
        expected=f"genes such as {own[0]} ({assemblies[0]}) and {own[1]} ({assemblies[1]})",
        found="; ".join(" ".join(row)[:60] for row in rows[1:3] or rows),
        fix=fix,
    )


def _tell(found, stated: int, genes, assemblies: Sequence[str], path: str | Path) -> None:
    single = found[found["relation"] == ONE_TO_ONE]
    log.info(
        "%d pairs of orthologues, of %d of which both genes are known: %d one to one; the genes of "
        "%d more, in several pairs of the table, are left out of the evaluation",
        stated, len(found), len(single), len(found) - len(single),
    )  # fmt: skip
    for assembly, own in zip(assemblies, genes, strict=True):
        if len(single) < FEW * len(own):
            log.warning(
                "Only %d of the %d genes of %s have one orthologue in %s",
                len(single), len(own), assembly, path,
            )  # fmt: skip
