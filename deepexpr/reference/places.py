"""The places of one transcript: what its own lines and its exons' lines say together.

One name may stand at several places: on X and on Y, on two strands, twice on one strand of a
merged assembly, or with exons of one molecule on two strands (trans-splicing). Taken for one
transcript, the exons of all places would be spliced together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import pandas as pd

#: Chromosome, strand, start, end; 0-based, half-open.
Span = tuple[str, str, int, int]
#: A span and the exon's number, or None.
Exon = tuple[str, str, int, int, int | None]
#: bp between two exons of one name that no intron fills: the longest transcript of human and
#: mouse RefSeq (hg38, mm9), end to end, is 2.3 Mb.
_TOO_FAR = 3_000_000


@dataclass(slots=True)
class Found:
    """The lines of one name: its own (spans) and its exons'."""

    spans: list[Span] = field(default_factory=list)
    exons: list[Exon] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """One transcript at one place.

    stated : it has a line of its own. exons : sorted, without overlap. scattered : its exons lie
    on several strands or in another order than on the chromosome; `exons` is empty then.
    """

    chromosome: str
    strand: str
    start: int
    end: int
    stated: bool
    exons: tuple[tuple[int, int], ...]
    scattered: bool = False


def places_of(found: Found, numbered: bool) -> list[Place]:
    """Places of one name. numbered : the file counts its exons within their transcripts."""
    ordinary = _ordinary(found, numbered)
    if ordinary is not None:
        return [ordinary]
    exons = list(dict.fromkeys(found.exons))
    if not numbered:
        exons = [(*exon[:4], None) for exon in exons]
    sites: dict[tuple[str, str], tuple[list[Span], list[Exon]]] = defaultdict(lambda: ([], []))
    for span in found.spans:
        sites[span[:2]][0].append(span)
    for exon in exons:
        sites[exon[:2]][1].append(exon)
    strays = _strays(sites) if len(sites) > 1 else set()
    places: list[Place] = []
    for site, (spans, parts) in sites.items():
        if site not in strays:
            places += _at_site(site, spans, parts, scattered=bool(strays))
    return places


def place_table(places: Iterable[tuple[object, Place]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Transcripts (key, chromosome, strand, start, end, stated, scattered) and exons (row, start,
    end) of (key, place) pairs; row is the index of the transcript."""
    rows: list[tuple] = []
    parts: list[tuple[int, int, int]] = []
    for key, place in places:
        parts += [(len(rows), start, end) for start, end in place.exons]
        rows.append(
            (key, place.chromosome, place.strand, place.start, place.end, place.stated,
             place.scattered)
        )  # fmt: skip
    columns = ["key", "chromosome", "strand", "start", "end", "stated", "scattered"]
    exons = pd.DataFrame(parts, columns=["row", "start", "end"], dtype="int64")
    return pd.DataFrame(rows, columns=columns), exons


def _ordinary(found: Found, numbered: bool) -> Place | None:
    """The place of a name with one line and sound exons in it: nearly all of them are so."""
    if len(found.spans) != 1:
        return None
    chromosome, strand, start, end = found.spans[0]
    exons = sorted(found.exons)
    reach, step = start, 0
    last: int | None = None
    for on, side, first, stop, number in exons:
        if on != chromosome or side != strand or first < reach or stop > end:
            return None
        if numbered and number is not None:
            if last is not None:
                turn = (number > last) - (number < last)
                if turn == 0 or turn == -step:
                    return None
                step = turn
            last = number
        reach = stop
    bounds = tuple((exon[2], exon[3]) for exon in exons)
    return Place(chromosome, strand, start, end, True, bounds)


def _strays(sites: dict) -> set[tuple[str, str]]:
    """Strands that hold exons of a molecule which begins on another one."""
    numbers = {
        site: {e[4] for e in parts if e[4] is not None} for site, (_, parts) in sites.items()
    }
    stated = [site for site, (spans, _) in sites.items() if spans]
    if stated:
        known = set().union(*(numbers[site] for site in stated))
        # A number that a stated strand has too is that exon of a further copy.
        return {s for s in sites if s not in stated and not (numbers[s] and numbers[s] & known)}
    if not all(numbers.values()):
        return set()
    if sum(map(len, numbers.values())) > len(set().union(*numbers.values())):
        return set()
    return set(sites) - {min(sites, key=lambda site: min(numbers[site]))}


def _at_site(
    site: tuple[str, str], spans: list[Span], exons: list[Exon], scattered: bool
) -> list[Place]:
    own = _joined((start, end) for _, _, start, end in spans)
    inside: list[list[Exon]] = [[] for _ in own]
    loose: list[Exon] = []
    for exon in exons:
        holder = next((i for i, (a, b) in enumerate(own) if exon[2] < b and a < exon[3]), None)
        (loose if holder is None else inside[holder]).append(exon)
    places = [
        _place(site, [span, *(e[2:4] for e in parts)], parts, True, scattered)
        for span, parts in zip(own, inside, strict=True)
    ]
    copies = _copies(sorted(loose, key=lambda exon: exon[2:4])) if loose else ()
    return places + [
        _place(site, [e[2:4] for e in parts], parts, False, scattered) for parts in copies
    ]


def _place(site: tuple[str, str], spans, exons, stated: bool, scattered: bool) -> Place:
    scattered = scattered or not _in_order(exons)
    bounds = () if scattered else tuple(_joined(exon[2:4] for exon in exons))
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    chromosome, strand = site
    return Place(chromosome, strand, start, end, stated, bounds, scattered)


def _in_order(exons: list[Exon]) -> bool:
    """Whether numbers, where each exon has one of its own, rise or fall along the chromosome."""
    ordered = sorted(exons, key=lambda exon: exon[2:4])
    numbers = [exon[4] for exon in ordered if exon[4] is not None]
    if len(numbers) < len(exons) or len(set(numbers)) < len(numbers):
        return True
    return numbers in (sorted(numbers), sorted(numbers, reverse=True))


def _copies(exons: list[Exon]) -> list[list[Exon]]:
    """Exons of one strand, sorted, as the copies of the transcript that they belong to.

    A number that comes again begins a copy; without numbers only a gap that no intron fills does.
    """
    numbers = [exon[4] for exon in exons if exon[4] is not None]
    far = [b[2] - a[3] > _TOO_FAR for a, b in pairwise(exons)]
    options = [far]
    if len(numbers) == len(exons) and len(set(numbers)) < len(numbers):
        # Counted from the 5' end, or along the chromosome: the way that needs fewer copies.
        options = [
            [f or b <= a for f, (a, b) in zip(far, pairwise(numbers), strict=True)],
            [f or b >= a for f, (a, b) in zip(far, pairwise(numbers), strict=True)],
        ]
    groups = [[exons[0]]]
    for begins, exon in zip(min(options, key=sum), exons[1:], strict=True):
        if begins:
            groups.append([])
        groups[-1].append(exon)
    reach = [max(exon[3] for exon in group) for group in groups]
    apart = all(end <= group[0][2] for end, group in zip(reach, groups[1:], strict=False))
    return groups if apart else [exons]


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted spans, those that overlap as one; those that only touch stay apart."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
