"""Which figures a run makes, and from which of its files: from the figures' declarations alone.

A figure (deepexpr/figures/registry.py) says what it needs and what it is drawn of. It is made
for each such thing that has what it needs; a figure of the paper that cannot be made is told,
with the reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from deepexpr.evaluation import paper
from deepexpr.figures.declaration import FigureSpec
from deepexpr.figures.registry import FIGURES
from deepexpr.run.replaced import replaced_jobs
from deepexpr.run.targets import Run


class Subject(NamedTuple):
    """What one drawing is of: the ending of its files, its cell lines, and assembly or gene."""

    ending: str
    lines: list[str]
    assembly: str = ""
    gene: str = ""


@dataclass(frozen=True)
class Drawing:
    """One figure of one subject: name of its files, options of `deepexpr table`, and inputs."""

    figure: FigureSpec
    ending: str
    options: list[str]
    inputs: list[str]

    @property
    def stem(self) -> str:
        """The name of its files, such as figure_8.K562."""
        name = self.figure.file_stem
        return f"{name}.{self.ending}" if self.ending else name

    @property
    def rule(self) -> str:
        """The name of its rule."""
        return ("write_" if self.figure.page else "draw_") + self.stem.replace(".", "_")

    @property
    def label(self) -> str:
        """What the report calls it: number, title, and what it is of, if there are several."""
        return self.figure.heading + (f", {self.ending}" if self.ending else "")

    def files(self, run: Run) -> list[str]:
        """Its table, then the files in which it is drawn; the report shows the first of them."""
        if self.figure.page:
            return [run.out(f"{self.stem}.{end}") for end in ("tsv", "html")]
        # A picture looks the same on every machine, text of an SVG does not.
        formats = sorted(run.config["figures"]["formats"], key=["png", "svg", "pdf"].index)
        return [run.out(f"figures/{self.stem}.{end}") for end in ("tsv", *formats)]


def _at_main_k(run: Run, line: str, task: str, rest: str, stage: str = "models") -> str:
    return run.out(f"{stage}/{line}/{task}/K{run.main_k}/{rest}")


def _each(path: str) -> Callable[[Run, Subject], list[str]]:
    """A file of each cell line of the subject; `path` has {line}."""
    return lambda run, of: [run.out(path.format(line=line)) for line in of.lines]


def _named(lines: str, path: str) -> Callable[[Run, Subject], dict[str, str]]:
    """A file by cell line, of those of the subject that are among this property of a run."""
    return lambda run, of: {
        line: run.out(path.format(line=line)) for line in getattr(run, lines) if line in of.lines
    }


def _pooled(pools: str, path: str) -> Callable[[Run, Subject], dict[str, str]]:
    """The same by pool: of each target, where a cell line has several."""
    return lambda run, of: {
        pool: run.out(path.format(line=pool))
        for pool in getattr(run, pools)
        if run.pools[pool] in of.lines
    }


def _cross(table: str) -> Callable[[Run, Subject], list[str]]:
    return lambda run, of: [run.out(f"evaluation/{table}.tsv")] if run.cross_files() else []


def _species(table: str) -> Callable[[Run, Subject], list[str]]:
    return lambda run, of: [run.out(f"evaluation/{table}.tsv")] if run.species_files() else []


def _reference(file: str) -> Callable[[Run, Subject], list[str]]:
    return lambda run, of: [run.out(f"reference/{of.assembly}/{file}")]


def _chromosome_sizes(run: Run, of: Subject) -> list[str]:
    given = run.config["assemblies"][of.assembly]["genome"]
    return _reference("chrom.sizes")(run, of) if given else []


def _concordance(ending: str) -> Callable[[Run, Subject], list[str]]:
    return lambda run, of: [
        run.out(f"hichip/concordance.{a}.{ending}")
        for a in run.assemblies
        if run.compared_samples(a)
    ]


def _run_infos(run: Run, of: Subject) -> dict[str, str]:
    return {
        sample: run.out(
            f"expression/{run.sample_value(sample, 'assembly')}/kallisto/{sample}/run_info.json"
        )
        for sample in run.samples_of("rna", entry="reads")
    }


def _histories(run: Run, of: Subject) -> dict[str, str]:
    return {
        f"{line} {task} {kind}": _at_main_k(run, line, task, f"{kind}/history.tsv")
        for line in of.lines
        for task in run.tasks
        for kind in run.kinds(line)
    }


def _searches(run: Run, of: Subject) -> dict[str, str]:
    """Search tables of the baselines with a grid."""
    grids = {"lasso": "Lasso", "svm": "SVM", "random_forest": "forest"}
    return {
        f"{line} {task} {grids[method]}": _at_main_k(
            run, line, task, f"{method}/search.tsv", "baselines"
        )
        for line in of.lines
        for task in run.tasks
        for method in run.config["baselines"][task]
        if method in grids
    }


def _main_bundle(run: Run, of: Subject) -> list[str]:
    """The full network where there is HiChIP, then what stands for it if it was left out."""
    line = (run.hichip_lines or run.cell_lines)[0]
    return [_at_main_k(run, line, run.tasks[-1], f"{kind}/bundle") for kind in run.best_kinds(line)]


def _motif_summaries(run: Run, of: Subject) -> dict[str, str]:
    kinds = [(line, "filters") for line in run.cell_lines]
    kinds += [(line, "enhancers") for line in run.loop_lines]
    return {f"{line} {kind}": run.out(f"motifs/{line}/{kind}.summary.tsv") for line, kind in kinds}


def _matches(run: Run, of: Subject) -> dict[str, str]:
    return {
        name: path.replace(".summary.tsv", ".tomtom.tsv")
        for name, path in _motif_summaries(run, of).items()
    }


def _predictions(run: Run, of: Subject) -> list[str]:
    """Held-out predictions of the best-equipped network of each cell line and task, and of what
    stands for it where it was left out."""
    return [
        _at_main_k(run, line, task, f"{kind}/predictions.tsv")
        for line in of.lines
        for task in run.tasks
        for kind in run.best_kinds(line)
    ]


def _gene(run: Run, of: Subject) -> list[str]:
    gene = run.config["figures"]["gene"]
    gene = gene.get(of.assembly) if isinstance(gene, dict) else gene
    return [gene] if gene else []


def _title(run: Run, of: Subject) -> list[str]:
    """What was run, in a line."""
    config, folds = run.config, ", ".join(map(str, run.folds))
    return [
        f"{', '.join(run.tasks)}; network {config['model']['variant']}; K = {folds}"
        f" ({config['evaluation']['scheme']} folds); seed {config['seed']}"
    ]


#: What figures are made from: files of a run, by name where a figure tells them apart.
SOURCES: dict[str, Callable[[Run, Subject], list[str] | dict[str, str]]] = {
    "dataset": _each("features/{line}/dataset.h5"),
    "signal": _named("loop_lines", "loops/{line}/signal.tsv"),
    "pool_signal": _pooled("loop_pools", "loops/{line}/signal.tsv"),
    "contacts": _pooled("called_pools", "loops/{line}/contacts.bedpe"),
    "qc": _named("called_lines", "hichip/qc.cell_line-{line}.tsv"),
    "concordance": _concordance("tsv"),
    "replicate_qc": _concordance("qc.tsv"),
    "differential": lambda run, of: {
        f"{second} over {first}": run.out(f"loops/differential/{pair}.tsv")
        for pair, (first, second) in run.differential.items()
    },
    "loop_qc": _pooled("called_pools", "loops/{line}/qc.tsv"),
    "trace": _named("loop_lines", "motifs/{line}/cismodule/trace.tsv"),
    "metrics": lambda run, of: [run.out("evaluation/metrics.tsv")],
    "tests": lambda run, of: [run.out("evaluation/tests.tsv")],
    "cross": _cross("cross_metrics"),
    "cross_tests": _cross("cross_tests"),
    "species": _species("species_metrics"),
    "species_apart": _species("species_apart_metrics"),
    "run_info": _run_infos,
    "published": lambda run, of: {
        line: run.config["published"][line]["table"] for line in run.published_lines
    },
    "expression": lambda run, of: [
        run.out(f"expression/{a}/expression.tsv")
        for a in run.assemblies
        if set(run.lines_of(a)) & set(run.published_lines)
    ],
    "versions": lambda run, of: run.tool_versions(),
    "history": _histories,
    "search": _searches,
    "bundle": _main_bundle,
    "motif_summary": _motif_summaries,
    "matches": _matches,
    "predictions": _predictions,
    "outcome": lambda run, of: run.prediction_files(),
    "variants": lambda run, of: [
        run.out(f"variants/{line}/variants.tsv") for line in of.lines if line in run.variant_lines
    ],
    "variant_places": lambda run, of: [
        run.out(f"variants/{line}/places.tsv") for line in of.lines if line in run.place_lines
    ],
    "genes": _reference("genes.tsv"),
    "transcripts": _reference("transcripts.tsv"),
    "chrom_sizes": _chromosome_sizes,
    "interpretation": lambda run, of: [
        run.out(f"motifs/{of.lines[0]}/interpretation/{of.gene}")
    ],
} | {
    f"{kind}_{name}": _each(f"motifs/{{line}}/{kind}.{ending}")
    for kind in ("filters", "enhancers", "attribution")
    for name, ending in (("motifs", "meme"), ("matches", "tomtom.tsv"))
}  # fmt: skip

#: What figures are told beside files. No rule makes the folders of benchmarks and logs.
SETTINGS: dict[str, Callable[[Run, Subject], list]] = {
    "benchmark": lambda run, of: [run.out("benchmarks")],
    "logs": lambda run, of: [run.out("logs")],
    "replaced": lambda run, of: replaced_jobs(run),
    "full_reach": lambda run, of: [run.half_width],
    "jaspar": lambda run, of: [run.config["motifs"]["targets"]],
    "e_value": lambda run, of: [run.config["motifs"]["e_value"]],
    "confidence": lambda run, of: [run.config["loops"]["confidence"]],
    "cell_line": lambda run, of: of.lines,
    "gene": _gene,
    "title": _title,
    "warning": lambda run, of: left_out(run),
}


class Condition(NamedTuple):
    """What a figure asks of a run and its cell lines, and why it is left out otherwise."""

    holds: Callable[[Run, list[str]], bool]
    reason: str


def _splits_of_the_paper(run: Run) -> bool:
    return run.config["evaluation"]["scheme"] == "random" and paper.K in run.folds


CONDITIONS: Mapping[str, Condition] = {
    "hichip": Condition(
        lambda run, lines: any(line in run.hichip_lines for line in lines), "no sample is HiChIP"
    ),
    "loops": Condition(
        lambda run, lines: any(line in run.loop_lines for line in lines),
        "bins are given and single loops are not known",
    ),
    "both callers": Condition(
        lambda run, lines: run.config["loops"]["caller"] == "both" and bool(run.called_pools),
        "loops.caller is not both",
    ),
    "classification": Condition(
        lambda run, lines: "classification" in run.tasks, "evaluation.tasks lacks classification"
    ),
    "regression": Condition(
        lambda run, lines: "regression" in run.tasks, "evaluation.tasks lacks regression"
    ),
    "cross": Condition(
        lambda run, lines: bool(run.cross_files()),
        "no cell line can be predicted from others of its assembly",
    ),
    "ablation": Condition(
        lambda run, lines: run.config["evaluation"]["ablation"], "evaluation.ablation is false"
    ),
    "distances": Condition(
        lambda run, lines: any(map(run.distance_kinds, lines)),
        "evaluation.distances leaves nothing to compare",
    ),
    "numbers of the paper": Condition(
        lambda run, lines: (
            not paper.GIVEN.isdisjoint(lines)
            or (_splits_of_the_paper(run) and not paper.SCORED.isdisjoint(lines))
        ),
        "no cell line and split is the paper's",
    ),
    "attribution": Condition(
        lambda run, lines: any(line in run.attribution_lines() for line in lines),
        "motifs.attribution_cell_lines leaves no cell line",
    ),
}


def drawings(run: Run) -> list[Drawing]:
    """Every figure of every subject that has what the figure needs."""
    return [
        _drawing(run, figure, of)
        for figure in FIGURES.values()
        for of in _subjects(run, figure)
        if _lacks(run, figure, of.lines) is None and _has_files(run, figure, of)
    ]


def left_out(run: Run) -> list[str]:
    """One line for each reason why figures of the paper are not made."""
    lacking = {f.name: _lacks(run, f, run.cell_lines) for f in FIGURES.values() if f.number}
    named = {
        condition.reason: [name for name, lack in lacking.items() if lack is condition]
        for condition in CONDITIONS.values()
    }
    return [
        f"Left out, as {reason}: figure{'s' * (len(figures) > 1)} {', '.join(figures)}."
        for reason, figures in named.items()
        if figures
    ]


def _subjects(run: Run, figure: FigureSpec) -> list[Subject]:
    if figure.per == "cell line":
        return [Subject(line, [line]) for line in run.cell_lines]
    if figure.per == "assembly":
        return [
            Subject(a, [line for line in run.lines_of(a) if line in run.loop_lines], a)
            for a in run.assemblies
        ]
    if figure.per == "gene":
        genes = run.config["motifs"]["interpret_genes"]
        return [
            Subject(f"{line}.{gene}", [line], gene=gene)
            for line in run.cell_lines
            for gene in genes
        ]
    return [Subject("", run.cell_lines)]


def _lacks(run: Run, figure: FigureSpec, lines: list[str]) -> Condition | None:
    """The first condition of a figure that does not hold for these cell lines."""
    asked = (CONDITIONS[name] for name in figure.when)
    return next((condition for condition in asked if not condition.holds(run, lines)), None)


def _has_files(run: Run, figure: FigureSpec, of: Subject) -> bool:
    needed = map(figure.source, figure.needs)
    return all(SOURCES[source](run, of) for source in needed if source in SOURCES)


def _drawing(run: Run, figure: FigureSpec, of: Subject) -> Drawing:
    options, inputs = [], []
    for role in (*figure.needs, *figure.takes):
        option, source = "--" + role.replace("_", "-"), figure.source(role)
        if source in SETTINGS:
            options += [f"{option}={value}" for value in SETTINGS[source](run, of)]
            continue
        files = SOURCES[source](run, of)
        paths = list(files.values()) if isinstance(files, dict) else files
        names = [f"{name}=" for name in files] if isinstance(files, dict) else [""] * len(files)
        inputs += paths
        options += [f"{option}={name}{path}" for name, path in zip(names, paths, strict=True)]
    for source in figure.after:
        files = SOURCES[source](run, of)
        inputs += files.values() if isinstance(files, dict) else files
    return Drawing(figure, of.ending, options, inputs)
