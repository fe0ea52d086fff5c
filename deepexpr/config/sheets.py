"""Sample and unit sheets: read as text, checked row by row and against each other."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pandas as pd

from deepexpr.config.entries import files_of
from deepexpr.config.settings import load_schema
from deepexpr.config.unit_rules import UNVERIFIED, unit_problems
from deepexpr.downloads.survey import Asked
from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.hichip.enzymes import parse_enzymes


def read_sheet(path: str | Path, name: str) -> pd.DataFrame:
    """Read a sheet as text; lines that begin with # and empty lines are skipped.

    Returns one row per line, its index the line's number in the file (from 1); empty cells are
    ""; columns the schema knows but the sheet lacks are added empty.
    """
    with reading(path, f"{name} sheet") as handle:
        lines = [
            (number, line.rstrip("\r\n").split("\t"))
            for number, line in enumerate(handle, 1)
            if line.strip() and not line.startswith("#")
        ]
    known = list(load_schema(name)["properties"])
    if not lines or len(lines[0][1]) < 2:
        raise InputError(
            f"The {name} sheet is not a table with tabs between its columns.",
            where=str(path),
            expected="a header line such as " + ", ".join(known[:4]),
            found=repr("\t".join(lines[0][1])[:60]) if lines else "no line",
            fix="Save it as tab-separated text.",
        )
    header = [column.strip() for column in lines[0][1]]
    twice = next((column for column in header if header.count(column) > 1), None)
    if twice is not None:
        raise InputError(
            f"The column {twice!r} stands twice in the {name} sheet."
            if twice
            else f"The {name} sheet has columns without a name.",
            where=f"{path}, header",
            fix="Keep one of them, and remove surplus tabs.",
        )
    for number, cells in lines[1:]:
        if len(cells) > len(header):
            raise InputError(
                f"A row of the {name} sheet has more cells than the header.",
                where=f"{path}, row {number}",
                expected=f"at most {len(header)} cells",
                found=str(len(cells)),
                fix="Remove the surplus tabs.",
            )
    rows = [[*cells, *[""] * (len(header) - len(cells))] for _, cells in lines[1:]]
    numbers = pd.Index([number for number, _ in lines[1:]], dtype=int)
    sheet = pd.DataFrame(rows, columns=header, index=numbers, dtype=str)
    for column in known:
        if column not in sheet:
            sheet[column] = ""
    return sheet.apply(lambda column: column.str.strip())


def sheet_problems(
    samples: pd.DataFrame, units: pd.DataFrame, config: Mapping[str, Any]
) -> list[InputError]:
    """Every problem of the two sheets, each with its file, row (1 = header) and column."""
    sample_path, unit_path = str(config["samples"]), str(config["units"])
    problems = _cell_problems(samples, "samples", sample_path)
    problems += _cell_problems(units, "units", unit_path)
    if problems:
        places = ("column sample", "column unit", "header")  # which rows belong together
        if not any(place in str(p.where) for p in problems for place in places):
            problems += _cross_references(samples, units, sample_path, unit_path)
        return problems
    return [
        *_cases(samples, sample_path),
        *_cross_references(samples, units, sample_path, unit_path),
        *_sample_rules(samples, units, config, sample_path),
        *unit_problems(samples, units, unit_path),
    ]


def _cell_problems(sheet: pd.DataFrame, name: str, path: str) -> list[InputError]:
    """What is wrong with a sheet alone: columns and cells, or else rows that stand twice."""
    keys = ["sample"] if name == "samples" else ["sample", "unit"]
    return list(_row_problems(sheet, name, path)) or list(_duplicates(sheet, keys, path))


def sheets_alone(config: Mapping[str, Any]) -> Iterator[InputError]:
    """Problems of the sheets that are told beside those of the configuration."""
    for name in ("samples", "units"):
        path = config.get(name)
        if isinstance(path, str) and Path(path).is_file():
            try:
                yield from _cell_problems(read_sheet(path, name), name, path)
            except InputError as error:
                yield error


def accessions_asked(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> list[Asked]:
    """The units of a checked sheet that have an accession."""
    assay = dict(zip(samples["sample"], samples["assay"], strict=True))
    return [
        Asked(
            unit["sample"], unit["unit"], unit["accession"],
            f"{path}, row {index}, column accession", len(files_of(unit)), assay[unit["sample"]],
        )
        for index, unit in units.iterrows()
        if unit["accession"] and not unit["accession"].startswith(UNVERIFIED)
    ]  # fmt: skip


def _row_problems(sheet: pd.DataFrame, name: str, path: str) -> Iterator[InputError]:
    schema = load_schema(name)
    other = "units" if name == "samples" else "samples"
    unknown = [column for column in sheet if column not in schema["properties"]]
    for column in unknown:
        close = difflib.get_close_matches(column, list(schema["properties"]), n=1)
        fix = f"Did you mean {close[0]!r}?" if close else "Remove the column."
        if column in load_schema(other)["properties"]:
            fix = f"Move it to the {other} sheet, whose column it is."
        yield InputError(
            f"Unknown column {column!r} in the sheet.",
            where=f"{path}, header",
            expected="columns " + ", ".join(schema["properties"]),
            fix=fix,
        )
    absent = [column for column in schema["required"] if (sheet[column] == "").all()]
    for column in absent:
        yield InputError(
            f"The sheet has no column {column!r}, or nothing in it.",
            where=f"{path}, header",
            expected="columns " + ", ".join(schema["required"]),
            fix="Add the column and fill it in.",
        )
    needed = [column for column in schema["required"] if column not in absent]
    validator = jsonschema.Draft202012Validator({**schema, "required": needed})
    for index, row in sheet.drop(columns=unknown).iterrows():
        filled = {key: value for key, value in row.items() if value != ""}
        for error in validator.iter_errors(filled):
            column = ".".join(map(str, error.absolute_path)) or _missing(error)
            yield InputError(
                _bad_cell(error),
                where=f"{path}, row {index}, column {column}",
                expected=schema["properties"].get(column, {}).get("description"),
                fix="Correct the cell.",
            )


def _bad_cell(error: jsonschema.ValidationError) -> str:
    if error.validator == "required":
        return "The sheet has an empty cell where it needs a value."
    return f"The sheet has a bad value: {error.message}."


def _missing(error: jsonschema.ValidationError) -> str:
    return ", ".join(k for k in error.validator_value if k not in error.instance)


def _duplicates(sheet: pd.DataFrame, keys: list[str], path: str) -> Iterator[InputError]:
    for index in sheet.index[sheet.duplicated(keys)]:
        value = " ".join(sheet.loc[index, keys])
        yield InputError(
            f"The {' and '.join(keys)} {value!r} stands twice.",
            where=f"{path}, row {index}, column {keys[-1]}",
            fix="Give it another name, or delete the row.",
        )


def _cases(samples: pd.DataFrame, path: str) -> Iterator[InputError]:
    """Names that differ in case alone: one thing written in two ways, or one folder for two."""
    for column in ("sample", "cell_line"):
        first: dict[str, str] = {}
        for index, name in samples[column].items():
            other = first.setdefault(name.casefold(), name)
            if other != name:
                yield InputError(
                    f"The {column} {name!r} differs from {other!r} in case alone.",
                    where=f"{path}, row {index}, column {column}",
                    fix="Write one name in one way; give different things different names.",
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
            where=f"{unit_path}, row {index}, column sample",
            fix=f"Its row in {sample_path} is a comment: take the # away, or put one before this."
            if name in _commented(sample_path)
            else (f"Did you mean {close[0]!r}? " if close else "") + f"Add it to {sample_path}.",
        )
    for index in samples.index[~samples["sample"].isin(used)]:
        name = samples.loc[index, "sample"]
        yield InputError(
            f"The sample {name!r} has no unit.",
            where=f"{sample_path}, row {index}, column sample",
            fix=f"Its rows in {unit_path} are comments: put a # before this one too."
            if name in _commented(unit_path)
            else f"Add a row with its files to {unit_path}, or delete the sample.",
        )


def _commented(path: str) -> set[str]:
    """Samples whose rows are comments, as "# NAME" or, with a reason, "# WHY: NAME"."""
    with reading(path) as handle:
        cells = [line.split("\t")[0] for line in handle if line.startswith("#") and "\t" in line]
    return {cell.lstrip("# ").rpartition(": ")[2].strip() for cell in cells}


def _sample_rules(
    samples: pd.DataFrame, units: pd.DataFrame, config: Mapping[str, Any], path: str
) -> Iterator[InputError]:
    with_reads = {unit["sample"] for unit in units.to_dict("records") if unit["fq1"]}
    for index, row in samples.iterrows():
        place = f"{path}, row {index}, column"
        if row["assembly"] not in config["assemblies"]:
            yield InputError(
                f"The assembly {row['assembly']!r} is not configured.",
                where=f"{place} assembly",
                expected="one of those under assemblies: "
                + ", ".join(sorted(config["assemblies"])),
                fix="Correct the name, or add the assembly to the configuration.",
            )
        if row["assay"] == "hichip":
            if row["enzyme"] or row["sample"] in with_reads:
                yield from _enzyme_problem(row["enzyme"], f"{place} enzyme")
        elif row["enzyme"]:
            yield InputError(
                "An RNA-seq sample has no enzyme.", where=f"{place} enzyme", fix="Empty the cell."
            )
        if row["strandedness"] and not (row["assay"] == "rna" and row["sample"] in with_reads):
            yield InputError(
                "Only an RNA-seq sample with reads has a strandedness.",
                where=f"{place} strandedness",
                fix="Empty the cell.",
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
    if not enzyme:
        yield InputError(
            "A HiChIP sample with reads needs its enzyme.",
            where=where,
            fix="Fill it in, such as MboI.",
        )
        return
    try:
        parse_enzymes(enzyme)
    except InputError as error:
        yield error.at(where)
