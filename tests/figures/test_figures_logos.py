"""Logos: information content, strands, and letters in their places."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from deepexpr.features.motif import column_information
from deepexpr.figures.logos import draw_logo


def test_information_by_hand():
    p = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]])
    np.testing.assert_allclose(column_information(p), [2, 0, 1])


def test_letters_fill_their_columns():
    axis = Figure().subplots()
    draw_logo(axis, np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0]]), start=3)
    boxes = [patch.get_path().get_extents() for patch in axis.patches]
    assert len(boxes) == 3
    assert min(box.x0 for box in boxes) >= 3
    assert max(box.x1 for box in boxes) <= 5
    tallest = max(boxes, key=lambda box: box.height)
    assert tallest.x0 >= 4
    assert 1.9 < tallest.height <= 2
