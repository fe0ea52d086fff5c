"""The landing page: four answers, what was run on what, the main numbers, and the warnings."""

import html
import logging
from collections import Counter

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from deepexpr.evaluation.best import best_baseline
from deepexpr.features.left_out import reason_left_out
from deepexpr.figures import pages, style
from deepexpr.figures.answers import NAMES, answers, is_above, main_k
from deepexpr.figures.declaration import columns_of
from deepexpr.figures.inputs import Inputs, read_tables
from deepexpr.figures.job_warnings import job_of, warnings_in
from deepexpr.figures.qc import verdict
from deepexpr.figures.quality import judged_sections, software
from deepexpr.figures.table1 import loops_and_samples
from deepexpr.figures.tables import draw_table
from deepexpr.files import read_table
from deepexpr.model.trainers import SEQUENTIAL
from deepexpr.schemas import METRICS, NETWORK_KINDS, TOMTOM_SUMMARY

logger = logging.getLogger(__name__)

#: section: "answer", "data", "result", "left out", "warning" or "version".
SUMMARY_COLUMNS = columns_of("section item value", words="section value")

#: Share of genes with a loop below which the HiChIP input is nearly empty.
FEW_GENES = 0.1


def build_summary(inputs: Inputs) -> pd.DataFrame:
    """Answers, data, main results, what was left out, warnings and versions, one line each."""
    scores = read_tables(inputs.metrics, METRICS)
    rows = [("answer", question, text) for question, text in answers(inputs, scores)]
    data, no_loops, warnings = _data(inputs)
    rows += data + _networks(inputs)
    cross = read_tables(inputs.cross, METRICS)
    rows += _results(scores)
    rows += [("result", f"{item}, across cell lines", text) for _, item, text in _results(cross)]
    species = read_tables(inputs.species, METRICS)
    rows += [("result", f"{item}, across species", text) for _, item, text in _results(species)]
    rows += _motifs(inputs)
    warnings += _lost_folds(pd.concat([t for t in (scores, cross, species) if len(t)] or [scores]))
    warnings += _sequence_warnings(scores) + _baseline_warnings(scores)
    warnings += _quality_warnings(inputs)
    warnings += _job_warnings(inputs)
    for text in inputs.warning:
        rows.append(("left out" if text.startswith("Left out") else "warning", "", text))
    rows += [("left out", "", text) for text in [*no_loops, *_models_left_out(inputs)]]
    rows += [("warning", "", text) for text in warnings]
    rows += [("version", name, version) for name, version in software(inputs).items()]
    logger.info("summary: %d lines, %d warnings", len(rows), len(warnings))
    table = pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
    if inputs.title:
        head = pd.DataFrame([("data", "Run", inputs.title)], columns=list(SUMMARY_COLUMNS))
        table = pd.concat([head, table], ignore_index=True)
    return table


def draw_summary(table: pd.DataFrame) -> Figure:
    """Data, results and warnings as a table figure."""
    shown = table[table["section"] != "version"].fillna("")
    if shown.empty:
        return style.only_words("Summary", "Nothing was run.")
    rows = [[row.section, row.item, row.value] for row in shown.itertuples()]
    warned = [i for i, row in enumerate(rows) if row[0] == "warning"]
    return draw_table("Summary", ("", "What", "Found"), rows, emphasise=warned)


def page_summary(table: pd.DataFrame) -> str:
    """The same as the body of an HTML page."""
    table = table.fillna("")
    parts = []
    told = table[table["section"] == "answer"]
    for question, rows in told.groupby("item", sort=False):
        lines = "<br>\n".join(html.escape(str(text)) for text in rows["value"])
        parts.append(f'<p class="answer"><b>{html.escape(str(question))}</b>{lines}</p>')
    for section, heading in (("data", "What was run on what"), ("result", "Main numbers")):
        rows = table[table["section"] == section]
        if len(rows):
            cells = rows[["item", "value"]].astype(str).to_numpy().tolist()
            parts += [f"<h2>{heading}</h2>", pages.table(("", ""), cells)]
        elif section == "result":
            parts.append(f"<h2>{heading}</h2>\n<p>No model was evaluated.</p>")
    left_out = table.loc[table["section"] == "left out", "value"]
    if len(left_out):
        parts.append("<h2>Left out</h2>")
        parts += [f"<p>{html.escape(str(text))}</p>" for text in left_out]
    parts.append("<h2>Warnings</h2>")
    warned = table.loc[table["section"] == "warning", "value"]
    parts += [f'<p class="warning">{html.escape(str(text))}</p>' for text in warned]
    if warned.empty:
        parts.append("<p>None.</p>")
    used = table[table["section"] == "version"]
    text = ", ".join(f"{row.item} {row.value}" for row in used.itertuples())
    parts.append(f'<h2>Software</h2>\n<p class="quiet">{html.escape(text)}</p>')
    return "\n".join(parts)


