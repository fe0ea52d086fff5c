"""GTF of GENCODE, Ensembl, NCBI, UCSC, AUGUSTUS and whoever else writes it.

Nine lines of ten are exons, of which only the two names and the number matter: attributes are
read whole only where a transcript is met first.
"""

import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.reference import gff
from deepexpr.reference.places import Found, Span, place_table, places_of

log = logging.getLogger(__name__)

_ATTRIBUTE = re.compile(r'\s*([\w.-]+)[ =]+(?:"([^"]*)"|([^";\s]+))\s*(?:;|$)')
#: A quoted value without its semicolon, before the next attribute.
_UNENDED = re.compile(r'(?:^|[\s;])([\w.-]+) "([^"]*)"(?=\s+[\w.-]+ ")()')
_GENE_NAME = ("gene_name", "gene_symbol", "gene")
_GENE_BIOTYPE = ("gene_type", "gene_biotype")
_BIOTYPE = ("transcript_type", "transcript_biotype")
_ABOUT = ("gene", "biotype", "gene_biotype", "tag")
_FEATURES = {"gene", "transcript", "mRNA", "exon", "CDS"}

#: gene_id (None where the line has none) and transcript_id.
Key = tuple[str | None, str]


@dataclass
class _Lines:
    """What the lines say, by gene_id and transcript_id."""

    found: dict[Key, Found] = field(default_factory=lambda: defaultdict(Found))
    about: dict[Key, dict[str, str]] = field(default_factory=dict)
    coding: dict[Key, list[Span]] = field(default_factory=lambda: defaultdict(list))
    genes: dict[str, dict[str, str]] = field(default_factory=dict)
    gene_spans: dict[str, list[Span]] = field(default_factory=lambda: defaultdict(list))
    numbered: bool = False
    nameless: int = 0


