"""GFF3 of GENCODE, Ensembl, NCBI, SGD: lines that hang together by ID and Parent."""

import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from deepexpr.reference import gff
from deepexpr.reference.places import Found, Span, place_table, places_of

log = logging.getLogger(__name__)

#: Features that stand for a transcript where no exon names them as its parent.
_GENES = {"gene", "pseudogene", "ncRNA_gene", "protein_coding_gene"}


@dataclass
class _Record:
    """A feature with an ID; a feature in parts has several lines."""

    feature: str
    attributes: dict[str, str]
    spans: list[Span] = field(default_factory=list)


def parse_gff3(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As `parse_gtf`: a transcript is what exons name as Parent, else what coding sequences name,
    and its gene is what stands above it, however many steps. In a file without either, each gene
    is its transcript."""
    records: dict[str, _Record] = {}
    found: dict[str, Found] = defaultdict(Found)
    coding: dict[str, list[Span]] = defaultdict(list)
    numbered, orphans = False, 0
    for fields in gff.gff_lines(path, "GFF3"):
        attributes = _attributes(fields[8])
        parents = _parents(attributes)
        if fields[2] == "exon":
            orphans += not parents
            number = _number(attributes)
            numbered |= number not in (None, "1")
            for parent in parents:
                found[parent].exons.append(gff.exon_of(fields, number))
        elif fields[2] == "CDS":
            for parent in parents:
                coding[parent].append(gff.span_of(fields))
        elif "ID" in attributes:
            record = records.setdefault(attributes["ID"], _Record(fields[2], attributes))
            record.spans.append(gff.span_of(fields))
    _tell_of_lost(path, orphans, [name for name in found if name not in records])
    found = {name: lines for name, lines in found.items() if name in records}
    _add_without_exons(found, records, coding)
    pairs = []
    for name, lines in found.items():
        lines.spans += records[name].spans
        pairs += [(name, place) for place in places_of(lines, numbered)]
    return _tables(pairs, records, set(coding))


def _tell_of_lost(path: str | Path, orphans: int, nameless: list[str]) -> None:
    if orphans:
        log.warning("%s: %d exons name no Parent and were left out", path, orphans)
    if nameless:
        log.warning(
            "%s: %d transcripts that exons name as Parent have no line of their own, such as %s, "
            "so their gene is not known; they were left out",
            path, len(nameless), nameless[0],
        )  # fmt: skip


def _add_without_exons(found: dict, records: dict[str, _Record], coding: dict) -> None:
    """Coding sequences whose parent has no exons, and, where nothing else is there, genes."""
    parents = {_parent(records[name]) for name in found}
    names = [n for n in coding if n in records and n not in found and n not in parents]
    if not found and not names:
        names = [name for name, record in records.items() if record.feature in _GENES]
        if any(_parent(record) in names for record in records.values()):
            return  # transcripts without exons are no gene-only file
    for name in names:
        lines = Found(spans=list(records[name].spans))
        gff.from_coding(lines, coding.get(name, []))
        found[name] = Found(exons=lines.exons)


def _tables(pairs: list, records: dict, coding: set) -> tuple[pd.DataFrame, pd.DataFrame]:
    table, exons = place_table(pairs)
    if table.empty:
        return pd.DataFrame(columns=["transcript"]), exons
    names = table.pop("key")
    rows = {name: _transcript(name, records) for name in dict.fromkeys(names)}
    about = pd.DataFrame([rows[name] for name in names], index=table.index)
    table = pd.concat([about.astype(object).where(about.notna(), None), table], axis=1)
    tags = table.pop("tag")
    table["canonical"] = gff.canonical_rank(tags)
    no_start = table.pop("no_start").astype(bool) & (table["strand"] == "+")
    no_start |= table.pop("no_end").astype(bool) & (table["strand"] == "-")
    table["incomplete"] = gff.incomplete_start(tags) | no_start.astype("int64")
    table["coding"] = names.isin(coding)
    table["whole_gene"] = [not _parent(records[name]) for name in names]
    table["symbols_possible"] = True
    return table, exons


def _transcript(identifier: str, records: dict[str, _Record]) -> dict:
    own = records[identifier].attributes
    gene_id, gene = _root(identifier, records)
    both = {**gene, **own}
    # Ensembl writes `biotype` on genes and transcripts alike; Name is the symbol on a gene only.
    symbol = both.get("gene_name") or gene.get("Name") or both.get("gene")
    return {
        "transcript": own.get("transcript_id") or _without_kind(identifier),
        "gene": symbol or None,
        "gene_id": gene_id,
        "gene_label": both.get("gene_id") or _without_kind(gene_id),
        "biotype": own.get("transcript_type") or own.get("biotype"),
        "gene_biotype": both.get("gene_type") or both.get("gene_biotype") or gene.get("biotype"),
        "tag": own.get("tag"),
        # NCBI: an end that was not found is written as ".,123" (start) or "456,." (end).
        "no_start": own.get("start_range", "").startswith("."),
        "no_end": own.get("end_range", "").endswith("."),
    }


def _root(identifier: str, records: dict[str, _Record]) -> tuple[str, dict[str, str]]:
    """ID and attributes of what stands above a transcript; a mature miRNA has two steps."""
    name, seen = identifier, {identifier}
    while (parent := _parent(records[name])) and parent not in seen:
        seen.add(parent)
        if parent not in records:
            return parent, {}
        name = parent
    return name, records[name].attributes if name != identifier or _is_gene(records[name]) else {}


def _is_gene(record: _Record) -> bool:
    return record.feature in _GENES


def _parent(record: _Record) -> str:
    return (_parents(record.attributes) or [""])[0]


def _parents(attributes: dict[str, str]) -> list[str]:
    """Names under Parent; a comma within one is written as %2C."""
    return [unquote(name) for name in attributes.get("Parent", "").split(",") if name]


def _number(attributes: dict[str, str]) -> str | None:
    """GENCODE's exon_number, Ensembl's rank, or the end of NCBI's ID=exon-NM_1.1-2."""
    stated = attributes.get("exon_number") or attributes.get("rank")
    found = re.search(r"^exon-.*-(\d+)$", attributes.get("ID", ""))
    return stated or (found.group(1) if found else None)


def _attributes(text: str) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.strip().split(";") if "=" in part)
    return {
        key: value if key == "Parent" else unquote(value)
        for key, value in ((key.strip(), value) for key, value in pairs)
    }


def _without_kind(identifier: str) -> str:
    """ENST1 of Ensembl's "transcript:ENST1", NM_1 of NCBI's "rna-NM_1"."""
    return re.sub(r"^(transcript:|gene:|rna-|gene-)", "", identifier)
