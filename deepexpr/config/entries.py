"""Where a unit enters the pipeline: with reads, or with what another program made of them.

Each way has its own columns in the unit sheet; a unit fills in one of them, and the steps that
lie before it are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from deepexpr.hichip.map_names import split_map


@dataclass(frozen=True)
class Entry:
    """One way into the pipeline.

    assays : the assays that have it. columns : its columns; two are those of the mates.
    single : a sample has one such unit, as results of several cannot be joined.
    """

    what: str
    assays: tuple[str, ...]
    columns: tuple[str, ...]
    single: bool = False


#: By name, in the order of the data flow.
ENTRIES = {
    "reads": Entry("FASTQ", ("rna", "hichip"), ("fq1", "fq2")),
    "bam": Entry("a BAM of each mate", ("hichip",), ("bam1", "bam2")),
    "pairs": Entry("a 4DN .pairs file", ("hichip",), ("pairs",)),
    "contacts": Entry("a contact map", ("hichip",), ("contacts",), single=True),
    "loops": Entry("a table of loops", ("hichip",), ("loops",), single=True),
    "bins": Entry("an array of bins per gene", ("hichip",), ("bins",), single=True),
    "kallisto": Entry("kallisto's output folder", ("rna",), ("kallisto",), single=True),
    "expression": Entry("a table of values per gene", ("rna",), ("expression",), single=True),
}

#: Every column that holds a path.
FILE_COLUMNS = tuple(column for entry in ENTRIES.values() for column in entry.columns)


def entries_of(unit: Mapping[str, str]) -> list[str]:
    """Names of the entries of which `unit` (a row of the sheet) fills in a column."""
    return [name for name, entry in ENTRIES.items() if any(unit[c] for c in entry.columns)]


def files_of(unit: Mapping[str, str]) -> dict[str, str]:
    """The unit's files by column, empty cells left out; kallisto's folder as its abundance.tsv, a
    contact map without the group in its file."""
    files = {column: unit[column] for column in FILE_COLUMNS if unit[column]}
    if "contacts" in files:
        files["contacts"], _ = split_map(files["contacts"])
    if "kallisto" in files and not files["kallisto"].endswith((".tsv", ".tsv.gz")):
        files["kallisto"] = files["kallisto"].rstrip("/") + "/abundance.tsv"
    return files


def sample_pools(samples: pd.DataFrame, units: pd.DataFrame) -> dict[str, str]:
    """What each HiChIP sample of checked sheets is pooled under, in the order of the samples.

    The cell line, or where its samples have several targets "LINE.TARGET". Samples of one pool are
    replicates.
    """
    rows = samples[samples["assay"] == "hichip"]
    lines = dict(zip(rows["sample"], rows["cell_line"], strict=True))
    known = units.reindex(columns=["sample", "target"], fill_value="")
    targets = dict(zip(known["sample"], known["target"], strict=True))
    of_line: dict[str, set[str]] = {}
    for sample, line in lines.items():
        of_line.setdefault(line, set()).add(targets.get(sample, ""))
    return {
        sample: f"{line}.{targets.get(sample, '')}" if len(of_line[line]) > 1 else line
        for sample, line in lines.items()
    }


def sample_entries(units: pd.DataFrame) -> dict[str, str]:
    """The entry of every sample of a checked unit sheet."""
    return {unit["sample"]: entries_of(unit)[0] for unit in units.to_dict("records")}
