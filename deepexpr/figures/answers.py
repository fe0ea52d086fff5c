"""Four questions that the landing page answers in sentences, with the numbers of the run.

Were the libraries good? How many loops are there? Does the model predict better than the best
baseline, and by how much? What drives its predictions?
"""

from collections.abc import Iterable

import pandas as pd

from deepexpr.evaluation.best import best_baseline
from deepexpr.figures import style
from deepexpr.figures.ablation import OF_TARGET
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.matches import matched
from deepexpr.figures.qc import GOOD, complaint, verdict
from deepexpr.figures.quality import judged_sections
from deepexpr.figures.table1 import loops_and_samples
from deepexpr.hichip.quality import BAD, LOOK
from deepexpr.schemas import NETWORK_KINDS, UNTRAINED

LIBRARIES, LOOPS, BETTER, DRIVES = (
    "Were the libraries good?", "How many loops are there?",
    "Does the model predict better than the best baseline?", "What drives the predictions?",
)  # fmt: skip

#: K of the numbers shown; the largest there is where it was not run.
PREFERRED_K = 10
#: Mean scores that differ by less are told as equal.
EQUAL = 0.0005
#: Motifs named in a sentence.
NAMED = 4
#: Complaints about libraries in the answer.
TOLD = 4
#: What libraries share that are told of in one sentence.
KEYS = ["section", "words", "verdict"]
NAMES = {"PCC": "Pearson r", "AUC": "AUC"}


def answers(inputs: Inputs, scores: pd.DataFrame) -> list[tuple[str, str]]:
    """(question, sentence) of the four; a question stands once for each of its sentences.

    scores : schemas.METRICS, all cell lines and methods.
    """
    drives = [text for text in (_hichip(scores), *_motifs(inputs)) if text] or [NOTHING]
    return [
        (LIBRARIES, _libraries(inputs)),
        (LOOPS, _loops(inputs)),
        *((BETTER, text) for text in _better(scores)),
        *((DRIVES, text) for text in drives),
    ]


NOTHING = "No model was compared with another, and no motif was looked for."


def main_k(scores: pd.DataFrame) -> int:
    """The K whose numbers stand for a cell line."""
    ks = set(scores["K"])
    return PREFERRED_K if PREFERRED_K in ks else max(ks)


def _libraries(inputs: Inputs) -> str:
    sections = [rows[rows["section"] != "Loops"] for rows in judged_sections(inputs)]
    items = [own for rows in sections for own in rows.groupby(["section", "item"], sort=False)]
    if not items:
        return "No reads were processed here: expression and loops were given as tables."
    good = sum(verdict(own) == GOOD for _, own in items)
    kinds = pd.Series([section for (section, _), _ in items]).value_counts(sort=False)
    counted = " and ".join(_counted(str(name), number) for name, number in kinds.items())
    if good == len(items):
        start = f"Yes: every number of {counted} is in its expected range."
    else:
        told = _complaints(pd.concat(sections))
        more = [f"More below: {len(told) - TOLD}."] if len(told) > TOLD else []
        start = " ".join([f"{good} of {len(items)} are good ({counted}).", *told[:TOLD], *more])
    return f"{start} {_medians(pd.concat(sections))}".rstrip()


def _complaints(rows: pd.DataFrame) -> list[str]:
    """A sentence for all items of a section of which the same is out of the ordinary, bad ones
    first; each number by its range over them."""
    found = rows[rows["verdict"].isin((BAD, LOOK))]
    found = found.assign(words=found["meaning"].map(complaint), value=found["value"].astype(float))
    groups: dict[tuple, list[str]] = {}  # what all these items share
    for (section, words, judgement), own in found.groupby(KEYS, sort=False):
        numbers = ", ".join(
            f"{metric} {_range(of['value'])}" for metric, of in own.groupby("metric", sort=False)
        )
        items = tuple(dict.fromkeys(own["item"].astype(str)))
        groups.setdefault((judgement != BAD, section, items), []).append(f"{words} ({numbers})")
    return [
        f"{'Look at' if fair else 'Bad:'} {_named(section, items)}: {'; '.join(told)}."
        for (fair, section, items), told in sorted(groups.items(), key=lambda group: group[0][0])
    ]


def _named(section: str, items: tuple[str, ...]) -> str:
    """Two items by name, more by their number."""
    return " and ".join(items) if len(items) <= 2 else _counted(section, len(items))


def _range(values: pd.Series) -> str:
    if not values.notna().any():
        return "not known"
    low, high = f"{values.min():.3g}", f"{values.max():.3g}"
    return low if low == high else f"{low} to {high}"


def _counted(section: str, number: int) -> str:
    """How many libraries, or of how many cell lines the replicates were compared."""
    if section.endswith("replicates"):
        return f"the {section} of {number} cell line{'s' * (number > 1)}"
    return f"{number} {section if number > 1 else section.replace('libraries', 'library')}"


def _medians(rows: pd.DataFrame) -> str:
    told = (
        ("trimmed_fraction", "{:.0%} of HiChIP reads hold a ligation junction"),
        ("valid_pairs", "{:,.0f} valid pairs a HiChIP library"),
        ("pseudoaligned_fraction", "{:.0%} of RNA-seq reads fit a transcript"),
    )
    values = rows.assign(value=pd.to_numeric(rows["value"], errors="coerce"))
    medians = values.groupby("metric")["value"].median()
    parts = [words.format(medians[name]) for name, words in told if name in medians]
    return f"Medians: {', '.join(parts)}." if parts else ""


