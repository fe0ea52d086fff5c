"""What the baselines see of a gene: the network's two inputs, as one row of numbers."""

from dataclasses import dataclass

import numpy as np

from deepexpr.baselines.gkm import count_gkm
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.errors import InputError
from deepexpr.features.dataset import ANCHORS, Dataset
from deepexpr.features.words import WORD_BLOCKS, flat_bins, loop_totals, loop_windows, window_words

#: Methods whose features are their definition, whatever `settings.features` says.
OWN_FEATURES = {"ridge": "network", "trees": "anchors", "totals": "totals"}


@dataclass(frozen=True, eq=False)
class Features:
    """x : float64 (n, p), not scaled. blocks : its columns in groups: of each kind of word, then
    of the loops (0 without)."""

    x: np.ndarray
    blocks: tuple[int, ...]


def features_of(method: str, settings: BaselineSettings) -> str:
    """ "gapped", "network", "anchors" or "totals": what the method reads."""
    return OWN_FEATURES.get(method, settings.features)


def feature_matrix(
    dataset: Dataset, rows: np.ndarray, settings: BaselineSettings, kind: str, use_bins: bool
) -> Features:
    """Features of `rows` of the dataset.

    kind : "gapped": gapped k-mer counts of the promoter (columns as `gkm.vocabulary`), then the
    binned loops, log2(1 + normalised count). "network": words in windows and loops summed in
    windows (features.words). "anchors": the same, and the dataset's anchors where it has some.
    "totals": loops summed within three distances, no promoter.
    use_bins : with loops. Raises InputError where they are asked for and the dataset has none.
    """
    if (use_bins or kind == "totals") and dataset.bins is None:
        raise InputError(
            "The models read binned loops and this dataset has none.",
            where=str(dataset.path or dataset.cell_line),
            fix="Use a dataset with HiChIP, or models trained without it.",
        )
    if kind == "totals":
        parts = [loop_totals(dataset.bins[rows], dataset.bin_size)]  # type: ignore[index]  # arrays are there in this mode
    else:
        parts = _promoters(dataset.sequence[rows], settings, kind)
        if use_bins:
            parts.append(_loops(dataset, rows, kind))
        else:
            parts.append(np.zeros((len(rows), 0)))
    x = np.hstack(parts).astype(np.float64, copy=False)  # gigabytes, where words are fine
    return Features(x, tuple(part.shape[1] for part in parts))


def _loops(dataset: Dataset, rows: np.ndarray, kind: str) -> np.ndarray:
    bins = dataset.bins[rows]  # type: ignore[index]  # asked for where there are some
    if kind == "gapped":
        return flat_bins(bins)
    windows = loop_windows(bins, dataset.bin_size)
    if kind == "network" or ANCHORS not in dataset.others:
        return windows
    return np.hstack([windows, dataset.others[ANCHORS][rows]])


def _promoters(sequence, settings: BaselineSettings, kind: str) -> list[np.ndarray]:
    if kind != "gapped":
        words, widths = window_words(sequence, WORD_BLOCKS[settings.word_blocks])
        return np.split(words, np.cumsum(widths)[:-1], axis=1)
    return [count_gkm(sequence, settings.length, settings.informative).toarray()]


def describe_sequence(kind: str, settings: BaselineSettings) -> str | None:
    """What is read of the promoter, in words for the bundle's record."""
    words = {
        "gapped": f"gapped k-mers ({settings.length}, {settings.informative})",
        "network": "words in windows",
        "anchors": "words in windows",
        "totals": None,
    }
    return words[kind]