def _models_left_out(inputs: Inputs) -> list[str]:
    """One line for each reason why models of a cell line and task were not trained."""
    # results/models/CELL_LINE/TASK/K5/METHOD/predictions.tsv
    found: dict[tuple[str, str, str], list[str]] = {}
    for path in inputs.outcome:
        if reason := reason_left_out(path):
            line, task, k = path.parts[-5:-2]
            found.setdefault((line, task, reason), []).append(k.removeprefix("K"))
    return [
        f"{task} of {line}, K = {', '.join(dict.fromkeys(ks))} ({len(ks)} "
        f"model{'s' * (len(ks) > 1)}): {reason}"
        for (line, task, reason), ks in found.items()
    ]


def _networks(inputs: Inputs) -> list[tuple]:
    """Which recipes the numbers of training genes chose, where a variant has several; and a row
    where networks are not trained one after the other, as they are by default."""
    trained: Counter[str] = Counter()
    recipes: Counter[tuple[str, str]] = Counter()
    for info in inputs.networks:
        # Bundles of earlier versions name no trainer, and no recipes.
        trainer = info.get("training", {}).get("trainer", SEQUENTIAL)
        if trainer != SEQUENTIAL:
            trained[f"by the trainer {trainer}, Keras on {info['backend']}"] += 1
        chosen = info.get("recipes", {}).values()
        recipes.update((info["kind"], recipe) for recipe in chosen if recipe)
    by_genes = [
        ("data", f"Recipe of {style.label(kind)}", f"{recipe} ({_counted(number, 'fold')})")
        for (kind, recipe), number in recipes.items()
    ]
    return by_genes + [
        ("data", "Training", f"{_counted(number, 'network')} {how}")
        for how, number in trained.items()
    ]


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number > 1)}"


def _data(inputs: Inputs) -> tuple[list[tuple], list[str], list[str]]:
    """Rows on each cell line, sentences on those without a loop, and warnings."""
    from deepexpr.features.dataset import Dataset

    rows, no_loops, warnings = [], [], []
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        line = dataset.cell_line
        text = f"{len(dataset):,} genes ({dataset.assembly})"
        if not dataset.has_hichip:
            text += ", no HiChIP: sequence-only mode"
        elif line in inputs.signal:
            counts = loops_and_samples(inputs.signal[line])
            number = counts["hichip_samples"]
            text += f", {counts['loops']:,} loops from {number} HiChIP sample{'s' * (number != 1)}"
            if counts["loops"]:
                warnings += _loop_warnings(line, dataset.loop_number)
            else:
                no_loops.append(
                    f"HiChIP of {line}: no contact was called a loop, so only networks of the "
                    "promoter are trained."
                )
        rows.append(("data", line, text))
    return rows, no_loops, warnings


def _loop_warnings(line: str, loop_number: np.ndarray) -> list[str]:
    """Words where no gene, or few genes, have a loop."""
    share = float((np.ravel(loop_number) > 0).mean())
    if share < FEW_GENES:
        return [f"{line}: few loops: only {share:.1%} of the genes have one."]
    return []


def _results(scores: pd.DataFrame) -> list[tuple]:
    """One line per cell line: the best network and the best baseline of each task."""
    rows = []
    for line, own in scores.groupby("cell_line", sort=False):
        texts = []
        for (metric, scheme), group in own.groupby(["metric", "scheme"], sort=True):
            k = main_k(group)
            texts.append(_score_text(metric, scheme, k, group[group["K"] == k]))
        rows.append(("result", str(line), "; ".join(filter(None, texts))))
    return rows


