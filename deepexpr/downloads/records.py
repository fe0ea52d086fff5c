"""What an accession stands for: files on servers, with what is known of each."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from deepexpr.downloads.addresses import wrong_address
from deepexpr.errors import InputError
from deepexpr.files import read, reading, write_table
from deepexpr.schemas import DOWNLOADS, Table

#: A run, whose files share its name; files of ENCODE have names of their own.
RUN = re.compile(r"^[SED]RR\d+$")
AGAIN = "deepexpr obtain --resolve CONFIG makes the table again"
#: Columns that earlier versions did not write.
LATER = ("paired_end", "paired_with")
#: Bytes that no file of reads has: what is larger is a mistake.
LARGEST = 10**13


@dataclass(frozen=True)
class RemoteFile:
    """One file on a server.

    accession : as in the sheet. series : through what the sample was found: a series of GEO, or
    another archive's number. sample, title, experiment, strategy (of the library: RNA-Seq, Hi-C),
    replicate : what the archive calls it, "" where it says nothing. run : the run, or the file of
    ENCODE. mate : 1 or 2. md5 : hex, "" where the server gives none. bytes : None where it is not
    known. part : 1, 2, ... in the order in which files are joined; the two mates of one part
    belong together. paired_end, paired_with : the mate and the file of the other one, as ENCODE's
    record has them.
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
    part: int = 1
    series: str = ""
    experiment: str = ""
    strategy: str = ""
    paired_end: str = ""
    paired_with: str = ""


def of_mate(files: Sequence[RemoteFile], mate: int) -> list[RemoteFile]:
    """The files of one mate, in the order in which they are joined."""
    return sorted((file for file in files if file.mate == mate), key=lambda file: file.part)


def require_mates(accession: str, files: Sequence[RemoteFile], outputs: int) -> None:
    """InputError where the files do not fit a unit of so many files (1 single-, 2 paired-end)."""
    require_whole(accession, files)
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


def require_whole(accession: str, files: Sequence[RemoteFile], parts: int | None = None) -> None:
    """InputError where a file is missing, stands twice or lacks what a download needs.

    parts : how many there must be; up to the last there is where it is not given.
    """
    problem = _misfit(files, parts or max((file.part for file in files), default=1))
    if problem:
        raise InputError(
            f"The files of {accession} do not belong together: {problem}.",
            expected="of every part mate 1, or mates 1 and 2, each file once",
            found="; ".join(
                f"part {file.part} mate {file.mate} {file.run or file.url}" for file in files
            )
            or "no file",
            fix="Give the runs or files by their own accessions.",
        )


def _misfit(files: Sequence[RemoteFile], parts: int) -> str:
    """What is wrong with the files as a whole, "" where nothing is."""
    for file in files:
        if column := wrong_value(file):
            value = getattr(file, column)
            return f"{file.run or file.url!a} has a bad {column} ({value!a})"
    for mate in sorted({file.mate for file in files} | {1}):
        numbers = [file.part for file in of_mate(files, mate)]
        if len(numbers) != parts or numbers != list(range(1, parts + 1)):
            have = ", ".join(map(str, numbers)) or "none"
            return f"of the parts 1 to {parts} of mate {mate} there are {have}"
    for what, values in (
        ("address", [file.url for file in files]),
        ("MD5", [file.md5.lower() for file in files if file.md5]),
    ):
        value, times = Counter(values).most_common(1)[0] if values else ("", 0)
        if times > 1:
            return f"{times} of them have the {what} {value}"
    for one, two in zip(of_mate(files, 1), of_mate(files, 2), strict=False):
        if one.run != two.run and (RUN.match(one.run) or RUN.match(two.run)):
            return f"mate 1 of part {one.part} is of the run {one.run}, mate 2 of {two.run}"
        if (named_mate(one.url), named_mate(two.url)) == (2, 1):
            return (
                f"by their names {one.url.rpartition('/')[2]} is mate 2 and "
                f"{two.url.rpartition('/')[2]} mate 1, and they stand the other way round"
            )
    return _unlike_stated(files)


def _unlike_stated(files: Sequence[RemoteFile]) -> str:
    """Which file stands as another mate than the archive says, or beside another file."""
    others = {(file.part, file.mate): file.run for file in files}
    for file in files:
        name, other = file.run or file.url, others.get((file.part, 3 - file.mate), "none")
        if file.paired_end and file.paired_end != str(file.mate):
            return f"{name} is mate {file.paired_end} by paired_end, and stands as mate {file.mate}"
        if file.paired_with and file.paired_with != other:
            return f"{name} is paired_with {file.paired_with}, and the mate beside it is {other}"
    return ""


def named_mate(url: str) -> int:
    """The mate that the name of a FASTQ file ends with (_1, _R2, _R2_001), 0 where it has none."""
    name = re.search(r"[._-]R?([12])(?:_001)?\.(?:fastq|fq)(?:\.gz)?$", url, re.IGNORECASE)
    return int(name[1]) if name else 0


