"""Chromosome names and sizes: annotation and genome must speak of the same assembly.

Two sources that disagree about names give empty results many steps later, so they are
compared as soon as both are known.
"""

import itertools
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.reference.aliases import bare_name

log = logging.getLogger(__name__)

#: Share of an annotation's transcripts that may lie on chromosomes the genome lacks, where the
#: two seem to use different names: the rest is then what happens to be named alike.
_MOST = 0.5
#: Of a sequence, in bp: BAM, the indexes of samtools and bowtie and tabix count in 32 bits.
LONGEST = 2**31 - 1
_WHOLE = re.compile(r"\d{1,3}|[XYWZMU]|MT|[IVX]+|\d{1,2}[LR]|[ABab]|\d[ABab]|NC_\d+(?:\.\d+)?")
_MITOCHONDRION = re.compile(r"chr(M|MT)|MT?|mito.*|Pt|chrC|chloroplast", re.IGNORECASE)


def natural_key(name: str) -> tuple:
    """Sort key: whole chromosomes before scaffolds and haplotypes, 1..22, X, Y, M."""
    # PanSN puts sample and haplotype in front: HG002#1#chr1.
    core = re.sub(r"^(chromosome_?|chrom|chr|LG|group)(?=.)", "", name.rsplit("#", 1)[-1],
                  flags=re.IGNORECASE)  # fmt: skip
    whole = _WHOLE.fullmatch(core)
    number = re.match(r"\d+", core)
    return (whole is None, number is None, int(number.group()) if number else 0, core, name)


def natural_rank(names: pd.Series) -> pd.Series:
    """Place of each name in the natural order of all of them; int."""
    ordered = sorted(names.unique(), key=natural_key)
    return names.map({name: i for i, name in enumerate(ordered)})


def is_whole(name: str) -> bool:
    """Whether a name is that of a whole chromosome, and not of a scaffold or haplotype."""
    return not natural_key(name)[0]


def is_alternative(name: str) -> bool:
    """Whether a name is that of another version of a part of a chromosome: alternative loci,
    haplotypes and patches of UCSC, Ensembl and the GRC."""
    return bool(re.search(r"_hap\d*$|_alt\d*$|_fix$|^CHR_|^HSCHR|^HG\d+_|_PATCH$|_alt_", name))


