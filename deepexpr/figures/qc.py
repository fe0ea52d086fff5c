"""Quality of the HiChIP libraries: what became of the read pairs, and the verdict in words."""

import math
import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from deepexpr.figures import style
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.names import short_names
from deepexpr.files import read
from deepexpr.hichip.quality import BAD, LOOK
from deepexpr.schemas import QC

#: The QC of the HiChIP stage as it wrote it, and per sample the metric "verdict" in words.
QC_COLUMNS = QC

#: Steps that each keep a part of the pairs before them: metric -> name on the axis.
STEPS = {
    "read_pairs": "sequenced",
    "written_pairs": "long enough after trimming",
    "both_unique": "both mates uniquely mapped",
    "without_duplicates": "without duplicates",
    "valid_pairs": "valid pairs",
}

#: Classes of the pairs without duplicates: metric -> name and colour.
CLASSES = {
    "cis_below_1kb": ("cis, below 1 kb (left out)", style.VERMILLION),
    "cis_1kb_to_20kb": ("cis, 1–20 kb", style.ORANGE),
    "cis_above_20kb": ("cis, above 20 kb", style.BLUE),
    "trans": ("trans", "#BBBBBB"),
}

#: Beside the number of pairs: valid ones, and those in the blacklist where there is one.
TOLD = ("valid_pairs", "blacklisted")

VERDICT = "verdict"

#: Heights in inches: the bars of a sample, and a line of its verdict.
ROW, LINE = 0.5, 0.105

GOOD = "good: no count is out of the ordinary"


def build_qc(inputs: Inputs) -> pd.DataFrame:
    """QC counts of all samples; files named for several cell lines are read once."""
    tables = [read(QC, path)[list(QC)] for path in dict.fromkeys(inputs.qc.values())]
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(QC))
    table = pd.concat(filled, ignore_index=True).drop_duplicates(ignore_index=True)
    return with_verdicts(table)


def with_verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """`table` (schemas.QC) with a row "verdict" per sample, from the verdicts of its rows."""
    judged = set(table.loc[table["metric"].str.startswith(VERDICT), "sample"])
    rows = [
        {"sample": sample, "metric": VERDICT, "value": verdict(own)}
        for sample, own in table.groupby("sample", sort=False)
        if sample not in judged
    ]
    return pd.concat([table, pd.DataFrame(rows, columns=list(QC))], ignore_index=True)


def verdict(rows: pd.DataFrame) -> str:
    """What is out of the ordinary in the rows of one sample, in words; GOOD if nothing is."""
    found = rows[rows["verdict"].isin((BAD, LOOK))].sort_values("verdict", kind="stable")
    if found.empty:
        return GOOD
    numbers: dict[str, list[str]] = {}  # what is wrong, and by which numbers, told once
    for row in found.itertuples():
        numbers.setdefault(complaint(row.meaning), []).append(
            f"{row.metric} {float(row.value):.3g}"
        )
    told = [f"{words} ({', '.join(own)})" for words, own in numbers.items()]
    return f"{'bad' if (found['verdict'] == BAD).any() else 'look at'}: " + "; ".join(told)


def complaint(meaning: str) -> str:
    """What is wrong, in words, of the meaning of a row that is out of the ordinary."""
    return meaning.split("; ", 1)[-1].partition(": ")[2]


