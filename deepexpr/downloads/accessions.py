"""From an accession to the addresses of its FASTQ files."""

from __future__ import annotations

import csv
import io
import logging
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from deepexpr.downloads.fetch import TIMEOUT, fetch
from deepexpr.errors import InputError
from deepexpr.files import atomic_path

logger = logging.getLogger(__name__)

#: Runs, experiments, samples and studies of INSDC, which ENA's file report takes as they are.
INSDC = re.compile(r"^[SED]R[RXSP]\d+$")
GSM = re.compile(r"^GSM\d+$")
ENCODE = re.compile(r"^ENCFF[0-9A-Z]{6}(,ENCFF[0-9A-Z]{6})?$")
ACCESSION_FORMS = "SRR/ERR/DRR (also SRX), GSM, or ENCFF files joined by a comma"


def is_accession(text: str) -> bool:
    """Whether `text` is of a form that `resolve` takes."""
    return any(form.match(text) for form in (INSDC, GSM, ENCODE))


@dataclass(frozen=True)
class RemoteFile:
    """One FASTQ on a server; md5 is hex or None where the server gives none."""

    url: str
    md5: str | None
    mate: int


def resolve(accession: str, ena: str, encode: str) -> list[RemoteFile]:
    """Files of an accession, run by run, mate 1 before mate 2.

    `ena` and `encode` are the servers' addresses with scheme. Raises InputError where the
    accession is not of a known form or holds no FASTQ.
    """
    if ENCODE.match(accession):
        return [
            RemoteFile(f"{encode}/files/{name}/@@download/{name}.fastq.gz", None, mate)
            for mate, name in enumerate(accession.split(","), 1)
        ]
    if not (INSDC.match(accession) or GSM.match(accession)):
        raise InputError(
            f"The accession {accession!r} cannot be downloaded.",
            expected=ACCESSION_FORMS,
            fix="Fill in the column accession of the unit sheet, or put the files in place.",
        )
    files = [file for row in _ena_rows(accession, ena) for file in _row_files(row)]
    if not files:
        raise InputError(
            f"ENA lists no FASTQ for {accession}.",
            where=ena,
            fix="Look the run up by hand; give its SRR number, or put the files in place.",
        )
    return files


def fetch_reads(accession: str, outputs: list[str], ena: str, encode: str) -> None:
    """Download the FASTQ of `accession`; the files of several runs are joined, in run order."""
    files = resolve(accession, ena, encode)
    mates = sorted({file.mate for file in files})
    if len(mates) != len(outputs):
        raise InputError(
            f"The accession {accession} has {len(mates)} FASTQ per run.",
            expected=f"{len(outputs)}, as the unit sheet has {len(outputs)} file(s) for it",
            fix="Correct fq1 and fq2 in the unit sheet (single-end reads leave fq2 empty).",
        )
    for mate, output in zip(mates, outputs, strict=True):
        _fetch_joined([file for file in files if file.mate == mate], Path(output))


def _fetch_joined(files: list[RemoteFile], output: Path) -> None:
    parts = [output.with_name(f".{output.name}.part{i}") for i in range(len(files))]
    for file, part in zip(files, parts, strict=True):
        if not part.exists():
            fetch(file.url, part, file.md5)
    with atomic_path(output) as temporary, open(temporary, "wb") as joined:
        for part in parts:  # gzip members may follow one another
            with open(part, "rb") as handle:
                shutil.copyfileobj(handle, joined)
    for part in parts:
        part.unlink()


def _ena_rows(accession: str, ena: str) -> list[dict[str, str]]:
    fields = {"result": "read_run", "fields": "run_accession,fastq_ftp,fastq_md5", "format": "tsv"}
    if GSM.match(accession):
        # GEO deposits an experiment under the name of its sample.
        query = {"query": f'experiment_alias="{accession}"', **fields}
        address = f"{ena}/ena/portal/api/search?{urllib.parse.urlencode(query)}"
    else:
        query = {"accession": accession, **fields}
        address = f"{ena}/ena/portal/api/filereport?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as response:
            text = response.read().decode()
    except (urllib.error.URLError, OSError) as error:
        raise InputError(
            f"The archive did not answer: {error}.",
            where=address,
            fix="Check the network, or put the files in place by hand.",
        ) from error
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    return sorted(rows, key=lambda row: row["run_accession"])


def _row_files(row: dict[str, str]) -> list[RemoteFile]:
    addresses = [a for a in row["fastq_ftp"].split(";") if a]
    sums = row["fastq_md5"].split(";")
    if len(addresses) == 1:
        return [RemoteFile(f"https://{addresses[0]}", sums[0], 1)]
    return [
        RemoteFile(f"https://{address}", md5, int(address[-len("1.fastq.gz")]))
        for address, md5 in zip(addresses, sums, strict=True)
        if re.search(r"_[12]\.fastq\.gz$", address)
    ]