def _loops(inputs: Inputs) -> str:
    from deepexpr.features.dataset import Dataset

    parts = []
    for path in inputs.dataset:
        dataset = Dataset.open(path)
        line = dataset.cell_line
        if dataset.has_hichip:
            share = float((dataset.loop_number.ravel() > 0).mean())
            number = (
                f"{loops_and_samples(inputs.signal[line])['loops']:,} loops"
                if line in inputs.signal
                else "loops given as bins"
            )
            parts.append(f"{line}: {number}, at {share:.0%} of its {len(dataset):,} genes")
        else:
            parts.append(f"{line}: no HiChIP, so the promoter alone predicts")
    return "; ".join(parts) + "."


def _better(scores: pd.DataFrame) -> list[str]:
    if scores.empty:
        return ["No model was evaluated."]
    texts = []
    for (metric, scheme), rows in scores.groupby(["metric", "scheme"], sort=False):
        if metric not in NAMES:
            continue
        compared = [
            (str(line), *found)
            for line, own in rows.groupby("cell_line", sort=False)
            if (found := _compared(own))
        ]
        if compared:
            texts.append(_verdict(metric, scheme, main_k(rows), compared))
    return texts or ["No baseline was trained beside the network."]


def _compared(own: pd.DataFrame) -> tuple[str, float, str, float] | None:
    """(network, its mean, best baseline, its mean) at the main K."""
    rows = own[own["K"] == main_k(own)]
    means = rows.groupby("method")["value"].mean().dropna()
    kind = next((kind for kind in NETWORK_KINDS if kind in means.index), None)
    best = best_baseline(rows)
    return (
        (style.label(kind), means[kind], style.label(best[0]), best[1]) if kind and best else None
    )


def _verdict(metric: str, scheme: str, k: int, compared: list[tuple]) -> str:
    above = sum(is_above(own, other) for _, _, own, _, other in compared)
    head = {0: "no", len(compared): "yes"}.get(above, f"in {above} of {len(compared)} cell lines")
    each = "; ".join(
        f"{line} {own:.3f}, {best} {other:.3f} ({_signed(own - other)})"
        for line, _, own, best, other in compared
    )
    return f"By {NAMES[metric]}, {head}: {each}; means of {k} {scheme} folds."


def is_above(own: float, other: float) -> bool:
    """Whether a mean score is above another by EQUAL or more; less is nothing."""
    return own - other >= EQUAL


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−") if abs(value) >= EQUAL else f"within {EQUAL}"


def _hichip(scores: pd.DataFrame) -> str:
    """What the network gains by HiChIP, in the score of the first metric there is."""
    texts = []
    for metric in ("PCC", "AUC"):
        for line, own in scores[scores["metric"] == metric].groupby("cell_line", sort=False):
            rows = own[own["K"] == main_k(own)]
            means = rows.groupby("method")["value"].mean().dropna()
            if {"full", "sequence"} <= set(means.index):
                alone = f", loops alone {means['hichip']:.3f}" if "hichip" in means else ""
                texts.append(
                    f"{line} {means['full']:.3f} with HiChIP{_of_targets(means)}, "
                    f"{means['sequence']:.3f} by the promoter alone{alone}"
                )
        if texts:
            return f"By {NAMES[metric]}: {'; '.join(texts)}."
    return ""


def _of_targets(means: pd.Series) -> str:
    """The same with the loops of one target of several, the one that tells most first."""
    own = means[means.index.str.startswith(OF_TARGET)].sort_values(ascending=False)
    each = [f"{method.removeprefix(OF_TARGET)} {value:.3f}" for method, value in own.items()]
    return f" (of one target alone: {', '.join(each)})" if each else ""


def _untrained(inputs: Inputs) -> set[str]:
    """Cell lines whose networks were too short of genes to train their filters."""
    recipes: dict[str, list[str]] = {}
    for info in inputs.networks:
        if info["kind"] != "hichip":
            recipes.setdefault(info["cell_line"], []).extend(info.get("recipes", {}).values())
    return {line for line, own in recipes.items() if own and all(UNTRAINED in r for r in own)}


def _motifs(inputs: Inputs) -> Iterable[str]:
    """Known motifs that filters and enhancers match, by cell line."""
    untrained = _untrained(inputs)
    for kind, noun in (
        ("filters", "Filters of the network match"),
        ("enhancers", "Enhancers hold"),
    ):
        parts = []
        for name, path in inputs.matches.items():
            line, _, motifs = name.rpartition(" ")
            names = (
                matched(path, inputs.e_value)["target_name"].astype(str) if motifs == kind else []
            )
            names = list(dict.fromkeys(names))
            if names:
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                started = kind == "filters" and line in untrained
                of = f"{line}; not trained, so where they started" if started else line
                parts.append(f"{', '.join(names[:NAMED])}{more} ({of})")
        if parts:
            yield f"{noun} {'; '.join(parts)}."
