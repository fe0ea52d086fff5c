"""Sequence logos: letters as tall as their share of the information in a column.

Schneider & Stephens (1990): a column holds 2 + sum p log2 p bits against a uniform
background; the most frequent letter stands on top.
"""

from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from deepexpr.features.motif import column_information
from deepexpr.figures import style
from deepexpr.letters import LETTERS

LETTER_COLOURS = {"A": style.GREEN, "C": style.BLUE, "G": style.ORANGE, "T": style.VERMILLION}


def draw_logo(axis: Axes, probabilities: np.ndarray, start: int = 0) -> None:
    """Draw a logo whose column i spans x from start + i to start + i + 1; y is in bits."""
    p = np.asarray(probabilities, dtype=float)
    heights = p * column_information(p)[:, None]
    outlines: dict[str, list[Path]] = {letter: [] for letter in LETTERS}
    for column, row in enumerate(heights):
        bottom = 0.0
        for letter in np.argsort(row, kind="stable"):
            if row[letter] > 0.005:
                shape = outline(LETTERS[letter], start + column, bottom, row[letter])
                outlines[LETTERS[letter]].append(shape)
            bottom += row[letter]
    for letter, paths in outlines.items():
        if paths:
            path = Path.make_compound_path(*paths)
            axis.add_patch(PathPatch(path, facecolor=LETTER_COLOURS[letter], linewidth=0))
    axis.set_ylim(0, 2)


def outline(letter: str, x: float, y: float, height: float) -> Path:
    """A letter stretched to the box from (x, y) to (x + 1, y + height), less a small margin."""
    glyph = _glyph(letter)
    box = glyph.get_extents()
    transform = (
        Affine2D()
        .translate(-box.x0, -box.y0)
        .scale(0.92 / box.width, height * 0.98 / box.height)
        .translate(x + 0.04, y)
    )
    return transform.transform_path(glyph)


@lru_cache(maxsize=len(LETTERS))
def _glyph(letter: str) -> Path:
    return TextPath(
        (0, 0), letter, size=10, prop=FontProperties(family="DejaVu Sans", weight="bold")
    )
