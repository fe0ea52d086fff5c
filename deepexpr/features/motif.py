"""One motif: a position probability matrix with its names.

Everything that makes or reads motifs (filters, JASPAR, CisModule, MEME files) speaks
in these, so that orientation and letter order are settled in one place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from deepexpr.errors import InputError
from deepexpr.letters import LETTERS


@dataclass(frozen=True)
class Motif:
    """A position probability matrix.

    Attributes
    ----------
    name : identifier without blanks, e.g. "MA0139.1".
    alt_name : the factor's name, e.g. "CTCF"; may be empty.
    probabilities : (width, 4) float64, columns A, C, G, T; each row sums to 1.
    sites : number of sites that the matrix was estimated from (0 = unknown).
    """

    name: str
    alt_name: str
    probabilities: np.ndarray
    sites: float = 0.0

    def __post_init__(self) -> None:
        matrix = np.asarray(self.probabilities, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[1] != 4 or len(matrix) == 0:
            raise InputError(
                f"Motif {self.name} is not a matrix of 4 letters.",
                expected="shape (width, 4)",
                found=str(matrix.shape),
            )
        if not np.all(matrix >= 0) or not np.allclose(matrix.sum(axis=1), 1.0, atol=1e-6):
            raise InputError(
                f"The rows of motif {self.name} are not probabilities.",
                expected="no negative number, and a sum of 1 in each row",
                found=f"row sums {matrix.sum(axis=1).min():.6g} to {matrix.sum(axis=1).max():.6g}",
            )
        if not self.name or any(c.isspace() for c in self.name):
            raise InputError(f"A motif's name has no blanks, but one is {self.name!r}.")
        object.__setattr__(self, "probabilities", matrix)

    @classmethod
    def from_counts(
        cls, name: str, alt_name: str, counts: np.ndarray, pseudocount: float = 0.0
    ) -> "Motif":
        """Motif of letter counts (width, 4); `pseudocount` is added to each cell.

        `sites` is the largest column sum of the counts (columns differ where sites run
        over letters other than A, C, G, T). Raises InputError where a column is empty.
        """
        counts = np.asarray(counts, dtype=np.float64)
        sites = float(counts.sum(axis=1).max())
        counts = counts + pseudocount
        totals = counts.sum(axis=1, keepdims=True)
        if np.any(totals <= 0):
            raise InputError(f"Motif {name} has a column without any letter.")
        return cls(name, alt_name, counts / totals, sites)

    @property
    def width(self) -> int:
        """Number of positions."""
        return len(self.probabilities)

    @property
    def information_content(self) -> float:
        """Bits over all positions, against equal letters: sum of 2 + sum p log2 p."""
        return float(column_information(self.probabilities).sum())

    @property
    def consensus(self) -> str:
        """The most probable letter at each position (the first of equals)."""
        return "".join(LETTERS[i] for i in self.probabilities.argmax(axis=1))

    def reverse_complement(self) -> "Motif":
        """The same motif read from the other strand."""
        return replace(self, probabilities=self.probabilities[::-1, ::-1].copy())

    def log_odds(
        self, background: Sequence[float] | np.ndarray = (0.25,) * 4, pseudocount: float = 1e-3
    ) -> np.ndarray:
        """(width, 4) log2 probability over background; `pseudocount` x background is added."""
        frequencies = np.asarray(background, dtype=np.float64)
        smooth = (self.probabilities + pseudocount * frequencies) / (1.0 + pseudocount)
        return np.log2(smooth / frequencies)


def column_information(probabilities: np.ndarray) -> np.ndarray:
    """(width,) bits per position of a (width, 4) probability matrix, against equal letters."""
    probabilities = np.asarray(probabilities, dtype=np.float64)
    terms = np.zeros_like(probabilities)
    positive = probabilities > 0
    terms[positive] = probabilities[positive] * np.log2(probabilities[positive])
    return 2.0 + terms.sum(axis=1)


def check_unique_names(motifs: Iterable[Motif], where: str | None = None) -> None:
    """Raise InputError where two motifs carry the same name."""
    seen: set[str] = set()
    for motif in motifs:
        if motif.name in seen:
            raise InputError(
                f"Two motifs are called {motif.name}.",
                where=where,
                expected="one name per motif",
                fix="Rename or remove one of them.",
            )
        seen.add(motif.name)
