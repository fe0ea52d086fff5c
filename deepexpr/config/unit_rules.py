"""Rules about rows of the unit sheet that no schema can say."""

import os
from collections.abc import Iterator

import pandas as pd

from deepexpr.config.entries import ENTRIES, entries_of, files_of, sample_pools
from deepexpr.downloads.forms import ACCESSION_FORMS, no_accession
from deepexpr.errors import InputError

#: The prefix of an accession that nobody could verify; the run stops at it.
UNVERIFIED = "unverified:"
ASSAYS = {"rna": "RNA-seq", "hichip": "HiChIP"}


def unit_problems(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    """Every problem of single units, of the units of a sample and of a cell line."""
    assay = samples.set_index("sample")["assay"]
    known = units[units["sample"].isin(assay.index)]
    sound = []
    for index, unit in known.iterrows():
        problems = list(_unit_rules(unit, assay[unit["sample"]], f"{path}, row {index}, column"))
        yield from problems
        if not problems:
            sound.append(index)
    if len(sound) == len(known):
        for name, group in known.groupby("sample"):
            yield from _sample_rules(str(name), assay[name], group, path)
        yield from _cell_line_rules(samples, known, path)
        yield from _target_rules(samples, known, path)
        yield from _repeated_files(samples, known, path)


def _unit_rules(unit: pd.Series, assay: str, place: str) -> Iterator[InputError]:
    entries = entries_of(unit)
    if len(entries) != 1 or assay not in ENTRIES[entries[0]].assays:
        yield _entry_problem(unit, assay, entries, place)
        return
    yield from _mates(unit, entries[0], assay, place)
    if entries[0] == "reads" and assay == "rna" and not unit["fq2"]:
        yield from _single_end(unit, place)
    if unit["target"] and assay != "hichip":
        yield InputError(
            "An RNA-seq unit has no target.", where=f"{place} target", fix="Empty the cell."
        )
    yield from _bad_accession(unit, place)


def _mates(unit: pd.Series, entry: str, assay: str, place: str) -> Iterator[InputError]:
    """HiChIP comes in mates; RNA-seq reads may be single."""
    if len(ENTRIES[entry].columns) == 1:
        return
    first, second = ENTRIES[entry].columns
    if not unit[first]:
        yield InputError(
            "The unit has second mates but no first ones.",
            where=f"{place} {first}",
            fix=f"Give the file of the first mates; single-end reads stand in {first}.",
        )
    elif not unit[second] and assay == "hichip":
        yield InputError(
            "A HiChIP unit needs both mates.",
            where=f"{place} {second}",
            fix="Give the file of the second mates.",
        )
    elif unit[second] and os.path.realpath(unit[first]) == os.path.realpath(unit[second]):
        yield InputError(
            "Both mates are the same file.",
            where=f"{place} {second}",
            found=unit[second],
            fix="Give the file of the second mates.",
        )


def _entry_problem(unit: pd.Series, assay: str, entries: list[str], place: str) -> InputError:
    columns = [
        ENTRIES[name].columns[0] for name in ENTRIES if assay in ENTRIES[name].assays
    ]  # fmt: skip
    possible = f"{', '.join(columns[:-1])} or {columns[-1]}"
    if not entries:
        return InputError(
            "The unit has no file.",
            where=f"{place} {columns[0]}",
            expected=f"a path under {possible}",
            fix="Give the path of its FASTQ, or of what was made of it.",
        )
    filled = [next(c for c in ENTRIES[name].columns if unit[c]) for name in entries]
    if len(entries) > 1:
        return InputError(
            f"The unit gives files of {len(entries)} kinds: {', '.join(filled)}.",
            where=f"{place} {filled[1]}",
            expected=f"one of {possible}",
            fix="Keep the file the run should start from, and empty the other cells.",
        )
    return InputError(
        f"The {ASSAYS[assay]} sample {unit['sample']!r} cannot start from {filled[0]}.",
        where=f"{place} {filled[0]}",
        expected=f"one of {possible}",
        fix="Move the path to the column of its kind, or correct the sample's assay.",
    )


def _single_end(unit: pd.Series, place: str) -> Iterator[InputError]:
    for column in ("fragment_length", "fragment_sd"):
        if unit[column] and not _above_zero(unit[column]):
            yield InputError(
                f"The {column} {unit[column]!r} is no length.",
                where=f"{place} {column}",
                expected="a number of bp above 0",
                fix="Correct the cell.",
            )
    length, deviation = unit["fragment_length"], unit["fragment_sd"]
    sound = _above_zero(length) and _above_zero(deviation)
    if sound and float(deviation) >= float(length):
        yield InputError(
            "The standard deviation of the fragments is not below their mean length.",
            where=f"{place} fragment_length, fragment_sd",
            expected="such as 200 and 20",
            found=f"{length} and {deviation}",
            fix="Exchange the two cells, or correct them.",
        )
    if not (unit["fragment_length"] and unit["fragment_sd"]):
        yield InputError(
            "Single-end RNA-seq needs its fragment length and standard deviation.",
            where=f"{place} fragment_length, fragment_sd",
            fix="Fill both in (200 and 20 are usual), or give fq2 for paired-end reads.",
        )


def _above_zero(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _bad_accession(unit: pd.Series, place: str) -> Iterator[InputError]:
    accession = unit["accession"]
    if not accession or accession.startswith(UNVERIFIED):
        return
    if problem := no_accession(accession):
        yield InputError(
            f"The accession {accession!a} cannot be downloaded.",
            where=f"{place} accession",
            expected=ACCESSION_FORMS,
            found=problem,
            fix="Correct it, or empty the cell and put the files in place.",
        )


def _sample_rules(name: str, assay: str, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    entries = [entries_of(unit)[0] for unit in units.to_dict("records")]
    last = f"{path}, row {units.index[-1]}, column"
    if len(set(entries)) > 1:
        yield InputError(
            f"The units of sample {name!r} start from different kinds of file.",
            where=f"{last} {ENTRIES[entries[-1]].columns[0]}",
            found=", ".join(dict.fromkeys(entries)),
            fix="Make a sample of each kind; samples of a cell line are its replicates.",
        )
    elif ENTRIES[entries[0]].single and len(units) > 1:
        yield InputError(
            f"The sample {name!r} has {len(units)} units, but {ENTRIES[entries[0]].what} stands "
            "for a whole sample.",
            where=f"{last} {ENTRIES[entries[0]].columns[0]}",
            fix="Make a sample of each; samples of a cell line are its replicates.",
        )
    elif assay == "rna" and entries[0] == "reads" and (units["fq2"] == "").nunique() > 1:
        yield InputError(
            f"The sample {name!r} mixes single-end and paired-end units.",
            where=f"{path}, column fq2",
            fix="Make two samples of it; replicates of a cell line are averaged.",
        )
    elif assay == "rna" and entries[0] == "reads" and not units["fq2"].any():
        for column in ("fragment_length", "fragment_sd"):
            if units[column].map(float).nunique() > 1:
                yield InputError(
                    f"The single-end units of sample {name!r} differ in their {column}: all are "
                    "counted together, with one.",
                    where=f"{last} {column}",
                    found=", ".join(dict.fromkeys(units[column])),
                    fix="Give all units one value, or make a sample of each library.",
                )


def _repeated_files(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    """One file in two units of a cell line and assay: its reads would count twice."""
    kind = samples.set_index("sample")[["cell_line", "assay"]].agg(tuple, axis=1)
    seen: dict[tuple, int] = {}
    for index, unit in units.iterrows():
        for column, file in files_of(unit).items():
            # A table may hold a column of values for each of several samples.
            key = (kind[unit["sample"]], os.path.realpath(file), unit["value_column"])
            row = seen.setdefault(key, index)
            if row != index:
                yield InputError(
                    f"The file {file} stands in two units of {key[0][0]}.",
                    where=f"{path}, row {index}, column {column}",
                    found=f"also in row {row}",
                    fix="Give each file once: lanes are added up, and replicates averaged.",
                )


def _cell_line_rules(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    """Loops are called on the replicates together, so finished loops cannot join them."""
    lines = samples.set_index("sample")["cell_line"]
    for index in units.index[units["bins"] != ""]:
        line = lines[units.loc[index, "sample"]]
        others = units[units["sample"].map(lines) == line]
        if (others["expression"] == "").sum() != 1:
            yield InputError(
                f"The bins of cell line {line!r} stand for all its HiChIP, and their rows are "
                "those of its table of genes.",
                where=f"{path}, row {index}, column bins",
                expected="one HiChIP unit with bins, and RNA-seq units under expression",
                found=", ".join(others["sample"]),
                fix="Remove the other units, or give the bins of each as an own cell line.",
            )
    line_of = samples[samples["assay"] == "hichip"].set_index("sample")["cell_line"]
    hichip = units[units["sample"].isin(line_of.index)]
    for line, group in hichip.groupby(hichip["sample"].map(sample_pools(samples, units))):
        finished = group["loops"] != ""
        if finished.nunique() > 1:
            yield InputError(
                f"The cell line {line!r} has finished loops for some samples and not for others.",
                where=f"{path}, row {group.index[finished][0]}, column loops",
                found=", ".join(group.loc[finished, "sample"]),
                fix="Give loops for all its HiChIP samples or for none.",
            )


def _target_rules(samples: pd.DataFrame, units: pd.DataFrame, path: str) -> Iterator[InputError]:
    """A sample has one target, and a cell line one for each HiChIP sample or for none."""
    column = f"{path}, column target"
    rows = samples[samples["assay"] == "hichip"]
    hichip = units[units["sample"].isin(rows["sample"])]
    for name, group in hichip.groupby("sample"):
        if group["target"].nunique() > 1:
            yield InputError(
                f"The units of sample {name!r} have several targets.",
                where=column,
                found=", ".join(group["target"].replace("", "an empty cell").unique()),
                fix="Make a sample of each library.",
            )
    line_of = rows.set_index("sample")["cell_line"]
    for line, group in hichip.groupby(hichip["sample"].map(line_of)):
        targets = sorted(set(group["target"]))
        if len(targets) > 1 and "" in targets:
            yield InputError(
                f"The cell line {line!r} has a target for some HiChIP samples and not for others.",
                where=column,
                found=", ".join(group.loc[group["target"] == "", "sample"].unique()) + " without",
                fix="Fill it in for all of its samples, or for none.",
            )
        if len({target.casefold() for target in targets}) < len(targets):
            yield InputError(
                f"The targets of cell line {line!r} differ in case alone.",
                where=column,
                found=", ".join(targets),
                fix="Write each in one way.",
            )
        if len(targets) > 1 and (group["bins"] != "").any():
            yield InputError(
                f"The bins of cell line {line!r} are of one target, and it has several.",
                where=f"{path}, column bins",
                found=", ".join(targets),
                fix="Give loops of each target, or bins of one.",
            )
    pools = sample_pools(samples, hichip)
    of_targets = {pool for sample, pool in pools.items() if pool != line_of[sample]}
    for taken in sorted(of_targets & set(samples["cell_line"])):
        yield InputError(
            f"The cell line {taken!r} has the name of another line's target.",
            where=column,
            fix="Give the cell line another name.",
        )