def check_chromosomes(
    transcripts: pd.DataFrame,
    sizes: Mapping[str, int],
    annotation: str,
    genome: str,
    chromosomes: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Compare the annotation's chromosome names and coordinates with the genome's.

    chromosomes : only the ends of transcripts on these are compared; all if None.
    Returns the transcripts, without those that run over the origin of a circle.
    Raises InputError where no name is shared (with a hint: chr1 or 1), where most transcripts
    are lost as names differ, or where a transcript ends behind its chromosome's end (another
    build). Warns, with counts, where some are missing.
    """
    counts = Counter(transcripts["chromosome"].value_counts().to_dict())
    shared = require_shared_names(counts, sizes, annotation, genome)
    covered = sum(sizes[name] for name in shared) / sum(sizes.values())
    require_most(counts, set(sizes), annotation, genome, covered)
    seen = shared if chromosomes is None else shared & set(chromosomes)
    here = transcripts[transcripts["chromosome"].isin(seen)]
    over = _over_the_origin(here, sizes)
    _check_ends(here.drop(over), sizes, annotation, genome)
    if len(over):
        log.warning(
            "%d transcript(s) run over the origin of %s, such as %s, and were left out",
            len(over), _sample(here.loc[over, "chromosome"].unique()),
            here.loc[over[0], "transcript"],
        )  # fmt: skip
    missing = set(counts) - shared
    if missing:
        log.warning(
            "%d of %d chromosomes of the annotation (%d of %d transcripts) are not in the genome, "
            "such as %s",
            len(missing), len(counts), sum(counts[name] for name in missing), len(transcripts),
            _sample(missing),
        )  # fmt: skip
    return transcripts.drop(over)


def require_most(
    counts: Mapping[str, int],
    known: set[str],
    annotation: str,
    genome: str,
    covered: float = 1.0,
) -> None:
    """InputError where most of an annotation is lost as its chromosomes have other names.

    counts : transcripts (or lines) by chromosome. known : the genome's names. covered : share of
    the genome's letters on chromosomes that the annotation has. A genome of some chromosomes
    with the annotation of all is sound: those it has are named alike, and hold all its letters.
    """
    missing = set(counts) - known
    lost, total = sum(counts[name] for name in missing), sum(counts.values())
    renamed = {bare_name(n) for n in missing} & {bare_name(n) for n in known - set(counts)}
    if lost > _MOST * total and (renamed or covered < _MOST):
        raise InputError(
            f"Most of the annotation is lost: {lost} of {total} of its transcripts lie on "
            "chromosomes that the genome lacks.",
            where=f"{annotation} and {genome}",
            expected=f"names such as {_sample(known)} (genome)",
            found=f"names such as {_sample(missing)} (annotation)",
            fix=_name_hint(missing, known),
        )


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
    annotated: Iterable[str],
    sequences: Iterable[str],
    annotation: str,
    genome: str,
    count: Callable[[], Mapping[str, int]] = dict,
) -> None:
    """As `require_shared_names` and `require_most`, reading no further than it takes to tell.

    The first whole chromosome that both have ends it well. A scaffold that both have does not:
    names that differ by chr alone, or the end of both files, have the lines counted.
    count : lines by chromosome of the annotation, read where they are needed.
    """
    names: set[str] = set()
    known: set[str] = set()
    bare: tuple[set[str], set[str]] = (set(), set())
    rest = iter(sequences)
    for left, right in itertools.zip_longest(annotated, rest):
        for name, own, plain in ((left, names, bare[0]), (right, known, bare[1])):
            if name is not None:
                own.add(name)
                plain.add(bare_name(name))
        if any(
            name in names and name in known and is_whole(name) for name in (left, right) if name
        ):
            return
        if any(bare_name(n) in bare[0] & bare[1] for n in (left, right) if n) and not names & known:
            break
    counts = count()
    known |= set(rest)
    require_shared_names(names | set(counts), known, annotation, genome)
    require_most(counts, known, annotation, genome)


def _over_the_origin(transcripts: pd.DataFrame, sizes: Mapping[str, int]) -> pd.Index:
    """Transcripts of the one gene of a circle that begins before its end and ends behind it.

    INSDC writes features over the origin so. Circles are organelles and what is not named as a
    nuclear chromosome (plasmids, bacteria).
    """
    size = transcripts["chromosome"].map(sizes)
    beyond = transcripts[(transcripts["end"] > size) | (transcripts["start"] < 0)]
    over: list = []
    for name, rows in beyond.groupby("chromosome"):
        circle = _MITOCHONDRION.fullmatch(name) or not is_whole(name) or name.startswith("NC_")
        inside = rows["start"].between(0, sizes[name] - 1).all()
        once = (rows["end"] <= 2 * sizes[name]).all() and rows["gene"].nunique() == 1
        if circle and inside and once:
            over += rows.index.tolist()
    return pd.Index(over, dtype=transcripts.index.dtype)


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
    if {bare_name(name) for name in left} & {bare_name(name) for name in right}:
        return (
            "One of the two writes chr1 and the other 1: take both from one source (UCSC or "
            "Ensembl), or set assemblies.NAME.aliases to auto (--aliases auto)."
        )
    return (
        "Take the genome and the annotation from one source, or name a table of aliases "
        "(assemblies.NAME.aliases, --aliases): accession names need renaming."
    )


def _sample(names: Iterable[str]) -> str:
    return ", ".join(sorted(names, key=natural_key)[:3])
