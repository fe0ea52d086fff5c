"""MEME's motif format (version 4 and later), the field's own: read and written here only.

https://meme-suite.org/meme/doc/meme-format.html
"""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.motif import Motif, check_unique_names
from deepexpr.files import reading, writing
from deepexpr.letters import LETTERS

log = logging.getLogger(__name__)

#: A row's sum may differ from 1 by the rounding of the file; beyond this it is no probability.
_ROW_SUM_TOLERANCE = 0.02
UNSAID_SITES = 20.0
_KEY = re.compile(r"\b(alength|w|nsites)\s*=\s*(\S+)")


def read_meme(path: str | Path) -> list[Motif]:
    """Motifs of a MEME file (plain, .gz or ``-``), in its order.

    Rows are divided by their sum, which must be 1 up to rounding. Raises InputError with
    the line for anything that is not a DNA letter-probability matrix.
    """
    with reading(path, "motif file") as handle:
        lines = handle.read().splitlines()
    if not any(line.startswith("MEME version") for line in lines[:50]):
        raise InputError(
            "Not a file in MEME's motif format.",
            where=str(path),
            expected='a line "MEME version 4" (or later) at the top',
            found=repr(lines[0][:60]) if lines else "an empty file",
        )
    _require_order(lines, path)
    _warn_of_rna(lines, path)
    motifs, bare = [], []
    name: tuple[str, str] | None = None
    titled, row = "", 0
    while row < len(lines):
        line = lines[row].strip()
        row += 1
        if line.startswith("MOTIF"):
            words = line.split()
            if len(words) < 2:
                raise InputError("A motif has no name.", where=f"{path}, line {row}")
            bare += [titled] if name else []
            name = (words[1], words[2] if len(words) > 2 else "")
            titled = f"{name[0]} (line {row})"
        elif line.startswith("letter-probability matrix"):
            if name is None:
                raise InputError(
                    "A matrix comes before any MOTIF line.", where=f"{path}, line {row}"
                )
            motif, row = _read_matrix(lines, row, name, path)
            motifs.append(motif)
            name = None
        elif motifs and name is None and _is_row(line):
            raise InputError(
                f"Numbers stand behind the matrix of motif {motifs[-1].name}.",
                where=f"{path}, line {row}",
                expected="no empty line within a matrix, and its number of rows as w=",
                found=line[:60],
            )
    bare += [titled] if name else []
    if bare:
        raise InputError(
            f"{len(bare)} motif(s) have no letter-probability matrix: {', '.join(bare[:5])}.",
            where=str(path),
            expected=f"a matrix for each of the {len(motifs) + len(bare)} MOTIF lines",
            found=f"{len(motifs)} matrices",
            fix="Write the motifs as probabilities (not log-odds alone), or remove these; a file "
            "that ends in a MOTIF line is cut.",
        )
    check_unique_names(motifs, str(path))
    return motifs


def _require_order(lines: list[str], path: str | Path) -> None:
    """The columns of matrices are the letters in the order of ALPHABET=; only ACGT is read."""
    for number, line in enumerate(lines, 1):
        found = re.match(r"ALPHABET\s*=\s*(.+)", line, re.IGNORECASE)
        letters = re.sub(r"\s", "", found[1]).upper() if found else ""
        if letters and letters not in ("ACGT", "ACGU"):
            raise InputError(
                "The alphabet of the motifs is not that of DNA, in its order.",
                where=f"{path}, line {number}",
                expected="ALPHABET= ACGT",
                found=line[:60],
                fix="Convert the motifs to DNA, with the columns A, C, G, T.",
            )


def _warn_of_rna(lines: list[str], path: str | Path) -> None:
    heads = [line.upper() for line in lines if line.startswith("ALPHABET")]
    if any("ACGU" in head.replace(" ", "") or '"RNA"' in head for head in heads):
        log.warning(
            "%s: the motifs are of RNA, which has one strand: U is read as T, and both strands are "
            "compared",
            path,
        )


def write_meme(motifs: Sequence[Motif], path: str | Path) -> None:
    """Write motifs in MEME format, atomically; `nsites` is each motif's `sites`, rounded."""
    check_unique_names(motifs, str(path))
    head = " ".join(f"{letter} 0.25" for letter in LETTERS)
    parts = [
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n",
        f"Background letter frequencies\n{head}\n",
    ]
    for motif in motifs:
        title = f"{motif.name} {motif.alt_name}".strip()
        parts.append(
            f"\nMOTIF {title}\nletter-probability matrix: alength= 4 w= {motif.width} "
            f"nsites= {round(motif.sites)} E= 0\n"
        )
        parts.extend(" ".join(f"{p:.8f}" for p in column) + "\n" for column in motif.probabilities)
    with writing(path) as handle:
        handle.write("".join(parts))


def _read_matrix(
    lines: list[str], row: int, name: tuple[str, str], path: str | Path
) -> tuple[Motif, int]:
    """The motif whose matrix starts at lines[row] (its header is the line before)."""
    keys = dict(_KEY.findall(lines[row - 1]))
    where = f"{path}, line {row}"
    if keys.get("alength", "4") != "4":
        raise InputError(f"Motif {name[0]} is not of DNA.", where=where, expected="alength= 4")
    columns: list[list[float]] = []
    while row < len(lines):
        words = lines[row].split()
        if not words and not columns:
            row += 1
            continue
        try:
            values = [float(word) for word in words]
        except ValueError:
            if re.match(r"[-+]?\.?\d", words[0]):
                raise InputError(
                    f"A row of motif {name[0]} holds something else than numbers.",
                    where=f"{path}, line {row + 1}",
                    expected="4 numbers: A, C, G, T",
                    found=lines[row][:60],
                ) from None
            break
        if not values:
            break
        if len(values) != 4:
            raise InputError(
                f"A row of motif {name[0]} has {len(values)} numbers.",
                where=f"{path}, line {row + 1}",
                expected="4: A, C, G, T",
            )
        columns.append(values)
        row += 1
    matrix = np.array(columns, dtype=np.float64).reshape(-1, 4)
    if "w" in keys and keys["w"] != str(len(matrix)):
        raise InputError(
            f"Motif {name[0]} has {len(matrix)} rows.", where=where, expected=f"w= {keys['w']}"
        )
    sums = matrix.sum(axis=1, keepdims=True)
    sound = (np.abs(sums - 1.0) <= _ROW_SUM_TOLERANCE).all() and (matrix >= 0).all()  # NaN is not
    if len(matrix) == 0 or not sound:
        raise InputError(
            f"The rows of motif {name[0]} are not probabilities.",
            where=where,
            expected="at least one row, each with the sum 1",
        )
    return Motif(name[0], name[1], matrix / sums, _sites(keys, where)), row


def _is_row(line: str) -> bool:
    """Whether a line is four probabilities."""
    try:
        values = [float(word) for word in line.split()]
    except ValueError:
        return False
    return len(values) == 4 and min(values) >= 0 and abs(sum(values) - 1) <= _ROW_SUM_TOLERANCE


def _sites(keys: dict[str, str], where: str) -> float:
    """Sites of a matrix: 20 where a file does not say, or says 0, as MEME's own tools assume."""
    text = keys.get("nsites", "0")
    if not re.fullmatch(r"\d+(\.\d*)?([eE][+-]?\d+)?", text):
        raise InputError(
            "The number of sites is no number.", where=where, expected="nsites= 20", found=text
        )
    return float(text) or UNSAID_SITES
