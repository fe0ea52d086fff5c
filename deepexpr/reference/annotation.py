"""Transcripts and exons from any annotation, in one form.

The format is told by the content, because names lie: GTF (GENCODE, Ensembl, NCBI, UCSC),
GFF3, UCSC genePred in its variants (refGene with or without the bin column, refFlat), and a
minimal table of six columns (accession, chromosome, strand, start, end, symbol).
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading, require_file
from deepexpr.reference.chromosomes import check_chromosomes, natural_key
from deepexpr.reference.genepred import parse_genepred
from deepexpr.reference.gff import parse_gff3, parse_gtf
from deepexpr.schemas import TRANSCRIPTS

log = logging.getLogger(__name__)

#: Columns of Annotation.transcripts behind those of schemas.TRANSCRIPTS.
EXTRA = ("gene_biotype", "canonical")


@dataclass(frozen=True, eq=False)
class Annotation:
    """Transcripts and exons; coordinates 0-based, half-open.

    transcripts : columns schemas.TRANSCRIPTS, then gene_biotype (str) and canonical (int: 1 MANE
        Select, 2 Ensembl canonical or RefSeq Select, 3 APPRIS principal, 0 none of these).
        `transcript` is unique.
    exons : columns transcript, start, end; sorted by transcript and start; empty where the
        format has none.
    path, format : where it came from.
    """

    transcripts: pd.DataFrame
    exons: pd.DataFrame
    path: str
    format: str


def read_annotation(
    path: str | Path,
    sizes: Mapping[str, int] | None = None,
    genome: str = "genome",
    keep_all: bool = False,
) -> Annotation:
    """Read an annotation of any known format.

    sizes, genome : length in bp of the genome's chromosomes, and its file's name for messages;
        names and ends are checked against them, and transcripts elsewhere are left out.
    keep_all : check, but leave no transcript out.
    A transcript that maps to several places is kept at the first: whole chromosomes before
    scaffolds, in natural order (so X before Y), then the smallest start. Blanks in symbols
    become underscores.
    Raises InputError where the format is unknown or a line cannot be read.
    """
    path = require_file(path, "annotation")
    kind = sniff(path)
    parse = {"GTF": parse_gtf, "GFF3": parse_gff3}.get(kind, parse_genepred)
    raw, exons = parse(path)
    if raw.empty:
        raise InputError("The annotation holds no transcript.", where=str(path), found=kind)
    if sizes is not None:
        check_chromosomes(raw, sizes, str(path), genome)
        if not keep_all:
            raw = raw[raw["chromosome"].isin(set(sizes))]
    transcripts = _one_place_each(_fill_biotypes(_clean_symbols(raw)))
    exons = exons[exons["row"].isin(transcripts.index)]
    exons = exons.assign(transcript=transcripts["transcript"].reindex(exons["row"]).to_numpy())
    exons = exons.sort_values(["transcript", "start"], kind="stable")
    log.info(
        "%s: %d transcripts of %d genes, %d exons (%s)",
        path, len(transcripts), transcripts["gene"].nunique(), len(exons), kind,
    )  # fmt: skip
    return Annotation(
        transcripts=transcripts[[*TRANSCRIPTS, *EXTRA]].reset_index(drop=True),
        exons=exons[["transcript", "start", "end"]].reset_index(drop=True),
        path=str(path),
        format=kind,
    )


def sniff(path: str | Path) -> str:
    """GTF, GFF3 or genePred, by the first line that is not a comment."""
    with reading(path, "annotation") as handle:
        head = list(itertools.islice((line for line in handle if line.strip()), 2000))
    if head and head[0].startswith("##gff-version 3"):
        return "GFF3"
    lines = (line.rstrip("\n").split("\t") for line in head if not line.startswith("#"))
    fields = next(lines, [])
    if len(fields) == 9 and fields[3].isdigit() and fields[4].isdigit():
        return "GTF" if re.search(r'\w+ "', fields[8]) else "GFF3"
    if len(fields) >= 6 and ("+" in fields[2:4] or "-" in fields[2:4]):
        return "genePred"
    raise InputError(
        "The format of the annotation is not known.",
        where=str(path),
        expected="GTF, GFF3, UCSC genePred/refGene, or a table of accession, chromosome, strand, "
        "start, end, symbol; tab-separated",
        found=" | ".join(fields[:6])[:100] or "no line of data",
    )


def annotation_names(path: str | Path) -> Iterator[str]:
    """Chromosome names of an annotation, each once, as they come, without parsing the rest."""
    kind = sniff(path)
    seen: set[str] = set()
    with reading(path, "annotation") as handle:
        for line in handle:
            if line[0] == "#" or not line.strip():
                continue
            row = line.split("\t", 4)
            name = row[0] if kind != "genePred" else row[1 if row[2][:1] in "+-" else 2]
            if name not in seen:
                seen.add(name)
                yield name


def names_gene(path: str | Path, symbol: str, ignore_case: bool = False) -> bool:
    """Whether a word of the annotation is `symbol`, without parsing it."""
    flags = re.IGNORECASE if ignore_case else 0
    word = re.compile(rf"(?<![\w.-]){re.escape(symbol)}(?![\w.-])", flags)
    case = str.upper if ignore_case else str
    with reading(path, "annotation") as handle:
        return any(case(symbol) in case(line) and word.search(line) for line in handle)


def _clean_symbols(transcripts: pd.DataFrame) -> pd.DataFrame:
    gene = transcripts["gene"].astype(str).str.strip()
    return transcripts.assign(gene=gene.str.replace(r"\s+", "_", regex=True))


def _fill_biotypes(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Stated biotype, else RefSeq's accession prefix, else whether there is a coding sequence."""
    prefix = transcripts["transcript"].str.extract(r"^([NX][MR])_", expand=False)
    by_prefix = prefix.str[1].map({"M": "protein_coding", "R": "non_coding"})
    coding = {True: "protein_coding", False: "non_coding"}
    by_sequence = transcripts["coding"].astype(object).map(coding)
    # NCBI calls the transcripts of protein-coding genes mRNA.
    stated = transcripts["biotype"].replace("mRNA", "protein_coding")
    biotype = stated.fillna(by_prefix).fillna(by_sequence).fillna("unknown").astype(str)
    any_coding = biotype.eq("protein_coding").groupby(transcripts["gene_id"]).transform("any")
    of_gene = transcripts["gene_biotype"].fillna(biotype.mask(any_coding, "protein_coding"))
    return transcripts.assign(biotype=biotype, gene_biotype=of_gene.astype(str))


def _one_place_each(transcripts: pd.DataFrame) -> pd.DataFrame:
    rank = {
        name: i for i, name in enumerate(sorted(set(transcripts["chromosome"]), key=natural_key))
    }
    order = transcripts.assign(rank=transcripts["chromosome"].map(rank))
    order = order.sort_values(["rank", "start", "end", "transcript"], kind="stable")
    kept = order.drop_duplicates("transcript").drop(columns="rank")
    if len(kept) < len(transcripts):
        log.info(
            "%d further places of transcripts that map to several were left out",
            len(transcripts) - len(kept),
        )
    return kept
