"""How much of each step a configuration asks for, in the units of the measured rates.

From the configuration, the sheets and, where they are there, the reads or the saved table of
downloads, genome and annotation; everything else is an assumption.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.config.entries import files_of
from deepexpr.downloads.records import RemoteFile, of_mate, read_files
from deepexpr.hichip.callers import find_caller, origami
from deepexpr.model.config import find_variant, make_configs
from deepexpr.motifs.cismodule.settings import CismoduleSection
from deepexpr.run.drawings import drawings
from deepexpr.run.known import Known
from deepexpr.run.targets import Run

#: Bytes of gzip FASTQ per read, measured on 2 x 76 bp real reads.
BYTES_PER_READ = 50


@dataclass(frozen=True)
class Assumptions:
    """What is assumed where nothing is known yet; read pairs where the file is not there."""

    rna_million_read_pairs: float = 30
    hichip_million_read_pairs: float = 300
    genome_million_bases: float = 3_100
    transcriptome_million_bases: float = 150
    million_contacts_per_cell_line: float = 10
    genes: int = 18_000
    thousand_variants: float = 100
    epochs: int = 30


@dataclass(frozen=True)
class Work:
    """One step of a run.

    stage : steps of a lower stage come before. amount : of all jobs, in the rate's unit.
    largest : what one process has in memory at a time. longest : the amount of the longest job.
    """

    stage: int
    step: str
    amount: float
    largest: float
    jobs: int
    longest: float


def all_work(run: Run, assumed: Assumptions, known: Known | None = None) -> Iterator[Work]:
    """Every step whose amount follows from the configuration, in the order of the stages.

    known : sizes of the assemblies, which stand in place of what is assumed.
    """
    known = known or Known()
    most = max(known.genes.get(name, assumed.genes) for name in run.assemblies)
    assumed = replace(assumed, genes=most)
    yield from _read_work(run, assumed, known)
    yield from _loop_work(run, assumed)
    yield from _network_work(run, assumed)
    yield from _baseline_work(run, assumed)
    yield from _evaluation_work(run, assumed)
    yield from _motif_work(run, assumed)
    yield from _variant_work(run, assumed)
    number = len(drawings(run))
    yield Work(7, "figures", number, 1, number, 1)


def training_step(config: Mapping[str, Any], variant: str | None = None) -> str:
    """The rate of the network's training (or another variant's), which differs by trainer."""
    side_by_side = "stacked_" * (config["training"].get("trainer") == "stacked")
    return f"train_{side_by_side}{variant or config['model']['variant']}"


def saved_files(config: Mapping[str, Any]) -> dict[str, list[RemoteFile]]:
    """The saved table of downloads, empty where there is none."""
    path = config["resolved"]
    return read_files(path) if path and Path(path).is_file() else {}


def download_gb(run: Run, assumed: Assumptions) -> float:
    """GB of the reads that are downloaded: as saved, else by the number of reads assumed."""
    known, pairs = saved_files(run.config), million_pairs(run, assumed)
    total = 0.0
    for unit in run.units.to_dict("records"):
        if not unit.get("accession") or not unit["fq1"]:
            continue
        files = known.get(unit["accession"], [])
        sizes = [file.bytes for file in files if file.bytes is not None]
        if files and len(sizes) == len(files):
            total += sum(sizes) / 1e9
        else:
            lanes = len(run.units_of(unit["sample"]))
            reads = pairs[unit["sample"]] / lanes * len(files_of(unit))
            total += reads * BYTES_PER_READ / 1e3
    return total


def million_pairs(run: Run, assumed: Assumptions) -> dict[str, float]:
    """Millions of read pairs per sample that starts from reads, by the size of its files."""
    assay = run.samples.set_index("sample")["assay"]
    absent = {"rna": assumed.rna_million_read_pairs, "hichip": assumed.hichip_million_read_pairs}
    totals = dict.fromkeys(run.samples["sample"], 0.0)
    saved = saved_files(run.config)
    for unit in run.units.to_dict("records"):
        if unit["fq1"]:
            size = _size(unit, saved)
            lanes = len(run.units_of(unit["sample"]))
            known = size / BYTES_PER_READ / 1e6 if size else None
            totals[unit["sample"]] += known or absent[assay[unit["sample"]]] / lanes
    return totals


def unknown_reads(run: Run) -> set[str]:
    """Samples that start from reads of which no file's size is known."""
    saved = saved_files(run.config)
    return {
        unit["sample"]
        for unit in run.units.to_dict("records")
        if unit["fq1"] and not _size(unit, saved)
    }


