"""What the tables of the figures are made from: files by role, checked when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read_table


@dataclass(frozen=True)
class Inputs:
    """Files and settings from the command line; only those that a figure needs are set.

    `signal`, `qc`, `loop_qc`, `run_info`, `history`, `search` and `trace` go from a name (cell
    line, sample, run) to a path.
    """

    dataset: tuple[Path, ...] = ()
    metrics: tuple[Path, ...] = ()
    cross: tuple[Path, ...] = ()
    tests: Path | None = None
    signal: dict[str, Path] = field(default_factory=dict)
    qc: dict[str, Path] = field(default_factory=dict)
    loop_qc: dict[str, Path] = field(default_factory=dict)
    run_info: dict[str, Path] = field(default_factory=dict)
    history: dict[str, Path] = field(default_factory=dict)
    search: dict[str, Path] = field(default_factory=dict)
    trace: dict[str, Path] = field(default_factory=dict)
    interpretation: Path | None = None
    versions: tuple[Path, ...] = ()
    benchmark: Path | None = None
    genes: Path | None = None
    transcripts: Path | None = None
    chrom_sizes: Path | None = None
    tomtom: Path | None = None
    motif_summary: dict[str, Path] = field(default_factory=dict)
    filters: Path | None = None
    jaspar: str = "JASPAR2018"
    e_value: float = 0.05
    bundle: Path | None = None
    gene: str | None = None
    cell_line: str = ""
    full_reach: int = 1_000_000
    title: str = ""
    warning: tuple[str, ...] = ()

    def require(self, figure: str, names: Sequence[str]) -> None:
        """Raise InputError naming the options in `names` that were not given."""
        missing = [f"--{name}" for name in names if not getattr(self, name)]
        if missing:
            raise InputError(
                f"Table {figure} needs {', '.join(missing)}.",
                where=f"deepexpr table {figure}",
                expected=", ".join(f"--{name}" for name in names),
                found="none of them" if len(missing) == len(names) else "only some of them",
                fix="Give the option(s); `deepexpr table --help` lists them by figure.",
            )


def named_paths(values: Sequence[str], option: str) -> dict[str, Path]:
    """``["K562=a.tsv", ...]`` as ``{"K562": Path("a.tsv"), ...}``, in the order given."""
    paths: dict[str, Path] = {}
    for value in values:
        name, separator, path = value.partition("=")
        if not separator or not name or not path:
            raise InputError(
                f"{value!r} is not a name and a path.",
                where=option,
                expected="NAME=PATH, e.g. K562=signal.tsv",
                found=value,
                fix="Write the name, an equals sign and the path without spaces.",
            )
        if name in paths:
            raise InputError(
                f"{name!r} is given twice.", where=option, fix="Give each name one path."
            )
        paths[name] = Path(path)
    return paths


def read_tables(paths: Sequence[Path], columns: tuple[str, ...]) -> pd.DataFrame:
    """Several TSV files of the same `columns` under each other; header-only files are fine."""
    tables = [read_table(path, columns)[list(columns)] for path in paths]
    filled = [table for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat(filled, ignore_index=True)
