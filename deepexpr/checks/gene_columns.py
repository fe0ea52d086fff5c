"""Tables whose first column does not hold the annotation's symbols, and which column would fit."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.expression.gene_counts import few_are_known
from deepexpr.files import reading

log = logging.getLogger(__name__)

#: Share of the genes that could be known below which it is told what would fit better.
DOUBTFUL = 0.5
#: Symbols that the table has itself are as good where they are so many of the best column's.
NEARLY = 0.75
#: An attribute of GTF (name "value") or GFF3 (name=value).
_ATTRIBUTE = re.compile(r'([\w.-]+)(?:=| +)"?([^";\n]+)')
#: ENSG00000100030.14 is ENSG00000100030; the kind before the colon is GFF3's (gene:ENSG...).
_VERSION = re.compile(r"\.\d+$")
_GENES, _EXONS = {"gene", "transcript", "mRNA"}, {"exon"}


@dataclass(frozen=True)
class Fit:
    """A column of a table and an attribute of an annotation, and how many genes they share.

    exact : whether the names are alike as they stand, without a version (.N) left out.
    """

    column: int
    attribute: str
    genes: int
    exact: bool


def require_known_genes(
    values: pd.Series, path: str, genes: Iterable[str], annotation: str
) -> None:
    """Hold the names of a table against the annotation's genes.

    values : by name, as from `read_gene_counts`, of the table `path`. genes : the chosen genes.
    Raises InputError where next to none is known, and warns where few are and another column
    would fit; both name the column of the table or the attribute of the annotation that does.
    """
    known = set(genes)
    shared, possible = len(known & set(values.index)), min(len(known), len(values))
    if shared >= DOUBTFUL * possible:
        return
    table = _columns(path)
    fit = best_fit(table, known, annotation)
    better = fit if fit.genes > max(2 * shared, 1) else None
    found, fix = _told(better, table, annotation) if better else ("", "")
    if few_are_known(shared, possible):
        names = ", ".join(map(str, values.index[:2]))
        raise InputError(
            f"Only {shared} of the {len(known)} genes are in the table of {len(values)} genes."
            if shared
            else f"No gene of the gene table is in the table of {len(values)} genes.",
            expected=f"symbols such as {', '.join(sorted(known)[:3])}, as in {annotation}",
            found=f"{names}{found and '; '}{found}",
            fix=fix or "Take table and annotation of one species and one kind of symbol.",
        )
    if better:  # that many genes are not in the table is told where the samples are joined
        log.warning(
            "%s: %d of the %d genes are in it; %s. %s", path, shared, len(known), found, fix
        )


def best_fit(table: Mapping[str, list[str]], genes: set[str], annotation: str) -> Fit:
    """The column of a table and what the annotation calls its genes that share most names.

    table : cells by what the column is called. genes : symbols, which the attribute "" stands for.
    """
    stems = {_VERSION.sub("", cell) for column in table.values() for cell in column}
    named = {"": genes} | _attributes(annotation, genes, stems)
    fits = []
    for place, column in enumerate(table.values()):
        own = set(column)
        own_stems = {_VERSION.sub("", name) for name in own}
        for attribute, values in named.items():
            exact = len(own & values)
            bare = len(own_stems & {_VERSION.sub("", value) for value in values})
            fits.append(Fit(place, attribute, max(exact, bare), exact >= bare))
    most = max(fit.genes for fit in fits)
    near = [fit for fit in fits if fit.genes >= NEARLY * most]
    return max(near, key=lambda fit: (fit.attribute == "", fit.genes, -fit.column))


def _told(fit: Fit, table: Mapping[str, list[str]], annotation: str) -> tuple[str, str]:
    """What fits, and what is to be done."""
    column = list(table)[fit.column]
    versions = "" if fit.exact else ", versions (.N) left out"
    if fit.column and not fit.attribute:
        found = f"the column {column} holds {fit.genes} symbols of the annotation{versions}"
        return found, f"Make {column} the first column of the table."
    what = f"the attribute {fit.attribute} of {annotation}" if fit.attribute else "the symbols"
    found = f"{fit.genes} names of the column {column} are {what}{versions}"
    if not fit.attribute:
        return found, "Write the symbols as the annotation does."
    return found, (
        f"Write the gene's symbol in place of its {fit.attribute}, as docs/inputs.md shows under "
        "Tables and names."
    )


def _columns(path: str) -> dict[str, list[str]]:
    """Columns of a table that hold names, by what the first row calls them (else by number)."""
    with reading(path, "table of genes") as handle:
        rows = [
            line.rstrip("\r\n").split("\t") for line in handle if line.strip() and line[0] != "#"
        ]
    found = {}
    for place in range(len(rows[0])):
        cells = [row[place].strip(' "') for row in rows[1:] if len(row) > place]
        if (
            place
            and pd.to_numeric(pd.Series(cells, dtype=str), errors="coerce").notna().mean() > 0.5
        ):
            continue
        found[rows[0][place].strip(' "') or str(place + 1)] = cells
    return found


def _attributes(annotation: str, genes: set[str], stems: set[str]) -> dict[str, set[str]]:
    """Values of each attribute that the table's names (without versions) may be, in lines of the
    chosen genes; nothing for a table of UCSC's."""
    found: dict[str, set[str]] = defaultdict(set)
    wanted = _EXONS
    if not Path(annotation).is_file():
        return found
    with reading(annotation, "annotation") as handle:
        for line in handle:
            fields = line.split("\t")
            if len(fields) != 9 or line[0] == "#":
                continue
            if fields[2] in _GENES:
                wanted = _GENES
            if fields[2] not in wanted:
                continue
            pairs = [(key, value.split(":", 1)[-1]) for key, value in _ATTRIBUTE.findall(fields[8])]
            if any(value in genes for _, value in pairs):
                for key, value in pairs:
                    if _VERSION.sub("", value) in stems and value not in genes:
                        found[key].add(value)
    return found
