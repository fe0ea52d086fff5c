"""Figures 8 and 9: motifs found, each over the JASPAR motif that it matches.

The table carries the matrices, so that the logos can be redrawn from it alone.
"""

import logging
import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from deepexpr.errors import InputError
from deepexpr.features.motif import column_information
from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.logos import draw_logo
from deepexpr.files import read
from deepexpr.letters import LETTERS
from deepexpr.schemas import TOMTOM

logger = logging.getLogger(__name__)

#: One row per column of a logo. role: "query" (every motif found) or "target" (the best match of
#: a query, turned and shifted onto it); position counts columns from the query's first.
FILTER_MOTIFS_COLUMNS = columns_of(
    "cell_line query role target target_name orientation offset p_value e_value q_value e_limit"
    " sites position A C G T"
)
ENHANCER_MOTIFS_COLUMNS = ATTRIBUTION_MOTIFS_COLUMNS = FILTER_MOTIFS_COLUMNS

#: Pairs drawn; the table holds all.
SHOWN = 12
COLUMNS = 3

#: Sizes in inches: a logo, what stands over and under it, a line of words, and the margins.
LOGO, BETWEEN, TITLE, CELL = 0.42, 0.14, 0.18, 1.55
WORDS = 0.18
HEAD, LEFT, GAP = 0.4, 0.45, 0.3
#: The heading has room for two lines; height of each further one.
LINE = 0.13


def build_filter_motifs(inputs: Inputs) -> pd.DataFrame:
    """Matrices of the motifs and of their best matches with E below the limit (method.md, 5)."""
    from deepexpr.features.meme_format import read_meme
    from deepexpr.motifs.jaspar import load_targets

    queries = read_meme(inputs.filters)
    hits = read(TOMTOM, inputs.tomtom)
    foreign = sorted(set(hits["query"]) - {motif.name for motif in queries})
    if foreign:
        raise InputError(
            "The matches are not those of the motifs.",
            where=f"{inputs.tomtom} and {inputs.filters}",
            expected="matches of " + ", ".join([motif.name for motif in queries][:3]) + ", ...",
            found=f"matches of {foreign[0]}",
            fix="Give the motifs that `deepexpr tomtom` matched.",
        )
    hits = hits[hits["e_value"] < inputs.e_value].sort_values(["e_value", "p_value", "target"])
    best = hits.drop_duplicates("query").set_index("query")
    known = load_targets(inputs.jaspar) if len(best) else []
    targets = {motif.name: motif for motif in known}
    rows: list[dict] = []
    for motif in queries:
        rows += _matrix_rows(motif, inputs.e_value)
        if motif.name in best.index:
            rows += _target_rows(motif, best.loc[motif.name], targets, inputs.e_value)
    logger.info("%d motifs, %d with a match at E < %g", len(queries), len(best), inputs.e_value)
    table = pd.DataFrame(rows, columns=list(FILTER_MOTIFS_COLUMNS))
    return table.assign(cell_line=inputs.cell_line)


build_enhancer_motifs = build_attribution_motifs = build_filter_motifs


def draw_filter_motifs(table: pd.DataFrame) -> Figure:
    """Logos of first-layer filters over the JASPAR motifs that they match."""
    return _draw(table, "filter", "Motifs of first-layer filters")


def draw_enhancer_motifs(table: pd.DataFrame) -> Figure:
    """Logos of enhancer motifs over the JASPAR motifs that they match."""
    return _draw(table, "enhancer motif", "Motifs of enhancers")


def draw_attribution_motifs(table: pd.DataFrame) -> Figure:
    """Logos of motifs pooled from attributions over the JASPAR motifs that they match."""
    return _draw(table, "attribution motif", "Motifs of attributions")


def _matrix_rows(motif, limit: float) -> list[dict]:
    shared = {"query": motif.name, "role": "query", "e_limit": limit, "sites": motif.sites}
    return [shared | entry for entry in _columns(motif.probabilities, 0)]


def _target_rows(motif, hit: pd.Series, targets: dict, limit: float) -> list[dict]:
    if hit["target"] not in targets:
        raise InputError(
            f"The matched motif {hit['target']!r} is not in the motif collection.",
            where="--jaspar",
            expected="the collection that TomTom searched",
            fix="Give the same --jaspar as --targets of `deepexpr tomtom`.",
        )
    matrix = targets[hit["target"]].probabilities
    if hit["orientation"] == "-":
        matrix = matrix[::-1, ::-1]
    shared = {
        "query": motif.name, "role": "target", "e_limit": limit, "target": hit["target"],
        "target_name": hit["target_name"], "orientation": hit["orientation"],
        "offset": int(hit["offset"]), "p_value": hit["p_value"], "e_value": hit["e_value"],
        "q_value": hit["q_value"],
    }  # fmt: skip
    return [shared | entry for entry in _columns(matrix, -int(hit["offset"]))]


