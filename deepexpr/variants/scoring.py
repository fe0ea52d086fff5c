"""What a network predicts of both alleles of variants in windows of a genome.

Each window is read in several ways: as it is, moved by some bp to either side, and from the other
strand. The reference allele is predicted once per window and kept, the alternate one once per
variant.
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

#: Rows of windows int64 (n,) and their letters uint8 (n, L) to predictions (folds, n) float64.
Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]


_N = ord("N")


class Stretch(NamedTuple):
    """The letters around an anchor, uint8, in the window's orientation, and where they lie."""

    letters: np.ndarray
    start: int
    end: int
    strand: str


class Version(NamedTuple):
    """How a window is read: moved by so many bp in its direction, from which strand."""

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


class Stretches:
    """Stretches of a genome around anchors, and the windows cut of them.

    anchor : where the anchor stands in a window: the TSS of a promoter, the middle of a place.
        Letters between it and an insertion or deletion keep their distance to it.
    """

    def __init__(self, genome: pysam.FastaFile, windows: Windows, anchor: int, margin: int) -> None:
        self._genome, self._spans = genome, windows.spans
        self.length, self._index, self.margin = windows.length, anchor, margin
        self._places = list(windows.table.itertuples(index=False, name=None))

    @property
    def anchor(self) -> int:
        """Where the anchor stands in every stretch."""
        return self.margin + self._index

    def stretch(self, row: int) -> Stretch:
        """A window with `margin` bp on either side; N beyond a chromosome, and beyond the part
        that is read where that is not the whole window."""
        chromosome, start, end, strand = self._places[row]
        first, size = self.read_part(row)
        start, end = start - self.margin, end + self.margin
        (letters,) = encode_bytes([fetch_padded(self._genome, chromosome, start, end)])
        letters = reverse_complement(letters) if strand == "-" else letters
        if size < self.length:
            inside = np.full_like(letters, _N)
            inside[first : first + size] = letters[first : first + size]
            letters = inside
        return Stretch(letters, start, end, strand)

    def read_part(self, row: int) -> tuple[int, int]:
        """Where in its stretch the part that is read begins, and how long it is."""
        _, start, end, strand = self._places[row]
        first, last = self._spans[row].tolist()
        return self.margin + (end - last if strand == "-" else first - start), last - first

    def cut(self, letters: np.ndarray, anchor: int, version: Version) -> np.ndarray:
        """The window around `anchor`, uint8 (length,)."""
        first = anchor - self._index + version.shift
        window = letters[first : first + self.length]
        return reverse_complement(window) if version.other_strand else window


class Scorer:
    """Scores sites; keeps the predictions of each window's reference."""

    def __init__(self, windows: Stretches, predict: Predict, settings: ScoringSection) -> None:
        self.windows, self._predict = windows, predict
        shift = settings.shift
        self.shifts = [Version(0), *([Version(-shift), Version(shift)] if shift else [])]
        self.versions = [*self.shifts, *([Version(0, True)] if settings.strands else [])]
        self._known: dict[int, np.ndarray] = {}

    def score(
        self, sites: Sequence[Site], stretches: dict[int, Stretch]
    ) -> tuple[Effects, list[Change], list[Place]]:
        """Effects of sites, their changes in the orientation of their stretches, and the letters
        around them."""
        changes = []
        for site in sites:
            stretch = stretches[site.row]
            changes.append(oriented(site.change, stretch.start, stretch.end, stretch.strand))
        rows = [site.row for site in sites]
        values, known = self._read(rows, changes, stretches, len(self.versions))
        places = [
            place_of(stretches[row].letters, change)
            for row, change in zip(rows, changes, strict=True)
        ]
        return self._effects(known, values), changes, places

    def base_effects(self, sites: Sequence[tuple[int, Change]], stretches) -> np.ndarray:
        """Alternate less reference (n,), mean over folds, of the window as it is.

        sites : row and change in the orientation of the stretch.
        """
        rows, changes = zip(*sites, strict=True)
        values, known = self._read(rows, changes, stretches, 1)
        return values[0].mean(axis=0) - known[0].mean(axis=0)

    def _read(
        self,
        rows: Sequence[int],
        changes: Sequence[Change],
        stretches: dict[int, Stretch],
        versions: int,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Predictions of the alternate alleles, read in the first `versions` ways, and of their
        references, in all: (ways, folds, n). References not asked for before are predicted in the
        same call, as a network takes windows by batches of one size."""
        windows, anchor = self.windows, self.windows.anchor
        texts = [
            edited(stretches[row].letters, anchor, change)
            for row, change in zip(rows, changes, strict=True)
        ]
        new = sorted({*rows} - self._known.keys())
        base = [(stretches[row].letters, anchor) for row in new]
        cut = [windows.cut(*text, way) for way in self.versions[:versions] for text in texts]
        cut += [windows.cut(*text, way) for way in self.versions for text in base]
        asked = np.array([*(list(rows) * versions), *(new * len(self.versions))], dtype=np.int64)
        found = self._predict(asked, np.stack(cut))
        number = len(texts) * versions
        values, learnt = found[:, :number], found[:, number:]
        shape = (len(found), len(self.versions), len(new))
        learnt = learnt.reshape(shape).swapaxes(0, 1)
        self._known |= {row: learnt[..., i].copy() for i, row in enumerate(new)}
        known = np.stack([self._known[row] for row in rows], axis=-1)
        return values.reshape(len(found), versions, len(texts)).swapaxes(0, 1), known

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
    rows: Sequence[int], windows: Stretches, number: int, seed: int
) -> Iterator[tuple[int, Change]]:
    """Random single-letter changes within what is read of the windows `rows`: row, and the change
    in the orientation of its stretch. Window, place and other letter are drawn evenly; N is left
    out, so fewer than `number` may come."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(np.array(rows), number))
    places = rng.integers(0, windows.length, number)
    steps = rng.integers(1, 4, number)
    last, letters, first, size = -1, np.empty(0, np.uint8), 0, 0
    for row, place, step in zip(drawn.tolist(), places.tolist(), steps.tolist(), strict=True):
        if row != last:
            last, letters = row, windows.stretch(row).letters
            first, size = windows.read_part(row)
        place = first + place * size // windows.length
        code = int(CODES[letters[place]])
        if code < 4:
            other = chr(ASCII[(code + step) % 4])
            yield row, Change(place, place + 1, other)
