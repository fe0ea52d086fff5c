"""ENCODE: from an experiment's replicate, files, an MD5 or another archive's number to files."""

import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from deepexpr.downloads import forms
from deepexpr.downloads.asking import read_record
from deepexpr.downloads.encode_records import RELEASED, AboutReads, FileRecord, file_of
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import RemoteFile
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError


def encode_files(accession: str, hosts: Hosts, patience: Patience | None) -> list[RemoteFile]:
    """FASTQ of an accession, pair by pair, mate 1 before mate 2.

    Raises
    ------
    InputError : nothing released, mates that do not belong together, or several replicates.
    """
    if forms.ENCODE_REPLICATE.match(accession):
        return _replicate_files(accession, accession, hosts, patience)
    if forms.ENCODE_DBXREF.match(accession):
        number, _, replicate = accession.partition("=")[2].partition("/")
        found = _search("Experiment", "dbxrefs", number, hosts, patience)
        files = _replicate_files(accession, f"{found}/{replicate}".rstrip("/"), hosts, patience)
        return [replace(file, series=number) for file in files]
    if forms.ENCODE_MD5.match(accession):
        sums = accession.partition("=")[2].lower().split(",")
        names = [_search("File", "md5sum", text, hosts, patience) for text in sums]
    else:
        sums, names = [], accession.split(",")
    records = [_file_record(name, hosts, patience) for name in names]
    for record, text in zip(records, sums, strict=False):
        if record.md5sum != text:
            raise InputError(
                f"ENCODE gives {record.accession} another MD5 than it was asked for.",
                where=_address("files", record.accession, hosts),
                expected=text,
                found=record.md5sum,
                fix="Give the file's accession (ENCFF) if it is the one that is meant.",
            )
    _require_pair(records, hosts)
    return [_remote(accession, record, mate, hosts) for mate, record in enumerate(records, 1)]


def _address(kind: str, name: str, hosts: Hosts) -> str:
    return f"{hosts.encode}/{kind}/{name}/?format=json"


def _search(kind: str, key: str, value: str, hosts: Hosts, patience: Patience | None) -> str:
    """The accession of the one object of ENCODE with this value."""
    query = urllib.parse.urlencode({"type": kind, key: value, "format": "json"})
    address = f"{hosts.encode}/search/?{query}"
    record = read_record(address, patience)  # nothing found is a 404
    graph = _listed(record, "@graph", f"the {kind.lower()}s with {key} {value}", address)
    # The same file may have been submitted twice; what was withdrawn does not count.
    released = [one for one in graph if one.get("status", RELEASED) == RELEASED]
    if len(released) != 1 or not isinstance(released[0].get("accession"), str):
        raise InputError(
            f"{len(released)} released {kind.lower()}s of ENCODE have {key} {value}.",
            where=address,
            expected="one",
            found=_with_status(graph) or "none",
            fix="Give its accession (ENCSR.../REPLICATE or ENCFF...), or put the files in place.",
        )
    return released[0]["accession"]


def _listed(record: Mapping[str, Any], key: str, what: str, where: str) -> list[dict[str, Any]]:
    """The records under a key, none where it is empty or absent."""
    found = record.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(
            f"ENCODE's answer on {what} lists no records.",
            where=where,
            expected=f"records under {key}",
            found=repr(found)[:80],
            fix="Try again later, or give the files by their own accessions (ENCFF...).",
        )
    return found


def _with_status(records: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one.get('accession')} {one.get('status', '')}".strip() for one in records)


def _known(kind: str, name: str, hosts: Hosts, patience: Patience | None) -> dict[str, Any]:
    """The record of an accession, which must be of that name."""
    address = _address(kind, name, hosts)
    record = read_record(address, patience)
    if record.get("accession") != name:
        raise InputError(
            f"ENCODE has no {kind.rstrip('s')} {name}.",
            where=address,
            found=f"the record of {record['accession']}" if record.get("accession") else None,
            fix="Correct the accession; one that was replaced leads to another record.",
        )
    return record


def _file_record(name: str, hosts: Hosts, patience: Patience | None) -> FileRecord:
    """The record of a FASTQ that can be had."""
    record = _known("files", name, hosts, patience)
    if record.get("status", RELEASED) != RELEASED or record.get("no_file_available"):
        raise InputError(
            f"The file {name} of ENCODE is {record.get('status')}"
            + (", and not available." if record.get("no_file_available") else "."),
            where=_address("files", name, hosts),
            expected=f"a file that is {RELEASED}",
            fix="Look at its experiment for the file that replaced it.",
        )
    if record.get("file_format", "fastq") != "fastq":
        raise InputError(
            f"The file {name} of ENCODE is no FASTQ.",
            where=_address("files", name, hosts),
            found=record["file_format"],
            fix="Give the accession of a file of reads.",
        )
    return file_of(record, _address("files", name, hosts))


def _require_pair(records: Sequence[FileRecord], hosts: Hosts) -> None:
    """Files given by name: both mates of one pair in their order, or one file of single reads."""
    names = [record.accession for record in records]
    if len(set(names)) < len(names):
        raise InputError(
            f"The file {names[0]} of ENCODE stands for both mates.",
            where=_address("files", names[0], hosts),
            expected="the two files of a pair",
            fix="Give the file of the other mate, too.",
        )
    for mate, record in enumerate(records, 1):
        address = _address("files", names[mate - 1], hosts)
        stated = record.paired_end or (str(mate) if len(records) == 2 else "")
        if len(records) == 1 and stated:
            raise InputError(
                f"{names[0]} holds mate {stated} of a pair.",
                where=address,
                expected="both mates, or a file of single-end reads",
                found=f"paired_with {record.paired_with}",
                fix="Give both files, joined by a comma, and fq2 in the unit sheet.",
            )
        if len(records) == 2 and (record.run_type or "").startswith("single"):
            raise InputError(
                f"ENCODE says that {names[mate - 1]} holds single-end reads.",
                where=address,
                expected="the two mates of a pair",
                fix="List single-end files as units of their own.",
            )
        if len(records) == 2 and stated != str(mate):
            raise InputError(
                f"ENCODE says that {names[mate - 1]} holds mate {stated}.",
                where=address,
                expected=f"mate {mate}",
                fix="Write the two files in the order of the mates.",
            )
        if record.partner and record.partner not in names:
            raise _foreign_mate(record, address)


