"""The MEME suite's own ``tomtom``, run as a program and read back into our table."""

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif

logger = logging.getLogger(__name__)

#: Columns of `tomtom -text`, the same in MEME 4 ("#Query ID ...") and 5 ("Query_ID ...").
_COLUMNS = (
    "query", "target", "offset", "p_value", "e_value", "q_value", "overlap", "query_consensus",
    "target_consensus", "orientation",
)  # fmt: skip

#: Alignments of fewer columns are not considered, as in the reference run.
MIN_OVERLAP = 5


def find_meme_tomtom() -> str:
    """Path of the MEME suite's `tomtom`; InputError with the line to install it where absent."""
    path = shutil.which("tomtom")
    if path is None:
        raise InputError(
            "The MEME suite's program tomtom is not on the PATH.",
            expected="MEME suite 4.9.1 or later for the engine meme",
            fix="Install it: conda install -c conda-forge -c bioconda meme "
            "(or use the engine memelite with the distance ed).",
        )
    return path


def run_meme_tomtom(
    queries: Sequence[Motif], targets: Sequence[Motif], distance: str
) -> pd.DataFrame:
    """All pairs: columns query, target, offset, orientation, overlap, p_value.

    Complete scores, both strands; -thresh is the number of targets as an E-value, so that
    every pair is printed. Raises InputError where the program is missing or fails.
    """
    program = find_meme_tomtom()
    with tempfile.TemporaryDirectory() as folder:
        query, target = Path(folder, "query.meme"), Path(folder, "targets.meme")
        write_meme(queries, query)
        write_meme(targets, target)
        command = [
            program, "-text", "-dist", distance, "-min-overlap", str(MIN_OVERLAP),
            "-evalue", "-thresh", str(len(targets)), str(query), str(target),
        ]  # fmt: skip
        logger.info("running %s -dist %s", program, distance)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(
            f"tomtom stopped with exit code {done.returncode}.",
            where=" ".join(command[:-2]),
            found=done.stderr.strip()[-500:],
        )
    return parse_tomtom(done.stdout)


def parse_tomtom(text: str) -> pd.DataFrame:
    """The rows of `tomtom -text` (or tomtom.tsv), MEME 4 or 5."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        fields = line.split("\t")
        if not line.strip() or line.startswith(("#", "Query_ID")):
            continue
        if len(fields) != len(_COLUMNS):
            raise InputError(
                "A line of tomtom's output does not have its columns.",
                where=f"line {number}",
                expected=", ".join(_COLUMNS),
                found=line[:100],
            )
        rows.append(fields)
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    table = table.astype({"offset": int, "overlap": int, "p_value": float})
    return table[["query", "target", "offset", "orientation", "overlap", "p_value"]]
