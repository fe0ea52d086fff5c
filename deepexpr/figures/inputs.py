"""What the tables of the figures are made from: files by role, checked when asked for.

Each input stands once, with its option. pandas is imported where it is used: `--help` is quick.
"""

# ruff: noqa: RUF009 (the calls are dataclass fields)
from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepexpr.errors import InputError
from deepexpr.features.sections import FeatureSection
from deepexpr.hichip.sections import CutoffSection
from deepexpr.motifs.sections import TomtomSection
from deepexpr.options import named

if TYPE_CHECKING:
    import pandas as pd


#: The pipeline's settings, for defaults.
_BINS, _KNOWN = FeatureSection(), TomtomSection()


def _many(metavar: str, text: str, kind: Callable = Path):
    options = {"nargs": "+", "default": [], "action": "extend", "metavar": metavar, "help": text}
    return field(
        default=(), metadata={"options": options, "read": lambda given, _: tuple(map(kind, given))}
    )


def _named(text: str):
    options = {"nargs": "+", "default": [], "action": "extend", "metavar": "NAME=TSV", "help": text}
    return field(default_factory=dict, metadata={"options": options, "read": _paths})


def _paths(items: Sequence[str], option: str) -> dict[str, Path]:
    return {name: Path(path) for name, path in named(items, option).items()}


def _one(metavar: str, text: str):
    options = {"metavar": metavar, "help": text}
    return field(
        default=None,
        metadata={"options": options, "read": lambda given, _: Path(given) if given else None},
    )


def _bundle(metavar: str, text: str):
    options = {"nargs": "+", "default": [], "action": "extend", "metavar": metavar, "help": text}
    return field(default=None, metadata={"options": options, "read": _first_trained})


def _first_trained(given: Sequence[str], _: str) -> Path | None:
    from deepexpr.features.bundles import first_trained

    return Path(first_trained(given)) if given else None


def _setting(default: Any, text: str, **more):
    options = {"default": default, "help": text} | more
    return field(default=default, metadata={"options": options, "read": lambda given, _: given})