def draw_qc(table: pd.DataFrame) -> Figure:
    """Pairs kept by step, classes of pairs, and the verdict, one row of bars per sample."""
    if table.empty:
        return style.only_words("HiChIP libraries", "No HiChIP library was processed.")
    samples = list(dict.fromkeys(table["sample"].astype(str)))
    numbers = _numbers(table).reindex(samples)
    rows = len(samples)
    words = _verdicts(table, samples)
    lines = max(text.count("\n") + 1 for text in words)
    room = (style.PAGE - 1.3) / rows
    height = max(ROW, min(room, (lines + 1) * LINE))
    figure = Figure(figsize=(style.TWO_COLUMNS, 1.3 + height * rows), layout="constrained")
    left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=(1, 1, 0.9))
    steps = _steps(left, numbers)
    classes = _classes(middle, numbers)
    _tell(right, words, max(1, int(height / LINE + 0.01) - 1))
    left.set_yticks(range(rows), list(short_names(samples).values()))
    left.set_ylim(rows - 0.4, -0.6)
    style.legend_below(figure, [*steps, *classes], 3)
    return figure


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Metrics in columns, samples in rows; what is no number is missing."""
    wide = table.drop_duplicates(["sample", "metric"]).pivot(
        index="sample", columns="metric", values="value"
    )
    numbers = wide.apply(pd.to_numeric, errors="coerce")
    classes = [name for name in CLASSES if name in numbers.columns]
    if classes:
        numbers["without_duplicates"] = numbers[classes].sum(axis=1)
    return numbers


def _steps(axis: Axes, numbers: pd.DataFrame) -> list[Patch]:
    """Share of the sequenced pairs left after each step, one thin bar each."""
    present = [name for name in STEPS if name in numbers.columns]
    axis.set_title("Pairs kept")
    if "read_pairs" not in present:
        style.say(axis, "No count of read pairs.")
        return []
    shades = dict(zip(STEPS, ("#08306B", "#2171B5", "#6BAED6", "#9ECAE1", "#DEEBF7"), strict=True))
    height = 0.68 / len(present)
    for index, name in enumerate(present):
        share = 100 * numbers[name] / numbers["read_pairs"]
        places = [row - 0.26 + (index + 0.5) * height for row in range(len(numbers))]
        axis.barh(
            places, share, height=height, color=shades[name], edgecolor="#333333", linewidth=0.3
        )
    for row, (_, own) in enumerate(numbers.iterrows()):
        pairs, valid, listed = (own.get(name, math.nan) for name in ("read_pairs", *TOLD))
        text = f"n = {pairs:,.0f} pairs" if pairs == pairs else "not counted"
        text += f", {valid / pairs:.1%} valid" if valid == valid and pairs > 0 else ""
        text += f", {listed:,.0f} in the blacklist" if listed == listed else ""
        axis.text(1.5, row - 0.28, text, fontsize=5.5, va="bottom")
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of sequenced pairs")
    return [
        Patch(facecolor=shades[name], edgecolor="#333333", linewidth=0.3, label=STEPS[name])
        for name in present
    ]


def _classes(axis: Axes, numbers: pd.DataFrame) -> list[Patch]:
    """Where the mates of a pair lie, stacked to 100 %."""
    present = [name for name in CLASSES if name in numbers.columns]
    axis.set_title("Classes of pairs")
    axis.set_xlim(0, 100)
    axis.set_xlabel("% of pairs without duplicates")
    if not present:
        style.say(axis, "The classes were not counted.")
        return []
    total = numbers[present].sum(axis=1).replace(0, float("nan"))
    start = 0 * total
    for name in present:
        share = (100 * numbers[name] / total).fillna(0)
        axis.barh(
            range(len(numbers)), share, left=start.fillna(0), height=0.6, color=CLASSES[name][1]
        )
        start = start + share
    return [Patch(facecolor=CLASSES[name][1], label=CLASSES[name][0]) for name in present]


def _verdicts(table: pd.DataFrame, samples: list[str]) -> list[str]:
    """The verdict of each sample, in lines as wide as their panel."""
    told = table[table["metric"].astype(str).str.startswith(VERDICT)].dropna(subset=["value"])
    words = []
    for sample in samples:
        texts = told.loc[told["sample"] == sample, "value"].astype(str)
        words.append(textwrap.fill("; ".join(texts) if len(texts) else "no verdict was given", 42))
    return words


def _tell(axis: Axes, words: list[str], most: int) -> None:
    """Verdicts of at most `most` lines; the table has them whole."""
    axis.set_title("Verdict")
    axis.set_axis_off()
    for row, text in enumerate(words):
        lines = text.split("\n")
        shown = lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1][:41] + "…"]
        axis.text(0, row, "\n".join(shown), fontsize=6, va="center")
    axis.set_xlim(0, 1)