def wrong_value(file: RemoteFile) -> str:
    """The field of which no download can be made, "" where all can."""
    wrong = {
        "url": bool(wrong_address(file.url)),
        "md5": bool(file.md5) and not re.fullmatch("[0-9a-fA-F]{32}", file.md5),
        "mate": file.mate not in (1, 2),
        "part": file.part < 1,
        "bytes": file.bytes is not None and not 0 < file.bytes < LARGEST,
        "paired_end": file.paired_end not in ("", "1", "2"),
    }
    return next((name for name, is_wrong in wrong.items() if is_wrong), "")


def write_files(files: Sequence[RemoteFile], path: str | Path) -> None:
    """Write schemas.DOWNLOADS, one row per file."""
    parts = {name: max(f.part for f in files if f.accession == name) for name in
             {file.accession for file in files}}  # fmt: skip
    rows = [asdict(file) | {"parts": parts[file.accession]} for file in files]
    table = pd.DataFrame(rows, columns=list(DOWNLOADS))
    write_table(table.astype({"bytes": "Int64"}), path)


def read_files(path: str | Path) -> dict[str, list[RemoteFile]]:
    """The files by accession, from what `write_files` wrote, or somebody edited.

    Raises InputError, with the row where there is one, where a cell cannot be, a row is cut or
    stands twice, or a file of an accession is missing.
    """
    names = _names_of_whole_lines(path)
    columns = Table(*(column for column in DOWNLOADS.columns if column.name in names))
    table = read(columns, path)[list(columns)]
    words = [column.name for column in columns.columns if column.kind != "number"]
    table[words] = table[words].fillna("")
    found: dict[str, list[RemoteFile]] = {}
    parts: dict[str, set[int]] = {}
    first: dict[str, int] = {}
    for number, row in enumerate(table.to_dict("records"), 2):
        file, of = _row_file(row, f"{path}, row {number}")
        found.setdefault(file.accession, []).append(file)
        parts.setdefault(file.accession, set()).add(of)
        first.setdefault(file.accession, number)
    for accession, files in found.items():
        try:
            require_whole(accession, files, max(parts[accession]))
        except InputError as error:
            raise InputError(
                error.problem, where=f"{path}, row {first[accession]} and on",
                expected=error.expected, found=error.found,
                fix=f"Put the rows back; {AGAIN}.",
            ) from error  # fmt: skip
    return {name: sorted(files, key=lambda file: (file.part, file.mate))
            for name, files in found.items()}  # fmt: skip


def _names_of_whole_lines(path: str | Path) -> list[str]:
    """The columns; InputError where one or a cell is missing, or the last line has no end."""
    with reading(path, "table of downloads") as handle:
        lines = handle.read().split("\n")
    names = lines[0].split("\t")
    if missing := [name for name in DOWNLOADS if name not in (*names, *LATER)]:
        raise InputError(
            f"The table of downloads lacks the column(s) {', '.join(missing)}: an earlier version "
            "wrote it, or it was edited.",
            where=str(path),
            expected=", ".join(DOWNLOADS),
            fix=f"{AGAIN}; without these columns nothing shows whose files they are.",
        )
    problem = _line_problem(lines, len(names))
    if problem:
        raise InputError(
            f"The table of downloads {problem[1]}.",
            where=f"{path}, line {problem[0]}",
            expected=f"{len(names)} cells in every row, and a line break after the last",
            fix=AGAIN + ".",
        )
    return names


def _line_problem(lines: Sequence[str], cells: int) -> tuple[int, str] | None:
    """Number and fault of the first line that is no row; the last of `lines` follows the end."""
    for number, line in enumerate(lines[:-1], 1):
        if not line.strip():
            return number, "has an empty line"
        try:
            (row,) = csv.reader([line], delimiter="\t", strict=True)
        except csv.Error as error:
            return number, f"has a quotation mark where none belongs ({error})"
        if len(row) != cells:
            return (
                number,
                f"{'is cut: the row' if len(row) < cells else 'has a row that'} has "
                f"{len(row)} cells",
            )
    return (len(lines), "is cut: its last line has no end") if lines[-1] else None


def _row_file(row: dict, where: str) -> tuple[RemoteFile, int]:
    """The file of a row, and of how many parts its accession is."""
    numbers = {name: row[name] for name in ("part", "parts", "mate", "bytes")}
    bad = [name for name, value in numbers.items() if value != value and name != "bytes"]
    bad += [name for name, value in numbers.items() if value == value and value % 1]
    if not bad:
        parts = int(row.pop("parts"))
        size = None if pd.isna(row["bytes"]) else int(row["bytes"])
        file = RemoteFile(
            **row | {"part": int(row["part"]), "mate": int(row["mate"]), "bytes": size}
        )
        bad = ["accession"] * (not file.accession)
        bad += [wrong_value(file) or "parts" * (parts < file.part)]
        row["parts"] = parts
    if bad[0]:
        raise InputError(
            f"The table of downloads has a bad {bad[0]}: {row[bad[0]]!a}.",
            where=f"{where}, column {bad[0]}",
            expected="an address, the 32 digits of an MD5 or nothing, mate (and paired_end, if "
            "any) 1 or 2, part 1 or more, as many parts at least, and bytes above 0 and below "
            f"{LARGEST:.0e}, or NA",
            found=wrong_address(str(row["url"])) if bad[0] == "url" else None,
            fix=f"Correct it; {AGAIN}.",
        )
    return file, parts