@dataclass(frozen=True)
class Inputs:
    """Files and settings from the command line; only those that a figure needs are set.

    Each is an option of `deepexpr table` of the same name. Those given as NAME=file go from the
    name (cell line, sample, run) to the path.
    """

    dataset: tuple[Path, ...] = _many("H5", "dataset files, one per cell line (`deepexpr dataset`)")
    metrics: tuple[Path, ...] = _many("TSV", "metrics (`deepexpr evaluate`)")
    cross: tuple[Path, ...] = _many("TSV", "metrics of predictions across cell lines")
    species: tuple[Path, ...] = _many("TSV", "metrics of predictions across species")
    species_apart: tuple[Path, ...] = _many("TSV", "the same of genes without orthologue")
    tests: Path | None = _one("TSV", "tests between methods (`deepexpr evaluate`)")
    signal: dict[str, Path] = _named("CELL_LINE=loops with counts (`deepexpr signal`)")
    contacts: dict[str, Path] = _named("CELL_LINE=all tested contacts (`deepexpr call-loops`)")
    qc: dict[str, Path] = _named("CELL_LINE=HiChIP counts of its samples")
    concordance: tuple[Path, ...] = _many("TSV", "how alike samples are (`deepexpr concordance`)")
    replicate_qc: tuple[Path, ...] = _many("TSV", "verdicts on replicates (its --qc)")
    differential: dict[str, Path] = _named("COMPARISON=loops tested (`deepexpr differential`)")
    loop_qc: dict[str, Path] = _named("CELL_LINE=counts of its loops")
    expression: tuple[Path, ...] = _many("TSV", "expression per cell line (`deepexpr expression`)")
    published: dict[str, Path] = _named("CELL_LINE=published values of genes")
    run_info: dict[str, Path] = _named("SAMPLE=kallisto's run_info.json")
    versions: tuple[Path, ...] = _many("TXT", "TOOL.txt: what the tool says its version is")
    history: dict[str, Path] = _named("RUN=training history (`deepexpr train`)")
    search: dict[str, Path] = _named("RUN=search table (`deepexpr baseline`)")
    trace: dict[str, Path] = _named("RUN=trace.tsv (`deepexpr cismodule`)")
    interpretation: Path | None = _one("DIR", "folder of one gene (`deepexpr interpret`)")
    variants: Path | None = _one("TSV", "variants scored (`deepexpr variants --table`)")
    variant_places: Path | None = _one("TSV", "those in contacted places (its --places)")
    benchmark: Path | None = _one("DIR", "folder of Snakemake's benchmark files, *.STEP.tsv")
    genes: Path | None = _one("TSV", "genes (`deepexpr promoters --table`)")
    transcripts: Path | None = _one("TSV", "transcripts, for gene bodies (bp)")
    chrom_sizes: Path | None = _one("TSV", "chromosomes and their lengths, where the axis ends")
    tomtom: Path | None = _one("TSV", "matches (`deepexpr tomtom`)")
    motif_summary: dict[str, Path] = _named(
        "MOTIFS=how many match (`deepexpr tomtom --summary`), such as 'K562 filters'"
    )
    matches: dict[str, Path] = _named("MOTIFS=their matches, such as 'K562 filters'")
    predictions: tuple[Path, ...] = _many("TSV", "held-out predictions of networks")
    outcome: tuple[Path, ...] = _many("TSV", "held-out predictions of every model, empty or not")
    filters: Path | None = _one("MEME", "motifs that were matched")
    jaspar: str = _setting(_KNOWN.targets, "motifs that were searched", metavar="NAME|MEME")
    e_value: float = _setting(_KNOWN.e_value, "largest E of a match", type=float)
    confidence: float = _setting(
        CutoffSection().confidence, "above which a caller's contacts are loops", type=float
    )
    bundle: Path | None = _bundle(
        "DIR", "a trained bundle (`deepexpr train`); of several, the first that was not left out"
    )
    gene: str | None = _setting(
        None, "gene of figure 2C (left out: that with the strongest loops)", metavar="NAME"
    )
    cell_line: str = _setting("", "cell line to name in the heading", metavar="NAME")
    full_reach: int = _setting(
        _BINS.half_width,
        "how far from the TSS all bins reach, to either side",
        type=int,
        metavar="BP",
    )
    title: str = _setting("", "name of the run, for the summary")
    logs: Path | None = _one("DIR", "folder of the jobs' logs, whose warnings the summary shows")
    replaced: tuple[str, ...] = _many(
        "JOB", "jobs (names, * for any text) whose logs and benchmark files are not to count", str
    )
    warning: tuple[str, ...] = _many("TEXT", "sentences the summary must show", str)

    def of_jobs(self, folder: Path | None, ending: str) -> list[Path]:
        """Files of jobs below `folder`, named JOB.ending, but of those that others replaced."""
        found = sorted(folder.rglob(f"*.{ending}")) if folder else []
        return [
            path for path in found if not any(fnmatchcase(path.stem, own) for own in self.replaced)
        ]

    @classmethod
    def from_arguments(cls, args: argparse.Namespace) -> Inputs:
        """What the options of `add_options` were given."""
        values = {
            one.name: one.metadata["read"](getattr(args, one.name), option(one.name))
            for one in fields(cls)
        }
        return cls(**values)

    @cached_property
    def networks(self) -> list[dict[str, Any]]:
        """The records (bundle.json) of the networks among `outcome`, in its order."""
        records = [path.parent / "bundle" / "bundle.json" for path in self.outcome]
        infos = [json.loads(record.read_text()) for record in records if record.is_file()]
        return [info for info in infos if info.get("type") == "network"]

    def require(self, figure: str, names: Sequence[str]) -> None:
        """Raise InputError naming the options in `names` that were not given."""
        missing = [option(name) for name in names if not getattr(self, name)]
        if missing:
            raise InputError(
                f"Table {figure} needs {', '.join(missing)}.",
                where=f"deepexpr table {figure}",
                expected=", ".join(map(option, names)),
                found="none of them" if len(missing) == len(names) else "only some of them",
                fix="Give the option(s); `deepexpr table --help` lists them by figure.",
            )


def option(name: str) -> str:
    """The option of `deepexpr table` for one of the inputs."""
    return "--" + name.replace("_", "-")


def add_options(parser: argparse.ArgumentParser) -> None:
    """An option for each of the inputs."""
    for one in fields(Inputs):
        parser.add_argument(option(one.name), **one.metadata["options"])


def read_best(paths: Sequence[Path]) -> pd.DataFrame:
    """Held-out predictions (schemas.PREDICTIONS), of each cell line and task those of the method
    that stands first and was not left out."""
    from deepexpr.schemas import PREDICTIONS

    table = read_tables(paths, PREDICTIONS)
    first = table.groupby(["cell_line", "task"], sort=False)["method"].transform("first")
    return table[table["method"] == first].reset_index(drop=True)


def read_tables(
    paths: Sequence[Path] | Mapping[str, Path], columns: tuple[str, ...]
) -> pd.DataFrame:
    """Several TSV files of the same `columns` under each other; header-only files are fine.

    Of files by name the first column is that name, which they do not hold.
    """
    import pandas as pd

    from deepexpr.files import read_table

    if isinstance(paths, Mapping):
        own = columns[1:]
        tables = [read_table(path, own).assign(**{columns[0]: n}) for n, path in paths.items()]
    else:
        tables = [read_table(path, columns) for path in paths]
    filled = [table[list(columns)] for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(columns))
