"""Whether CisModule's chains have settled: the log posterior by iteration."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from deepexpr.figures import style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables

#: One row per chain and iteration; the log posterior is relative to the background alone (nats).
CONVERGENCE_COLUMNS = columns_of(
    "run chain iteration log_posterior modules sites", log_posterior="nats"
)

_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)


def build_convergence(inputs: Inputs) -> pd.DataFrame:
    """The traces of every run, under each other."""
    return read_tables(inputs.trace, CONVERGENCE_COLUMNS)


def _look(chain: int) -> dict:
    """Colour and dashes of a chain, told apart in grey too."""
    return {
        "color": _COLOURS[int(chain) % len(_COLOURS)],
        "linestyle": ("-", "--", ":", "-.")[int(chain) % 4],
    }


def draw_convergence(table: pd.DataFrame) -> Figure:
    """Log posterior by iteration, a panel per run and a line per chain."""
    if table.empty:
        return style.only_words(
            "Convergence of CisModule", "No chain was run: there was no sequence."
        )
    runs = list(dict.fromkeys(table["run"]))
    figure, axes = style.grid(
        len(runs), columns=min(3, len(runs)), panel=(2.25, 1.8), sharex=False, sharey=False
    )
    for axis, run in zip(axes, runs, strict=True):
        rows = table[table["run"] == run]
        for chain, one in rows.groupby("chain"):
            one = one.sort_values("iteration")
            axis.plot(one["iteration"], one["log_posterior"], linewidth=0.9, **_look(chain))
        last = rows[rows["iteration"] == rows["iteration"].max()]
        modules = ", ".join(f"{number:,}" for number in last["modules"])
        style.title(axis, str(run), f"modules in the last iteration: {modules}")
    style.label_outside(axes, "Iteration", "Log posterior, nats")
    chains = sorted(table["chain"].unique())
    handles = [Line2D([], [], **_look(chain), label=f"chain {int(chain) + 1}") for chain in chains]
    style.legend_below(figure, handles, min(6, len(handles)))
    return figure