def _columns(matrix: np.ndarray, start: int) -> list[dict]:
    return [
        {"position": start + i, **dict(zip(LETTERS, map(float, row), strict=True))}
        for i, row in enumerate(np.asarray(matrix))
    ]


def _draw(table: pd.DataFrame, noun: str, title: str) -> Figure:
    queries = table[table["role"] == "query"]
    if queries.empty:
        return style.only_words(title, f"No {noun} was found, so there is nothing to match.")
    targets = table[table["role"] == "target"].sort_values(["e_value", "query"], kind="stable")
    matched = list(dict.fromkeys(targets["query"]))
    number, limit = queries["query"].nunique(), float(queries["e_limit"].iloc[0])
    heading = style.prefix(queries["cell_line"])
    heading += (
        f"{len(matched)} of {number} {noun}s match a JASPAR motif (TomTom, E\u00a0<\u00a0{limit:g})"
    )
    shown = matched[:SHOWN] or _most_informative(queries)
    if len(matched) > len(shown):
        heading += f"; the {len(shown)} best are shown"
    if not matched:
        heading += f"; shown: the {len(shown)} with most information"
    columns = min(COLUMNS, len(shown))
    heading = textwrap.fill(heading, 95 if columns > 1 else 52)
    head = HEAD + LINE * max(0, heading.count("\n") - 1)
    figure, axes = _pair_grid(len(shown), columns, LOGO if matched else WORDS, head)
    spans = {name: _span(table, name) for name in shown}
    widest = max(high - low for low, high in spans.values())
    for name, pair in zip(shown, axes, strict=True):
        middle = sum(spans[name]) / 2
        for axis in pair:
            axis.set_xlim(middle - widest / 2 - 0.2, middle + widest / 2 + 0.2)
        _draw_pair(pair, table[table["query"] == name], name)
    figure.text(0.01, 1 - 0.05 / figure.get_figheight(), heading, va="top", fontsize=7.5)
    return figure


def _most_informative(queries: pd.DataFrame) -> list[str]:
    bits = {
        name: column_information(rows[list(LETTERS)].to_numpy(float)).sum()
        for name, rows in queries.groupby("query", sort=True)
    }
    return sorted(bits, key=lambda name: -bits[name])[:6]


def _span(table: pd.DataFrame, name: str) -> tuple[float, float]:
    positions = table.loc[table["query"] == name, "position"]
    return float(positions.min()), float(positions.max()) + 1


def _pair_grid(
    number: int, columns: int, below: float, head: float
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Axes for `number` pairs of logos, placed in inches: equal logos whatever their number.

    below : height of what stands under each: a logo, which has a label, or a line of words.
    head : height of the heading.
    """
    rows = math.ceil(number / columns)
    cell = CELL if below == LOGO else TITLE + LOGO + 2 * BETWEEN + below
    width = style.TWO_COLUMNS if columns > 1 else style.ONE_COLUMN
    height = head + rows * cell
    figure = Figure(figsize=(width, height))
    step = (width - LEFT) / columns

    def box(column: int, top: float, tall: float) -> Axes:
        place = (LEFT + column * step, height - top - tall, step - GAP, tall)
        return figure.add_axes(
            (place[0] / width, place[1] / height, place[2] / width, place[3] / height)
        )

    corners = [(i % columns, head + i // columns * cell + TITLE) for i in range(number)]
    return figure, [(box(c, top, LOGO), box(c, top + LOGO + BETWEEN, below)) for c, top in corners]


def _draw_pair(axes: tuple[Axes, Axes], rows: pd.DataFrame, name: str) -> None:
    top, bottom = axes
    query, target = rows[rows["role"] == "query"], rows[rows["role"] == "target"]
    _draw_one(top, query)
    sites = query["sites"].iloc[0]
    top.set_title(f"{name}  (n = {sites:,.0f} sites)" if sites > 0 else name, fontsize=6.5)
    if target.empty:
        bottom.set_axis_off()
        style.say(bottom, "no JASPAR motif matches")
        return
    _draw_one(bottom, target)
    hit = target.iloc[0]
    turned = ", reverse complement" if hit["orientation"] == "-" else ""
    text = f"{hit['target_name']} {hit['target']}{turned}\nE = {hit['e_value']:.2g}"
    bottom.set_xlabel(text, fontsize=6)


def _draw_one(axis: Axes, rows: pd.DataFrame) -> None:
    start = int(rows["position"].min())
    draw_logo(axis, rows.sort_values("position")[list(LETTERS)].to_numpy(float), start)
    axis.set_yticks([0, 1, 2])
    axis.set_ylabel("bits", labelpad=1)
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(True)