def _foreign_mate(record: FileRecord, where: str) -> InputError:
    return InputError(
        f"The mate of {record.accession} is {record.partner or 'not named'}, which is not among "
        "the files.",
        where=where,
        expected="both mates of every pair",
        fix="Give the two files of one pair, or the experiment and its replicate.",
    )


def _replicate_files(
    accession: str, place: str, hosts: Hosts, patience: Patience | None
) -> list[RemoteFile]:
    """All released reads of one biological replicate: pairs, or single-end files, joined."""
    name, _, replicate = place.partition("/")
    experiment = _known("experiments", name, hosts, patience)
    where = _address("experiments", name, hosts)
    reads = [
        one
        for one in _listed(experiment, "files", name, where)
        if one.get("file_format") == "fastq" and one.get("output_type", "reads") == "reads"
    ]
    usable = [
        one for one in reads if one.get("status") == RELEASED and not one.get("no_file_available")
    ]
    chosen = [one for one in usable if replicate in ("", *_replicates(one))]
    there = sorted({text for one in usable for text in _replicates(one)})
    if not chosen or (not replicate and len(there) > 1):
        raise InputError(
            f"ENCODE has no released reads of {place}."
            if not chosen
            else f"The experiment {name} has {len(there)} replicates.",
            where=where,
            expected=f"{name}/N of the replicates {', '.join(there)}" if there else "FASTQ files",
            found=_with_status(reads) or "no file of reads",
            fix="Correct the replicate, or put the files in place."
            if there
            else "Archived and revoked files are not taken: look for the experiment that replaced "
            "it, or put the files in place.",
        )
    files = [file_of(one, where) for one in chosen]
    _require_embedded(files, name, where)
    about = AboutReads.model_validate(experiment)
    return [
        _remote(accession, file, mate, hosts, part=part, experiment=name, about=about)
        for part, pair in enumerate(_pairs(files, where), 1)
        for mate, file in enumerate(pair, 1)
    ]


def _replicates(record: Mapping[str, Any]) -> list[str]:
    numbers = record.get("biological_replicates")
    return [str(number) for number in numbers] if isinstance(numbers, list) else []


def _require_embedded(files: Sequence[FileRecord], name: str, where: str) -> None:
    """Files of this experiment, each once and of one replicate."""
    names = [file.accession for file in files]
    for file in files:
        foreign = file.experiment not in ("", name)
        if foreign or len(file.replicates) > 1 or names.count(file.accession) > 1:
            raise InputError(
                f"The record of {name} at ENCODE lists a file that cannot be told apart: "
                f"{file.accession}.",
                where=where,
                expected=f"files of {name}, each once and of one replicate",
                found=f"dataset {file.experiment}" if foreign else
                f"of the replicates {', '.join(file.replicates)}, listed "
                f"{names.count(file.accession)} time(s)",
                fix="Give the files by their own accessions (ENCFF...,ENCFF...).",
            )  # fmt: skip


def _pairs(files: Sequence[FileRecord], where: str) -> list[tuple[FileRecord, ...]]:
    """(mate 1, mate 2) by `paired_with`, or (file,) of single-end reads; in a lasting order."""
    by_name = {file.accession: file for file in files}
    paired = [file for file in files if file.paired_end]
    if paired and len(paired) < len(files):
        single = next(file for file in files if not file.paired_end)
        raise InputError(
            f"The replicate has single-end and paired-end files, such as {single.accession} "
            f"and {paired[0].accession}.",
            where=where,
            expected="one kind of reads",
            fix="List the files as units of samples of their own (ENCFF..., ENCFF...,ENCFF...).",
        )
    for file in paired:
        partner = by_name.get(file.partner)
        if partner is None:
            raise _foreign_mate(file, where)
        if {file.paired_end, partner.paired_end} != {"1", "2"} or partner.partner != file.accession:
            raise InputError(
                f"{file.accession} and {partner.accession} are not the two mates of a pair.",
                where=where,
                expected="mates 1 and 2, each paired_with the other",
                found=f"mates {file.paired_end} and {partner.paired_end}, "
                f"paired_with {file.paired_with} and {partner.paired_with}",
                fix="Give the files by their own accessions (ENCFF...,ENCFF...).",
            )
    first = sorted((file for file in files if file.paired_end != "2"), key=lambda one: one.order)
    return [(one, by_name[one.partner]) if one.paired_end else (one,) for one in first]


def _remote(
    accession: str,
    file: FileRecord,
    mate: int,
    hosts: Hosts,
    *,
    part: int = 1,
    experiment: str = "",
    about: AboutReads | None = None,
) -> RemoteFile:
    about = about or file
    return RemoteFile(
        accession=accession,
        sample=file.experiment or experiment,
        title=about.title,
        experiment=file.experiment or experiment,
        strategy=about.strategy,
        replicate=",".join(file.replicates),
        run=file.accession,
        mate=mate,
        url=hosts.encode + file.href,
        md5=file.md5sum,
        bytes=file.file_size,
        part=part,
        paired_end=file.paired_end or "",
        paired_with=file.partner,
    )
