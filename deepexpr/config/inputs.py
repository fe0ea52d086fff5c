"""Everything that can be known to be wrong before the first job runs.

Two moments: when the workflow is read (also in a dry run), configuration, sheets and the
presence of files that no rule makes; when it starts, what only a real run needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.config.entries import files_of
from deepexpr.config.settings import complete_config, config_problems
from deepexpr.config.sheets import read_sheet, sheet_problems
from deepexpr.config.unit_rules import UNVERIFIED
from deepexpr.downloads.accessions import ACCESSION_FORMS
from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.model.config import make_configs
from deepexpr.motifs.cismodule.settings import CismoduleSettings
from deepexpr.reference.annotation import annotation_names
from deepexpr.reference.chromosomes import require_shared_names
from deepexpr.reference.fasta import fasta_names


def load_and_check(
    config: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """Return the completed configuration, samples and units.

    Raises
    ------
    InputError : every problem found, one after the other, in one message.
    """
    raise_all(config_problems(config, where))
    config = complete_config(config)
    raise_all(list(_nested_settings(config, where)))
    samples = read_sheet(config["samples"], "samples")
    units = read_sheet(config["units"], "units")
    raise_all(sheet_problems(samples, units, config))
    used = set(samples["assembly"])
    config["assemblies"] = {k: v for k, v in config["assemblies"].items() if k in used}
    raise_all([*_missing_files(config, samples, units), *_unknown_lines(config, samples)])
    return config, samples, units


def _nested_settings(config: Mapping[str, Any], where: str) -> Iterator[InputError]:
    """Settings whose keys the package knows and the schema does not."""
    checks = (
        ("model, training", lambda: make_configs(config["model"], config["training"])),
        (
            "baselines.settings",
            lambda: BaselineSettings.from_mapping(config["baselines"]["settings"]),
        ),
        ("motifs.cismodule", lambda: CismoduleSettings.from_mapping(config["motifs"]["cismodule"])),
    )
    for key, check in checks:
        try:
            check()
        except InputError as error:
            yield InputError(
                error.problem,
                where=f"{where}, key {key}",
                expected=error.expected,
                found=error.found,
                fix=error.fix or "Correct or remove it.",
            )


def _unknown_lines(config: Mapping[str, Any], samples: pd.DataFrame) -> Iterator[InputError]:
    known = list(dict.fromkeys(samples["cell_line"]))
    for line in config["evaluation"]["distance_cell_lines"] or []:
        if line not in known:
            yield InputError(
                f"The cell line {line!r} of the distance scan is not in the sample sheet.",
                where="configuration, key evaluation.distance_cell_lines",
                expected="some of " + ", ".join(known),
                fix="Correct the name, or set the key to null for all cell lines with HiChIP.",
            )


def raise_all(problems: list[InputError]) -> None:
    """Raise one InputError that holds all `problems`, if there are any."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        listed = "\n\n".join(f"{i}. {problem}" for i, problem in enumerate(problems, 1))
        raise InputError(f"{len(problems)} problems were found.\n\n{listed}")


