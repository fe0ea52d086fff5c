"""Quality of the whole run on one page: libraries, loops, expression, training, cost, software.

The verdicts of the HiChIP stage are those it wrote (deepexpr.hichip.quality); those of
expression and training stand here.
"""

import html
import json
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from deepexpr.figures import pages, style
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.qc import GOOD, VERDICT, verdict
from deepexpr.figures.tables import draw_table
from deepexpr.figures.training import build_benchmarks, build_training_curves
from deepexpr.files import read_table
from deepexpr.hichip.quality import BAD, LOOK, Expectation, judge
from deepexpr.hichip.quality import GOOD as GOOD_WORD
from deepexpr.provenance import versions
from deepexpr.schemas import LOOP_QC, QC, TREES

#: One row per number of a section's item; expected, verdict and meaning as in schemas.QC.
QUALITY_COLUMNS = columns_of(
    "section item metric value expected verdict meaning", words="section value"
)

LIBRARIES, REPLICATES, LOOPS, EXPRESSION, TRAINING, COST, SOFTWARE = (
    "HiChIP libraries", "HiChIP replicates", "Loops", "RNA-seq libraries", "Training",
    "Run time and memory", "Software",
)  # fmt: skip
SECTIONS = (LIBRARIES, REPLICATES, LOOPS, EXPRESSION, TRAINING, COST, SOFTWARE)

#: Below half of the reads pseudoaligned, kallisto's authors advise to look at the annotation.
EXPECTATIONS = {
    "reads": Expectation("reads or read pairs given to kallisto", (1, None), (1, None), "none"),
    "pseudoaligned_fraction": Expectation(
        "reads compatible with a transcript, of all", (0.5, None), (0.1, None),
        "few reads pseudoalign: is it the right annotation, are there adapters or much rRNA?",
    ),
    "unique_fraction": Expectation("reads compatible with one transcript only, of all"),
    "networks": Expectation("networks trained: folds, times members of the ensemble"),
    "median_epochs": Expectation("epochs until training stopped"),
    "median_best_loss": Expectation("smallest validation loss"),
    "diverged_networks": Expectation(
        "networks whose validation loss was never finite", (None, 0), (None, 0),
        high="training diverged: lower the learning rate",
    ),
    "jobs": Expectation("jobs of the rule"),
    "seconds": Expectation("wall time of its longest job, s"),
    "memory": Expectation("resident memory of its largest job, MiB"),
}  # fmt: skip

#: Numbers of an item that its line shows: metric -> words.
SHOWN = {
    "read_pairs": "{:,.0f} read pairs", "trimmed_fraction": "{:.1%} of reads hold a junction",
    "reads": "{:,.0f} reads", "pseudoaligned_fraction": "{:.1%} pseudoaligned",
    "unique_fraction": "{:.1%} unique", "duplicate_fraction": "{:.1%} duplicates",
    "cis_above_20kb_fraction": "{:.1%} cis above 20 kb", "trans_fraction": "{:.1%} trans",
    "valid_pairs": "{:,.0f} valid pairs", "replicates": "{:,.0f} replicates",
    "replicate_scc": "lowest SCC {:.3f}", "scc_to_others": "to other cell lines up to {:.3f}",
    "contacts": "{:,.0f} contacts", "loops": "{:,.0f} loops",
    "loops_origami": "{:,.0f} by Origami", "loops_coverage": "{:,.0f} by coverage",
    "loops_jaccard": "overlap {:.0%}",
    "networks": "{:,.0f} networks", "median_epochs": "{:g} epochs (median)",
    "median_best_loss": "best validation loss {:.3f} (median)", "jobs": "jobs: {:,.0f}",
    "seconds": "longest {:,.1f} s", "memory": "largest {:,.0f} MiB",
}  # fmt: skip

NO_ROWS = {
    LIBRARIES: "No HiChIP library was processed.",
    REPLICATES: "No cell line has two HiChIP samples.", LOOPS: "No loops were called.",
    EXPRESSION: "No RNA-seq reads were counted in this run.", TRAINING: "No network was trained.",
    COST: "No job was measured.", SOFTWARE: "No version was recorded.",
}  # fmt: skip


def build_quality(inputs: Inputs) -> pd.DataFrame:
    """Every number of every section, with its verdict where it has an expected range."""
    parts = [*judged_sections(inputs), _training(inputs)]
    if inputs.benchmark:
        parts.append(_cost(inputs))
    parts.append(_software(inputs))
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True)[list(QUALITY_COLUMNS)]


def judged_sections(inputs: Inputs) -> list[pd.DataFrame]:
    """Rows of libraries, loops and expression: what the landing page warns of."""
    libraries = [_read(path, QC) for path in dict.fromkeys(inputs.qc.values())]
    libraries = [table.rename(columns={"sample": "item"}) for table in libraries]
    replicates = [
        _read(path, QC).rename(columns={"sample": "item"}) for path in inputs.replicate_qc
    ]
    loops = [_read(path, LOOP_QC).assign(item=line) for line, path in inputs.loop_qc.items()]
    expression = [
        _judged(sample, _kallisto_numbers(path)) for sample, path in inputs.run_info.items()
    ]
    named = (
        (LIBRARIES, libraries), (REPLICATES, replicates), (LOOPS, loops), (EXPRESSION, expression),
    )  # fmt: skip
    return [
        pd.concat(tables, ignore_index=True).drop_duplicates().assign(section=section)
        for section, tables in named
        if tables
    ]


