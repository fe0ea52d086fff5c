"""What a step costs: lines through the measurements in rates.tsv.

The table is written by `benchmarks/rates.py`; each row is one run of one step at one size, on
one core: core-seconds, megabytes of the largest process, megabytes written; NA where that was
not measured. Some rows come from other benchmarks, named in the last column.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from deepexpr.files import read_table

TABLE = Path(__file__).with_name("rates.tsv")
COLUMNS = (
    "step", "unit", "amount", "core_seconds", "peak_mb", "output_mb", "measured_on",
)  # fmt: skip


@dataclass(frozen=True)
class Rate:
    """start + slope × amount, for time (core-seconds), memory (MB) and output (MB)."""

    unit: str
    seconds: tuple[float, float]
    memory: tuple[float, float]
    output: tuple[float, float]

    def core_hours(self, amount: float, jobs: int = 1) -> float:
        """Core-hours of `amount` units in `jobs` jobs, each of which has to start."""
        start, slope = self.seconds
        return (start * jobs + slope * amount) / 3600

    def peak_gb(self, amount: float) -> float:
        """Memory of one job of `amount` units, GB."""
        start, slope = self.memory
        return (start + slope * amount) / 1000

    def written_gb(self, amount: float) -> float:
        """What `amount` units write, GB."""
        return self.output[1] * amount / 1000


@cache
def rates() -> dict[str, Rate]:
    """Step -> Rate, from all rows of the table."""
    table = read_table(TABLE, COLUMNS)
    return {step: _fit(rows) for step, rows in table.groupby("step", sort=False)}


def _fit(rows) -> Rate:
    amount = rows["amount"].to_numpy(float)
    return Rate(
        unit=rows["unit"].iloc[0],
        seconds=_line(amount, rows["core_seconds"].to_numpy(float)),
        # One size says nothing of how memory grows.
        memory=_line(amount, rows["peak_mb"].to_numpy(float), sizes=2),
        output=_line(amount, rows["output_mb"].to_numpy(float)),
    )


def _line(amount: np.ndarray, value: np.ndarray, sizes: int = 1) -> tuple[float, float]:
    """Start and slope, neither below 0; one size gives a slope and no start; NaN where fewer
    than `sizes` sizes were measured."""
    amount, value = amount[~np.isnan(value)], value[~np.isnan(value)]
    if len(np.unique(amount)) < sizes:
        return float("nan"), float("nan")
    if len(np.unique(amount)) < 2:
        return 0.0, float(np.mean(value / amount))
    slope, start = np.polyfit(amount, value, 1)
    return max(float(start), 0.0), max(float(slope), 0.0)
