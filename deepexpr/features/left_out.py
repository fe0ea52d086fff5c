"""Models that the data cannot support: whole, empty outputs that say why, so that the rest goes on.

A bundle that was left out holds its reason and no model; whoever opens it is told.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from deepexpr.errors import Unsupported
from deepexpr.files import atomic_directory, write_table

log = logging.getLogger(__name__)

#: The type in bundle.json of a model that was left out.
LEFT_OUT = "left out"


def write_left_out(
    folder: str | Path, error: Unsupported, tables: Mapping[str, Sequence[str]]
) -> None:
    """Write `folder`/bundle with the reason, and `tables` (columns by name) without rows."""
    folder = Path(folder)
    record = {"type": LEFT_OUT, "reason": error.problem, "fix": error.fix}
    log.warning("left out: %s", error.problem)
    with atomic_directory(folder / "bundle") as temporary:
        (temporary / "bundle.json").write_text(json.dumps(record, indent=1) + "\n")
    for name, columns in tables.items():
        write_table(pd.DataFrame(columns=list(columns)), folder / name)


def reason_left_out(predictions: str | Path) -> str | None:
    """Why the model of a table of predictions was left out; None where it was not."""
    path = Path(predictions).parent / "bundle" / "bundle.json"
    with open(predictions) as handle:
        handle.readline()
        if handle.readline() or not path.is_file():
            return None
    record = json.loads(path.read_text())
    return record["reason"] if record.get("type") == LEFT_OUT else None
