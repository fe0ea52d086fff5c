"""UCSC genePred and its variants, and the minimal table cut from it.

Columns by position, as the tables carry no header:
genePred   name chrom strand txStart txEnd cdsStart cdsEnd exonCount exonStarts exonEnds
refGene    bin, then genePred, then score name2 cdsStartStat cdsEndStat exonFrames
refFlat    geneName, then genePred
minimal    accession chromosome strand start end symbol
knownGene  genePred without the bin, then proteinID alignID: no symbols
Coordinates are 0-based, half-open already.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.reference.gene_names import stated_symbols

#: Numbers of columns.
_MINIMAL, _PLAIN, _KNOWN_GENE = 6, 10, 12
_COLUMNS = ("transcript", "gene", "chromosome", "strand", "start", "end", "coding")


def parse_genepred(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transcripts (one row per line; columns as of `gtf.parse_gtf`) and exons (row = the
    transcript's row number)."""
    lines, with_bin = _lines(path), False
    first = next(lines, None)
    if first is not None:
        lines = itertools.chain([first], lines)
    if first is not None and len(first[1]) != _MINIMAL:  # all rows together tell what they are
        kept = list(lines)
        _refuse_alignments(kept, path)
        with_bin, lines = _has_bin([fields for _, fields in kept]), iter(kept)
    values: list[list] = [[] for _ in _COLUMNS]
    exons: list[tuple[int, int, int]] = []
    width = 0
    for number, fields in lines:
        width = max(width, len(fields))
        try:
            row, parts = _parse(fields, with_bin)
        except (ValueError, IndexError) as error:
            raise InputError(
                "The line is not genePred.",
                where=f"{path}, line {number}",
                expected="the columns of UCSC genePred, refGene or refFlat, or accession, "
                "chromosome, strand, start, end, symbol",
                found=" ".join(fields)[:100],
            ) from error
        exons.extend((len(values[0]), start, end) for start, end in parts)
        for column, value in zip(values, row, strict=True):
            column.append(value)
    table = pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))
    table["gene"] = stated_symbols(table["gene"]).fillna(table["transcript"])
    empty = pd.Series([None] * len(table), index=table.index, dtype=object)
    plain = width == _PLAIN + with_bin
    table = table.assign(
        gene_id=table["gene"], gene_label=table["gene"], biotype=empty, gene_biotype=empty,
        canonical=0, incomplete=0, stated=True, scattered=False, whole_gene=False,
        symbols_possible=not plain,
    )  # fmt: skip
    return table, pd.DataFrame(exons, columns=["row", "start", "end"], dtype="int64")


def _lines(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    with reading(path, "annotation") as handle:
        for number, line in enumerate(handle, 1):
            if line[0] != "#" and not line.isspace():
                yield number, line.rstrip("\r\n").split("\t")


def _refuse_alignments(lines: list[tuple[int, list[str]]], path: str | Path) -> None:
    """knownGene: what stands where genePredExt has the symbol is the transcript again."""
    rows = [
        (number, fields)
        for number, fields in lines
        if len(fields) == _KNOWN_GENE and fields[2] in ("+", "-") and not _is_integer(fields[10])
    ]
    aligned = [f for _, f in rows if f[11] == f[0] or f[11].startswith("uc")]
    if len(aligned) * 2 > len(lines):
        number, fields = rows[0]
        raise InputError(
            "The table has no symbols: its 12th column is an alignment's identifier.",
            where=f"{path}, line {number}",
            expected="refGene or genePredExt (symbol in column 12 behind the score), refFlat, "
            "GTF or GFF3",
            found=f"12 columns, no bin and no exon frames: {fields[0]} ... {fields[11]}",
            fix="Use refGene, or put the symbols of a table of cross-references in.",
        )


def _has_bin(rows: list[list[str]]) -> bool:
    """Whether tables of 11 columns begin with UCSC's bin and not with a gene's name.

    Genes may be named by digits; a bin follows from the place.
    """
    digits = [f for f in rows if len(f) == _PLAIN + 1 and f[3] in ("+", "-") and f[0].isdigit()]
    return bool(digits) and 2 * sum(map(_bin_fits, digits)) > len(digits)


def _bin_fits(fields: list[str]) -> bool:
    if not (_is_integer(fields[4]) and _is_integer(fields[5])):
        return False
    start, end = int(fields[4]), int(fields[5]) - 1
    # Bins of 128 kb, then eight times as wide at each level (Kent et al. 2002).
    for offset, shift in ((585, 17), (73, 20), (9, 23), (1, 26), (0, 29)):
        if start >> shift == end >> shift:
            return int(fields[0]) == offset + (start >> shift)
    return False


def _parse(fields: list[str], with_bin: bool) -> tuple[tuple, list[tuple[int, int]]]:
    if len(fields) == _MINIMAL:
        name, chromosome, strand, start, end, symbol = fields
        return (name, symbol, chromosome, _strand(strand), *_span(start, end), None), []
    first = fields[0]
    shifted = fields[3] in ("+", "-")  # the bin column or refFlat's gene name stands in front
    if shifted:
        fields = fields[1:]
    name, chromosome, strand, start, end, cds_start, cds_end, count = fields[:8]
    starts, ends = (_integers(text) for text in fields[8:10])
    if not len(starts) == len(ends) == int(count):
        raise ValueError("exon count")
    stated = fields[11] if len(fields) > 11 else ""
    flat = shifted and len(fields) == _PLAIN and not with_bin
    symbol = stated or (first if flat else name)
    coding = int(cds_start) < int(cds_end)
    row = (name, symbol, chromosome, _strand(strand), *_span(start, end), coding)
    return row, list(zip(starts, ends, strict=True))


def _is_integer(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _strand(text: str) -> str:
    if text not in ("+", "-"):
        raise ValueError("strand")
    return text


def _span(start: str, end: str) -> tuple[int, int]:
    if not 0 <= int(start) < int(end):
        raise ValueError("coordinates")
    return int(start), int(end)


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]
