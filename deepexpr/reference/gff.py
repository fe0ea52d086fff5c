"""GTF and GFF3.

GTF goes through `pyranges.read_gtf`, on a screened copy: read_gtf reads every attribute of
every line, stops without a line number at a damaged one, and splits a quoted text that holds
"; ". The copy has only the features and attributes used here, and every line of it is sound.
GFF3 names the same things in three dialects and hangs them together by Parent, which
read_gff3 leaves to its caller, so it is parsed here.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading

_ATTRIBUTE = re.compile(r'\s*([\w.-]+) (?:"([^"]*)"|([^";\s]+))\s*(?:;|$)')
_TRANSCRIPT_ID = re.compile(r'(?:^|[;\s])transcript_id "([^"]+)"')
_GENE_NAME = ("gene_name", "gene_symbol", "gene")
_GENE_BIOTYPE = ("gene_type", "gene_biotype")
_BIOTYPE = ("transcript_type", "transcript_biotype")
_WANTED = {"gene_id", "transcript_id", "tag", *_GENE_NAME, *_GENE_BIOTYPE, *_BIOTYPE}
_FEATURES = {"gene", "transcript", "mRNA", "exon"}

#: Tags of the one transcript that stands for a gene, the most trusted first.
_CANONICAL = (
    (1, r"MANE[_ ]Select"),
    (2, r"Ensembl_canonical|RefSeq[_ ]Select"),
    (3, r"appris_principal"),
)


def parse_gtf(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transcripts and exons of a GTF file; 0-based, half-open.

    Returns (transcripts, exons): transcripts has transcript, gene (symbol, else gene_id), gene_id,
    chromosome, strand, start, end, biotype, gene_biotype, canonical, coding; exons has row (the
    index of the transcript), start, end. Transcripts given by exons alone are put together.
    """
    table, coding = _read_screened(path)
    lines = table[table["Feature"].isin(["transcript", "mRNA", "exon"])]
    nameless = lines["transcript_id"].isna()
    if nameless.all():
        raise InputError("No line of the GTF has a transcript_id.", where=str(path))
    lines = lines[~nameless].rename(columns=_NAMES)
    transcripts = _gather_transcripts(lines)
    genes = table[(table["Feature"] == "gene") & table["gene_biotype"].notna()]
    by_gene = genes.drop_duplicates("gene_id").set_index("gene_id")["gene_biotype"]
    stated = transcripts["gene_biotype"]
    transcripts["gene_biotype"] = stated.fillna(transcripts["gene_id"].map(by_gene))
    transcripts["canonical"] = canonical_rank(transcripts.pop("tag"))
    transcripts["coding"] = transcripts["transcript"].isin(coding)
    row = transcripts[_KEYS].assign(row=transcripts.index)
    exons = lines.loc[lines["Feature"] == "exon", [*_KEYS, "start", "end"]].merge(row, on=_KEYS)
    return transcripts, exons[["row", "start", "end"]]


_NAMES = {
    "transcript_id": "transcript",
    "Chromosome": "chromosome",
    "Strand": "strand",
    "Start": "start",
    "End": "end",
}

#: A name may stand on X and on Y: one transcript each.
_KEYS = ["transcript", "chromosome", "strand"]