def run_time_problems(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> list[InputError]:
    """Problems that stop a real run but not a dry run: unverified accessions, damaged or
    mismatched reads, chromosome names of genome and annotation that do not agree."""
    problems = list(_unverified(config, samples, units))
    for index, row in units.iterrows():
        problems += _read_problems(row, f"{config['units']}, row {index}")
    for name in dict.fromkeys(samples["assembly"]):
        problems += _chromosome_problems(name, config["assemblies"][name])
    return problems


def made_by_rules(config: Mapping[str, Any], units: pd.DataFrame) -> set[str]:
    """Input files that the workflow itself makes or downloads."""
    made: set[str] = set()
    if config["simulate"]:
        folder = config["simulate"]["output"]
        made |= {f"{folder}/genome.fa", f"{folder}/annotation.gtf"}
        made |= {p for p in [*units["fq1"], *units["fq2"]] if p.startswith(f"{folder}/")}
    for package in config["packages"].values():
        made |= {f"{package['output']}/{member}" for member in package["members"]}
    for assembly in config["assemblies"].values():
        made |= {assembly[kind] for kind in ("genome", "annotation") if assembly[f"{kind}_url"]}
    for unit in units[units["accession"] != ""].to_dict("records"):
        made |= set(files_of(unit).values())
    return made


def _missing_files(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    made = made_by_rules(config, units)
    for index, row in units.iterrows():
        for column, path in files_of(row).items():
            if path not in made and not Path(path).is_file():
                yield InputError(
                    f"The file of sample {row['sample']!r} does not exist: {path}",
                    where=f"{config['units']}, row {index}, column {column}",
                    found=f"no such file, seen from {Path.cwd()}",
                    fix="Correct the path, or give an accession to download it from.",
                )
    for name in dict.fromkeys(samples["assembly"]):
        assembly = config["assemblies"][name]
        for key in ("genome", "annotation", "transcripts"):
            path = assembly[key]
            if path and path not in made and not Path(path).is_file():
                yield InputError(
                    f"The {key} of assembly {name!r} does not exist: {path}",
                    where=f"configuration, key assemblies.{name}.{key}",
                    fix=f"Correct the path, or set assemblies.{name}.{key}_url."
                    if key != "transcripts"
                    else "Correct the path, or set it to null to cut them from the genome.",
                )
    optional = {
        "hichip.anchors": config["hichip"]["anchors"],
        "motifs.enhancer_peaks": config["motifs"]["enhancer_peaks"],
    }
    for key, path in optional.items():
        if path and not Path(path).is_file():
            yield InputError(
                f"The file does not exist: {path}",
                where=f"configuration, key {key}",
                fix="Correct the path, or set it to null.",
            )


def _unverified(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    for index, row in units[units["accession"].str.startswith(UNVERIFIED)].iterrows():
        files = list(files_of(row).values())
        if all(Path(path).is_file() for path in files):
            continue
        yield InputError(
            f"The data of sample {row['sample']!r} have no verified accession.",
            where=f"{config['units']}, row {index}, column accession",
            expected=ACCESSION_FORMS,
            found=row["accession"],
            fix=f"Look it up and fill it in, or put the data at {' and '.join(files)}.",
        )


def _read_problems(row: pd.Series, where: str) -> Iterator[InputError]:
    """Open what is there: FASTQ by its first record, and mates by equal names."""
    names = []
    for column in ("fq1", "fq2"):
        path = row[column]
        if not path or not Path(path).is_file():
            continue
        try:
            with reading(path, "FASTQ") as handle:
                record = [line.rstrip("\n") for line in islice(handle, 4)]
        except InputError as error:
            yield error
            continue
        if len(record) < 4 or record[0][:1] != "@" or record[2][:1] != "+":
            yield InputError(
                "The file does not begin with a FASTQ record.",
                where=f"{path} ({where}, column {column})",
                expected="four lines: @name, bases, +, qualities",
                found=repr(record[0][:60]) if record else "nothing",
                fix="Check the path; the file must be FASTQ, plain or gzip.",
            )
            continue
        names.append(record[0][1:].split()[0].removesuffix(f"/{column[-1]}"))
    if len(names) == 2 and names[0] != names[1]:
        yield InputError(
            "The two FASTQ files are not mates: their first reads have different names.",
            where=where,
            expected=f"{names[0]} in both",
            found=f"{names[1]} in {row['fq2']}",
            fix="Pair the files that came from the same run.",
        )


def _chromosome_problems(name: str, assembly: Mapping[str, Any]) -> Iterator[InputError]:
    """Genome and annotation must share chromosome names (chr1 against 1)."""
    genome, annotation = Path(assembly["genome"]), Path(assembly["annotation"])
    if not (genome.is_file() and annotation.is_file()):
        return
    try:
        require_shared_names(
            annotation_names(annotation), fasta_names(genome), str(annotation), str(genome)
        )
    except InputError as error:
        yield error
