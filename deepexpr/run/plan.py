"""How much work a configuration is, before a cluster is asked for anything.

What a unit of each step costs was measured (rates.tsv); how many units there are follows from
the configuration (amounts.py).
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pandas as pd

from deepexpr.hichip.callers import find_caller
from deepexpr.model.config import find_variant
from deepexpr.run.amounts import (
    Assumptions,
    Work,
    all_work,
    download_gb,
    training_step,
    unknown_reads,
)
from deepexpr.run.known import Known
from deepexpr.run.rates import Rate, rates
from deepexpr.run.targets import Run

#: stage : steps of one stage may run side by side. longest_hours : of the longest job, one core.
COLUMNS = (
    "stage", "step", "amount", "unit", "core_hours", "longest_hours", "peak_gb", "kept_gb",
    "temporary_gb",
)  # fmt: skip
#: Steps whose output goes when the next has read it.
TEMPORARY = ("map",)
TOTAL = "total"


def plan_table(
    run: Run, assumptions: Assumptions | None = None, known: Known | None = None
) -> pd.DataFrame:
    """Columns COLUMNS, a row per step with a measured rate, and the download; the total is last.

    known : sizes of the assemblies, in place of those that are assumed.

    peak_gb is the memory of the largest job of the step. A total of peak_gb is its maximum, of
    temporary_gb the sum as if all samples were at the same step at once.
    """
    assumed, measured = assumptions or Assumptions(), rates()
    nothing = float("nan")
    reads = download_gb(run, assumed)
    rows = [(-1, "download", reads, "GB", nothing, nothing, nothing, reads, 0.0)] if reads else []
    rows += [
        _row(work, measured[work.step])
        for work in all_work(run, assumed, known)
        if work.step in measured and work.amount
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if not run.config["hichip"]["keep_trimmed"]:  # trimmed reads pass through pipes
        table.loc[table["step"] == "trim", "kept_gb"] = 0.0
    total = table[["core_hours", "kept_gb", "temporary_gb"]].sum().to_dict()
    total |= {"step": TOTAL, "stage": -1, "unit": "", "amount": nothing}
    total |= {name: table[name].max() for name in ("peak_gb", "longest_hours")}
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def training_hours(table: pd.DataFrame) -> float:
    """Core-hours of training in a plan: what a GPU could take over; NaN where not measured."""
    hours = table.loc[table["step"].str.startswith("train_"), "core_hours"]
    return float(hours.sum(min_count=1))


def wall_hours(table: pd.DataFrame, cores: int, gpu_speedup: float = 1.0) -> float:
    """Hours from the first job to the last on so many cores, downloads left out.

    A stage ends when its work is done on all cores, and not before its longest job, which has one
    core. gpu_speedup : how many times faster than a core the training jobs' GPUs are, one each.
    """
    steps = table[(table["step"] != TOTAL) & table["core_hours"].notna()]
    speed = steps["step"].str.startswith("train_").map({True: gpu_speedup, False: 1.0})
    hours = steps[["core_hours", "longest_hours"]].div(speed, axis=0).groupby(steps["stage"])
    work, longest = hours["core_hours"].sum() / cores, hours["longest_hours"].max()
    return float(pd.concat([work, longest], axis=1).max(axis=1).sum())


def known_lines(known: Known) -> list[str]:
    """What the files said of each assembly, one line each."""
    lines = []
    for name in {**known.genome, **known.genes}:
        parts = []
        if name in known.genome:
            parts.append(f"{known.genome[name]:,.1f} million bases")
        if name in known.genes:
            parts.append(f"{known.genes[name]:,} genes")
        if name in known.transcriptome:
            parts.append(f"{known.transcriptome[name]:,.1f} million bases of transcripts")
        lines.append(f"{name}: {', '.join(parts)}")
    return lines


def assumption_lines(run: Run, known: Known) -> list[str]:
    """The assumptions that this run's amounts rest on, one line each."""
    reads = {assay: run.samples_of(assay, entry="reads") for assay in ("rna", "hichip")}
    unknown = unknown_reads(run)
    needed: dict[str, object] = {
        "rna_million_read_pairs": unknown & set(reads["rna"]),
        "hichip_million_read_pairs": unknown & set(reads["hichip"]),
        "genome_million_bases": reads["hichip"] and set(run.assemblies) - set(known.genome),
        "transcriptome_million_bases": reads["rna"]
        and set(run.assemblies) - set(known.transcriptome),
        "million_contacts_per_cell_line": run.called_pools,
        "genes": set(run.assemblies) - set(known.genes),
        "thousand_variants": run.variant_lines,
        "epochs": run.config["training"].get("epochs", Assumptions.epochs + 1) > Assumptions.epochs,
    }
    return [
        f"{f.name.replace('_', ' ')}: {f.default:,.0f}"
        for f in fields(Assumptions)
        if needed[f.name]
    ]


def unmeasured(config: Mapping[str, Any]) -> list[str]:
    """Methods and steps of a configuration that have no measured rate and are not counted."""
    methods = {m for task in config["evaluation"]["tasks"] for m in config["baselines"][task]}
    left = sorted(m for m in methods if f"baseline_{m}" not in rates())
    steps = ("filters", "attribution", "interpret", "tomtom", "cismodule", "evaluate", "cross",
             "figures")  # fmt: skip
    left += [step for step in steps if step not in rates()]
    if training_step(config) not in rates():
        trainer = ", stacked" * (config["training"].get("trainer") == "stacked")
        left.append(f"training of the network {config['model']['variant']}{trainer}")
    places = getattr(find_variant(config["model"]["variant"]), "CONTACTED", False)
    if places and config["variants"]["vcf"]:
        left.append("variants in contacted places")
    if not set(find_caller(config["loops"]["caller"]).RATE.split()) <= set(rates()):
        left.append(f"the loop caller {config['loops']['caller']}")
    return left


def _row(work: Work, rate: Rate) -> tuple:
    written = rate.written_gb(work.amount)
    kept, temporary = (0.0, written) if work.step in TEMPORARY else (written, 0.0)
    return (
        work.stage, work.step, work.amount, rate.unit, rate.core_hours(work.amount, work.jobs),
        rate.core_hours(work.longest), rate.peak_gb(work.largest), kept, temporary,
    )  # fmt: skip
