"""The transcriptome: spliced from the genome, or a given one checked against the annotation.

kallisto counts by the names in its FASTA, and genes come from the annotation, so the two must
use the same names; how they may differ (version suffix, GENCODE's "|") is settled here once.
"""

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.letters import reverse_complement
from deepexpr.reference.annotation import Annotation
from deepexpr.reference.fasta import fasta_names, open_genome, read_fasta

log = logging.getLogger(__name__)

#: ENST00000335137.4 and NM_000014.6 end with a version; GENCODE's _PAR_Y copies keep their mark.
_VERSION = re.compile(r"\.\d+(?=$|_PAR_Y$)")
#: Names that have versions for sure: Ensembl's and RefSeq's.
_ACCESSION = re.compile(r"ENS[A-Z]*\d|[NX][MR]_\d")


def spliced_transcripts(
    annotation: Annotation, genome: str | Path
) -> Iterator[tuple[str, str, str]]:
    """FASTA records (transcript, "gene=SYMBOL", spliced sequence 5' to 3'), upper-case.

    Chromosome by chromosome, in the order of the genome. Raises InputError where the annotation
    has no exons.
    """
    transcripts = annotation.transcripts
    without = set(transcripts["transcript"]) - set(annotation.exons["transcript"])
    if len(without) == len(transcripts) and not annotation.scattered:
        raise InputError(
            "The annotation has no exons, so transcripts cannot be spliced from the genome.",
            where=annotation.path,
            expected="GTF, GFF3 or genePred with exons",
            fix="Give the transcripts themselves as FASTA (--transcripts-fasta).",
        )
    if len(without) > annotation.scattered:  # those that are scattered are told of already
        log.warning("%d transcripts have no exons and were left out", len(without))
    places = transcripts.groupby("chromosome", sort=False)
    exons = annotation.exons.groupby("transcript", sort=False)
    spans = {name: list(zip(g["start"], g["end"], strict=True)) for name, g in exons}
    with open_genome(genome) as handle:
        for chromosome in handle.references:
            if chromosome not in places.groups:
                continue
            here = places.get_group(chromosome)
            letters = handle.fetch(chromosome).upper()
            for name, gene, strand in zip(
                here["transcript"], here["gene"], here["strand"], strict=True
            ):
                if name not in spans:
                    continue
                text = "".join(letters[start:end] for start, end in spans[name])
                yield name, f"gene={gene}", text if strand == "+" else reverse_complement(text)


def given_transcripts(fasta: str | Path) -> Iterator[tuple[str, str, str]]:
    """FASTA records of transcripts that come ready-made, one after the other."""
    for name, sequence in read_fasta(fasta).items():
        yield name, "", sequence


def check_transcript_names(fasta: str | Path, transcripts: pd.DataFrame, annotation: str) -> None:
    """Compare the names of a given transcriptome with the annotation's transcripts.

    Raises InputError where none fit; logs how many fit and warns of those that do not.
    """
    names = list(fasta_names(fasta))
    known = set(transcripts["transcript"])
    found = match_identifiers(names, known)
    if not found:
        raise InputError(
            "No transcript of the FASTA is in the annotation.",
            where=f"{fasta} and {annotation}",
            expected=f"names such as {', '.join(sorted(known)[:3])} (annotation)",
            found=f"names such as {', '.join(names[:3])} (FASTA)",
            fix="Take both from one source and release (Ensembl, GENCODE, RefSeq).",
        )
    log.info(
        "%d of %d transcripts of the FASTA are in the annotation (%d by their full name)",
        len(found), len(names), sum(name == match for name, match in found.items()),
    )  # fmt: skip
    lost = [name for name in names if name not in found]
    if lost:
        log.warning(
            "%d of %d transcripts of the FASTA are not in the annotation and count for no gene, "
            "such as %s",
            len(lost), len(names), ", ".join(lost[:3]),
        )  # fmt: skip
    absent = known - set(found.values())
    if absent:
        log.warning(
            "%d of %d transcripts of the annotation are not in the FASTA and cannot be counted",
            len(absent), len(known),
        )  # fmt: skip


def match_identifiers(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Map those `names` that are among the `known` transcripts to the known spelling.

    A name fits as it stands, else up to its first "|" (GENCODE's FASTA), else without the
    version on either side, where that leaves one name on both sides: F54D7.2 and F54D7.7 are two
    genes' and no versions, and where names are like that, one suffix is not taken for another.
    Names that fit none are left out.
    """
    names, known = list(dict.fromkeys(names)), set(known)
    short = {name: name.split("|", 1)[0] for name in names}
    stems = _stems(known)
    own = _stems(set(short.values()))
    versions = all(len(some) == 1 for some in (*stems.values(), *own.values()))
    found = {}
    for name in names:
        exact = next((text for text in (name, short[name]) if text in known), None)
        stem = _VERSION.sub("", short[name])
        if exact is None and len(own[stem]) == 1:
            # ENST2 of ENST2.7, where known names have no version, else ENST2.6.
            (only,) = stems.get(stem, (None,)) if len(stems.get(stem, ())) == 1 else (None,)
            other = stem not in (short[name], only)  # two suffixes, of which none need be right
            if stem in known:
                exact = stem
            elif not other or versions or _ACCESSION.match(stem):
                exact = only
        if exact is not None:
            found[name] = exact
    return found


def _stems(names: Iterable[str]) -> dict[str, set[str]]:
    """Names by what is left of them without the version."""
    stems: dict[str, set[str]] = defaultdict(set)
    for name in names:
        stems[_VERSION.sub("", name)].add(name)
    return stems
