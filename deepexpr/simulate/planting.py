"""Motif sites: drawn from JASPAR's matrices and written into promoters and enhancers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.motif import Motif, column_information
from deepexpr.letters import ASCII, reverse_complement
from deepexpr.simulate.genes import Gene
from deepexpr.simulate.genome import Genome, Layout
from deepexpr.simulate.settings import ENHANCER_MOTIFS, PROMOTER_MOTIFS, Settings

#: Attempts to find room for one site before it is left out.
_ATTEMPTS = 200
#: Free letters kept between two sites.
_SPACER = 2


def load_motifs() -> tuple[list[Motif], list[Motif]]:
    """The planted motifs of promoters and of enhancers, in the order of the settings."""
    from deepexpr.motifs.jaspar import load_jaspar

    known = {motif.name: motif for motif in load_jaspar("JASPAR2018", tax_group="vertebrates")}
    missing = [name for name in (*PROMOTER_MOTIFS, *ENHANCER_MOTIFS) if name not in known]
    if missing:
        raise InputError(f"JASPAR 2018 as installed lacks {', '.join(missing)}.")
    return [known[name] for name in PROMOTER_MOTIFS], [known[name] for name in ENHANCER_MOTIFS]


def plant_promoters(
    genome: Genome,
    genes: Sequence[Gene],
    motifs: Sequence[Motif],
    settings: Settings,
    rng: np.random.Generator,
    upstream: int = 1_000,
) -> pd.DataFrame:
    """Write sites into the promoters of `genes`; the genome changes in place.

    Returns one row per site: gene, motif, tf, position (0-based start in the promoter of
    TSS - `upstream`, gene orientation), width, strand ("+" is the gene's), sequence (as the
    matrix reads it).
    """
    rows = []
    for gene in genes:
        numbers = rng.choice(len(settings.sites_per_motif), len(motifs), p=settings.sites_per_motif)
        wanted = rng.permutation(np.repeat(np.arange(len(motifs)), numbers))
        taken = np.zeros(2 * upstream, dtype=bool)
        for motif in (motifs[k] for k in wanted):
            far = rng.random() < settings.far_site_share
            window = settings.far_window if far else settings.site_window
            start = _free_start(taken, upstream + window[0], upstream + window[1], motif.width, rng)
            if start is None:
                continue
            site = draw_site(motif, settings.sharpening, rng)
            strand = "+" if rng.random() < 0.5 else "-"
            left = (
                gene.tss - upstream + start
                if gene.strand == "+"
                else gene.tss + upstream + 1 - start - motif.width
            )
            _write(genome, left, site, strand == gene.strand)
            rows.append((gene.name, motif, start, strand, site))
    return _table(rows, "gene")


def plant_enhancers(
    genome: Genome,
    layout: Layout,
    motifs: Sequence[Motif],
    settings: Settings,
    rng: np.random.Generator,
    sites_per_motif: Sequence[float] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write one module of sites near the midpoint of every enhancer's bin.

    sites_per_motif : P(0, 1, 2 ... sites) of each motif, on its own; None: each comes once or more
    (settings.sites_per_module).

    Returns (enhancers, sites). enhancers: enhancer, chromosome, start, end (the module),
    bin_start. sites: enhancer, motif, tf, position (0-based on the chromosome), width, strand
    (genomic), sequence (as the matrix reads it).
    """
    rows: list[tuple] = []
    places: list = []
    half = settings.module_length // 2
    for chromosome, bins in enumerate(layout.enhancers):
        for number in bins:
            name = f"E{len(places) + 1:04d}"
            bin_start = int(number) * settings.bin_size
            start = bin_start + settings.bin_size // 2 - half + int(rng.integers(-100, 101))
            places.append((name, genome.names[chromosome], start, start + 2 * half, bin_start))
            if sites_per_motif is None:
                count = int(rng.integers(*settings.sites_per_module))
                # Every factor once before any comes twice: modules are combinations.
                wanted = np.resize(rng.permutation(len(motifs)), count)
            else:
                numbers = rng.choice(len(sites_per_motif), len(motifs), p=sites_per_motif)
                wanted = rng.permutation(np.repeat(np.arange(len(motifs)), numbers))
            taken = np.zeros(2 * half, dtype=bool)
            for motif in (motifs[k] for k in wanted):  # type: ignore[call-overload]  # an index of NumPy
                within = _free_start(taken, 0, 2 * half, motif.width, rng)
                if within is None:
                    continue
                site = draw_site(motif, settings.sharpening, rng)
                strand = "+" if rng.random() < 0.5 else "-"
                left = int(genome.offsets[chromosome]) + start + within
                _write(genome, left, site, strand == "+")
                rows.append((name, motif, start + within, strand, site))
    columns = ["enhancer", "chromosome", "start", "end", "bin_start"]
    return pd.DataFrame(places, columns=columns), _table(rows, "enhancer")


def draw_site(motif: Motif, sharpening: float, rng: np.random.Generator) -> np.ndarray:
    """One site (w,) uint8 ASCII; column i is drawn from p_i ** sharpening, renormalised."""
    sharp = np.asarray(motif.probabilities) ** sharpening
    cumulative = np.cumsum(sharp / sharp.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random((len(sharp), 1)) > cumulative[:, :3]).sum(axis=1)
    return ASCII[chosen]


def _free_start(
    taken: np.ndarray, first: int, last: int, width: int, rng: np.random.Generator
) -> int | None:
    """A start in [first, last - width] that touches no taken letter; marks it taken."""
    for start in rng.integers(first, last - width + 1, _ATTEMPTS).tolist():
        if not taken[max(start - _SPACER, 0) : start + width + _SPACER].any():
            taken[start : start + width] = True
            return start
    return None


def _write(genome: Genome, left: int, site: np.ndarray, forward: bool) -> None:
    genome.letters[left : left + len(site)] = site if forward else reverse_complement(site)


def _table(rows: list[tuple], key: str) -> pd.DataFrame:
    columns = [key, "motif", "tf", "position", "width", "strand", "sequence"]
    return pd.DataFrame(
        [
            (name, motif.name, motif.alt_name, start, motif.width, strand, site.tobytes().decode())
            for name, motif, start, strand, site in rows
        ],
        columns=columns,
    )


def broken_letter(site, motif: Motif) -> tuple[int, str, str]:
    """How a planted site is broken best: at its most telling letter of its motif's first choices.

    site : a row as `plant_promoters` and `plant_enhancers` return them. Returns the letter's place,
    counted as `position` is, the letter there, and the one that the motif likes least.
    """
    told = column_information(motif.probabilities)
    right = [a == b for a, b in zip(site.sequence, motif.consensus, strict=True)]
    column = int(np.where(right, told, -1).argmax())
    letters = site.sequence[column], "ACGT"[int(motif.probabilities[column].argmin())]
    if site.strand == "+":
        return site.position + column, *letters
    one, other = map(reverse_complement, letters)
    return site.position + site.width - 1 - column, one, other
