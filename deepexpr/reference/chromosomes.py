"""Chromosome names and sizes: annotation and genome must speak of the same assembly.

Two sources that disagree about names give empty results many steps later, so they are
compared as soon as both are known.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Mapping

import pandas as pd

from deepexpr.errors import InputError

log = logging.getLogger(__name__)


def natural_key(name: str) -> tuple:
    """Sort key: whole chromosomes before scaffolds and haplotypes, 1..22, X, Y, M."""
    core = re.sub(r"^chr", "", name, flags=re.IGNORECASE)
    whole = re.fullmatch(r"\d{1,3}|[XYWZMU]|MT|[IVX]+|\d{1,2}[LR]|[ABab]|\d[ABab]", core)
    number = re.match(r"\d+", core)
    return (whole is None, number is None, int(number.group()) if number else 0, core, name)


def check_chromosomes(
    transcripts: pd.DataFrame, sizes: Mapping[str, int], annotation: str, genome: str
) -> None:
    """Compare the annotation's chromosome names and coordinates with the genome's.

    Raises InputError where no name is shared (with a hint: chr1 or 1) or where a transcript
    ends behind its chromosome's end (another build). Warns, with counts, where some are missing.
    """
    names = set(transcripts["chromosome"])
    shared = require_shared_names(names, sizes, annotation, genome)
    _check_ends(transcripts[transcripts["chromosome"].isin(shared)], sizes, annotation, genome)
    missing = names - shared
    if missing:
        lost = int(transcripts["chromosome"].isin(missing).sum())
        log.warning(
            "%d of %d chromosomes of the annotation (%d of %d transcripts) are not in the genome, "
            "such as %s",
            len(missing), len(names), lost, len(transcripts), _sample(missing),
        )  # fmt: skip


def require_shared_names(
    annotated: Iterable[str], sequences: Iterable[str], annotation: str, genome: str
) -> set[str]:
    """Names that annotation and genome share; InputError with a hint where there are none."""
    names, known = set(annotated), set(sequences)
    if not names & known:
        raise InputError(
            "No chromosome of the annotation is in the genome.",
            where=f"{annotation} and {genome}",
            expected=f"names such as {_sample(known)} (genome)",
            found=f"names such as {_sample(names)} (annotation)",
            fix=_name_hint(names, known),
        )
    return names & known


def require_common_name(
    annotated: Iterable[str], sequences: Iterable[str], annotation: str, genome: str
) -> None:
    """As `require_shared_names`, reading no further than it takes to tell.

    The first name that both have ends it well; chr1 in one and 1 in the other ends it badly.
    """
    names: set[str] = set()
    known: set[str] = set()
    for left, right in itertools.zip_longest(annotated, sequences):
        names |= {left} - {None}
        known |= {right} - {None}
        if left in known or right in names:
            return
        if {_bare(name) for name in names} & {_bare(name) for name in known}:
            break
    require_shared_names(names, known, annotation, genome)


def _check_ends(
    transcripts: pd.DataFrame, sizes: Mapping[str, int], annotation: str, genome: str
) -> None:
    limit = transcripts["chromosome"].map(sizes)
    beyond = transcripts[(transcripts["end"] > limit) | (transcripts["start"] < 0)]
    if len(beyond):
        first = beyond.iloc[0]
        raise InputError(
            f"{len(beyond)} transcript(s) lie beyond the end of their chromosome, such as "
            f"{first['transcript']}.",
            where=f"{annotation} and {genome}",
            expected=f"{first['chromosome']} of {sizes[first['chromosome']]:,} bp",
            found=f"{first['chromosome']}:{first['start']}-{first['end']}",
            fix="Use an annotation and a genome of the same build (such as both hg38).",
        )


def restrict_chromosomes(transcripts: pd.DataFrame, chromosomes: Iterable[str]) -> pd.DataFrame:
    """Keep transcripts on `chromosomes`, logging how many; InputError for an unknown name."""
    wanted = set(chromosomes)
    unknown = wanted - set(transcripts["chromosome"])
    if unknown:
        raise InputError(
            f"No transcript is on {_sample(unknown)}.",
            expected=f"names such as {_sample(transcripts['chromosome'].unique())}",
            fix="Check the spelling: chr1 or 1.",
        )
    kept = transcripts[transcripts["chromosome"].isin(wanted)]
    log.info(
        "%d of %d transcripts are on the %d chromosomes asked for",
        len(kept), len(transcripts), len(wanted),
    )  # fmt: skip
    return kept


def _name_hint(left: set[str], right: set[str]) -> str:
    if {_bare(name) for name in left} & {_bare(name) for name in right}:
        return (
            "One of the two writes chr1 and the other 1: take both from one source (UCSC or "
            "Ensembl), or rename the sequences."
        )
    return "Take the genome and the annotation from one source; accession names need renaming."


def _bare(name: str) -> str:
    return re.sub(r"^chr", "", name)


def _sample(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=natural_key)[:3])
