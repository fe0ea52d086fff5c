"""What a network predicts of both alleles of variants in promoters.

Each promoter is read in several ways: its window as it is, moved by some bp to either side, and
from the other strand. The reference allele is predicted once per promoter and kept, the
alternate one once per variant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepexpr.features.sequence import encode_bytes
from deepexpr.letters import ASCII, CODES, reverse_complement
from deepexpr.reference.fasta import fetch_padded
from deepexpr.variants.alleles import Change, edited, oriented
from deepexpr.variants.finding import Site, Windows
from deepexpr.variants.motif_changes import Place
from deepexpr.variants.sections import ScoringSection

if TYPE_CHECKING:  # its C libraries are loaded by what opens a genome
    import pysam

#: Rows of promoters int64 (n,) and letters uint8 (n, L) to predictions (folds, n) float64.
Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Stretch(NamedTuple):
    """The letters around a TSS, uint8, in the gene's orientation, and where they lie."""

    letters: np.ndarray
    start: int
    end: int
    strand: str


class Version(NamedTuple):
    """How a window is read: moved by so many bp in the gene's direction, from which strand."""

    shift: int
    other_strand: bool = False


class Effects(NamedTuple):
    """Of n sites: predictions of both alleles, and the spread (n,) of their difference.

    reference, alternate : (n,), mean over folds, the window as it is. A spread is the standard
    deviation of the difference over folds, strands or shifts; NaN where there is one only.
    """

    reference: np.ndarray
    alternate: np.ndarray
    folds_sd: np.ndarray
    strands_sd: np.ndarray
    shifts_sd: np.ndarray


class Promoters:
    """Stretches of a genome around TSS, and the windows cut of them."""

    def __init__(
        self, genome: pysam.FastaFile, windows: Windows, tss_index: int, margin: int
    ) -> None:
        self._genome, self._windows = genome, windows
        self.length, self.tss_index, self.margin = windows.length, tss_index, margin
        self._places = list(windows.table.itertuples(index=False, name=None))

    @property
    def tss(self) -> int:
        """Where the TSS stands in every stretch."""
        return self.margin + self.tss_index

    def stretch(self, row: int) -> Stretch:
        """The window of a promoter with `margin` bp on either side; N beyond a chromosome."""
        chromosome, start, end, strand = self._places[row]
        start, end = start - self.margin, end + self.margin
        (letters,) = encode_bytes([fetch_padded(self._genome, chromosome, start, end)])
        return Stretch(
            reverse_complement(letters) if strand == "-" else letters, start, end, strand
        )

    def cut(self, letters: np.ndarray, tss: int, version: Version) -> np.ndarray:
        """The window around `tss`, uint8 (length,)."""
        first = tss - self.tss_index + version.shift
        window = letters[first : first + self.length]
        return reverse_complement(window) if version.other_strand else window


class Scorer:
    """Scores sites; keeps the predictions of each promoter's reference."""

    def __init__(self, promoters: Promoters, predict: Predict, settings: ScoringSection) -> None:
        self.promoters, self._predict = promoters, predict
        shift = settings.shift
        self.shifts = [Version(0), *([Version(-shift), Version(shift)] if shift else [])]
        self.versions = [*self.shifts, *([Version(0, True)] if settings.strands else [])]
        self._known: dict[int, np.ndarray] = {}

    def score(
        self, sites: Sequence[Site], stretches: dict[int, Stretch]
    ) -> tuple[Effects, list[Change], list[Place]]:
        """Effects of sites, their changes in the gene's orientation within the stretches of their
        promoters, and the letters around them."""
        changes, texts = [], []
        for site in sites:
            stretch = stretches[site.row]
            change = oriented(site.change, stretch.start, stretch.end, stretch.strand)
            changes.append(change)
            texts.append(edited(stretch.letters, self.promoters.tss, change))
        rows = np.array([site.row for site in sites], dtype=np.int64)
        self._learn(sorted({*rows.tolist()} - self._known.keys()), stretches)
        values = self._read(rows, texts, self.versions)
        known = np.stack([self._known[row] for row in rows.tolist()], axis=-1)
        places = [
            place_of(stretches[site.row].letters, change)
            for site, change in zip(sites, changes, strict=True)
        ]
        return self._effects(known, values), changes, places

    def base_effects(self, sites: Sequence[tuple[int, Change]], stretches) -> np.ndarray:
        """Alternate less reference (n,), mean over folds, of the window as it is.

        sites : row and change in the gene's orientation within the stretch.
        """
        rows = np.array([row for row, _ in sites], dtype=np.int64)
        texts = [
            edited(stretches[row].letters, self.promoters.tss, change) for row, change in sites
        ]
        self._learn(sorted({*rows.tolist()} - self._known.keys()), stretches)
        values = self._read(rows, texts, self.versions[:1])[0].mean(axis=0)
        return values - np.array([self._known[row][0].mean() for row in rows.tolist()])

    def _learn(self, rows: Sequence[int], stretches: dict[int, Stretch]) -> None:
        """Predict the reference of promoters that were not asked for before."""
        if rows:
            texts = [(stretches[row].letters, self.promoters.tss) for row in rows]
            values = self._read(np.array(rows), texts, self.versions)
            self._known |= {row: values[..., i] for i, row in enumerate(rows)}

    def _read(
        self, rows: np.ndarray, texts: Sequence[tuple[np.ndarray, int]], versions: Sequence[Version]
    ) -> np.ndarray:
        """Predictions (versions, folds, n)."""
        cut = self.promoters.cut
        return np.stack(
            [
                self._predict(rows, np.stack([cut(*text, version) for text in texts]))
                for version in versions
            ]
        )

    def _effects(self, reference: np.ndarray, alternate: np.ndarray) -> Effects:
        """Of predictions (versions, folds, n)."""
        difference = alternate - reference
        means = difference.mean(axis=1)
        shifted = len(self.shifts)
        both = means[[0, shifted]] if len(means) > shifted else means[:1]
        return Effects(
            reference[0].mean(axis=0), alternate[0].mean(axis=0), _spread(difference[0]),
            _spread(both), _spread(means[:shifted]),
        )  # fmt: skip


def _spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation along the first axis; NaN of a single value."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def place_of(letters: np.ndarray, change: Change) -> Place:
    """Both alleles and all letters around them in their stretch."""
    first, end, alternate = change
    text = np.frombuffer(alternate.encode(), dtype=np.uint8)
    return Place(letters[:first], letters[first:end], text, letters[end:])


def random_changes(
    rows: Sequence[int], promoters: Promoters, number: int, seed: int
) -> Iterator[tuple[int, Change]]:
    """Random single-letter changes within the windows of `rows`: row, and the change in the gene's
    orientation within its stretch. Promoter, place and other letter are drawn evenly; N is left
    out, so fewer than `number` may come."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(np.array(rows), number))
    places = rng.integers(0, promoters.length, number) + promoters.margin
    steps = rng.integers(1, 4, number)
    last, letters = -1, np.empty(0, np.uint8)
    for row, place, step in zip(drawn.tolist(), places.tolist(), steps.tolist(), strict=True):
        if row != last:
            last, letters = row, promoters.stretch(row).letters
        code = int(CODES[letters[place]])
        if code < 4:
            other = chr(ASCII[(code + step) % 4])
            yield row, Change(place, place + 1, other)