def draw_quality(table: pd.DataFrame) -> Figure:
    """One line per item of the sections with verdicts; cost has a figure of its own."""
    rows = [[section, *line] for section in SECTIONS[:-2] for line in _lines(table, section)]
    if not rows:
        return style.only_words("Quality of the run", "No step of this run left a number.")
    doubtful = [i for i, row in enumerate(rows) if row[3].startswith((BAD, LOOK))]
    header = ("Stage", "Item", "Numbers", "Verdict")
    return draw_table("Quality of the run", header, rows, emphasise=doubtful)


def page_quality(table: pd.DataFrame) -> str:
    """The same as the body of an HTML page, every number of a section below its lines."""
    parts = []
    for section in SECTIONS:
        parts.append(f"<h2>{html.escape(section)}</h2>")
        lines = _lines(table, section)
        if not lines:
            parts.append(f"<p>{NO_ROWS[section]}</p>")
        elif section == SOFTWARE:
            text = ", ".join(f"{item} {numbers}" for item, numbers, _ in lines)
            parts.append(f'<p class="quiet">{html.escape(text)}</p>')
        else:
            judged = section != COST
            rows = [line if judged else line[:2] for line in lines]
            parts.append(pages.table(("", "", "Verdict") if judged else ("", ""), rows))
            parts.append(_details(table[table["section"] == section]))
    return "\n".join(parts)


def _details(rows: pd.DataFrame) -> str:
    """Every number, folded away."""
    columns = ("item", "metric", "value", "expected", "verdict", "meaning")
    shown = rows[list(columns)].assign(value=rows["value"].map(_short))
    cells = shown.fillna("").astype(str).to_numpy().tolist()
    inner = pages.table([name.capitalize() for name in columns], cells)
    return f"<details><summary>Every number</summary>\n{inner}\n</details>"


def _short(value) -> str:
    """A number of four digits or more as figures need them; words as they are."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    if number != number:
        return ""
    return f"{number:,.0f}" if number.is_integer() else f"{number:.4g}"


def _lines(table: pd.DataFrame, section: str) -> list[tuple[str, str, str]]:
    """(item, numbers in words, verdict in words) of a section."""
    own = table[table["section"] == section]
    return [
        (str(item), _numbers(rows), _verdict(rows))
        for item, rows in own.groupby("item", sort=False)
    ]


def _verdict(rows: pd.DataFrame) -> str:
    """In words; "not judged" where no number has an expected range."""
    judged = rows["verdict"].isin((GOOD_WORD, LOOK, BAD)).any()
    return verdict(rows).replace(GOOD, GOOD_WORD) if judged else "not judged"


def _numbers(rows: pd.DataFrame) -> str:
    values = dict(zip(rows["metric"], rows["value"], strict=True))
    if "version" in values:
        return str(values["version"])
    shown = [
        words.format(float(values[name]))
        for name, words in SHOWN.items()
        if name in values and pd.notna(values[name])
    ]
    reason = values.get("reason")
    if pd.notna(reason) and reason not in ("", "none"):
        shown.append(str(reason))
    return ", ".join(shown)


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    table = read_table(path, columns)
    return table.loc[~table["metric"].str.startswith(VERDICT), list(columns)]


def _judged(item: str, numbers: dict[str, float]) -> pd.DataFrame:
    """Rows of one item, judged by EXPECTATIONS."""
    table = pd.DataFrame({"metric": list(numbers), "value": list(numbers.values())})
    return judge(table, EXPECTATIONS).assign(item=item)


def _kallisto_numbers(path: Path) -> dict[str, float]:
    """Reads and fractions from kallisto's run_info.json."""
    info = json.loads(Path(path).read_text())
    return {
        "reads": info["n_processed"],
        "pseudoaligned_fraction": info["p_pseudoaligned"] / 100,
        "unique_fraction": info["p_unique"] / 100,
    }


def _training(inputs: Inputs) -> pd.DataFrame:
    curves = build_training_curves(inputs)
    parts = []
    for run, own in curves.groupby("run", sort=False):
        networks = own.groupby(["fold", "member", "step"])
        best = networks["val_loss"].min()
        numbers = {
            "networks": len(own[["fold", "member"]].drop_duplicates()),
            "median_epochs": float(_trained(own)["epoch"].max().median()),
            "median_best_loss": float(best.median()),
            "diverged_networks": int(best.isna().sum()),
        }
        parts.append(_judged(str(run), numbers))
    return pd.concat(parts).assign(section=TRAINING) if parts else curves.iloc[:0]


def _trained(curves: pd.DataFrame):
    """Networks by step, less trees where a run has anything else: these always grow to the end."""
    own = curves[curves["step"] != TREES]
    return (curves if own.empty else own).groupby(["fold", "member", "step"])


def _cost(inputs: Inputs) -> pd.DataFrame:
    parts = [
        _judged(row.step, {"jobs": row.jobs, "seconds": row.s, "memory": row.max_rss})
        for row in build_benchmarks(inputs).itertuples()
    ]
    return pd.concat(parts).assign(section=COST) if parts else pd.DataFrame()


def software(inputs: Inputs) -> dict[str, str]:
    """Versions of tools, from files of the line that each prints, and of Python packages."""
    # "bowtie-align-s version 1.3.1", "kallisto, version 0.48.0", "samtools 1.16.1"
    tools = {path.stem: path.read_text().split()[-1] for path in inputs.versions}
    return tools | versions()


def _software(inputs: Inputs) -> pd.DataFrame:
    rows = [(SOFTWARE, name, "version", text) for name, text in software(inputs).items()]
    return pd.DataFrame(rows, columns=list(QUALITY_COLUMNS[:4])).reindex(
        columns=list(QUALITY_COLUMNS)
    )
