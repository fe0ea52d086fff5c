"""From an accession to the addresses of its files."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import shutil
import urllib.parse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from deepexpr.downloads.fetch import Patience, fetch, read_url
from deepexpr.downloads.geo import geo_sample, supplementary_url
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError
from deepexpr.files import atomic_path, write_table

logger = logging.getLogger(__name__)

#: Runs, experiments and samples of INSDC, which ENA's file report takes as they are.
INSDC = re.compile(r"^[SED]R[RXS]\d+$")
GEO = re.compile(r"^GS[ME]\d+$")
GEO_FILE = re.compile(r"^GS[ME]\d+/[^/]+$")
ENCODE = re.compile(r"^ENCFF[0-9A-Z]{6}(,ENCFF[0-9A-Z]{6})?$")
ACCESSION_FORMS = (
    "a run (SRR, ERR, DRR), an experiment (SRX), a GEO sample (GSM), ENCODE files joined by a "
    "comma (ENCFF), or a supplementary file (GSM.../NAME, GSE.../NAME)"
)


def is_accession(text: str) -> bool:
    """Whether `text` is of a form that `resolve` takes."""
    return any(form.match(text) for form in (INSDC, GEO, GEO_FILE, ENCODE))


@dataclass(frozen=True)
class RemoteFile:
    """One file on a server; md5 is hex or "" where the server gives none; mate 1 or 2."""

    accession: str
    sample: str
    title: str
    run: str
    mate: int
    url: str
    md5: str


def resolve(
    accession: str, hosts: Hosts | None = None, patience: Patience | None = None
) -> list[RemoteFile]:
    """Files of an accession, run by run, mate 1 before mate 2.

    Raises InputError where the accession is not of a known form or holds no file.
    """
    hosts = hosts or Hosts()
    if ENCODE.match(accession):
        names = accession.split(",")
        return [_encode_file(accession, n, m, hosts, patience) for m, n in enumerate(names, 1)]
    if GEO_FILE.match(accession):
        url = supplementary_url(accession, hosts, patience)
        return [RemoteFile(accession, accession.split("/")[0], "", "", 1, url, "")]
    if GEO.match(accession):
        sample = geo_sample(accession, hosts, patience)
        about = (accession, sample.sample, sample.title)
        rows = _ena_rows(sample.experiment, hosts, patience)
    elif INSDC.match(accession):
        about = (accession, "", "")
        rows = _ena_rows(accession, hosts, patience)
    else:
        raise InputError(
            f"The accession {accession!r} cannot be downloaded.",
            expected=ACCESSION_FORMS,
            fix="Correct the column accession of the unit sheet, or put the files in place.",
        )
    files = [file for row in rows for file in _run_files(about, row, hosts)]
    if not files:
        raise InputError(
            f"ENA lists no FASTQ for {accession}.",
            where=hosts.ena,
            fix="Look the run up by hand; give its SRR number, or put the files in place.",
        )
    return files


def fetch_accession(
    accession: str,
    outputs: Sequence[str | Path],
    hosts: Hosts | None = None,
    table: str | Path | None = None,
    patience: Patience | None = None,
) -> None:
    """Download the files of `accession`; those of several runs are joined, in run order.

    table : where to write what the accession was resolved to, one row per file.
    """
    files = resolve(accession, hosts, patience)
    mates = _mates_of_runs(accession, files)
    if len(mates) != len(outputs):
        raise InputError(
            f"The accession {accession} has {len(mates)} file(s) per run.",
            expected=f"{len(outputs)}, as the unit sheet has {len(outputs)} file(s) for it",
            found=", ".join(file.url for file in files),
            fix="Correct the files of the unit (single-end reads leave fq2 empty).",
        )
    if table is not None:
        columns = [field.name for field in fields(RemoteFile)]
        write_table(pd.DataFrame([asdict(file) for file in files], columns=columns), table)
    for mate, output in zip(mates, outputs, strict=True):
        _fetch_joined([file for file in files if file.mate == mate], Path(output), patience)


def _mates_of_runs(accession: str, files: list[RemoteFile]) -> list[int]:
    """The mates that every run has; InputError where one run has two and another one."""
    if ENCODE.match(accession):  # its mates bear names of their own
        return sorted(file.mate for file in files)
    runs: dict[str, list[int]] = {}
    for file in files:
        runs.setdefault(file.run, []).append(file.mate)
    kinds = {tuple(sorted(mates)) for mates in runs.values()}
    if len(kinds) > 1 or any(len(set(mates)) < len(mates) for mates in kinds):
        raise InputError(
            f"The runs of {accession} differ in their number of files.",
            expected="the same mates, each in one file, of every run",
            found=", ".join(f"{run} {len(mates)}" for run, mates in runs.items()),
            fix="List the runs as units of their own, by their own accessions.",
        )
    return list(kinds.pop())


def _fetch_joined(files: list[RemoteFile], output: Path, patience: Patience | None) -> None:
    if len(files) == 1:
        fetch(files[0].url, output, files[0].md5, patience)
        return
    parts = [output.with_name(f".{output.name}.part{i}") for i in range(len(files))]
    for file, part in zip(files, parts, strict=True):
        if not part.exists():
            fetch(file.url, part, file.md5, patience)
    with atomic_path(output) as temporary, open(temporary, "wb") as joined:
        for part in parts:  # gzip members may follow one another
            with open(part, "rb") as handle:
                shutil.copyfileobj(handle, joined)
    for part in parts:
        part.unlink()


def _encode_file(
    accession: str, name: str, mate: int, hosts: Hosts, patience: Patience | None
) -> RemoteFile:
    """One file of ENCODE; its record says where it lies, its MD5 and which mate it is."""
    address = f"{hosts.encode}/files/{name}/?format=json"
    record = json.loads(read_url(address, patience))
    stated = str(record.get("paired_end") or mate)
    if stated != str(mate):
        raise InputError(
            f"ENCODE says that {name} holds mate {stated}.",
            where=address,
            expected=f"mate {mate}",
            fix="Write the two files in the order of the mates.",
        )
    experiment = str(record.get("dataset", "")).strip("/").rpartition("/")[2]
    url, md5 = hosts.encode + record["href"], record.get("md5sum", "")
    return RemoteFile(accession, experiment, "", name, mate, url, md5)


def _ena_rows(accession: str, hosts: Hosts, patience: Patience | None) -> list[dict[str, str]]:
    query = {
        "accession": accession,
        "result": "read_run",
        "fields": "run_accession,fastq_ftp,fastq_md5",
        "format": "tsv",
    }
    address = f"{hosts.ena}/ena/portal/api/filereport?{urllib.parse.urlencode(query)}"
    text = read_url(address, patience)
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    asked = query["fields"].split(",")
    if rows and any(row.get(name) is None for row in rows for name in asked):
        raise InputError(
            f"ENA's answer on {accession} is no table of runs.",
            where=address,
            expected="columns " + ", ".join(asked),
            found=text[:100].splitlines()[0],
            fix="Try again later, or put the files in place.",
        )
    return sorted(rows, key=lambda row: row["run_accession"])


def _run_files(about: tuple[str, str, str], row: dict[str, str], hosts: Hosts) -> list[RemoteFile]:
    """FASTQ of one run: ENA writes them as HOST/PATH, with the MD5 of each, joined by ;"""
    paths = [text.partition("/")[2] for text in row["fastq_ftp"].split(";") if text]
    sums = row["fastq_md5"].split(";")
    run = row["run_accession"]
    if not paths or len(paths) != len(sums):
        raise InputError(
            f"ENA lists no FASTQ for the run {run}."
            if not paths
            else f"ENA lists {len(paths)} FASTQ and {len(sums)} checksums for the run {run}.",
            where=hosts.ena,
            found=f"fastq_ftp {row['fastq_ftp']!r}, fastq_md5 {row['fastq_md5']!r}",
            fix="Its reads may be protected, or not be converted yet: get them from the SRA by "
            "hand (fasterq-dump), put the files in place and empty the accession.",
        )
    if len(paths) == 1:
        return [RemoteFile(*about, run, 1, f"{hosts.ena_files}/{paths[0]}", sums[0])]
    # A third file without _1 or _2 holds reads that lost their mate.
    return [
        RemoteFile(*about, run, int(match.group(1)), f"{hosts.ena_files}/{path}", md5)
        for path, md5 in zip(paths, sums, strict=True)
        if (match := re.search(r"_([12])\.fastq\.gz$", path))
    ]
