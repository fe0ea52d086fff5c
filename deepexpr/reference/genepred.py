"""UCSC genePred and its variants, and the minimal table cut from it.

Columns by position, as the tables carry no header:
genePred   name chrom strand txStart txEnd cdsStart cdsEnd exonCount exonStarts exonEnds
refGene    bin, then genePred, then score name2 cdsStartStat cdsEndStat exonFrames
refFlat    geneName, then genePred
minimal    accession chromosome strand start end symbol
Coordinates are 0-based, half-open already.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading

_MINIMAL = 6


def parse_genepred(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transcripts (one row per line) and exons (row = the transcript's row number)."""
    transcripts, exons = [], []
    with reading(path, "annotation") as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith("#") or not line.strip():
                continue
            try:
                row, parts = _parse(line.rstrip("\n").split("\t"))
            except (ValueError, IndexError) as error:
                raise InputError(
                    "The line is not genePred.",
                    where=f"{path}, line {number}",
                    expected="the columns of UCSC genePred, refGene or refFlat, or accession, "
                    "chromosome, strand, start, end, symbol",
                    found=line.strip()[:100],
                ) from error
            exons.extend((len(transcripts), start, end) for start, end in parts)
            transcripts.append(row)
    columns = ["transcript", "gene", "chromosome", "strand", "start", "end", "coding"]
    table = pd.DataFrame(transcripts, columns=columns)
    empty = pd.Series([None] * len(table), index=table.index, dtype=object)
    table = table.assign(gene_id=table["gene"], biotype=empty, gene_biotype=empty, canonical=0)
    return table, pd.DataFrame(exons, columns=["row", "start", "end"], dtype="int64")


def _parse(fields: list[str]) -> tuple[tuple, list[tuple[int, int]]]:
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
    symbol = stated or (first if shifted and not first.isdigit() else name)
    coding = int(cds_start) < int(cds_end)
    row = (name, symbol, chromosome, _strand(strand), *_span(start, end), coding)
    return row, list(zip(starts, ends, strict=True))


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
