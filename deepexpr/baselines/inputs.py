"""What the baselines see of a gene: the network's two inputs, as one row of numbers."""

from dataclasses import dataclass

import numpy as np

from deepexpr.baselines.gkm import count_gkm
from deepexpr.baselines.settings import WORD_METHODS, BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.dataset import ANCHORS, Dataset
from deepexpr.features.motif_scans import motif_scans, read_matrices
from deepexpr.features.words import (
    FINE_FROM,
    WORD_BLOCKS,
    flat_bins,
    loop_totals,
    loop_windows,
    window_words,
)


@dataclass(frozen=True, eq=False)
class WordsAndLoops:
    """One row of numbers per gene in two parts: gigabytes less than in one table of doubles.

    words : float32 (n, p). loops : float64 (n, q).
    """

    words: np.ndarray
    loops: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Of both side by side."""
        return len(self.words), self.words.shape[1] + self.loops.shape[1]

    def __getitem__(self, rows: np.ndarray) -> "WordsAndLoops":
        return WordsAndLoops(self.words[rows], self.loops[rows])


@dataclass(frozen=True, eq=False)
class Features:
    """x : float64 (n, p), not scaled, or for methods of `WORD_METHODS` its two parts. blocks : its
    columns in groups: of each kind of word, then of the loops (0 without)."""

    x: np.ndarray | WordsAndLoops
    blocks: tuple[int, ...]


def in_parts(x: np.ndarray | WordsAndLoops, words: int) -> tuple[np.ndarray, np.ndarray]:
    """Words (n, words) float32 and loops (n, q) float64 of either form."""
    if isinstance(x, WordsAndLoops):
        return x.words, x.loops
    return x[:, :words].astype(np.float32), x[:, words:]


def choose_words(settings: BaselineSettings, method: str, genes: int) -> BaselineSettings:
    """The settings with `word_blocks` chosen for `genes` training genes, where it is auto, and
    without files that the method does not read."""
    settings = settings.read_by(method)
    if settings.word_blocks != "auto":
        return settings
    fine = method in WORD_METHODS and genes >= FINE_FROM
    return settings.model_copy(update={"word_blocks": "fine" if fine else "coarse"})


def feature_matrix(
    dataset: Dataset,
    rows: np.ndarray,
    settings: BaselineSettings,
    kind: str,
    use_bins: bool,
    single: bool = False,
) -> Features:
    """Features of `rows` of the dataset.

    kind : "gapped": gapped k-mer counts of the promoter (columns as `gkm.vocabulary`), then the
    binned loops, log2(1 + normalised count). "network": words in windows and loops summed in
    windows (features.words). "anchors": the same, and the dataset's anchors where it has some.
    "totals": loops summed within three distances, no promoter.
    use_bins : with loops. single : for a method of `WORD_METHODS`. Raises InputError where loops
    are asked for and the dataset has none.
    """
    if (use_bins or kind == "totals") and dataset.bins is None:
        raise InputError(
            "The models read binned loops and this dataset has none.",
            where=str(dataset.path or dataset.cell_line),
            fix="Use a dataset with HiChIP, or models trained without it.",
        )
    if kind == "totals":
        totals = loop_totals(dataset.bins[rows], dataset.bin_size)  # type: ignore[index]  # arrays are there in this mode
        return Features(totals, (totals.shape[1],))
    words, widths = _promoters(dataset.sequence[rows], settings, kind)
    loops = _loops(dataset, rows, kind) if use_bins else np.zeros((len(rows), 0))
    blocks = (*widths, loops.shape[1])
    if single:
        return Features(WordsAndLoops(words, loops.astype(np.float64, copy=False)), blocks)
    return Features(np.hstack([words, loops]).astype(np.float64, copy=False), blocks)


def _loops(dataset: Dataset, rows: np.ndarray, kind: str) -> np.ndarray:
    bins = dataset.bins[rows]  # type: ignore[index]  # asked for where there are some
    if kind == "gapped":
        return flat_bins(bins)
    windows = loop_windows(bins, dataset.bin_size)
    if kind == "network" or ANCHORS not in dataset.others:
        return windows
    return np.hstack([windows, dataset.others[ANCHORS][rows]])


def _promoters(sequence, settings: BaselineSettings, kind: str) -> tuple[np.ndarray, list[int]]:
    if kind != "gapped":
        words, widths = window_words(sequence, WORD_BLOCKS[settings.word_blocks])
        if settings.motifs is None:
            return words, widths
        scans, more = motif_scans(sequence, read_matrices(settings.motifs))
        return np.hstack([words, scans]), widths + more
    counts = count_gkm(sequence, settings.length, settings.informative).toarray()
    return counts, [counts.shape[1]]


def describe_sequence(kind: str, settings: BaselineSettings) -> str | None:
    """What is read of the promoter, in words for the bundle's record."""
    words = "words in windows" + (", known motifs" if settings.motifs else "")
    words += ", further samples as targets" if settings.samples else ""
    described = {
        "gapped": f"gapped k-mers ({settings.length}, {settings.informative})",
        "network": words,
        "anchors": words,
        "totals": None,
    }
    return described[kind]