def parse_gtf(path: str | Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transcripts and exons of a GTF file; 0-based, half-open.

    Returns (transcripts, exons): transcripts has transcript, gene (symbol, NA where none is
    stated), gene_id, gene_label (what names the gene then), chromosome, strand, start, end,
    biotype, gene_biotype, canonical, incomplete, coding, stated, scattered, whole_gene (a gene
    that is its own transcript), symbols_possible (the format has a place for them), one row for
    each place of each name; exons has row (the index of the transcript), start, end. Transcripts
    given by exons alone are put together, and a gene that has a coding sequence and nothing else,
    or is all the file has, is its own transcript.
    """
    lines = _read(path)
    _settle_gene_ids(lines)
    whole = _genes_as_transcripts(lines)
    if not lines.found:
        if lines.nameless:
            raise InputError("No line of the GTF has a transcript_id.", where=str(path))
        raise InputError("The GTF has no gene, transcript or exon lines.", where=str(path))
    if lines.nameless:
        log.warning("%d exons without a transcript_id were left out", lines.nameless)
    for key, found in lines.found.items():
        if not found.exons and key in lines.coding and key not in whole:
            gff.from_coding(found, lines.coding[key])
    return _tables(lines, whole)


def _read(path: str | Path) -> _Lines:
    lines = _Lines()
    ids, gene, transcript = "\0", None, None
    for fields in gff.gff_lines(path, "GTF"):
        feature, text = fields[2], fields[8]
        if feature not in _FEATURES:
            continue
        if not text.startswith(ids):
            gene, transcript = _value(text, "gene_id"), _value(text, "transcript_id")
            # The next lines are likely to be of this transcript, and to begin as this one does.
            ids = (
                f'gene_id "{gene}"; transcript_id "{transcript}";' if gene and transcript else "\0"
            )
        if feature == "exon":
            _add_exon(lines, fields, gene, transcript)
        elif feature == "CDS":
            if transcript or gene:
                lines.coding[gene, transcript or ""].append(gff.span_of(fields))
        elif feature == "gene":
            if gene:
                lines.genes.setdefault(gene, _wanted(text))
                lines.gene_spans[gene].append(gff.span_of(fields))
        else:
            # AUGUSTUS writes the bare name of the transcript on its line.
            _add_transcript(lines, fields, gene, transcript or (text if _is_bare(text) else None))
    return lines


def _add_exon(lines: _Lines, fields: gff.Line, gene: str | None, transcript: str | None) -> None:
    if not transcript:
        lines.nameless += 1
        return
    key, text = (gene, transcript), fields[8]
    at = text.find(" exon_number ") + 13
    number = text[at : text.find(";", at)].strip(' "') if at > 12 else None
    lines.numbered |= number is not None and number != "1"
    lines.found[key].exons.append(gff.exon_of(fields, number))
    if key not in lines.about:
        lines.about[key] = _wanted(text)


def _add_transcript(
    lines: _Lines, fields: gff.Line, gene: str | None, transcript: str | None
) -> None:
    if transcript:
        key = (gene, transcript)
        # Its own line knows more of a transcript than its exons do.
        earlier = lines.about[key] if lines.found[key].spans else {}
        lines.found[key].spans.append(gff.span_of(fields))
        lines.about[key] = {**lines.about.get(key, {}), **_wanted(fields[8]), **earlier}


def _settle_gene_ids(lines: _Lines) -> None:
    """Lines without gene_id are of the one gene that other lines of the transcript name."""
    if not any(key[0] is None for key in lines.found):
        return
    named: dict[str, set[str]] = defaultdict(set)
    for gene, transcript in [*lines.found, *lines.coding]:
        if gene is not None:
            named[transcript].add(gene)
    for key in [key for key in lines.found if key[0] is None]:
        others = named[key[1]]
        gene = others.pop() if len(others) == 1 else key[1]
        found, other = lines.found.pop(key), lines.found[gene, key[1]]
        other.spans += found.spans
        other.exons += found.exons
        about = lines.about.pop(key)
        lines.about[gene, key[1]] = {**about, **lines.about.get((gene, key[1]), {})}
        lines.coding[gene, key[1]] += lines.coding.pop(key, [])
    lines.coding = {key: spans for key, spans in lines.coding.items() if spans}


def _genes_as_transcripts(lines: _Lines) -> set[Key]:
    """Add genes that stand for their transcript; the keys of those added."""
    complete = {gene for gene, _ in lines.found}
    coding: dict[str, list[Span]] = defaultdict(list)
    for (gene, _), spans in lines.coding.items():
        coding[gene] += spans  # type: ignore[index]  # a key may lack a gene
    alone = set(lines.gene_spans) - complete
    if complete:
        bare = len(alone - coding.keys())
        if bare:
            log.info("%d genes have neither transcripts nor exons and were left out", bare)
        alone &= coding.keys()
    for gene in (gene for gene in lines.gene_spans if gene in alone):
        key = (gene, gene)
        lines.found[key].spans += lines.gene_spans[gene]
        gff.from_coding(lines.found[key], coding.get(gene, []))
        lines.about[key] = lines.genes[gene]
        if gene in coding:
            lines.coding[key] = coding[gene]
    lost = set(coding) - complete - alone
    if lost and lines.found:
        log.warning("%d genes have a coding sequence alone and were left out", len(lost))
    if alone:
        log.info("%d genes stand for their transcripts, as nothing else describes them", len(alone))
    return {(gene, gene) for gene in alone}


def _tables(lines: _Lines, whole: set[Key]) -> tuple[pd.DataFrame, pd.DataFrame]:
    pairs = [
        (key, place)
        for key, found in lines.found.items()
        for place in places_of(found, lines.numbered)
    ]
    table, exons = place_table(pairs)
    keys = table.pop("key")
    about = keys.map(lambda key: lines.about[key])
    table.insert(0, "transcript", keys.str[1])
    table["gene_id"] = table["gene_label"] = keys.str[0]
    for column in _ABOUT:
        table[column] = pd.Series([_about(a, column) for a in about], table.index, dtype=object)
    gene = table["gene_id"].map(lambda name: lines.genes.get(name, {}))
    for column in ("gene", "gene_biotype"):
        of_gene = pd.Series([_about(a, column) for a in gene], table.index, dtype=object)
        table[column] = table[column].where(table[column].notna(), of_gene)
    tags = table.pop("tag")
    table["canonical"], table["incomplete"] = gff.canonical_rank(tags), gff.incomplete_start(tags)
    table["coding"] = keys.isin(lines.coding)
    table["whole_gene"], table["symbols_possible"] = keys.isin(whole), True
    return table, exons


def _about(attributes: dict[str, str], column: str) -> str | None:
    names = {"gene": _GENE_NAME, "gene_biotype": _GENE_BIOTYPE, "biotype": _BIOTYPE}
    for name in names.get(column, (column,)):
        if name in attributes:
            return attributes[name]
    return None


_WANTED = {"tag", "partial", *_GENE_NAME, *_GENE_BIOTYPE, *_BIOTYPE}


def _wanted(attributes: str) -> dict[str, str]:
    wanted: dict[str, str] = {}
    found = _ATTRIBUTE.findall(attributes)
    if '" ' in attributes:
        ended = {name for name, *_ in found}
        found += [each for each in _UNENDED.findall(attributes) if each[0] not in ended]
    for name, quoted, bare in found:
        value = (quoted or bare).strip()
        if name in _WANTED and value:
            wanted[name] = f"{wanted[name]},{value}" if name in wanted else value
    if wanted.pop("partial", "") == "true":  # NCBI's word for an end that was not found
        wanted["tag"] = f"{wanted.get('tag', '')},mRNA_start_NF"
    return wanted


_FALLBACK = {
    name: re.compile(rf'(?:^|[;\s]){name}[ =]+(?:"([^"]*)"|([^";\s]+))')
    for name in ("gene_id", "transcript_id")
}


def _value(text: str, name: str) -> str | None:
    """Value of an attribute, quoted or not; None where it is absent or empty."""
    # Searching for the plain text is several times faster than the pattern, which ends the rest.
    start = 0 if text.startswith(f'{name} "') else text.find(f' {name} "') + 1
    if start or text.startswith(name):
        start += len(name) + 2
        if text[start - 1] == '"':
            end = text.find('"', start)
            return text[start:end] or None
    found = _FALLBACK[name].search(text) if name in text else None
    return (found.group(1) or found.group(2) or None) if found else None


def _is_bare(text: str) -> bool:
    return bool(text) and not re.search(r'[\s";=]', text.strip())