def _gather_transcripts(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per transcript: its span, and what its own line, else its exons', says first."""
    about = ["gene_id", "gene", "biotype", "gene_biotype", "tag"]
    ordered = lines.assign(is_exon=lines["Feature"] == "exon")
    groups = ordered.sort_values("is_exon", kind="stable").groupby(_KEYS, sort=False)
    spans = groups.agg(start=("start", "min"), end=("end", "max"))
    return spans.join(groups[about].first()).reset_index()


def canonical_rank(tags: pd.Series) -> pd.Series:
    """1 MANE Select, 2 Ensembl canonical or RefSeq Select, 3 APPRIS principal, 0 none; int."""
    text = tags.astype(object).where(tags.notna(), "").astype(str)
    rank = pd.Series(0, index=tags.index, dtype="int64")
    for value, pattern in reversed(_CANONICAL):
        rank = rank.mask(text.str.contains(pattern, regex=True), value)
    return rank


def _read_screened(path: str | Path) -> tuple[pd.DataFrame, set[str]]:
    """The wanted lines of a GTF with the wanted attributes; the transcripts that have a CDS."""
    coding: set[str] = set()
    described: set[str] = set()
    with tempfile.NamedTemporaryFile("w", suffix=".gtf") as screened:
        for fields in _gff_lines(path, "GTF"):
            if fields[2] != "CDS" and fields[2] not in _FEATURES:
                continue
            found = _TRANSCRIPT_ID.search(fields[8])
            transcript = found and found.group(1)
            if fields[2] == "CDS":
                coding.add(transcript)
                continue
            if fields[2] == "exon" and transcript in described:
                # Nine lines of ten are exons, and an earlier line of the transcript said it all.
                wanted = {"transcript_id": transcript}
            else:
                wanted = _wanted(fields[8])
                if fields[2] != "gene":
                    described.add(transcript)
            attributes = " ".join(f'{name} "{value}";' for name, value in wanted.items())
            screened.write("\t".join([*fields[:8], attributes]) + "\n")
        screened.flush()
        if screened.tell() == 0:
            raise InputError("The GTF has no gene, transcript or exon lines.", where=str(path))
        table = _read_gtf(screened.name)
    table["gene"] = _first_of(table, (*_GENE_NAME, "gene_id"))
    table["gene_biotype"] = _first_of(table, _GENE_BIOTYPE)
    table["biotype"] = _first_of(table, _BIOTYPE)
    for name in ("transcript_id", "gene_id", "tag"):
        table[name] = _first_of(table, (name,))
    table["Chromosome"] = table["Chromosome"].astype(str)
    table["Strand"] = table["Strand"].astype(str)
    return table, coding


def _read_gtf(path: str) -> pd.DataFrame:
    import pyranges

    with warnings.catch_warnings():
        # pyranges 0.1 calls pandas in ways that pandas 3 will drop; both are pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        return pyranges.read_gtf(path, as_df=True)


def _wanted(attributes: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    for name, quoted, bare in _ATTRIBUTE.findall(attributes):
        # pyranges splits at "; ", so a value must not hold one.
        value = (quoted or bare).replace(";", ",").strip()
        if name in _WANTED and value:
            wanted[name] = f"{wanted[name]},{value}" if name in wanted else value
    return wanted


def _first_of(table: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    result = pd.Series(None, index=table.index, dtype=object)
    for name in names:
        if name in table:
            result = result.where(result.notna(), table[name].astype(object))
    return result


def _gff_lines(path: str | Path, kind: str) -> Iterator[list[str]]:
    with reading(path, "annotation") as handle:
        for number, line in enumerate(handle, 1):
            if line.startswith("##FASTA"):
                return
            if line.startswith("#") or not line.strip():
                continue
            fields = line.rstrip("\n").split("\t")
            sound = (
                len(fields) == 9
                and fields[3].isdigit()
                and fields[4].isdigit()
                and 1 <= int(fields[3]) <= int(fields[4])
            )
            if not sound:
                raise InputError(
                    f"The line is not {kind}.",
                    where=f"{path}, line {number}",
                    expected="9 tab-separated columns, the 4th and 5th being start <= end",
                    found=line.strip()[:100],
                )
            if fields[6] in ("+", "-"):  # a feature without a strand has no start of transcription
                yield fields


def parse_gff3(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `parse_gtf`, for GFF3 of GENCODE, Ensembl or NCBI: a transcript is what exons name as
    Parent, and its gene is its own Parent."""
    records: dict[str, tuple[list[str], dict[str, str]]] = {}
    exons: dict[str, list[tuple[int, int]]] = defaultdict(list)
    coding: set[str] = set()
    for fields in _gff_lines(path, "GFF3"):
        attributes = _gff3_attributes(fields[8])
        parents = attributes.get("Parent", "").split(",")
        if fields[2] == "exon":
            for parent in parents:
                exons[parent].append((int(fields[3]) - 1, int(fields[4])))
        elif fields[2] == "CDS":
            coding.update(parents)
        elif "ID" in attributes:
            records.setdefault(attributes["ID"], (fields, attributes))
    rows, parts = [], []
    for identifier, spans in exons.items():
        if identifier not in records:
            continue
        parts.extend((len(rows), start, end) for start, end in spans)
        rows.append(_gff3_transcript(identifier, records, identifier in coding))
    table = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["transcript"])
    if rows:
        table["canonical"] = canonical_rank(table.pop("tag"))
        for name in ("biotype", "gene_biotype"):
            table[name] = table[name].astype(object)
    return table, pd.DataFrame(parts, columns=["row", "start", "end"], dtype="int64")


def _gff3_transcript(identifier: str, records: dict, coding: bool) -> dict:
    fields, own = records[identifier]
    gene_id = own.get("Parent", identifier)
    gene = records.get(gene_id, (None, {}))[1]
    both = {**gene, **own}
    # Ensembl writes `biotype` on genes and transcripts alike; Name is the symbol on a gene only.
    symbol = both.get("gene_name") or gene.get("Name") or both.get("gene")
    return {
        "transcript": own.get("transcript_id") or _without_kind(identifier),
        "gene": symbol or both.get("gene_id") or _without_kind(gene_id),
        "gene_id": gene_id,
        "chromosome": fields[0],
        "strand": fields[6],
        "start": int(fields[3]) - 1,
        "end": int(fields[4]),
        "biotype": own.get("transcript_type") or own.get("biotype"),
        "gene_biotype": both.get("gene_type") or both.get("gene_biotype") or gene.get("biotype"),
        "tag": own.get("tag"),
        "coding": coding,
    }


def _gff3_attributes(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.strip().split(";") if "=" in part)
    return {key.strip(): unquote(value) for key, value in pairs}


def _without_kind(identifier: str) -> str:
    """ENST1 of Ensembl's "transcript:ENST1", NM_1 of NCBI's "rna-NM_1"."""
    return re.sub(r"^(transcript:|gene:|rna-|gene-)", "", identifier)
