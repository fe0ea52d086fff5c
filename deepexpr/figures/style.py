"""One look for all figures: sizes, colours by method, words where there is nothing to draw.

Figures are made with matplotlib's object interface (no pyplot), so that drawing
leaves no global state behind and works without a display.
"""

import contextlib
import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from deepexpr.files import atomic_path
from deepexpr.schemas import METHOD_LABELS

STYLE = Path(__file__).with_name("deepexpr.mplstyle")

#: Widths of a journal's one and two columns, and the height of its page, inches (85, 174, 234 mm).
ONE_COLUMN = 3.35
TWO_COLUMNS = 6.85
PAGE = 9.2

#: Letters of a panel's detail to the inch (6.3 points), measured on the longest of them.
LETTERS_PER_INCH = 20

#: Okabe & Ito (2008), told apart by people with any common colour vision.
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY = "#777777"

#: A method has its colour and its marker in every figure; the linear models of the two tasks
#: never meet in one panel and share theirs, and so do SVM and Lasso.
METHOD_LOOKS = {
    "full": (VERMILLION, "o"),
    "sequence": (ORANGE, "s"),
    "hichip": (GREEN, "^"),
    "random_forest": (PURPLE, "D"),
    "svm": (SKY, "v"),
    "lasso": (SKY, "v"),
    "logistic_regression": (BLUE, "P"),
    "linear_regression": (BLUE, "P"),
    "ridge": (BLACK, "X"),
    "trees": (BLACK, "d"),
    "totals": (GREY, "*"),
    "copy": (YELLOW, "h"),
}

#: Units of expression, on every axis that shows it.
EXPRESSION_UNIT = "log10(count + 0.1)"

