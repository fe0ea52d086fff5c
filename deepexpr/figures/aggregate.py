"""Aggregate peak analysis: the mean contact map around the called loops and around controls."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.hichip.aggregate import CONTROLS, HALF, aggregate
from deepexpr.schemas import LOOPS

#: part "loops" or "controls": mean PETs of the pixel `row` bins below and `column` bins right of
#: the loop (the left anchor's bins are rows); loops: how many of those called are averaged. A row
#: with a note alone says why a cell line has no map.
AGGREGATE_COLUMNS = columns_of(
    "part cell_line row column pets loops called note", words="part note", pets="PETs"
)
TITLE = "Mean contact map around loops"
SEED = 1


def build_aggregate(inputs: Inputs) -> pd.DataFrame:
    """The mean maps of every cell line, from its table of all tested contacts."""
    tables = []
    for line, path in inputs.contacts.items():
        contacts = read(LOOPS, path)
        loop = contacts["loop"].to_numpy() == 1
        found = aggregate(contacts, loop, SEED)
        if not found.number:
            row = {"part": "loops", "cell_line": line, "loops": 0, "called": loop.sum()}
            tables.append(pd.DataFrame([row | {"note": found.reason}]))
            continue
        row, column = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]
        for part, pets in (("loops", found.loops), ("controls", found.controls)):
            tables.append(
                pd.DataFrame(
                    {"row": row.ravel(), "column": column.ravel(), "pets": pets.ravel()}
                ).assign(part=part, cell_line=line, loops=found.number, called=loop.sum())
            )
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(AGGREGATE_COLUMNS))


def draw_aggregate(table: pd.DataFrame) -> Figure:
    """Loops above, controls below, a column per cell line, all on one scale (a root's, since the
    middle is far above the rest)."""
    lines = list(dict.fromkeys(table["cell_line"]))
    if not lines:
        return style.only_words(TITLE, "No loops were called in this run.")
    figure, axes = style.grid(2 * len(lines), columns=len(lines), panel=(2.25, 2.4))
    norm = PowerNorm(0.4, 0, float(table["pets"].max()) or 1)
    pairs = zip(lines, axes[: len(lines)], axes[len(lines) :], strict=True)
    images, heads, ends = zip(
        *(_pair(above, below, table[table["cell_line"] == line], norm)
          for line, above, below in pairs), strict=True
    )  # fmt: skip
    style.titles(
        axes,
        [(f"{line}: loops", own) for line, own in zip(lines, heads, strict=True)]
        + [(f"{line}: controls", own) for line, own in zip(lines, ends, strict=True)],
    )
    style.label_outside(axes, "bins right of the loop", "bins below it")
    drawn = next((image for image in images if image is not None), None)
    if drawn is not None:
        figure.colorbar(drawn, ax=axes, shrink=0.6).set_label("mean PETs of a pixel")
    return figure


def _pair(
    above: Axes, below: Axes, own: pd.DataFrame, norm: PowerNorm
) -> tuple[AxesImage | None, list[str], list[str]]:
    """Both maps of a cell line; one of their images, and the details of the two panels."""
    maps = {
        part: rows.pivot_table(index="row", columns="column", values="pets").to_numpy()
        for part, rows in own.dropna(subset=["row", "column", "pets"]).groupby("part")
    }
    if set(maps) != {"loops", "controls"}:
        note = own["note"].dropna()
        for axis in (above, below):
            axis.set_axis_off()
        style.say(above, f"No map: {note.iloc[0]}." if len(note) else "No loop was called.")
        return None, [], []
    edge = HALF + 0.5
    for axis, part in ((above, "loops"), (below, "controls")):
        image = axis.imshow(maps[part], cmap="Reds", norm=norm, extent=(-edge, edge, edge, -edge))
        axis.set(xticks=(-HALF, 0, HALF), yticks=(-HALF, 0, HALF))
    middle = {part: float(m[m.shape[0] // 2, m.shape[1] // 2]) for part, m in maps.items()}
    number, called = (own[name].dropna() for name in ("loops", "called"))
    heads = []
    if len(number) and len(called):
        heads += [f"mean of {number.iloc[0]:,.0f} of {called.iloc[0]:,.0f} called,",
                  f"those longer than {2 * HALF} bins"]  # fmt: skip
    heads.append(f"middle {middle['loops']:.2f} PETs")
    ends = [f"{CONTROLS} for each loop, of its distance", f"middle {middle['controls']:.2f} PETs"]
    if middle["controls"]:
        ends.append(f"loops: {middle['loops'] / middle['controls']:,.1f}-fold")
    return image, heads, ends
