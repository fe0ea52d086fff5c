"""Known motifs that a variant makes or breaks.

A motif is broken where the reference allele has a match over the changed letters and the
alternate allele has none over those in their place, and made where it is the other way round. An
allele without letters (of a deletion or insertion) has the matches across the joint.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from deepexpr.features.motif import Motif
from deepexpr.features.motif_scores import match_scores, thresholds
from deepexpr.letters import CODES


class Place(NamedTuple):
    """The letters (uint8) of both alleles and of their surroundings, `flank` or more a side."""

    left: np.ndarray
    reference: np.ndarray
    alternate: np.ndarray
    right: np.ndarray


class MotifChanges:
    """Scans alleles for `motifs`; a match has p <= `p_value` in letters of `background` (4,)."""

    def __init__(self, motifs: Sequence[Motif], background: np.ndarray, p_value: float) -> None:
        self.names = [":".join(filter(None, (m.name, m.alt_name))) for m in motifs]
        self._widths = [motif.width for motif in motifs]
        self._least = [thresholds(motif, background, p_value) for motif in motifs]
        #: Letters on either side of an allele that a window over it can hold.
        self.flank = max(self._widths, default=1) - 1

    def of(self, places: Sequence[Place]) -> tuple[list[list[str]], list[list[str]]]:
        """Names of the motifs made, and of those broken, of each place."""
        had = self.matched([(p.left, p.reference, p.right) for p in places])
        has = self.matched([(p.left, p.alternate, p.right) for p in places])
        return self._named(has & ~had), self._named(had & ~has)

    def matched(self, alleles: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> np.ndarray:
        """Which motifs match over the middle part of (left, middle, right): bool (n, motifs)."""
        found = np.zeros((len(alleles), len(self.names)), dtype=bool)
        lengths = np.array([len(middle) for _, middle, _ in alleles], dtype=np.int64)
        for some in (lengths <= 1, lengths > 1):  # one long allele would make all others long
            rows = np.flatnonzero(some)
            if len(rows):
                found[rows] = self._matched([alleles[row] for row in rows.tolist()], lengths[rows])
        return found

    def _matched(self, alleles: Sequence[tuple], lengths: np.ndarray) -> np.ndarray:
        most, flank = int(lengths.max()), self.flank
        codes = np.full((len(alleles), 2 * flank + most), 4, dtype=np.uint8)
        for row, (left, middle, right) in zip(codes, alleles, strict=True):
            text = CODES[np.concatenate([left[len(left) - flank :], middle, right[:flank]])]
            row[: len(text)] = text
        found = np.zeros((len(alleles), len(self.names)), dtype=bool)
        for motif, (width, strands) in enumerate(zip(self._widths, self._least, strict=True)):
            part = codes[:, flank - width + 1 : flank + most + width - 1]
            # The last windows of shorter alleles hold letters of their right side alone.
            over = np.arange(most + width - 1) < (lengths + width - 1)[:, None]
            for matrix, least in strands:
                found[:, motif] |= ((match_scores(part, matrix) >= least) & over).any(axis=1)
        return found

    def _named(self, chosen: np.ndarray) -> list[list[str]]:
        return [[self.names[i] for i in np.flatnonzero(row)] for row in chosen]
