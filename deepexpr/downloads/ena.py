"""ENA: from a run, an experiment or a sample to its FASTQ files."""

import contextlib
import csv
import io
import re
import urllib.parse
from typing import NamedTuple

from deepexpr.downloads.asking import read_url
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import RemoteFile
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

#: Columns of ENA's file report; those of files hold one value per file, joined by ;
FILE_FIELDS = ("fastq_ftp", "fastq_md5", "fastq_bytes")
FIELDS = ("run_accession", "experiment_accession", "secondary_sample_accession",
          "library_strategy", "library_layout", *FILE_FIELDS)  # fmt: skip
BY_HAND = (
    "Its reads may be protected, or not be converted yet: get them from the SRA by hand "
    "(fasterq-dump), put the files in place and empty the accession."
)


class About(NamedTuple):
    """What is known of the reads from where their experiment was found.

    accession : as in the sheet. sample : ENA's own where no other is known. mates_only : reads
    that lost their mate are left out.
    """

    accession: str
    sample: str = ""
    title: str = ""
    series: str = ""
    mates_only: bool = False


def ena_files(
    experiment: str, about: About, hosts: Hosts, patience: Patience | None
) -> list[RemoteFile]:
    """FASTQ of all runs of an accession of INSDC, by run, mate 1 before mate 2.

    Raises
    ------
    InputError : no run, a run without files, of three files or of one file for both mates, or
        runs of different kinds.
    """
    rows = _rows(experiment, hosts, patience)
    runs = [_run_files(row, part, about, hosts) for part, row in enumerate(rows, 1)]
    if not runs:
        raise InputError(
            f"ENA lists no FASTQ for {about.accession}.",
            where=f"{hosts.ena} ({experiment})",
            fix="Look the run up by hand; give its SRR number, or put the files in place.",
        )
    if len({len(files) for files in runs}) > 1:
        raise InputError(
            f"The runs of {about.accession} differ in their number of files.",
            expected="the same mates, each in one file, of every run",
            found=", ".join(f"{files[0].run} {len(files)}" for files in runs),
            fix="List the runs as units of their own, by their own accessions.",
        )
    return [file for files in runs for file in files]


def _rows(accession: str, hosts: Hosts, patience: Patience | None) -> list[dict[str, str]]:
    query = {
        "accession": accession, "result": "read_run", "fields": ",".join(FIELDS), "format": "tsv",
    }  # fmt: skip
    address = f"{hosts.ena}/ena/portal/api/filereport?{urllib.parse.urlencode(query)}"
    text = read_url(address, patience)
    rows: list[dict[str, str]] = [{}] if text.strip() else []  # an empty answer: no run
    with contextlib.suppress(csv.Error):  # a page of another kind
        reader = csv.DictReader(io.StringIO(text), delimiter="\t")
        rows = list(reader) if set(FIELDS) <= set(reader.fieldnames or ()) else rows
    if any(row.get(name) is None for row in rows for name in FIELDS):
        raise InputError(
            f"ENA's answer on {accession} is no table of runs.",
            where=address,
            expected="columns " + ", ".join(FIELDS),
            found=repr(text[:100]),
            fix="Try again later, or put the files in place.",
        )
    return sorted(rows, key=lambda row: row["run_accession"])


def _run_files(row: dict[str, str], part: int, about: About, hosts: Hosts) -> list[RemoteFile]:
    """FASTQ of one run: ENA writes them as HOST/PATH."""
    paths, sums, sizes = ([text for text in row[name].split(";") if text] for name in FILE_FIELDS)
    paths = [path.rpartition("://")[2] for path in paths]
    run = row["run_accession"]
    uncounted = any(not size.isdecimal() for size in sizes)
    if not paths or len({len(paths), len(sums), len(sizes)}) > 1 or uncounted:
        raise InputError(
            f"ENA lists no FASTQ for the run {run}."
            if not paths
            else f"ENA gives the files of the run {run} a size that is no number."
            if uncounted
            else f"ENA lists {len(paths)} FASTQ, {len(sums)} checksums and {len(sizes)} sizes for "
            f"the run {run}.",
            where=hosts.ena,
            found=", ".join(f"{name} {row[name]!r}" for name in FILE_FIELDS),
            fix=BY_HAND,
        )
    mates = _mates(paths, row, about, hosts)
    return [
        RemoteFile(
            accession=about.accession,
            series=about.series,
            sample=about.sample or row["secondary_sample_accession"],
            title=about.title,
            experiment=row["experiment_accession"],
            strategy=row["library_strategy"],
            replicate="",
            run=run,
            mate=mate,
            url=f"{hosts.ena_files}/{path.partition('/')[2]}",
            md5=md5,
            bytes=int(size),
            part=part,
        )
        for mate, path, md5, size in sorted(zip(mates, paths, sums, sizes, strict=True))
        if mate
    ]


def _mates(paths: list[str], row: dict[str, str], about: About, hosts: Hosts) -> list[int]:
    """The mate in each file, 0 for reads that lost theirs and are left out."""
    paired = row["library_layout"] == "PAIRED"
    named = [re.search(r"_([12])\.fastq\.gz$", path) for path in paths]
    mates = [int(match.group(1)) if match else 0 for match in named]
    if len(paths) == 1 and not paired:
        return [1]
    whole = sorted(mate for mate in mates if mate) == [1, 2]
    if whole and (len(paths) == 2 or (about.mates_only and len(paths) == 3)):
        return mates
    run = row["run_accession"]
    short = about.accession.partition("/")[0].partition(":")[0]
    fix = "List the files as units of their own by their addresses, or put them in place."
    if whole and len(paths) == 3:
        fix = (
            f"Write {about.sample or short}:mates to take files 1 and 2 and leave out the third: "
            "its reads lost their mate."
        )
    elif len(paths) == 1:
        fix = "Both mates may stand in one file: split it by hand (fasterq-dump --split-files)."
    raise InputError(
        f"ENA has {len(paths)} file(s) for the run {run}, which is "
        f"{'paired' if paired else 'single'}-end.",
        where=hosts.ena,
        expected="one file of single-end reads, or _1 and _2 of paired-end ones",
        found=", ".join(paths),
        fix=fix,
    )
