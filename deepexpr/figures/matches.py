"""Which known motifs the motifs of a run match best."""

from pathlib import Path

import pandas as pd

from deepexpr.files import read
from deepexpr.schemas import TOMTOM


def matched(path: Path, e_value: float) -> pd.DataFrame:
    """The best target of each query with E below the limit (schemas.TOMTOM), each target once."""
    hits = read(TOMTOM, path)
    hits = hits[hits["e_value"] < e_value].sort_values(["e_value", "p_value", "target"])
    return hits.drop_duplicates("query").drop_duplicates("target")