def _size(unit: Mapping[str, str], saved: Mapping[str, list[RemoteFile]]) -> float | None:
    """Bytes of the unit's first mates, here or to be downloaded; None where not known."""
    if Path(unit["fq1"]).is_file():
        return Path(unit["fq1"]).stat().st_size
    sizes = [file.bytes for file in of_mate(saved.get(unit.get("accession", ""), []), 1)]
    return sum(filter(None, sizes)) if all(sizes) else None


def _read_work(run: Run, assumed: Assumptions, known: Known) -> Iterator[Work]:
    """Everything that grows with the reads."""
    samples, pairs = run.samples, million_pairs(run, assumed)
    rna = [pairs[sample] for sample in samples.query("assay == 'rna'")["sample"]]
    hichip = [pairs[sample] for sample in samples.query("assay == 'hichip'")["sample"]]
    for name, assay, found, otherwise in (
        ("kallisto", "rna", known.transcriptome, assumed.transcriptome_million_bases),
        ("bowtie", "hichip", known.genome, assumed.genome_million_bases),
    ):
        # Tables need no index.
        indexed = [a for a in run.assemblies if run.samples_of(assay, assembly=a, entry="reads")]
        sizes = [found.get(assembly, otherwise) for assembly in indexed]
        most = max(sizes, default=0)
        yield Work(0, f"index_{name}", sum(sizes), most, len(sizes), most)
    each = max(hichip, default=0)
    yield Work(1, "kallisto", sum(rna), max(rna, default=0), len(rna), max(rna, default=0))
    yield Work(1, "trim", sum(hichip), each, len(hichip), each)
    yield Work(1, "map", 2 * sum(hichip), each, 2 * len(hichip), each)
    yield Work(2, "pairs", sum(hichip), each, len(hichip), each)
    yield Work(3, "contacts", sum(hichip), each, len(hichip), each)


def _loop_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    """The loop caller, by the rates that it names; Origami's is that of one chain."""
    pairs = million_pairs(run, assumed)
    contacts = []
    for pool in run.called_pools:
        # No more contacts than pairs, where these are known.
        most = sum(pairs[name] or float("inf") for name in run.samples_of("hichip", pool=pool))
        contacts.append(min(assumed.million_contacts_per_cell_line, most))
    each, loops = max(contacts, default=0), run.config["loops"]
    for step in find_caller(loops["caller"]).RATE.split():
        chains = loops["chains"] if step == origami.RATE else 1
        yield Work(4, step, chains * sum(contacts), each, len(contacts), chains * each)


def _network_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    """Networks: sequence and full for every K; a job trains all folds but where they scatter, of
    several cell lines where these are trained together."""
    training = run.config["training"]
    lines, tasks, folds = len(run.cell_lines), len(run.tasks), run.folds
    epochs = min(assumed.epochs, training.get("epochs", assumed.epochs))
    each = assumed.genes * epochs * training.get("members", 1)
    # K - 1 of K groups, 8 ninths of them trained on (0.8 : 0.1 train : validation).
    fits = {k: (k - 1) * 8 / 9 for k in folds}
    scattered = run.config["resources"]["scatter_folds"]
    longest = max(fits[k] / (k if scattered else 1) for k in folds) * each
    variant = run.config["model"]["variant"]
    own = getattr(find_variant(variant), "SEQUENCE", variant)
    step = training_step(run.config, own)
    trained = {k: _network_jobs(run, k) for k in folds}
    on_top = own == variant
    # Fine-tuning adds the distal module only; its epochs cost little beside the sequence's.
    jobs = sum(on_top or kind == "sequence" for k in folds for _, _, kind in trained[k])
    amount = tasks * lines * sum(fits.values()) * each
    together = max(1, len(run.lines_together))
    yield Work(5, step, amount, assumed.genes * epochs, jobs, together * longest)
    if not on_top:
        # Every kind that reads loops is trained as a whole.
        whole = {k: [number for (_, _, kind), number in trained[k].items() if kind != "sequence"]
                 for k in folds}  # fmt: skip
        amount = sum(sum(whole[k]) * fits[k] for k in folds) * each
        jobs = sum(map(len, whole.values()))
        most = max((number for numbers in whole.values() for number in numbers), default=0)
        step = training_step(run.config, variant)
        yield Work(5, step, amount, assumed.genes * epochs, jobs, most * longest)
    if getattr(make_configs(run.config["model"], {})[0], "words", False):
        # Solved twice for the sequence network, on the training genes and on the validation genes
        # too, and once for each that reads loops beside it;
        # the same for all variants that have them, so the rate is that of `tuned`.
        size = assumed.genes / 1000
        halves = {k: [1 + (kind == "sequence") for (_, _, kind), number in trained[k].items()
                      for _ in range(number) if kind != "hichip"] for k in folds}  # fmt: skip
        number = sum(k * sum(halves[k]) for k in folds) / 2
        # Each fold's start is its own, in a job of several lines too.
        solved = sum(k * len(halves[k]) for k in folds)
        most = together * (1 if scattered else max(folds))
        yield Work(5, "words_tuned", size * number, size, solved, size * most)


