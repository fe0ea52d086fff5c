"""Where the letters of contacted places lie on the genome, and in what a network reads."""

import numpy as np
import pandas as pd

from deepexpr.features.sections import EnhancerFeatures


def contacted_places(contacts: pd.DataFrame, genes: int, settings: EnhancerFeatures) -> np.ndarray:
    """Where the letters of each contact lie: int64 (genes, settings.enhancers, 2), start and end
    (0-based, half-open; may reach beyond the ends of the chromosome); 0, 0 in empty slots."""
    places = np.zeros((genes, settings.enhancers, 2), np.int64)
    places[contacts["row"], contacts["slot"]] = contacts[["start", "end"]].to_numpy(np.int64)
    return places


def window_starts(places: np.ndarray, width: int) -> np.ndarray:
    """Where the first of `width` letters of each place lies, int64 (...,) of places (..., 2): the
    place stands in their middle, N on both sides of it."""
    return places[..., 0] - _before(places[..., 1] - places[..., 0], width)


def _before(length, width: int):
    """Unknown letters in front of a place of `length` letters, as `str.center` has them."""
    missing = width - length
    return missing // 2 + (missing & width & 1)
