"""Transcripts and exons from any annotation, in one form.

The format is told by the content, because names lie: GTF (GENCODE, Ensembl, NCBI, UCSC),
GFF3, UCSC genePred in its variants (refGene with or without the bin column, refFlat), and a
minimal table of six columns (accession, chromosome, strand, start, end, symbol).
"""

import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading, require_file
from deepexpr.reference.aliases import Aliases
from deepexpr.reference.chromosomes import check_chromosomes, natural_rank
from deepexpr.reference.gene_names import check_gene_names, fill_symbols
from deepexpr.reference.genepred import parse_genepred
from deepexpr.reference.gff3 import parse_gff3
from deepexpr.reference.gtf import parse_gtf
from deepexpr.schemas import TRANSCRIPTS

log = logging.getLogger(__name__)

#: Columns of Annotation.transcripts behind those of schemas.TRANSCRIPTS.
EXTRA = ("gene_biotype", "canonical", "incomplete")


@dataclass(frozen=True, eq=False)
class Annotation:
    """Transcripts and exons; coordinates 0-based, half-open.

    transcripts : columns schemas.TRANSCRIPTS, then gene_biotype (str), canonical (int: 1 MANE
        Select, 2 Ensembl canonical or RefSeq Select, 3 APPRIS principal, 0 none of these) and
        incomplete (int: 1 where the start is a readthrough's, or was not found).
        `transcript` is unique.
    exons : columns transcript, start, end; sorted by transcript and start; empty where the
        format has none.
    path, format : where it came from.
    scattered : number of transcripts left without exons as theirs lie on two strands.
    """

    transcripts: pd.DataFrame
    exons: pd.DataFrame
    path: str
    format: str
    scattered: int = 0


def read_annotation(
    path: str | Path,
    sizes: Mapping[str, int] | None = None,
    genome: str = "genome",
    keep_all: bool = False,
    chromosomes: Iterable[str] | None = None,
    aliases: Aliases | None = None,
) -> Annotation:
    """Read an annotation of any known format.

    sizes, genome : length in bp of the genome's chromosomes, and its file's name for messages;
        names and ends are checked against them, and transcripts elsewhere are left out.
    keep_all : check, but leave no transcript out.
    chromosomes : check only the ends of transcripts on these; all if None.
    aliases : other names of the genome's chromosomes.
    A transcript that maps to several places is kept at the first: where it has a line of its
    own, whole chromosomes before scaffolds, in natural order (so X before Y), then the smallest
    start. One whose exons lie on two strands keeps its place and no exons. Blanks in symbols
    become underscores.
    Raises InputError where the format is unknown, a line cannot be read, or genes are transcripts.
    """
    path = require_file(path, "annotation")
    kind = sniff(path)
    parse = {"GTF": parse_gtf, "GFF3": parse_gff3}.get(kind, parse_genepred)
    raw, exons = parse(path)
    if raw.empty:
        raise InputError("The annotation holds no transcript.", where=str(path), found=kind)
    if aliases is not None:
        raw = raw.assign(chromosome=aliases.rename(raw["chromosome"], str(path)))
    raw = _clean_symbols(fill_symbols(raw))
    check_gene_names(raw, str(path))
    if sizes is not None:
        raw = check_chromosomes(raw, sizes, str(path), genome, chromosomes)
        if not keep_all:
            raw = raw[raw["chromosome"].isin(set(sizes))]
    transcripts = _one_place_each(_own_names(_fill_biotypes(raw)))
    _tell_scattered(transcripts, str(path))
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
        scattered=int(transcripts["scattered"].sum()),
    )


def sniff(path: str | Path) -> str:
    """GTF, GFF3 or genePred, by the first lines that are no comments."""
    with reading(path, "annotation") as handle:
        head = list(itertools.islice((line for line in handle if line.strip()), 2000))
    if head and head[0].startswith("##gff-version 3"):
        return "GFF3"
    lines = [line.rstrip("\n").split("\t") for line in head if not line.startswith("#")]
    fields = lines[0] if lines else []
    if len(fields) == 9 and fields[3].isdigit() and fields[4].isdigit():
        # The first line may hold a bare name, as AUGUSTUS writes it.
        texts = [line[8] for line in lines if len(line) == 9]
        return "GTF" if any(_GTF_TEXT.search(text) for text in texts) else "GFF3"
    if len(fields) >= 6 and ("+" in fields[2:4] or "-" in fields[2:4]):
        return "genePred"
    raise InputError(
        "The format of the annotation is not known.",
        where=str(path),
        expected="GTF, GFF3, UCSC genePred/refGene, or a table of accession, chromosome, strand, "
        "start, end, symbol; tab-separated",
        found=" | ".join(fields[:6])[:100] or "no line of data",
    )


#: An attribute of GTF: a name, a blank, a value; GFF3 has = between them.
_GTF_TEXT = re.compile(r'(?:^|;)\s*(?:[\w.-]+ "|(?:gene_id|transcript_id)\s)')


