"""Tables drawn as figures: text between rules, as a journal sets them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepexpr.figures import style

#: Inches: a line of text, the space between rows, the head, and a margin.
LINE, SPACE, HEAD, MARGIN = 0.115, 0.07, 0.3, 0.1

#: Characters of a line over the width of two columns at this size.
CHARACTERS = 142
FONT = 6.5


def draw_table(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: Sequence[int] = (),
    emphasise: Sequence[int] = (),
) -> Figure:
    """A table two columns wide; cells are wrapped to the widths that their columns get.

    numeric : columns (by number) that are set to the right. emphasise : rows in colour.
    """
    shares = _shares([header, *rows])
    wrapped = [_wrap(cells, shares) for cells in [header, *rows]]
    heights = [max(cell.count("\n") + 1 for cell in cells) * LINE + SPACE for cells in wrapped]
    height = HEAD + sum(heights) + 2 * MARGIN
    figure = Figure(figsize=(style.TWO_COLUMNS, height))
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set_xlim(0, style.TWO_COLUMNS)
    axis.set_ylim(0, height)
    axis.text(MARGIN, height - MARGIN, title, va="top", fontsize=8, fontweight="bold")
    y = height - MARGIN - HEAD + SPACE
    _rule(axis, y, 0.9)
    for number, (cells, step) in enumerate(zip(wrapped, heights, strict=True)):
        weight = "bold" if number == 0 else "normal"
        colour = style.VERMILLION if number - 1 in emphasise else "black"
        _cells(axis, cells, shares, y - SPACE / 2, numeric, weight, colour)
        y -= step
        if number == 0:
            _rule(axis, y, 0.6)
    _rule(axis, y, 0.9)
    return figure


def _shares(lines: Sequence[Sequence[str]]) -> list[float]:
    """Widths of the columns, in characters, together at most CHARACTERS."""
    columns = list(zip(*lines, strict=True))
    wanted = [max(len(str(cell)) for cell in column) + 2 for column in columns]
    longest_word = [
        max((len(word) for cell in column for word in str(cell).split()), default=1) + 2
        for column in columns
    ]
    surplus = sum(wanted) - CHARACTERS
    if surplus > 0:
        spare = [want - word for want, word in zip(wanted, longest_word, strict=True)]
        total = sum(spare) or 1
        wanted = [
            want - min(surplus, total) * share / total
            for want, share in zip(wanted, spare, strict=True)
        ]
    return [float(want) for want in wanted]


def _wrap(cells: Sequence[str], shares: Sequence[float]) -> list[str]:
    return [
        textwrap.fill(str(cell), max(int(share) - 1, 4), break_long_words=False)
        for cell, share in zip(cells, shares, strict=True)
    ]


def _cells(
    axis: Axes, cells, shares, y: float, numeric: Sequence[int], weight: str, colour: str
) -> None:
    scale = (style.TWO_COLUMNS - 2 * MARGIN) / max(sum(shares), 1)
    left = MARGIN
    for number, (cell, share) in enumerate(zip(cells, shares, strict=True)):
        right = left + share * scale
        if number in numeric:
            place, side = right - 0.12, "right"
        else:
            place, side = left, "left"
        axis.text(
            place, y, cell, ha=side, va="top", fontsize=FONT, fontweight=weight, color=colour,
            linespacing=1.2,
        )  # fmt: skip
        left = right


def _rule(axis: Axes, y: float, width: float) -> None:
    axis.plot([MARGIN, style.TWO_COLUMNS - MARGIN], [y, y], color="black", linewidth=width)
