"""Published values of cell lines' genes: set beside ours, or taken in place of the RNA-seq."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from deepexpr.config.entries import FILE_COLUMNS


def used_instead(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The sheets with the RNA-seq of cell lines whose published table is used (published.*.use)
    replaced by it: the first sample stays, with the table as its one unit."""
    for line, published in config["published"].items():
        if not published["use"]:
            continue
        rna = (samples["cell_line"] == line) & (samples["assay"] == "rna")
        names = samples.loc[rna, "sample"].tolist()
        samples = samples[~samples["sample"].isin(names[1:])].copy()
        samples.loc[samples["sample"].isin(names), ["strandedness", "enzyme"]] = ""
        own = units["sample"].isin(names)
        first = units.index[own & (units["sample"] == names[0])][:1]
        units = units[~own | units.index.isin(first)].copy()
        emptied = [*FILE_COLUMNS, "fragment_length", "fragment_sd", "value_column", "accession"]
        units.loc[first, emptied] = ""
        units.loc[first, ["expression", "accession"]] = [published["table"], _address(published)]
    return samples, units


def _address(published: Mapping[str, Any]) -> str:
    """The table's address as the column accession of the unit sheet has it, "" without one."""
    url, md5 = published["url"] or "", published["md5"]
    return f"{url}#md5={md5}" if url and md5 else url


def instead_of(config: Mapping[str, Any], cell_line: str) -> str | None:
    """How a cell line goes on without its RNA-seq, in words; None where nothing is published."""
    if cell_line not in config["published"]:
        return None
    published = config["published"][cell_line]
    return (
        f"Or start from the published values, by this line of configuration: published: "
        f"{{{cell_line}: {{use: true}}}} ({published['url'] or published['table']})."
    )
