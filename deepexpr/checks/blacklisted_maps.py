"""Contact maps where a blacklist is set: it cannot be taken out of counts of bins."""

import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepexpr.config.entries import sample_entries

log = logging.getLogger(__name__)


def warn_of_maps(config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame) -> None:
    """Warn of the samples of each assembly with a blacklist that enter with a contact map."""
    entries = samples["sample"].map(sample_entries(units))
    for assembly, rows in samples.assign(entry=entries).groupby("assembly", sort=False):
        blacklist = config["assemblies"][assembly]["blacklist"]
        maps = rows.loc[rows["entry"] == "contacts", "sample"].tolist()
        if not blacklist or not maps:
            continue
        others = rows["entry"].isin(["reads", "bam", "pairs"]) & (rows["assay"] == "hichip")
        beside = rows.loc[others, "sample"].tolist()
        log.warning(
            "The blacklist of %s (%s) is not taken out of the contact map%s of %s, whose bins hold "
            "no single pairs%s: give pairs, or make the map of pairs without these regions.",
            assembly, blacklist, "s" * (len(maps) > 1), ", ".join(maps),
            f", and is of {', '.join(beside)}" if beside else "",
        )  # fmt: skip
