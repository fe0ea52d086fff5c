"""What makes a figure hard to read, found by measuring the drawn text: overlaps and cut labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

#: Points by which boxes may meet without their letters touching.
SLACK = 1.0


def faults(figure: Figure) -> list[str]:
    """Texts of `figure` that overlap or reach over its edge, legends over panels, tall pages."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    slack = SLACK * figure.dpi / 72
    hidden = {text for axes in figure.axes for text in _not_drawn(axes)}
    texts = [
        (text.get_text().strip(), _shrunk(text.get_window_extent(renderer), slack))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in hidden
    ]
    found = [f"{text!r} is cut" for text, box in texts if not _inside(box, figure.bbox)]
    found += [
        f"{one!r} lies over {other!r}"
        for (one, first), (other, second) in combinations(texts, 2)
        if first.overlaps(second)
    ]
    for legend in figure.legends:
        box = _shrunk(legend.get_window_extent(renderer), slack)
        found += [
            "a legend lies over a panel"
            for axis in figure.axes
            if axis.get_window_extent(renderer).overlaps(box)
        ]
    found += [
        "a legend lies over data"
        for axis in figure.axes
        if (legend := axis.get_legend())
        and any(
            line.get_path()
            .transformed(line.get_transform())
            .intersects_bbox(legend.get_window_extent(renderer), filled=False)
            for line in axis.lines
        )
    ]
    if figure.get_figheight() > 9.3:
        found.append(f"{figure.get_figheight():.1f} inches are more than a page")
    return found


def _not_drawn(axes: Axes) -> Iterator[Text]:
    """Labels of ticks outside the limits, and all of them where the axes are switched off."""
    for side in (axes.xaxis, axes.yaxis):
        low, high = sorted(side.get_view_interval())
        ticks = [*side.get_major_ticks(), *side.get_minor_ticks()]
        inside = [tick for tick in ticks if low <= tick.get_loc() <= high]
        shown = [side.label, side.offsetText]
        shown += [label for tick in inside for label in (tick.label1, tick.label2)]
        yield from (t for t in side.findobj(Text) if not axes.axison or t not in shown)


def _shrunk(box: Bbox, by: float) -> Bbox:
    return Bbox.from_extents(box.x0 + by, box.y0 + by, box.x1 - by, box.y1 - by)


def _inside(box: Bbox, page: Bbox) -> bool:
    return box.x0 >= page.x0 and box.x1 <= page.x1 and box.y0 >= page.y0 and box.y1 <= page.y1
