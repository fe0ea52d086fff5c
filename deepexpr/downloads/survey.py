"""All accessions of a unit sheet resolved at once, with no file fetched."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pandas as pd

from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.assays import require_assay
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import RemoteFile, require_mates
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """One unit with an accession: its place in the sheet, how many files it names, and the assay
    that they are to be of."""

    sample: str
    unit: str
    accession: str
    where: str
    outputs: int
    assay: str


@dataclass(frozen=True)
class Survey:
    """What was found: files by accession, and an error for each unit that cannot be had."""

    units: Sequence[Asked]
    files: dict[str, list[RemoteFile]]
    problems: list[InputError]

    def table(self) -> pd.DataFrame:
        """A row per unit: sample, unit, accession, title, runs, files, GB (NaN: not known), md5."""
        rows = [
            (one.sample, one.unit, one.accession, *_summary(self.files[one.accession]))
            for one in self.units
            if one.accession in self.files
        ]
        names = ["sample", "unit", "accession", "title", "runs", "files", "GB", "md5"]
        return pd.DataFrame(rows, columns=names)


def survey(
    units: Sequence[Asked],
    hosts: Hosts,
    patience: Patience | None = None,
    offer: Callable[[Asked, InputError], InputError] = lambda _, error: error,
) -> Survey:
    """Resolve every accession once, a few at a time; every unit's problem is kept.

    offer : what to make of a unit's problem, such as the same with another way out.
    """
    accessions = dict.fromkeys(one.accession for one in units)
    with ThreadPoolExecutor(8) as pool:
        answers = dict(
            zip(accessions, pool.map(partial(_answer, hosts, patience), accessions), strict=True)
        )
    files = {name: found for name, found in answers.items() if isinstance(found, list)}
    problems = []
    for one in units:
        try:
            found = answers[one.accession]
            if isinstance(found, InputError):
                raise found
            require_mates(one.accession, found, one.outputs)
            require_assay(one.accession, found, one.assay)
        except InputError as error:
            problems.append(offer(one, error))
    return Survey(units, files, problems)


def _answer(
    hosts: Hosts, patience: Patience | None, accession: str
) -> list[RemoteFile] | InputError:
    try:
        files = resolve(accession, hosts, patience)
    except InputError as error:
        return error
    logger.info("%s: %d files", accession, len(files))
    return files


def _summary(files: Sequence[RemoteFile]) -> tuple[str, str, int, float, str]:
    sizes = [float("nan") if file.bytes is None else file.bytes for file in files]
    runs = list(dict.fromkeys(file.run for file in files if file.run))
    known = sum(bool(file.md5) for file in files)
    md5 = "all" if known == len(files) else f"{known} of {len(files)}"
    return files[0].title, ",".join(runs), len(files), sum(sizes) / 1e9, md5
