"""HiChIP reads: contacts of two cut sites, ligated, sheared and read from both ends.

A ligated molecule is an *arm* that ends with the enzyme's site, then the other arm
backwards: ``...GATC`` + ``GATC...``. Digestion is partial: an arm may hold further sites.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from deepexpr.letters import COMPLEMENT
from deepexpr.simulate.genes import Gene
from deepexpr.simulate.genome import Genome
from deepexpr.simulate.settings import Settings

#: MboI cuts before its site and the ends are filled in: the junction is the site twice.
SITE = "GATC"
#: No cut site nearer to a chromosome's end or a run of N: arms and dangling ends stay inside.
_EDGE = 600
#: Spread (sd, bp) of the ligated site around a loop's anchor point.
_ANCHOR_SPREAD = 600


@dataclass(frozen=True)
class Molecules:
    """Library molecules, one element each, all int64.

    Ligated: site1, site2 (global position of the site's first letter), side1, side2 (0: the arm
    lies left of the cut, 1: right), arm1, arm2 (lengths with the site). Unligated: site1 = site2 =
    the fragment's global start, arm2 = 0, arm1 = its length, side1 = 0 forward or 1 backward.
    """

    site1: np.ndarray
    site2: np.ndarray
    side1: np.ndarray
    side2: np.ndarray
    arm1: np.ndarray
    arm2: np.ndarray

    def __len__(self) -> int:
        return len(self.site1)

    def take(self, index: np.ndarray) -> "Molecules":
        """The molecules at `index`."""
        return Molecules(**{name: values[index] for name, values in vars(self).items()})


class Library:
    """Draws molecules of one cell line's HiChIP library.

    Parameters
    ----------
    loops : the cell line's rows of `Regulation.loops`.
    enriched : (bins of all nuclear chromosomes,) weight of each 5 kb bin.
    """

    def __init__(
        self,
        genome: Genome,
        settings: Settings,
        genes: Sequence[Gene],
        loops: pd.DataFrame,
        enriched: np.ndarray,
    ) -> None:
        self.genome = genome
        self.settings = settings
        self.sites = find_sites(genome, SITE)
        nuclear = int(genome.offsets[-2])
        self.mitochondrial = self.sites[self.sites >= nuclear]
        self.sites = self.sites[self.sites < nuclear]
        self.weights = enriched / enriched.sum()
        tss = {gene.name: gene.tss for gene in genes}
        offset = dict(zip(genome.names, genome.offsets[:-1].tolist(), strict=True))
        shift = loops["chromosome1"].map(offset).to_numpy(np.int64)
        half = settings.bin_size // 2
        self.promoters = loops["gene"].map(tss).to_numpy(np.int64)
        left = loops["start1"].to_numpy() + shift + half
        right = loops["start2"].to_numpy() + shift + half
        is_left = np.abs(self.promoters - left) < half
        self.enhancers = np.where(is_left, right, left)
        self.strengths = loops["strength"].to_numpy(float)

    def draw(self, rng: np.random.Generator) -> Molecules:
        """Molecules of one replicate, `hichip_pairs` with duplicates, in random order."""
        settings = self.settings
        total = settings.hichip_pairs
        unique = total - round(total * settings.duplicate_share)
        shares = (settings.short_share, settings.trans_share, settings.mitochondrial_share)
        short, trans, mitochondrial = (round(unique * share) for share in shares)
        loop1, loop2 = self._loop_sites(rng)
        room = unique - short - trans - mitochondrial
        loop1, loop2 = loop1[:room], loop2[:room]
        near1, near2 = self._background_sites(room - len(loop1), rng)
        circles = short // 3
        circle1, circle2 = self._circle_sites(circles, rng)
        trans1, trans2 = self._weighted_sites(trans, rng), self._weighted_sites(trans, rng)
        site1 = np.concatenate([loop1, near1, trans1, circle1])
        site2 = np.concatenate([loop2, near2, trans2, circle2])
        ligated = self._ligate(site1, site2, rng)
        dangling = self._unligated(rng.choice(self.sites, short - circles), rng)
        organelle = self._unligated(rng.choice(self.mitochondrial, mitochondrial), rng)
        molecules = _join([ligated, dangling, organelle])
        copies = rng.integers(0, len(molecules), total - len(molecules))
        order = rng.permutation(np.concatenate([np.arange(len(molecules)), copies]))
        return molecules.take(order)

    def reads(self, molecules: Molecules) -> tuple[np.ndarray, np.ndarray]:
        """True letters of both mates, (molecules, read length) uint8 each."""
        m, length = molecules, self.settings.read_length
        one, two = (m.site1, m.side1, m.arm1), (m.site2, m.side2, m.arm2)
        return _read(self.genome, one, two, length), _read(self.genome, two, one, length)

    def _nearest(self, positions: np.ndarray) -> np.ndarray:
        right = np.clip(np.searchsorted(self.sites, positions), 1, len(self.sites) - 1)
        before, after = self.sites[right - 1], self.sites[right]
        return np.where(positions - before < after - positions, before, after)

    def _loop_sites(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        settings = self.settings
        per_replicate = settings.replicates * settings.usable_share
        number = rng.poisson(self.strengths / per_replicate)
        which = rng.permutation(np.repeat(np.arange(len(number)), number))
        anchors = []
        for centres in (self.promoters, self.enhancers):
            centre = centres[which]
            start = centre // settings.bin_size * settings.bin_size
            place = centre + rng.normal(0, _ANCHOR_SPREAD, len(which))
            # Away from the bin's borders, so that the mapped 5' end stays in the bin.
            place = np.clip(place, start + 250, start + settings.bin_size - 250)
            anchors.append(self._nearest(place.astype(np.int64)))
        return anchors[0], anchors[1]

    def _weighted_sites(self, number: int, rng: np.random.Generator) -> np.ndarray:
        size = self.settings.bin_size
        bins = rng.choice(len(self.weights), number, p=self.weights)
        return self._nearest(bins * size + rng.integers(0, size, number))

    def _background_sites(
        self, number: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs at distances with density 1/distance, one end drawn by enrichment."""
        first = self._weighted_sites(number, rng)
        index, local = self.genome.locate(first)
        length = self.settings.chromosome_length
        low, high = self.settings.background_distance
        high = min(high, length // 2)
        distance = np.exp(rng.uniform(np.log(low), np.log(high), number)).astype(np.int64)
        side = rng.choice([-1, 1], number)
        outside = (local + side * distance < 0) | (local + side * distance >= length)
        place = local + np.where(outside, -side, side) * distance
        return first, self._nearest(self.genome.offsets[index] + np.clip(place, 0, length - 1))

    def _circle_sites(self, number: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Two sites of one neighbourhood, less than 1 kb apart."""
        index = rng.integers(0, len(self.sites) - 3, number)
        first, second = self.sites[index], self.sites[index + rng.integers(1, 3, number)]
        return first, np.where(second - first < 800, second, first)

    def _ligate(self, site1: np.ndarray, site2: np.ndarray, rng: np.random.Generator) -> Molecules:
        settings, number = self.settings, len(site1)
        least = settings.minimal_arm
        size = rng.normal(settings.ligated_length, settings.ligated_length_sd, number)
        size = np.clip(np.rint(size), settings.read_length + 5, 250).astype(np.int64)
        arm1 = rng.integers(least, size - least + 1)  # type: ignore[arg-type]  # NumPy takes such bounds
        side1, side2 = rng.integers(0, 2, (2, number))
        swap = rng.random(number) < 0.5
        one, two = np.where(swap, site2, site1), np.where(swap, site1, site2)
        return Molecules(one, two, side1, side2, arm1, size - arm1)

    def _unligated(self, starts: np.ndarray, rng: np.random.Generator) -> Molecules:
        size = np.clip(rng.normal(200, 50, len(starts)), 90, 400).astype(np.int64)
        side = rng.integers(0, 2, len(starts))
        none = np.zeros(len(starts), dtype=np.int64)
        return Molecules(starts, starts, side, side, size, none)


def find_sites(genome: Genome, site: str) -> np.ndarray:
    """Sorted global positions of `site`, away from chromosome ends and runs of N."""
    letters = genome.letters
    span = len(letters) - len(site) + 1
    found = np.ones(span, dtype=bool)
    for shift, letter in enumerate(site.encode()):
        found &= letters[shift : shift + span] == letter
    positions = np.flatnonzero(found)
    index, local = genome.locate(positions)
    inside = (local >= _EDGE) & (local < genome.lengths[index] - _EDGE)
    unknown = np.concatenate([[0], np.cumsum(letters == ord("N"))])
    clear = np.zeros(len(positions), dtype=bool)
    low, high = positions[inside] - _EDGE, positions[inside] + _EDGE
    clear[inside] = unknown[high] == unknown[low]
    return positions[clear]


def _join(parts: list[Molecules]) -> Molecules:
    return Molecules(
        **{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])}
    )


def _read(genome: Genome, near: Sequence, far: Sequence, length: int) -> np.ndarray:
    """First `length` letters of the molecules, read from the outer end of `near`.

    near, far : site, side and length of both arms, (molecules,) each.

    Letter k of an arm left of the cut is site + 4 - arm + k (4 letters of SITE); of one right of
    it, the complement of site + arm - 1 - k. Beyond the arm the other one follows, backwards
    and complemented. An unligated fragment [site, site + size) has one arm of length 0: its
    reads come from its two ends, facing each other.
    """
    (site, side, arm), (far_site, far_side, far_arm) = near, far
    whole = (arm == 0) | (far_arm == 0)
    size = arm + far_arm
    letters = np.empty((len(site), length), dtype=np.uint8)
    cut = np.flatnonzero(~whole)
    k = np.arange(length)
    s, d, a = site[cut, None], side[cut, None], arm[cut, None]
    own = np.where(d == 0, s + len(SITE) - a + k, s + a - 1 - k)
    fs, fd, fa = far_site[cut, None], far_side[cut, None], far_arm[cut, None]
    j = size[cut, None] - 1 - k
    other = np.where(fd == 0, fs + len(SITE) - fa + j, fs + fa - 1 - j)
    here = k < a
    seen = genome.letters[np.where(here, own, other)]
    letters[cut] = np.where(np.where(here, d == 1, fd == 0), COMPLEMENT[seen], seen)
    rest = np.flatnonzero(whole)
    # The mate with arm > 0 starts at one end, its partner (arm 0) at the other.
    backward = ((side[rest] == 1) ^ (arm[rest] == 0))[:, None]
    start, end = site[rest, None], (site + size)[rest, None]
    seen = genome.letters[np.where(backward, end - 1 - k, start + k)]
    letters[rest] = np.where(backward, COMPLEMENT[seen], seen)
    return letters