def _network_jobs(run: Run, k: int) -> Counter[tuple[str, str, str]]:
    """(Cell line, "" for those that one job trains together; task; kind) of each job of training
    at K, and how many lines it trains."""
    shared = run.kinds_together()
    return Counter(
        ("" if line in run.lines_together and kind in shared else line, task, kind)
        for line in run.cell_lines for task in run.tasks for kind in run.trained(line, task, k)
    )  # fmt: skip


def _baseline_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    settings = BaselineSettings(**run.config["baselines"]["settings"])
    thousands = assumed.genes / 1000
    inner = 1 - 1 / settings.inner_folds
    by_oob = settings.forest_selection == "oob"
    # Trees of the search and of the last forest; kernels of the inner folds.
    grown = max(settings.forest_sizes) * (1 + (1 if by_oob else settings.inner_folds * inner))
    per_fold = {
        "random_forest": thousands * grown,
        "svm": settings.inner_folds * (thousands * inner) ** 2,
        "ridge": thousands**2,
        "trees": thousands**2,
    }
    # A method of both tasks is one step.
    fitted = Counter(
        method for task in run.tasks for line in run.cell_lines
        for method in run.baselines(line, task)
    )  # fmt: skip
    for method, number in fitted.items():
        each = per_fold.get(method, thousands)
        amount, jobs = number * sum(run.folds) * each, number * len(run.folds)
        yield Work(5, f"baseline_{method}", amount, each, jobs, max(run.folds) * each)


def _evaluation_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    """Scores of every prediction, and other cell lines' models on each line's genes."""
    genes = assumed.genes / 1000
    pairs = [(line, task) for line in run.cell_lines for task in run.tasks]
    abroad = [methods for pair in pairs if (methods := run.species_methods(*pair))]
    copied = sum(len(methods) + 1 for methods in abroad)
    numbers = (len(run.prediction_files()), len(run.cross_files()), copied)
    tables = [number for number in numbers if number]
    most = genes * max(tables, default=0)
    yield Work(6, "evaluate", genes * sum(tables), most, len(tables), most)
    models = [
        sum(len(run.partners(line, method)) for method in run.cross_methods(line))
        for line in run.cell_lines
    ]
    models += [
        sum(len(run.relatives(line, method)) for method in run.species_methods(line, task))
        for line, task in pairs
    ]
    jobs, most = sum(map(bool, models)), genes * max(models, default=0)
    yield Work(6, "cross", genes * sum(models), most, jobs, most)


def _motif_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    """Filters of every line, attributions by the mean of all folds, CisModule on the enhancers."""
    motifs, lines = run.config["motifs"], len(run.cell_lines)
    genes = assumed.genes / 1000
    yield Work(6, "filters", lines * genes, genes, lines, genes)
    promoters = min(motifs["attribution_promoters"], assumed.genes)
    pooled, explained = run.main_k * promoters, len(run.attribution_lines())
    yield Work(6, "attribution", explained * pooled, pooled, explained, pooled)
    shown = len(motifs["interpret_genes"]) * explained
    yield Work(6, "interpret", shown * run.main_k, run.main_k, shown, run.main_k)
    sets = 1 + motifs["null_shuffles"]
    matched = lines + explained + len(run.loop_lines)
    yield Work(6, "tomtom", matched * sets, sets, matched, sets)
    settings = CismoduleSection(**motifs["cismodule"])
    width = motifs["enhancer_width"] or 5000  # whole anchors are bins of 5 kb
    letters = motifs["enhancers"] * width / 1000
    chain = letters * motifs["enhancer_motifs"] * settings.iterations
    each, number = chain * settings.chains, len(run.loop_lines)
    yield Work(6, "cismodule", number * each, each, number, each)


def _variant_work(run: Run, assumed: Assumptions) -> Iterator[Work]:
    """Variants of each line whose assembly has a VCF, read in so many ways by every fold."""
    settings, lines = run.config["variants"], len(run.variant_lines)
    ways = 1 + 2 * bool(settings["shift"]) + settings["strands"]
    each = assumed.thousand_variants * ways * run.main_k
    yield Work(6, "variants", lines * each, each, lines, each)
