"""How much work a configuration is, before a cluster is asked for anything.

Amounts come from the configuration, the sheets and, where they are there, the reads; what a
unit of each costs was measured (rates.tsv). Everything else is an assumption and is printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.hichip.callers import find_caller
from deepexpr.run.rates import Rate, rates

#: Bytes of gzip FASTQ per read, measured on 2 x 76 bp real reads.
BYTES_PER_READ = 50
COLUMNS = ("step", "amount", "unit", "core_hours", "peak_gb", "kept_gb", "temporary_gb")
#: Steps whose output goes when the next has read it.
TEMPORARY = ("map",)


@dataclass(frozen=True)
class Assumptions:
    """What is assumed where nothing is known yet; read pairs where the file is not there."""

    rna_million_read_pairs: float = 30
    hichip_million_read_pairs: float = 300
    genome_million_bases: float = 3_100
    transcriptome_million_bases: float = 150
    million_contacts_per_cell_line: float = 10
    genes: int = 18_000
    epochs: int = 30


def plan_table(
    config: Mapping[str, Any],
    samples: pd.DataFrame,
    units: pd.DataFrame,
    assumptions: Assumptions | None = None,
) -> pd.DataFrame:
    """Columns COLUMNS, a row per step with a measured rate; the last row is the total.

    peak_gb is the memory of the largest job of the step. A total of peak_gb is its maximum, of
    temporary_gb the sum as if all samples were at the same step at once.
    """
    assumed, known = assumptions or Assumptions(), rates()
    rows = [
        _row(step, known[step], amount, largest, jobs)
        for step, amount, largest, jobs in [
            *_read_steps(samples, units, assumed),
            *_loop_steps(config, samples, assumed),
            *_model_steps(config, samples, assumed),
        ]
        if step in known and amount
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if not config["hichip"]["keep_trimmed"]:  # trimmed reads pass through pipes
        table.loc[table["step"] == "trim", "kept_gb"] = 0.0
    total = table[["core_hours", "kept_gb", "temporary_gb"]].sum().to_dict()
    total |= {
        "step": "total",
        "peak_gb": table["peak_gb"].max(),
        "unit": "",
        "amount": float("nan"),
    }
    return pd.concat([table, pd.DataFrame([total])], ignore_index=True)


def training_hours(table: pd.DataFrame) -> float:
    """Core-hours of training in a plan: what a GPU could take over; NaN where not measured."""
    hours = table.loc[table["step"].str.startswith("train_"), "core_hours"]
    return float(hours.sum(min_count=1))


def assumption_lines(assumptions: Assumptions | None = None) -> list[str]:
    """The assumptions, one line each."""
    values = assumptions or Assumptions()
    return [f"{f.name.replace('_', ' ')}: {getattr(values, f.name):,.0f}" for f in fields(values)]


def unmeasured(config: Mapping[str, Any]) -> list[str]:
    """Methods and steps of a configuration that have no measured rate and are not counted."""
    methods = {m for task in config["evaluation"]["tasks"] for m in config["baselines"][task]}
    left = sorted(m for m in methods if f"baseline_{m}" not in rates())
    if _training_step(config) not in rates():
        left.append(f"training of the network {config['model']['variant']}")
    if find_caller(config["loops"]["caller"]).RATE not in rates():
        left.append(f"the loop caller {config['loops']['caller']}")
    return left


def _row(step: str, rate: Rate, amount: float, largest: float, jobs: int) -> tuple:
    written = rate.written_gb(amount)
    kept, temporary = (0.0, written) if step in TEMPORARY else (written, 0.0)
    hours = rate.core_hours(amount, jobs)
    return (step, amount, rate.unit, hours, rate.peak_gb(largest), kept, temporary)


def _training_step(config: Mapping[str, Any]) -> str:
    return f"train_{config['model']['variant']}"


def _read_steps(
    samples: pd.DataFrame, units: pd.DataFrame, assumed: Assumptions
) -> Iterator[tuple[str, float, float, int]]:
    """Step, amount, largest amount of one job, jobs: everything that grows with the reads."""
    pairs = _million_pairs(samples, units, assumed)
    rna = [pairs[sample] for sample in samples.query("assay == 'rna'")["sample"]]
    hichip = [pairs[sample] for sample in samples.query("assay == 'hichip'")["sample"]]
    with_hichip = samples.query("assay == 'hichip'")
    genome, transcriptome = assumed.genome_million_bases, assumed.transcriptome_million_bases
    assemblies, mapped = samples["assembly"].nunique(), with_hichip["assembly"].nunique()
    yield "index_kallisto", assemblies * transcriptome, transcriptome, assemblies
    yield "index_bowtie", mapped * genome, genome, mapped
    yield "kallisto", sum(rna), max(rna, default=0), len(rna)
    yield "trim", sum(hichip), max(hichip, default=0), len(hichip)
    yield "map", 2 * sum(hichip), max(hichip, default=0), 2 * len(hichip)
    yield "pairs", sum(hichip), max(hichip, default=0), len(hichip)
    yield "contacts", sum(hichip), max(hichip, default=0), len(hichip)


def _loop_steps(
    config: Mapping[str, Any], samples: pd.DataFrame, assumed: Assumptions
) -> Iterator[tuple[str, float, float, int]]:
    """The loop caller, by the rate that it names."""
    lines = samples.query("assay == 'hichip'")["cell_line"].nunique()
    each = assumed.million_contacts_per_cell_line
    yield find_caller(config["loops"]["caller"]).RATE, lines * each, each, lines


def _million_pairs(
    samples: pd.DataFrame, units: pd.DataFrame, assumed: Assumptions
) -> dict[str, float]:
    """Millions of read pairs per sample that starts from reads: by file size where there."""
    assay = samples.set_index("sample")["assay"]
    absent = {"rna": assumed.rna_million_read_pairs, "hichip": assumed.hichip_million_read_pairs}
    totals = dict.fromkeys(samples["sample"], 0.0)
    for row in units.to_dict("records"):
        path = Path(row["fq1"])
        if not row["fq1"]:
            continue
        known = path.stat().st_size / BYTES_PER_READ / 1e6 if path.is_file() else None
        lanes = int((units["sample"] == row["sample"]).sum())
        totals[row["sample"]] += known or absent[assay[row["sample"]]] / lanes
    return totals


def _model_steps(
    config: Mapping[str, Any], samples: pd.DataFrame, assumed: Assumptions
) -> Iterator[tuple[str, float, float, int]]:
    """Networks and baselines: sequence and full for every K, HiChIP alone for the main one."""
    evaluation, training = config["evaluation"], config["training"]
    lines = samples["cell_line"].nunique()
    with_hichip = samples.query("assay == 'hichip'")["cell_line"].nunique()
    tasks, folds = len(evaluation["tasks"]), evaluation["folds"]
    epochs = min(assumed.epochs, training.get("epochs", assumed.epochs))
    members = training.get("members", 1)
    # K - 1 of K groups, 8 ninths of them trained on (0.8 : 0.1 train : validation).
    fits = sum(k * (k - 1) / k * 8 / 9 for k in folds)
    # Fine-tuning adds the distal module only; its epochs cost little beside the sequence's.
    amount = tasks * lines * fits * assumed.genes * epochs * members
    jobs = tasks * len(folds) * (lines + with_hichip)
    yield _training_step(config), amount, assumed.genes * epochs, jobs
    words = f"words_{config['model']['variant']}"
    if words in rates():
        each, number = assumed.genes / 1000, tasks * sum(folds)
        # Solved for the sequence network, and once more beside it for the full one.
        yield words, each * number * (lines + with_hichip), each, number * (lines + with_hichip)
    for task in evaluation["tasks"]:
        for method in config["baselines"][task]:
            each = assumed.genes / 1000
            yield f"baseline_{method}", lines * sum(folds) * each, each, lines * len(folds)