#: No dates in any file: the same table gives the same bytes.
METADATA = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw and save with the project's style, and leave matplotlib's settings as they were."""
    with mpl.style.context(["default", str(STYLE)]):
        yield


def save(figure: Figure, outputs: Iterable[str | Path]) -> None:
    """Write `figure` to each of `outputs` (.pdf, .png at 300 dpi, .svg with text), atomically."""
    for output in map(Path, outputs):
        kind = output.suffix.lstrip(".").lower()
        with atomic_path(output) as temporary:
            figure.savefig(temporary, format=kind, metadata=METADATA[kind])


def label(method: str) -> str:
    """The name of a method that figures show."""
    return METHOD_LABELS.get(method, method)


def colour(method: str) -> str:
    """The colour of a method; black for one that is not in the list."""
    return METHOD_LOOKS.get(method, (BLACK, "X"))[0]


def marker(method: str) -> str:
    """The marker of a method."""
    return METHOD_LOOKS.get(method, (BLACK, "X"))[1]


def ordered_methods(methods: Iterable[str]) -> list[str]:
    """Methods in the order of `METHOD_LABELS`, unknown ones last by name."""
    order = list(METHOD_LABELS)
    return sorted(set(methods), key=lambda m: (order.index(m) if m in order else len(order), m))


def panels_of_lines(number: int) -> tuple[Figure, list[Axes]]:
    """A `grid` of scatters, one per cell line: three in a row, four as two and two."""
    return grid(number, columns=2 if number == 4 else 3, panel=(2.35, 2.35))


def grid(
    number: int,
    *,
    columns: int = 3,
    panel: tuple[float, float] = (2.2, 2.1),
    sharex: bool = True,
    sharey: bool | Literal["row"] = True,
) -> tuple[Figure, list[Axes]]:
    """A figure of `number` equal panels with shared axes, one or two columns wide.

    `panel` is the size of one panel in inches; it shrinks so that the figure fits the page.
    """
    columns = max(1, min(columns, number))
    rows = math.ceil(number / columns)
    width = ONE_COLUMN if panel[0] * columns <= ONE_COLUMN else TWO_COLUMNS
    height = min(panel[1] * rows + 0.3, PAGE)
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False)
    flat = list(axes.flat)
    for spare in flat[number:]:
        spare.remove()
    for axis in flat[max(0, number - columns) : number]:
        axis.tick_params(labelbottom=True)
    return figure, flat[:number]


def label_outside(axes: Sequence[Axes], x: str, y: str) -> None:
    """The x label under the lowest panel of every column, the y label left of every row."""
    for axis in axes:
        spec = axis.get_subplotspec()
        rows, columns = spec.get_gridspec().get_geometry()
        below = spec.rowspan.start + 1 < rows and spec.num1 + columns < len(axes)
        if not below:
            axis.set_xlabel(x)
        if spec.is_first_col():
            axis.set_ylabel(y)


def title(axis: Axes, head: str, detail: str = "") -> None:
    """A bold heading over a panel, and under it lines of detail such as n."""
    if not detail:
        axis.set_title(head)
        return
    axis.set_title(detail, fontsize=6.3, fontweight="normal", linespacing=1.2)
    lines = detail.count("\n") + 1
    axis.annotate(
        head, (0, 1), xycoords="axes fraction", xytext=(0, 6 + lines * 7.8), fontsize=7.5,
        textcoords="offset points", fontweight="bold", annotation_clip=False,
    )  # fmt: skip


def titles(
    axes: Sequence[Axes], texts: Sequence[tuple[str, Sequence[str]]], beside: float = 1.0
) -> None:
    """Headings over panels, (head, lines of detail) each, all heads of a row at one height.

    A line of detail that is wider than its panel is broken. `beside` : inches of the figure's
    width that labels and gaps take.
    """
    letters = letters_over(axes, beside)
    broken = [[textwrap.fill(line, letters) for line in lines if line] for _, lines in texts]
    heights = ["\n".join(lines).count("\n") for lines in broken]
    for axis, (head, _), lines, height in zip(axes, texts, broken, heights, strict=True):
        row = axis.get_subplotspec().rowspan.start
        tallest = max(
            other
            for other, beside in zip(heights, axes, strict=True)
            if beside.get_subplotspec().rowspan.start == row
        )
        title(axis, head, "\n".join(lines) + "\n" * (tallest - height))


def letters_over(axes: Sequence[Axes], beside: float = 1.0) -> int:
    """Letters of a line of detail over a panel; `beside` as for `titles`."""
    columns = axes[0].get_subplotspec().get_gridspec().ncols
    room = axes[0].figure.get_figwidth() - beside
    return max(16, int(room / columns * LETTERS_PER_INCH))


def rows_of(table: pd.DataFrame, columns: Sequence[str], values: Sequence) -> pd.DataFrame:
    """The rows whose `columns` hold these values: those of a panel."""
    return table[(table[list(columns)] == list(values)).all(axis=1)]


def say(axis: Axes, text: str, width: int = 34) -> None:
    """Write why a panel holds no data, in its middle."""
    say_at(axis, 0.5, text, width)


def say_at(axis: Axes, x: float, text: str, width: int = 24) -> None:
    """Write words beside what is drawn, from `x` (0 left, 1 right) of the panel's width."""
    axis.text(
        x, 0.5, textwrap.fill(text, width), transform=axis.transAxes, ha="center", va="center",
        color="#444444", fontsize=7, style="italic",
    )  # fmt: skip


def only_words(title: str, text: str) -> Figure:
    """A figure without data that says why, in words."""
    figure = Figure(figsize=(ONE_COLUMN, 1.5), layout="constrained")
    axis = figure.subplots()
    axis.set_axis_off()
    axis.set_title(title)
    say(axis, text, 50)
    return figure


def prefix(names: pd.Series) -> str:
    """What a heading starts with: the cell line of a table, "" where it was not given."""
    given = names.dropna().astype(str)
    return f"{given.iloc[0]}: " if len(given) and given.iloc[0] else ""


def legend_below(figure: Figure, handles: Sequence, columns: int) -> None:
    """One legend under all panels, never over data, in at most `columns` that fit the figure."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    for number in range(max(1, columns), 0, -1):
        legend = figure.legend(
            handles=list(handles), loc="outside lower center", ncols=number, handletextpad=0.4
        )
        if legend.get_window_extent(renderer).width <= figure.bbox.width:
            break
        if number > 1:
            legend.remove()


def p_text(p_value: float) -> str:
    """A p value as text: 0.03, 2e-16, < 1e-300."""
    if not math.isfinite(p_value):
        return "p not defined"
    if p_value < 1e-300:
        return "p < 1e-300"
    return f"p = {p_value:.2g}"
