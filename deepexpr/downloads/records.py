"""What an accession stands for: files on servers, with what is known of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read, write_table
from deepexpr.schemas import DOWNLOADS


@dataclass(frozen=True)
class RemoteFile:
    """One file on a server.

    accession : as in the sheet. sample, title, replicate : what the archive calls it, "" where it
    says nothing. run : the run, or the file of ENCODE. mate : 1 or 2. md5 : hex, "" where the
    server gives none. bytes : None where it is not known.
    """

    accession: str
    sample: str
    title: str
    replicate: str
    run: str
    mate: int
    url: str
    md5: str
    bytes: int | None = None


def of_mate(files: Sequence[RemoteFile], mate: int) -> list[RemoteFile]:
    """The files of one mate, in the order in which they are joined."""
    return [file for file in files if file.mate == mate]


def require_mates(accession: str, files: Sequence[RemoteFile], outputs: int) -> None:
    """InputError where the files do not fit a unit of so many files (1 single-, 2 paired-end)."""
    mates = len({file.mate for file in files})
    if mates == outputs:
        return
    words = {1: "single-end (one file per run)", 2: "paired-end (two files per run)"}
    raise InputError(
        f"The reads of {accession} are {words[mates]}, and the unit is not.",
        expected=f"{outputs} file(s) per run, as the unit sheet has {outputs} for it",
        found=", ".join(file.url for file in files),
        fix="Empty fq2 of the unit, and give fragment_length and fragment_sd."
        if mates == 1
        else "Give the unit a path under fq2, too.",
    )


def write_files(files: Sequence[RemoteFile], path: str | Path) -> None:
    """Write schemas.DOWNLOADS, one row per file."""
    table = pd.DataFrame([asdict(file) for file in files], columns=list(DOWNLOADS))
    write_table(table.astype({"bytes": "Int64"}), path)


def read_files(path: str | Path) -> dict[str, list[RemoteFile]]:
    """The files by accession, from what `write_files` wrote, or somebody edited.

    Raises InputError with the row where a cell cannot be.
    """
    table = read(DOWNLOADS, path)[list(DOWNLOADS)]
    words = [column.name for column in DOWNLOADS.columns if column.kind != "number"]
    table[words] = table[words].fillna("")
    found: dict[str, list[RemoteFile]] = {}
    for number, row in enumerate(table.to_dict("records"), 2):
        column = _wrong_cell(row)
        if column:
            raise InputError(
                f"The table of downloads has a bad {column}: {row[column]}.",
                where=f"{path}, row {number}, column {column}",
                expected="an address, the 32 digits of an MD5 or nothing, mate 1 or 2, and bytes "
                "above 0 or NA",
                fix="Correct it, or make the table again (deepexpr obtain --resolve CONFIG).",
            )
        row["mate"] = int(row["mate"])
        row["bytes"] = None if pd.isna(row["bytes"]) else int(row["bytes"])
        found.setdefault(row["accession"], []).append(RemoteFile(**row))
    return found


def _wrong_cell(row: dict) -> str:
    """The column of a row that no download can be made of, "" where all can."""
    wrong = {
        "url": not row["url"].startswith(("http://", "https://")),
        "md5": bool(row["md5"]) and not re.fullmatch("[0-9a-fA-F]{32}", row["md5"]),
        "mate": row["mate"] not in (1, 2),
        "bytes": row["bytes"] <= 0,
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), "")
