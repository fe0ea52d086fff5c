"""Sample and unit sheets: read as text, checked row by row and against each other."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd

from deepexpr.config.settings import load_schema
from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.hichip.enzymes import parse_enzymes

#: The prefix of an accession that nobody could verify; the run stops at it.
UNVERIFIED = "unverified:"


def read_sheet(path: str | Path, name: str) -> pd.DataFrame:
    """Read a sheet as text (comment lines start with #); empty cells become "".

    Returns one row per line; columns the schema knows but the sheet lacks are added empty.
    """
    with reading(path, f"{name} sheet") as handle:
        try:
            sheet = pd.read_csv(
                handle, sep="\t", dtype=str, comment="#", keep_default_na=False, na_values=[]
            )
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise InputError(
                f"The {name} sheet is not a table: {error}.",
                where=str(path),
                expected="tab-separated columns with a header line",
                fix="Check that every row has as many tabs as the header.",
            ) from error
    for column in load_schema(name)["properties"]:
        if column not in sheet:
            sheet[column] = ""
    return sheet.fillna("").apply(lambda column: column.str.strip())


def sheet_problems(
    samples: pd.DataFrame, units: pd.DataFrame, config: Mapping[str, Any]
) -> list[InputError]:
    """Every problem of the two sheets, each with its file, row (1 = header) and column."""
    sample_path, unit_path = str(config["samples"]), str(config["units"])
    problems = [
        *_row_problems(samples, "samples", sample_path),
        *_row_problems(units, "units", unit_path),
    ]
    if problems:
        return problems
    return [
        *_duplicates(samples, ["sample"], sample_path),
        *_duplicates(units, ["sample", "unit"], unit_path),
        *_cross_references(samples, units, sample_path, unit_path),
        *_sample_rules(samples, config, sample_path),
        *_unit_rules(samples, units, unit_path),
    ]


def _row_problems(sheet: pd.DataFrame, name: str, path: str) -> Iterator[InputError]:
    schema = load_schema(name)
    unknown = [column for column in sheet if column not in schema["properties"]]
    for column in unknown:
        close = difflib.get_close_matches(column, list(schema["properties"]), n=1)
        yield InputError(
            f"Unknown column {column!r} in the sheet.",
            where=f"{path}, header",
            expected="columns " + ", ".join(schema["properties"]),
            fix=f"Did you mean {close[0]!r}?" if close else "Remove the column.",
        )
    validator = jsonschema.Draft202012Validator(schema)
    for index, row in enumerate(sheet.drop(columns=unknown).to_dict("records")):
        filled = {key: value for key, value in row.items() if value != ""}
        for error in validator.iter_errors(filled):
            column = ".".join(map(str, error.absolute_path)) or _missing(error)
            yield InputError(
                f"The sheet has a bad value: {error.message}.",
                where=f"{path}, row {index + 2}, column {column}",
                expected=schema["properties"].get(column, {}).get("description"),
                fix="Correct the cell.",
            )


def _missing(error: jsonschema.ValidationError) -> str:
    return ", ".join(k for k in error.validator_value if k not in error.instance)


def _duplicates(sheet: pd.DataFrame, keys: list[str], path: str) -> Iterator[InputError]:
    for index in sheet.index[sheet.duplicated(keys)]:
        value = " ".join(sheet.loc[index, keys])
        yield InputError(
            f"The {' and '.join(keys)} {value!r} stands twice.",
            where=f"{path}, row {index + 2}, column {keys[-1]}",
            fix="Give it another name, or delete the row.",
        )


def _cross_references(
    samples: pd.DataFrame, units: pd.DataFrame, sample_path: str, unit_path: str
) -> Iterator[InputError]:
    known, used = set(samples["sample"]), set(units["sample"])
    for index in units.index[~units["sample"].isin(known)]:
        name = units.loc[index, "sample"]
        close = difflib.get_close_matches(name, sorted(known), n=1)
        yield InputError(
            f"The sample {name!r} has a unit but no row in the sample sheet.",
            where=f"{unit_path}, row {index + 2}, column sample",
            fix=(f"Did you mean {close[0]!r}? " if close else "") + f"Add it to {sample_path}.",
        )
    for index in samples.index[~samples["sample"].isin(used)]:
        yield InputError(
            f"The sample {samples.loc[index, 'sample']!r} has no unit.",
            where=f"{sample_path}, row {index + 2}, column sample",
            fix=f"Add a row with its files to {unit_path}, or delete the sample.",
        )


def _sample_rules(
    samples: pd.DataFrame, config: Mapping[str, Any], path: str
) -> Iterator[InputError]:
    for index, row in samples.iterrows():
        place = f"{path}, row {index + 2}, column"
        if row["assembly"] not in config["assemblies"]:
            yield InputError(
                f"The assembly {row['assembly']!r} is not configured.",
                where=f"{place} assembly",
                expected="one of " + ", ".join(sorted(config["assemblies"])),
                fix="Correct the name, or add the assembly to the configuration.",
            )
        if row["assay"] == "hichip":
            yield from _enzyme_problem(row["enzyme"], f"{place} enzyme")
        elif row["enzyme"]:
            yield InputError(
                "An RNA-seq sample has no enzyme.", where=f"{place} enzyme", fix="Empty the cell."
            )
    for line, group in samples.groupby("cell_line"):
        if group["assembly"].nunique() > 1:
            yield InputError(
                f"The samples of cell line {line!r} have different assemblies.",
                where=f"{path}, column assembly",
                found=", ".join(sorted(set(group["assembly"]))),
                fix="Give all samples of a cell line one assembly.",
            )
        if "rna" not in set(group["assay"]):
            yield InputError(
                f"The cell line {line!r} has no RNA-seq sample.",
                where=f"{path}, column cell_line",
                found="assays " + ", ".join(sorted(set(group["assay"]))),
                fix="Add its RNA-seq sample: expression is what the networks learn.",
            )


def _enzyme_problem(enzyme: str, where: str) -> Iterator[InputError]:
    try:
        parse_enzymes(enzyme)
    except InputError as error:
        yield InputError(
            error.problem, where=where, expected=error.expected, found=error.found, fix=error.fix
        )


def _unit_rules(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    assay = samples.set_index("sample")["assay"]
    for index, row in units.iterrows():
        kind = assay.get(row["sample"])
        place = f"{path}, row {index + 2}, column"
        if kind and not row["fq1"]:
            yield InputError(
                "The unit has no file.", where=f"{place} fq1", fix="Give the path of its FASTQ."
            )
        if kind == "hichip" and not row["fq2"]:
            yield InputError(
                "A HiChIP unit needs both mates.",
                where=f"{place} fq2",
                fix="Give the FASTQ of the second mates.",
            )
        if kind == "rna" and not row["fq2"] and not (row["fragment_length"] and row["fragment_sd"]):
            yield InputError(
                "Single-end RNA-seq needs its fragment length and standard deviation.",
                where=f"{place} fragment_length, fragment_sd",
                fix="Fill both in (200 and 20 are usual), or give fq2 for paired-end reads.",
            )
    for name, group in units.groupby("sample"):
        if assay.get(name) == "rna" and (group["fq2"] == "").nunique() > 1:
            yield InputError(
                f"The sample {name!r} mixes single-end and paired-end units.",
                where=f"{path}, column fq2",
                fix="Make two samples of it; replicates of a cell line are averaged.",
            )