def _score_text(metric: str, scheme: str, k: int, group: pd.DataFrame) -> str:
    means = group.groupby("method")["value"].mean().dropna()
    networks = [m for m in means.index if m in NETWORK_KINDS]
    best = best_baseline(group)
    parts = []
    for method in (_first(networks), best and best[0]):
        if method is not None:
            sd = group.loc[group["method"] == method, "value"].std()
            spread = f" ± {sd:.3f}" if sd == sd else ""
            parts.append(f"{style.label(method)} {means[method]:.3f}{spread}")
    if not parts:
        return ""
    name = NAMES.get(metric, metric)
    return f"{name} ({scheme} {k}-fold): {', '.join(parts)}"


def _first(networks: list[str]) -> str | None:
    return next((kind for kind in NETWORK_KINDS if kind in networks), None)


def _motifs(inputs: Inputs) -> list[tuple]:
    """One line per cell line; the summaries are named "CELL_LINE MOTIFS"."""
    texts: dict[str, list[str]] = {}
    for name, path in inputs.motif_summary.items():
        line, _, motifs = name.rpartition(" ")
        found = read_table(path, TOMTOM_SUMMARY).iloc[0]
        noun = {"enhancers": "enhancer motifs"}.get(motifs, motifs)
        text = f"{found['matched']} of {found['queries']} {noun}"
        if found["shuffles"]:
            text += f" (shuffled copies: {found['matched_shuffled_mean']:g})"
        limit = f"match a known motif with E < {found['e_value']:g}"
        texts.setdefault(line, [limit]).insert(-1, text)
    return [
        ("result", f"{line}, motifs", f"{', '.join(parts)} {limit}")
        for line, (*parts, limit) in texts.items()
    ]


def _lost_folds(scores: pd.DataFrame) -> list[str]:
    lost = scores[scores["value"].isna()]
    warnings = []
    for (line, method, task), group in lost.groupby(["cell_line", "method", "task"], sort=True):
        reasons = group["reason"].dropna()
        why = f" ({reasons.iloc[0]})" if len(reasons) else ""
        warnings.append(
            f"{line}: {len(group)} score(s) of {style.label(method)} ({task}) are missing{why}."
        )
    return warnings


def _sequence_warnings(scores: pd.DataFrame) -> list[str]:
    """Cell lines where the network with HiChIP is not above the one without, means over folds."""
    warnings = []
    keys = ["cell_line", "metric", "scheme", "K"]
    kinds = scores[scores["method"].isin(("full", "sequence"))]
    for (line, metric, scheme, k), group in kinds.groupby(keys, sort=False):
        means = group.groupby("method")["value"].mean()
        full, sequence = means.get("full", float("nan")), means.get("sequence", float("nan"))
        if full <= sequence:
            warnings.append(
                f"{line}: with HiChIP the network is not better than without "
                f"({NAMES.get(metric, metric)} {full:.3f} against {sequence:.3f}, "
                f"{scheme} {k}-fold)."
            )
    return warnings


def _baseline_warnings(scores: pd.DataFrame) -> list[str]:
    """Cell lines whose network is not above the best baseline, means over folds."""
    warnings = []
    for (line, metric, scheme, k), group in scores.groupby(
        ["cell_line", "metric", "scheme", "K"], sort=False
    ):
        best, kind = best_baseline(group), _first(list(group["method"].unique()))
        own = group.loc[group["method"] == kind, "value"].mean()
        if best and np.isfinite(own) and not is_above(own, best[1]):
            warnings.append(
                f"{line}: {style.label(kind)} is not above the best baseline, "
                f"{style.label(best[0])} ({NAMES.get(metric, metric)} {own:.3f} against "
                f"{best[1]:.3f}, {scheme} {k}-fold)."
            )
    return warnings


def _job_warnings(inputs: Inputs) -> list[str]:
    """What the jobs warned of, with one job of each; those of figures may still be drawn."""
    logs = inputs.of_jobs(inputs.logs, "log")
    found = warnings_in(log for log in logs if log.parent.name != "figures")
    return [
        f"{text} ({job_of(files[0])}" + (f" and {len(files) - 1} more)" if len(files) > 1 else ")")
        for text, files in found.items()
    ]


def _quality_warnings(inputs: Inputs) -> list[str]:
    """Verdicts on libraries and loops other than "good"; no loops are told by _data."""
    return [
        f"{item}: {words}."
        for rows in judged_sections(inputs)
        for item, own in rows[rows["metric"] != "loops"].groupby("item", sort=False)
        if not (words := verdict(own)).startswith("good")
    ]
