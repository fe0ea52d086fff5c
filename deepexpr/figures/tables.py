"""Tables drawn as figures: text between rules, as a journal sets them."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from deepexpr.figures import style

#: Inches: a line of text, the space between rows and between columns, the head, and a margin.
LINE, SPACE, BETWEEN, HEAD, MARGIN = 0.115, 0.07, 0.12, 0.3, 0.1

#: Points, and inches from the top of a line to its baseline: all cells of a row share one.
FONT, ASCENT = 6.5, 0.085


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
    widths = _column_widths([header, *rows])
    wrapped = [_wrap(cells, widths) for cells in [header, *rows]]
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
        # Bold too: in grey the colour alone would be paler than the other rows.
        weight = "bold" if number == 0 or number - 1 in emphasise else "normal"
        colour = style.VERMILLION if number - 1 in emphasise else "black"
        _cells(axis, cells, widths, y - SPACE / 2, numeric, weight, colour)
        y -= step
        if number == 0:
            _rule(axis, y, 0.6)
    _rule(axis, y, 0.9)
    return figure


def _column_widths(lines: Sequence[Sequence[str]]) -> list[float]:
    """Inches of the columns, together the page: what a cell wants, at least its longest word."""
    columns = list(zip(*lines, strict=True))
    wanted = [max(_width(str(cell)) for cell in column) + BETWEEN for column in columns]
    least = [
        max((_width(word) for cell in column for word in str(cell).split(" ")), default=0) + BETWEEN
        for column in columns
    ]
    room = style.TWO_COLUMNS - 2 * MARGIN
    surplus, spare = sum(wanted) - room, sum(wanted) - sum(least)
    if surplus <= 0:
        return [want * room / sum(wanted) for want in wanted]
    share = min(surplus / spare, 1) if spare else 0
    return [want - share * (want - word) for want, word in zip(wanted, least, strict=True)]


def _width(text: str) -> float:
    """Inches of a line of text, set in bold, the wider of the two weights."""
    font = FontProperties(family="DejaVu Sans", weight="bold", size=FONT)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72


def _wrap(cells: Sequence[str], widths: Sequence[float]) -> list[str]:
    return [_fill(str(cell), width - BETWEEN) for cell, width in zip(cells, widths, strict=True)]


def _fill(text: str, width: float) -> str:
    """`text` in lines of at most `width` inches, broken at spaces."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _width(f"{lines[-1]} {word}") <= width + 1e-6:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


def _cells(
    axis: Axes, cells, widths, y: float, numeric: Sequence[int], weight: str, colour: str
) -> None:
    left = MARGIN
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        right = number in numeric
        place = left + width - BETWEEN if right else left
        for line, text in enumerate(cell.split("\n")):
            axis.text(
                place, y - ASCENT - line * LINE, text, ha="right" if right else "left",
                va="baseline", fontsize=FONT, fontweight=weight, color=colour,
            )  # fmt: skip
        left += width


def _rule(axis: Axes, y: float, width: float) -> None:
    axis.plot([MARGIN, style.TWO_COLUMNS - MARGIN], [y, y], color="black", linewidth=width)
