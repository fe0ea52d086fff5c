"""ENCODE: from an experiment's replicate, files, an MD5 or another archive's number to files."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from deepexpr.downloads.fetch import Patience, read_record
from deepexpr.downloads.records import RemoteFile
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

FILES = re.compile(r"^ENCFF[0-9A-Z]{6}(,ENCFF[0-9A-Z]{6})?$")
REPLICATE = re.compile(r"^ENCSR[0-9A-Z]{6}(/\d+)?$")
MD5 = re.compile(r"^ENCODE:md5=[0-9a-f]{32}(,[0-9a-f]{32})?$")
DBXREF = re.compile(r"^ENCODE:dbxref=[^/\s]+(/\d+)?$")
RELEASED = "released"


def is_encode(accession: str) -> bool:
    """Whether ENCODE is asked for this accession."""
    return any(form.match(accession) for form in (FILES, REPLICATE, MD5, DBXREF))


def encode_files(accession: str, hosts: Hosts, patience: Patience | None) -> list[RemoteFile]:
    """FASTQ of an accession, pair by pair, mate 1 before mate 2.

    Raises
    ------
    InputError : nothing released, mates that do not belong together, or several replicates.
    """
    if REPLICATE.match(accession):
        return _replicate_files(accession, accession, hosts, patience)
    if DBXREF.match(accession):
        number, _, replicate = accession.partition("=")[2].partition("/")
        found = _search("Experiment", "dbxrefs", number, hosts, patience)
        return _replicate_files(accession, f"{found}/{replicate}".rstrip("/"), hosts, patience)
    if MD5.match(accession):
        sums = accession.partition("=")[2].split(",")
        names = [_search("File", "md5sum", text, hosts, patience) for text in sums]
    else:
        sums, names = [], accession.split(",")
    records = [_file_record(name, hosts, patience) for name in names]
    for record, text in zip(records, sums, strict=False):
        if record["md5sum"] != text:
            raise InputError(
                f"ENCODE gives {record['accession']} another MD5 than it was asked for.",
                where=_address("files", record["accession"], hosts),
                expected=text,
                found=record["md5sum"],
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
    graph = read_record(address, patience).get("@graph") or []  # nothing found is a 404
    # The same file may have been submitted twice; what was withdrawn does not count.
    released = [one for one in graph if one.get("status", RELEASED) == RELEASED]
    if len(released) != 1:
        raise InputError(
            f"{len(released)} released {kind.lower()}s of ENCODE have {key} {value}.",
            where=address,
            expected="one",
            found=_with_status(graph) or "none",
            fix="Give its accession (ENCSR.../REPLICATE or ENCFF...), or put the files in place.",
        )
    return released[0]["accession"]


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


def _file_record(name: str, hosts: Hosts, patience: Patience | None) -> dict[str, Any]:
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
    return record


def _require_pair(records: Sequence[Mapping[str, Any]], hosts: Hosts) -> None:
    """Files given by name: both mates of one pair in their order, or one file of single reads."""
    names = [record["accession"] for record in records]
    for mate, record in enumerate(records, 1):
        address = _address("files", names[mate - 1], hosts)
        stated = str(record.get("paired_end") or (mate if len(records) == 2 else ""))
        if len(records) == 1 and stated:
            raise InputError(
                f"{names[0]} holds mate {stated} of a pair.",
                where=address,
                expected="both mates, or a file of single-end reads",
                found=f"paired_with {record.get('paired_with')}",
                fix="Give both files, joined by a comma, and fq2 in the unit sheet.",
            )
        if len(records) == 2 and str(record.get("run_type")).startswith("single"):
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
        partner = _name(record.get("paired_with"))
        if partner and partner not in names:
            raise _foreign_mate(record, partner, hosts)


def _foreign_mate(record: Mapping[str, Any], partner: str, hosts: Hosts) -> InputError:
    return InputError(
        f"The mate of {record['accession']} is {partner}, which is not among the files.",
        where=_address("files", record["accession"], hosts),
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
        for one in experiment.get("files") or []
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
    _require_embedded(chosen, name, where)
    title = " ".join(filter(None, (experiment.get("assay_title"), _sample_of(experiment))))
    return [
        _remote(accession, record, mate, hosts, name, title)
        for pair in _pairs(chosen, hosts)
        for mate, record in enumerate(pair, 1)
    ]


def _sample_of(experiment: Mapping[str, Any]) -> str:
    return experiment.get("biosample_summary") or ""


def _replicates(record: Mapping[str, Any]) -> list[str]:
    return [str(number) for number in record.get("biological_replicates") or ()]


def _require_embedded(records: Sequence[Mapping[str, Any]], name: str, where: str) -> None:
    """Files of this experiment, each of one replicate and with all that a download needs."""
    for record in records:
        home = _name(record.get("dataset"))
        lacking = [key for key in ("accession", "href", "md5sum") if not record.get(key)]
        if (home and home != name) or lacking or len(_replicates(record)) > 1:
            raise InputError(
                f"The record of {name} at ENCODE lists a file that cannot be told apart: "
                f"{record.get('accession')}.",
                where=where,
                expected=f"files of {name}, of one replicate, with href and md5sum",
                found=f"dataset {home}" if home not in ("", name) else
                f"without {', '.join(lacking)}" if lacking else
                f"of the replicates {', '.join(_replicates(record))}",
                fix="Give the files by their own accessions (ENCFF...,ENCFF...).",
            )  # fmt: skip


def _pairs(
    records: Sequence[Mapping[str, Any]], hosts: Hosts
) -> list[tuple[Mapping[str, Any], ...]]:
    """(mate 1, mate 2) by `paired_with`, or (file,) of single-end reads; in a lasting order."""
    by_name = {record["accession"]: record for record in records}

    def order(record: Mapping[str, Any]) -> tuple[str, str]:
        return ",".join(map(str, record.get("technical_replicates") or ())), record["accession"]

    paired = [record for record in records if record.get("paired_end")]
    if paired and len(paired) < len(records):
        single = next(record for record in records if not record.get("paired_end"))
        raise InputError(
            f"The replicate has single-end and paired-end files, such as {single['accession']} "
            f"and {paired[0]['accession']}.",
            where=hosts.encode,
            expected="one kind of reads",
            fix="List the files as units of samples of their own (ENCFF..., ENCFF...,ENCFF...).",
        )
    for record in paired:
        partner = by_name.get(_name(record.get("paired_with")))
        if partner is None:
            raise _foreign_mate(record, _name(record.get("paired_with")) or "not named", hosts)
        mates = {str(record["paired_end"]), str(partner["paired_end"])}
        if mates != {"1", "2"} or _name(partner.get("paired_with")) != record["accession"]:
            raise InputError(
                f"{record['accession']} and {partner['accession']} are not the two mates of a "
                "pair.",
                where=_address("files", record["accession"], hosts),
                expected="mates 1 and 2, each paired_with the other",
                found=f"mates {record['paired_end']} and {partner['paired_end']}, "
                f"paired_with {record.get('paired_with')} and {partner.get('paired_with')}",
                fix="Give the files by their own accessions (ENCFF...,ENCFF...).",
            )
    if not paired:
        return [(record,) for record in sorted(records, key=order)]
    first = [record for record in paired if str(record["paired_end"]) == "1"]
    return [(one, by_name[_name(one["paired_with"])]) for one in sorted(first, key=order)]


def _name(path: str | None) -> str:
    """ENCFF... of /files/ENCFF.../ (or of the name alone)."""
    return str(path or "").strip("/").rpartition("/")[2]


def _remote(
    accession: str,
    record: Mapping[str, Any],
    mate: int,
    hosts: Hosts,
    experiment: str = "",
    title: str = "",
) -> RemoteFile:
    return RemoteFile(
        accession=accession,
        sample=experiment or _name(record.get("dataset")),
        title=title,
        replicate=",".join(_replicates(record)),
        run=record["accession"],
        mate=mate,
        url=hosts.encode + record["href"],
        md5=record.get("md5sum", ""),
        bytes=record.get("file_size"),
    )
