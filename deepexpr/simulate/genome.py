"""The letters of the mini-genome, and where on it things may lie.

All chromosomes stand in one array: a *global* position is the chromosome's offset plus
the 0-based position on it, so that reads of all chromosomes are cut by one indexing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from deepexpr.letters import ASCII, reverse_complement
from deepexpr.simulate.settings import Settings


@dataclass
class Genome:
    """Chromosomes in one array.

    names : chromosomes, "chrM" last. offsets : (n + 1,) int64, global start of each and the end.
    letters : (total,) uint8 ASCII, upper-case. masked : (total,) bool, repeats (soft-masked).
    """

    names: tuple[str, ...]
    offsets: np.ndarray
    letters: np.ndarray
    masked: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(n,) int64 lengths in bp."""
        return np.diff(self.offsets)

    def locate(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Chromosome index and local 0-based position of global `positions`."""
        index = np.searchsorted(self.offsets, positions, side="right") - 1
        return index, positions - self.offsets[index]

    def oriented(self, start: int, end: int, strand: str) -> np.ndarray:
        """Letters of the global half-open interval, reverse-complemented on strand "-"."""
        letters = self.letters[start:end]
        return letters if strand == "+" else reverse_complement(letters)

    def records(self) -> Iterator[tuple[str, str, str]]:
        """Chromosomes as `reference.fasta.write_fasta` takes them, repeats in lower case."""
        shown = np.where(self.masked, self.letters | 0x20, self.letters)
        for name, start, end in zip(self.names, self.offsets, self.offsets[1:], strict=False):
            yield name, "", shown[start:end].tobytes().decode()


@dataclass(frozen=True)
class Layout:
    """Bins of 5 kb, by chromosome: which hold promoters, enhancers, lncRNA genes, repeats.

    Each is a list with one sorted (n,) int64 array of bin numbers per nuclear chromosome.
    """

    genes: list[np.ndarray]
    enhancers: list[np.ndarray]
    noncoding: list[np.ndarray]
    repeats: list[np.ndarray]


def draw_layout(settings: Settings, rng: np.random.Generator) -> Layout:
    """Give every feature its own bin; enhancers keep off promoters' bins and their neighbours."""
    layout = Layout([], [], [], [])
    first, last = settings.margin_bins, settings.bins_per_chromosome - settings.margin_bins
    gap = settings.gene_spacing_bins - 1
    number = settings.genes_per_chromosome
    for _ in range(settings.chromosomes):
        slots = last - first - gap * (number - 1)
        genes = first + np.sort(rng.choice(slots, number, replace=False)) + gap * np.arange(number)
        near = (genes[:, None] + [-1, 0, 1]).ravel()
        free = rng.permutation(np.setdiff1d(np.arange(first, last), near))
        cuts = np.cumsum([settings.enhancers_per_chromosome, settings.noncoding_per_chromosome])
        enhancers, noncoding, rest = np.split(free, cuts)
        layout.genes.append(genes)
        layout.enhancers.append(np.sort(enhancers))
        layout.noncoding.append(np.sort(noncoding))
        layout.repeats.append(np.sort(rest))
    return layout


def draw_genome(settings: Settings, layout: Layout, rng: np.random.Generator) -> Genome:
    """Random letters with a GC share that varies by bin, telomeres of N, one repeat family."""
    names = (*(f"chr{i + 1}" for i in range(settings.chromosomes)), "chrM")
    lengths = [settings.chromosome_length] * settings.chromosomes + [settings.mitochondrial_length]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    total = int(offsets[-1])
    gc = rng.normal(settings.gc, settings.gc_sd, total // settings.bin_size + 1)
    share = np.clip(gc, 0.3, 0.6).astype(np.float32).repeat(settings.bin_size)[:total]
    strong = rng.random(total, dtype=np.float32) < share
    second = rng.integers(0, 2, total, dtype=np.uint8)
    # A=0 C=1 G=2 T=3: strong letters are 1 + bit, weak ones 3 * bit.
    letters = ASCII[np.where(strong, 1 + second, 3 * second)]
    genome = Genome(names, offsets, letters, np.zeros(total, dtype=bool))
    _plant_repeats(genome, settings, layout, rng)
    telomere = settings.telomere_bins * settings.bin_size
    for start, end in pairwise(offsets[:-1]):
        letters[start : start + telomere] = ord("N")
        letters[end - telomere : end] = ord("N")
    return genome


def _plant_repeats(
    genome: Genome, settings: Settings, layout: Layout, rng: np.random.Generator
) -> None:
    size = settings.repeat_length
    family = ASCII[rng.integers(0, 4, size)]
    for offset, bins in zip(genome.offsets, layout.repeats, strict=False):
        for number in bins:
            within = int(rng.integers(0, settings.bin_size - size))
            start = int(offset) + int(number) * settings.bin_size + within
            changed = rng.random(size) < settings.repeat_divergence
            copy = np.where(changed, ASCII[rng.integers(0, 4, size)], family)
            genome.letters[start : start + size] = copy
            genome.masked[start : start + size] = True
