"""The saved table of downloads held against the unit sheet, before a run fetches from it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.config.entries import files_of
from deepexpr.config.sheets import accessions_asked
from deepexpr.downloads.assays import require_assay
from deepexpr.downloads.obtaining import looked_up
from deepexpr.downloads.records import read_files, require_mates
from deepexpr.errors import InputError


def saved_table_problems(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    """Units with a file still to be downloaded whose accession the table does not hold as the
    sheet asks for it; nothing where there is no table."""
    path = config["resolved"]
    if not Path(path).is_file():
        return
    wanted = units[[_is_wanted(unit) for unit in units.to_dict("records")]]
    asked = accessions_asked(samples, wanted, config["units"])
    try:
        if asked:
            read_files(path)
    except InputError as error:  # the table's own: one problem, at its place there
        yield error
        return
    for one in asked:
        try:
            files = looked_up(one.accession, path)
            require_mates(one.accession, files, one.outputs)
            require_assay(one.accession, files, one.assay)
        except InputError as error:
            place = f"{one.where} ({error.where})" if error.where else one.where
            yield error.at(place)


def _is_wanted(unit: Mapping[str, Any]) -> bool:
    return not all(Path(path).is_file() for path in files_of(unit).values())
