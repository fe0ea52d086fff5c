"""An accession to its files in place: resolved or looked up, checked, fetched and joined."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.fetch import Patience, fetch, partial_path
from deepexpr.downloads.pacing import CONNECTIONS
from deepexpr.downloads.records import (
    RemoteFile,
    of_mate,
    read_files,
    require_mates,
    write_files,
)
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError
from deepexpr.files import atomic_path

logger = logging.getLogger(__name__)


def fetch_accession(
    accession: str,
    outputs: Sequence[str | Path],
    hosts: Hosts | None = None,
    table: str | Path | None = None,
    patience: Patience | None = None,
    resolved: str | Path | None = None,
) -> None:
    """Download the files of `accession`; those of several runs are joined, in run order.

    table : where to write what the accession was resolved to, one row per file.
    resolved : table of `deepexpr obtain --resolve`; where it is there, nobody is asked, and an
        accession that is not in it is an error.
    """
    if resolved is not None and Path(resolved).exists():
        files = _looked_up(accession, resolved)
    else:
        files = resolve(accession, hosts, patience)
    require_mates(accession, files, len(outputs))
    if table is not None:
        write_files(files, table)
    for file in files:
        if not file.md5:
            logger.warning("%s: no MD5 is known, only its length is checked", file.url)
    parts = {
        mate: _parts(of_mate(files, mate), Path(output)) for mate, output in enumerate(outputs, 1)
    }
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        fetches = [
            pool.submit(_fetch_once, file, part, patience)
            for mate in parts
            for file, part in zip(of_mate(files, mate), parts[mate], strict=True)
        ]
    for one in fetches:
        one.result()
    for mate, output in enumerate(outputs, 1):
        _join(parts[mate], Path(output))


def _looked_up(accession: str, resolved: str | Path) -> list[RemoteFile]:
    known = read_files(resolved)
    if accession not in known:
        raise InputError(
            f"The table of downloads does not hold {accession}.",
            where=str(resolved),
            expected="every accession of the unit sheet",
            fix="Make it again (deepexpr obtain --resolve CONFIG), or delete it to have each "
            "accession looked up when it is needed.",
        )
    logger.info("%s: %d files, as in %s", accession, len(known[accession]), resolved)
    return known[accession]


def _parts(files: Sequence[RemoteFile], output: Path) -> list[Path]:
    """Where each file is put: the output itself, or a part of it until all are there."""
    if len(files) == 1:
        return [output]
    return [
        partial_path(output, file.url, file.md5).with_suffix(".part") for file in files
    ]  # named by their source: those of another accession are never taken for them


def _fetch_once(file: RemoteFile, path: Path, patience: Patience | None) -> None:
    if path.suffix == ".part" and path.exists():  # whole, of an earlier attempt
        return
    fetch(file.url, path, file.md5, patience, file.bytes)


def _join(parts: Sequence[Path], output: Path) -> None:
    if list(parts) == [output]:
        return
    with atomic_path(output) as temporary, open(temporary, "wb") as joined:
        for part in parts:  # gzip members may follow one another
            with open(part, "rb") as handle:
                shutil.copyfileobj(handle, joined)
    for part in parts:
        part.unlink()
