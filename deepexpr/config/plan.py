"""How much work a configuration is, before a cluster is asked for anything.

Counts come from the configuration and the sheets; speeds are those measured on the demo and on
real reads (README, "How long things take"), so the estimate is an order of magnitude, with
what it assumes said beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

#: Bytes of gzip FASTQ per read, measured on 2 x 75 bp real reads.
BYTES_PER_READ = 55


@dataclass(frozen=True)
class Rates:
    """Core-seconds of single steps, measured on one core of a 2-core virtual machine."""

    kallisto: float = 25.0  # per million read pairs
    trim: float = 4.0  # per million read pairs
    bowtie: float = 60.0  # per million reads
    pairs: float = 6.0  # per million read pairs
    training: float = 0.006  # per gene and epoch, variant tuned
    paper_network: float = 0.008  # per gene and epoch, batch 4
    baseline: float = 600.0  # per thousand genes and fold, full grid


@dataclass(frozen=True)
class Assumptions:
    """What is assumed where nothing is known yet."""

    genes: int = 18_000
    epochs: int = 30
    rna_read_pairs: float = 30e6
    hichip_read_pairs: float = 300e6


def plan_table(
    config: Mapping[str, Any],
    samples: pd.DataFrame,
    units: pd.DataFrame,
    rates: Rates | None = None,
    assumptions: Assumptions | None = None,
) -> pd.DataFrame:
    """Rows stage, jobs, core_hours, gpu_hours, disk_gb; a row "total" at the end.

    Reads are counted from the FASTQ sizes where the files are there, else assumed. Training may
    run on a GPU: gpu_hours is then its time on one core divided by 10, a cautious guess.
    """
    rates, assumptions = rates or Rates(), assumptions or Assumptions()
    reads = _read_pairs(samples, units, assumptions)
    rows = [
        *_read_stages(samples, units, reads, rates),
        *_model_stages(config, samples, rates, assumptions),
    ]
    table = pd.DataFrame(rows, columns=["stage", "jobs", "core_hours", "gpu_hours", "disk_gb"])
    total = table.drop(columns="stage").sum()
    return pd.concat([table, pd.DataFrame([{"stage": "total", **total}])], ignore_index=True)


def assumption_lines(assumptions: Assumptions | None = None) -> list[str]:
    """The assumptions, one line each."""
    values = assumptions or Assumptions()
    return [f"{f.name.replace('_', ' ')}: {getattr(values, f.name):,.0f}" for f in fields(values)]


def _read_pairs(
    samples: pd.DataFrame, units: pd.DataFrame, assumptions: Assumptions
) -> dict[str, float]:
    """Read pairs in millions, by assay."""
    assay = samples.set_index("sample")["assay"]
    assumed = {"rna": assumptions.rna_read_pairs, "hichip": assumptions.hichip_read_pairs}
    totals = {"rna": 0.0, "hichip": 0.0}
    for row in units.to_dict("records"):
        kind, path = assay[row["sample"]], Path(row["fq1"])
        known = path.stat().st_size / BYTES_PER_READ if path.is_file() else assumed[kind]
        totals[kind] += known / 1e6
    return totals


def _read_stages(
    samples: pd.DataFrame, units: pd.DataFrame, reads: Mapping[str, float], rates: Rates
) -> list[tuple]:
    rna, hichip = (int((samples["assay"] == assay).sum()) for assay in ("rna", "hichip"))
    hichip_units = int(units["sample"].isin(samples.query("assay == 'hichip'")["sample"]).sum())
    mapping = reads["hichip"] * (rates.trim + 2 * rates.bowtie + rates.pairs) / 3600
    disk = BYTES_PER_READ / 1e3
    return [
        ("expression", rna, reads["rna"] * rates.kallisto / 3600, 0.0, reads["rna"] * 2 * disk),
        # Trimmed reads and alignments are temporary; together about three times the reads.
        ("hichip", 3 * hichip_units + 2 * hichip, mapping, 0.0, reads["hichip"] * 8 * disk),
    ]


def _model_stages(
    config: Mapping[str, Any], samples: pd.DataFrame, rates: Rates, assumptions: Assumptions
) -> list[tuple]:
    evaluation = config["evaluation"]
    lines = samples["cell_line"].nunique()
    with_hichip = samples.query("assay == 'hichip'")["cell_line"].nunique()
    tasks, fits = len(evaluation["tasks"]), sum(evaluation["folds"])
    slow = config["model"]["variant"] != "tuned"
    per_gene = rates.paper_network if slow else rates.training
    epochs = min(assumptions.epochs, config["training"].get("epochs", assumptions.epochs))
    sequence_hours = assumptions.genes * epochs * per_gene / 3600
    jobs = tasks * len(evaluation["folds"]) * (lines + with_hichip)
    # Fine-tuning reads 400 numbers per gene, not 8,000: about a tenth of the sequence network.
    hours = tasks * fits * sequence_hours * (lines + 0.1 * with_hichip)
    methods = sum(len(config["baselines"][task]) for task in evaluation["tasks"])
    baseline = lines * fits * methods * rates.baseline * assumptions.genes / 1000 / 3600
    return [
        ("models", jobs, hours, hours / 10, 0.01 * fits * tasks * lines),
        (
            "baselines",
            lines * methods * len(evaluation["folds"]),
            baseline,
            0.0,
            0.1 * fits * lines,
        ),
    ]
