"""An accession to its files in place: resolved or looked up, checked, fetched and joined."""

import logging
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from deepexpr.downloads import records
from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.assays import require_assay
from deepexpr.downloads.belonging import stranger
from deepexpr.downloads.fetch import fetch, partial_path
from deepexpr.downloads.locks import locked
from deepexpr.downloads.pacing import CONNECTIONS
from deepexpr.downloads.patience import Patience
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
    assay: str = "",
) -> None:
    """Download the files of `accession`; those of several runs are joined, in run order.

    table : where to write what the accession was resolved to, one row per file.
    resolved : table of `deepexpr obtain --resolve`; where it is there, nobody is asked, and an
        accession that is not in it is an error.
    assay : rna or hichip, where files of another kind of library are to be refused.
    """
    if resolved is not None and Path(resolved).exists():
        files = looked_up(accession, resolved)
    else:
        files = resolve(accession, hosts, patience)
    records.require_mates(accession, files, len(outputs))
    require_assay(accession, files, assay)
    if table is not None:
        records.write_files(files, table)
    for file in files:
        if not file.md5:
            logger.warning(
                "%s: no MD5 is known; its length counts, and that a gzip file can be read", file.url
            )
    fetch_files(files, [Path(output) for output in outputs], patience)


def fetch_files(
    files: Sequence[records.RemoteFile], outputs: Sequence[Path], patience: Patience | None
) -> None:
    """Fetch and join the files of each mate; who waited for another process takes what it made."""
    sources = " ".join(f"{file.url} {file.md5}" for file in files)
    outputs[0].parent.mkdir(parents=True, exist_ok=True)
    turn = partial_path(outputs[0], sources).with_suffix(".turn")
    before = [_made(output) for output in outputs]
    with locked(turn, why="another process downloads its files"):
        try:
            now = [_made(output) for output in outputs]
            if all(new and new != old for new, old in zip(now, before, strict=True)):
                return
            parts = [
                _parts(records.of_mate(files, mate), output)
                for mate, output in enumerate(outputs, 1)
            ]
            wanted = [
                (file, part)
                for mate, own in enumerate(parts, 1)
                for file, part in zip(records.of_mate(files, mate), own, strict=True)
            ]
            _fetch_side_by_side(wanted, patience)
            for own, output in zip(parts, outputs, strict=True):
                _join(own, output)
        finally:
            turn.unlink(missing_ok=True)


def _made(path: Path) -> tuple[int, int] | None:
    """What tells a file from one that replaces it; None where there is none."""
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def _fetch_side_by_side(
    wanted: Sequence[tuple[records.RemoteFile, Path]], patience: Patience | None
) -> None:
    """Fetch all files; after a failure no further one is begun."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        fetches = [pool.submit(_fetch_once, file, part, patience) for file, part in wanted]
        for one in as_completed(fetches):
            if one.exception():
                logger.warning("a download failed; the transfers that run are ended first")
                pool.shutdown(cancel_futures=True)
                one.result()


def looked_up(accession: str, resolved: str | Path) -> list[records.RemoteFile]:
    """The files of an accession in a saved table; InputError where it does not hold them."""
    known = records.read_files(resolved)
    if accession not in known:
        raise InputError(
            f"The table of downloads does not hold {accession}.",
            where=str(resolved),
            expected="every accession of the unit sheet",
            fix=f"{records.AGAIN}; delete it to have each accession looked up when it is needed.",
        )
    files = known[accession]
    if problem := stranger(accession, files):
        raise InputError(
            f"The table of downloads has other files for {accession} than it asks for: {problem}.",
            where=str(resolved),
            expected=f"the files of {accession}",
            found=", ".join(file.run or file.url for file in files),
            fix=f"{records.AGAIN}; delete it to have each accession looked up when it is needed.",
        )
    logger.info("%s: %d files, as in %s", accession, len(files), resolved)
    return files


def _parts(files: Sequence[records.RemoteFile], output: Path) -> list[Path]:
    """Where each file is put: the output itself, or a part of it until all are there."""
    if len(files) == 1:
        return [output]
    return [
        partial_path(output, file.url, file.md5).with_suffix(".part") for file in files
    ]  # named by their source: those of another accession are never taken for them


def _fetch_once(file: records.RemoteFile, path: Path, patience: Patience | None) -> None:
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
