"""VCF as text: records as they come, and the same lines again with INFO fields of ours.

Columns of samples and INFO of others pass as they are, letter by letter; what is written is read
again by htslib in the tests. Places in VCF are 1-based, those of a `Record` 0-based.
"""

import contextlib
import gzip
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from deepexpr.compression import is_gzip
from deepexpr.errors import InputError, UsageError
from deepexpr.files import reading, require_file

_BCF = b"BCF"
_LETTERS = re.compile(r"[ACGTNacgtn]+")
#: What VCF 4.3 (section 1.2) writes by its hexadecimal code in values of INFO, and the sign
#: that joins several motifs of one allele here.
_RESERVED = {ord(sign): f"%{ord(sign):02X}" for sign in "%;=,\r\n\t |"}
_FIELD = re.compile(r"##INFO=<ID=([^,>]+)")


class Field(NamedTuple):
    """An INFO field of one value per alternate allele."""

    name: str
    kind: str
    text: str


class Record(NamedTuple):
    """One line: its number, its columns, and what is read of them."""

    line: int
    columns: list[str]
    chromosome: str
    start: int
    reference: str
    alternates: list[str]


@dataclass(frozen=True)
class Vcf:
    """An open VCF: the lines of its header, and the records, which are read once."""

    header: list[str]
    records: Iterator[Record]


@contextlib.contextmanager
def open_vcf(path: str | Path) -> Iterator[Vcf]:
    """Open a VCF, plain, gzip or bgzip; an index beside it is not needed.

    Raises InputError, with the line, where it is no VCF.
    """
    if str(path) == "-":
        raise UsageError(
            "A VCF is read twice, which standard input cannot be.",
            where="--vcf -",
            fix="Give the name of a file.",
        )
    _refuse_bcf(path)
    with reading(path, "VCF") as handle:
        lines = enumerate(handle, 1)
        header = _header(lines, path)
        yield Vcf(header, (_record(number, line, path) for number, line in lines if line.strip()))


def with_fields(
    header: Sequence[str], fields: Sequence[Field], source: str, names: Collection[str]
) -> list[str]:
    """The header with our fields declared, in place of lines of these `names`; no newlines.

    source : what made them, as a line ##deepexpr_variants=.
    """
    kept = [
        line
        for line in header[:-1]
        if not ((found := _FIELD.match(line)) and found[1] in names)
        and not line.startswith("##deepexpr_variants=")
    ]
    own = [
        f'##INFO=<ID={field.name},Number=A,Type={field.kind},Description="{field.text}">'
        for field in fields
    ]
    return [*kept, f"##deepexpr_variants={source}", *own, header[-1]]


def with_values(record: Record, values: dict[str, list[str]], names: Collection[str]) -> str:
    """The record's line with these values, one per alternate allele, in place of fields of these
    `names`; as it was where none."""
    info = record.columns[7]
    kept = [] if info in (".", "") else info.split(";")
    kept = [entry for entry in kept if entry.partition("=")[0] not in names]
    added = [f"{name}={','.join(each)}" for name, each in values.items()]
    columns = [*record.columns[:7], ";".join([*kept, *added]) or ".", *record.columns[8:]]
    return "\t".join(columns)


def escaped(text: str) -> str:
    """A name as it may stand in INFO."""
    return text.translate(_RESERVED)


def kind_of(alternate: str) -> str:
    """Why an alternate allele is not scored, or "" where it is letters."""
    if alternate == ".":
        return "no alternate allele"
    if alternate == "*":
        return "deleted by another variant (*)"
    if alternate.startswith("<"):
        return "symbolic"
    if "[" in alternate or "]" in alternate or alternate[0] == "." or alternate[-1] == ".":
        return "breakend"
    if not _LETTERS.fullmatch(alternate) or "N" in alternate.upper():
        return "letters other than A, C, G, T"
    return ""


def _refuse_bcf(path: str | Path) -> None:
    require_file(path, "VCF")
    begin = b""
    # A damaged file is told by what reads it whole.
    with (
        contextlib.suppress(OSError, EOFError),
        (gzip.open if is_gzip(path) else open)(path, "rb") as handle,
    ):
        begin = handle.read(len(_BCF))
    if begin == _BCF:
        raise InputError(
            "The file is BCF, not VCF.",
            where=str(path),
            fix="Turn it into text: bcftools view -Oz -o variants.vcf.gz variants.bcf",
        )


def _header(lines: Iterator[tuple[int, str]], path: str | Path) -> list[str]:
    header: list[str] = []
    for number, line in lines:
        text = line.rstrip("\r\n")
        header.append(text)
        if number == 1 and not text.startswith("##fileformat=VCF"):
            raise _no_vcf(path, number, text)
        if text.startswith("#CHROM"):
            if text.split("\t")[:5] != ["#CHROM", "POS", "ID", "REF", "ALT"]:
                raise _no_vcf(path, number, text)
            return header
        if not text.startswith("##"):
            break
    raise _no_vcf(path, len(header), header[-1] if header else "")


def _no_vcf(path: str | Path, line: int, text: str) -> InputError:
    return InputError(
        "The file is no VCF.",
        where=f"{path}, line {line}",
        expected="##fileformat=VCF... first, then ## lines and the line #CHROM, POS, ID, REF, ALT, "
        "QUAL, FILTER, INFO (separated by tabs)",
        found=repr(text[:60]),
    )


def _record(number: int, line: str, path: str | Path) -> Record:
    columns = line.rstrip("\r\n").split("\t")
    problem = ""
    if len(columns) < 8:
        problem = f"The line has {len(columns)} columns."
    elif not columns[1].isdecimal():
        problem = f"The position {columns[1]!r} is no whole number."
    elif not _LETTERS.fullmatch(columns[3]):
        problem = f"The reference allele {columns[3][:30]!r} is not of A, C, G, T and N."
    elif "" in columns[4].split(","):
        problem = f"An alternate allele of {columns[4][:30]!r} is empty; . stands for none."
    if problem:
        raise InputError(
            problem,
            where=f"{path}, line {number}",
            expected="CHROM, POS (from 1), ID, REF, ALT, QUAL, FILTER, INFO, separated by tabs",
            found=repr(line.rstrip("\r\n")[:80]),
        )
    chromosome, position, _, reference, alternates = columns[:5]
    return Record(number, columns, chromosome, int(position) - 1, reference, alternates.split(","))
