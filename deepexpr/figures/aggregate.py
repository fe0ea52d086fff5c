"""Aggregate peak analysis: the mean contact map around the called loops and around controls."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.files import read
from deepexpr.hichip.aggregate import HALF, aggregate
from deepexpr.schemas import LOOPS

#: part "loops" or "controls": mean PETs of the pixel `row` bins below and `column` bins right of
#: the loop (the left anchor's bins are rows); loops: how many are averaged. A row with a note alone
#: says why a cell line has no map.
AGGREGATE_COLUMNS = columns_of(
    "part cell_line row column pets loops note", words="part note", pets="PETs"
)
TITLE = "Mean contact map around loops"
SEED = 1


def build_aggregate(inputs: Inputs) -> pd.DataFrame:
    """The mean maps of every cell line, from its table of all tested contacts."""
    tables = []
    for line, path in inputs.contacts.items():
        contacts = read(LOOPS, path)
        found = aggregate(contacts, contacts["loop"].to_numpy() == 1, SEED)
        if not found.number:
            row = {"part": "loops", "cell_line": line, "loops": 0, "note": found.reason}
            tables.append(pd.DataFrame([row]))
            continue
        row, column = np.mgrid[-HALF : HALF + 1, -HALF : HALF + 1]
        for part, pets in (("loops", found.loops), ("controls", found.controls)):
            tables.append(
                pd.DataFrame(
                    {"row": row.ravel(), "column": column.ravel(), "pets": pets.ravel()}
                ).assign(part=part, cell_line=line, loops=found.number)
            )
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return table.reindex(columns=list(AGGREGATE_COLUMNS))


def draw_aggregate(table: pd.DataFrame) -> Figure:
    """Loops above, controls below, a column per cell line, each pair on one scale (a root's, since
    the middle is far above the rest)."""
    lines = list(dict.fromkeys(table["cell_line"]))
    if not lines:
        return style.only_words(TITLE, "No loops were called in this run.")
    figure, axes = style.grid(
        2 * len(lines), columns=len(lines), panel=(2.25, 2.2), sharex=False, sharey=False
    )
    texts = []
    for line, above, below in zip(lines, axes[: len(lines)], axes[len(lines) :], strict=True):
        texts.append(_pair(above, below, line, table[table["cell_line"] == line]))
    style.titles(axes, [(line, heads) for line, heads, _ in texts]
                 + [("controls", ends) for _, _, ends in texts])  # fmt: skip
    return figure


def _pair(
    above: Axes, below: Axes, line: str, own: pd.DataFrame
) -> tuple[str, list[str], list[str]]:
    """Both maps of a cell line; its name, and the details of the two panels."""
    maps = {
        part: rows.pivot_table(index="row", columns="column", values="pets")
        for part, rows in own.dropna(subset=["row", "column", "pets"]).groupby("part")
    }
    if set(maps) != {"loops", "controls"}:
        note = own["note"].dropna()
        for axis in (above, below):
            axis.set_axis_off()
        style.say(above, f"No map: {note.iloc[0]}." if len(note) else "No loop was called.")
        return line, [], []
    top = max(float(np.nanmax(m.to_numpy())) for m in maps.values())
    for axis, part in ((above, "loops"), (below, "controls")):
        image = axis.imshow(
            maps[part].to_numpy(), cmap="Reds", norm=PowerNorm(0.4, 0, top or 1),
            extent=(-HALF - 0.5, HALF + 0.5, HALF + 0.5, -HALF - 0.5),
        )  # fmt: skip
        axis.set_xlabel("bins right of the loop")
        axis.set_ylabel("bins below it")
    above.figure.colorbar(image, ax=[above, below], shrink=0.6).set_label("mean PETs")
    middle = [float(maps[part].to_numpy()[len(maps[part]) // 2, maps[part].shape[1] // 2])
              for part in ("loops", "controls")]  # fmt: skip
    number = own["loops"].dropna()
    heads = [f"{number.iloc[0]:,.0f} loops" if len(number) else "", f"middle {middle[0]:.2f} PETs"]
    over = f"loops: {middle[0] / middle[1]:,.1f}-fold" if middle[1] else ""
    return line, heads, [f"middle {middle[1]:.2f} PETs", over]