def annotation_names(path: str | Path) -> Iterator[str]:
    """Chromosome names of an annotation, each once, as they come, without parsing the rest."""
    seen: set[str] = set()
    for name in _line_names(path):
        if name not in seen:
            seen.add(name)
            yield name


def count_names(path: str | Path, label: Callable[[str], str] = str) -> Counter[str]:
    """Lines of an annotation by the label of their chromosome.

    Of GTF and GFF3 those of transcripts, or of exons or genes where there are none; of genePred
    all.
    """
    for kinds in ({"transcript", "mRNA"}, {"exon"}, {"gene"}):
        counts = Counter(map(label, _line_names(path, kinds)))
        if counts:
            return counts
    return counts


def _line_names(path: str | Path, kinds: Container[str] | None = None) -> Iterator[str]:
    kind = sniff(path)
    with reading(path, "annotation") as handle:
        for line in handle:
            if line[0] == "#" or not line.strip():
                continue
            row = line.split("\t", 4)
            if kind == "genePred":
                yield row[1 if row[2][:1] in "+-" else 2]
            elif kinds is None or (len(row) > 2 and row[2] in kinds):
                yield row[0]


def names_gene(path: str | Path, symbol: str, ignore_case: bool = False) -> bool:
    """Whether a word of the annotation is `symbol`, without parsing it."""
    flags = re.IGNORECASE if ignore_case else 0
    word = re.compile(rf"(?<![\w.-]){re.escape(symbol)}(?![\w.-])", flags)
    case = str.upper if ignore_case else str
    with reading(path, "annotation") as handle:
        return any(case(symbol) in case(line) and word.search(line) for line in handle)


#: Names without blanks.
_PLAIN = re.compile(r"\S*")


def _clean_symbols(transcripts: pd.DataFrame) -> pd.DataFrame:
    gene = transcripts["gene"].astype(str)
    names = gene.unique().tolist()
    blank = {name: "_".join(name.split()) for name in names if not _PLAIN.fullmatch(name)}
    return transcripts.assign(gene=gene.replace(blank) if blank else gene)


#: RefSeq's prefixes of accessions.
_REFSEQ = {"NM_": "protein_coding", "XM_": "protein_coding", "NR_": "non_coding",
           "XR_": "non_coding"}  # fmt: skip


def _fill_biotypes(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Stated biotype, else RefSeq's accession prefix, else whether there is a coding sequence."""
    by_prefix = transcripts["transcript"].str[:3].map(_REFSEQ)
    coding = {True: "protein_coding", False: "non_coding"}
    by_sequence = transcripts["coding"].astype(object).map(coding)
    # NCBI calls the transcripts of protein-coding genes mRNA.
    stated = transcripts["biotype"].replace("mRNA", "protein_coding")
    biotype = stated.fillna(by_prefix).fillna(by_sequence).fillna("unknown").astype(str)
    any_coding = biotype.eq("protein_coding").groupby(transcripts["gene_id"]).transform("any")
    of_gene = transcripts["gene_biotype"].fillna(biotype.mask(any_coding, "protein_coding"))
    return transcripts.assign(biotype=biotype, gene_biotype=of_gene.astype(str))


def _own_names(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Transcripts of several genes under one name get their gene's name in front of it."""
    repeated = transcripts[transcripts["transcript"].duplicated(keep=False)]
    counts = repeated.groupby("transcript")[["gene_id", "gene"]].nunique()
    shared = transcripts["transcript"].isin(counts.index[(counts > 1).all(axis=1)])
    if not shared.any():
        return transcripts
    name = transcripts["transcript"]
    log.warning(
        "%d transcript names, such as %s, are those of several genes: GENE:NAME is written for "
        "their transcripts",
        name[shared].nunique(), name[shared].iloc[0],
    )  # fmt: skip
    return transcripts.assign(transcript=name.mask(shared, transcripts["gene_id"] + ":" + name))


def _one_place_each(transcripts: pd.DataFrame) -> pd.DataFrame:
    order = transcripts.assign(rank=natural_rank(transcripts["chromosome"]))
    by = ["rank", "start", "end", "transcript"]
    order = order.sort_values(by, kind="stable")
    if order["stated"].all():
        kept = order.drop_duplicates("transcript")
    else:
        first = order.sort_values("stated", ascending=False, kind="stable")
        kept = order[order.index.isin(first.drop_duplicates("transcript").index)]
    lost = len(transcripts) - len(kept)
    if lost:
        log.info("%d further places of transcripts that map to several were left out", lost)
    if lost > 1 and 4 * lost >= len(transcripts):
        log.warning(
            "%d of %d places of transcripts are lost, as another place has their ids already: were "
            "files put together whose ids count anew in each?",
            lost, len(transcripts),
        )  # fmt: skip
    return kept.drop(columns="rank")


def _tell_scattered(transcripts: pd.DataFrame, path: str) -> None:
    names = transcripts.loc[transcripts["scattered"].astype(bool), "transcript"]
    if len(names):
        log.warning(
            "%s: %d transcript(s) have exons on two strands, or in another order than on the "
            "chromosome (trans-splicing), such as %s; they are left out of the transcriptome",
            path, len(names), names.iloc[0],
        )  # fmt: skip
