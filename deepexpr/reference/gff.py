"""What GTF and GFF3 share: nine columns a line, and tags that say what a transcript is."""

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.reference.places import Exon, Found, Span

log = logging.getLogger(__name__)

#: Nine fields; start and end as int.
Line = list[Any]

#: Tags of the one transcript that stands for a gene, the most trusted first.
_CANONICAL = (
    (1, r"MANE[_ ]Select"),
    (2, r"Ensembl_canonical|RefSeq[_ ]Select"),
    (3, r"appris_principal"),
)
#: Tags of GENCODE and Ensembl for transcripts whose first base is another gene's, or unknown.
_INCOMPLETE = r"readthrough_transcript|mRNA_start_NF|cds_start_NF"

#: Features that are nothing without a strand.
_WITH_STRAND = {"gene", "transcript", "mRNA", "exon"}


def canonical_rank(tags: pd.Series) -> pd.Series:
    """1 MANE Select, 2 Ensembl canonical or RefSeq Select, 3 APPRIS principal, 0 none; int."""
    return _of_tags(tags, lambda text: next((v for v, p in _CANONICAL if re.search(p, text)), 0))


def incomplete_start(tags: pd.Series) -> pd.Series:
    """1 where the tags say that the start is a readthrough's or not found, else 0; int."""
    return _of_tags(tags, lambda text: int(re.search(_INCOMPLETE, text) is not None))


def gff_lines(path: str | Path, kind: str) -> Iterator[Line]:
    """The nine fields of each line that has a strand, start and end 0-based and half-open.

    Genes, transcripts and exons without a strand are warned of, with their number.
    Raises InputError that names a damaged line.
    """
    strandless = 0
    with reading(path, "annotation") as handle:
        for number, line in enumerate(handle, 1):
            if line[0] == "#" or line.isspace():
                if line.startswith("##FASTA"):
                    break
                continue
            fields: Line = line.split("\t")
            if len(fields) == 9 and fields[3].isdigit() and fields[4].isdigit():
                start, end = int(fields[3]), int(fields[4])
                if 1 <= start <= end:
                    # A feature without a strand has no start of transcription.
                    if fields[6] in ("+", "-"):
                        fields[3], fields[4], fields[8] = start - 1, end, fields[8].rstrip("\r\n")
                        yield fields
                    elif fields[2] in _WITH_STRAND:
                        strandless += 1
                    continue
            raise InputError(
                f"The line is not {kind}.",
                where=f"{path}, line {number}",
                expected="9 tab-separated columns, the 4th and 5th being start <= end",
                found=line.strip()[:100],
            )
    if strandless:
        log.warning(
            "%s: %d lines of genes, transcripts and exons have no strand, so no start of "
            "transcription, and are left out",
            path, strandless,
        )  # fmt: skip


def span_of(fields: Line) -> Span:
    """Chromosome, strand, start and end (0-based, half-open) of a line."""
    return fields[0], fields[6], fields[3], fields[4]


def exon_of(fields: Line, number: str | None) -> Exon:
    """As `span_of`, with the exon's number or None."""
    return (
        fields[0], fields[6], fields[3], fields[4],
        int(number) if number and number.isdigit() else None,
    )  # fmt: skip


def from_coding(found: Found, coding: list[Span]) -> None:
    """Give a transcript without exons its coding sequence's pieces, widened to its own ends.

    Bacteria and yeast come so: a line for the gene, one for its coding sequence.
    """
    for chromosome, strand, start, end in found.spans:
        pieces = sorted({c[2:] for c in coding if c[:2] == (chromosome, strand)})
        pieces = [piece for piece in pieces if start <= piece[0] and piece[1] <= end]
        bounds = [[first, last] for first, last in pieces] or [[start, end]]
        bounds[0][0], bounds[-1][1] = start, end
        found.exons += [(chromosome, strand, first, last, None) for first, last in bounds]


def _of_tags(tags: pd.Series, value: Callable[[str], int]) -> pd.Series:
    # A genome has few sets of tags, and many transcripts.
    text = tags.astype(object).where(tags.notna(), "").astype(str)
    return text.map({tag: value(tag) for tag in text.unique()}).astype("int64")
