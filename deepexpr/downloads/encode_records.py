"""What ENCODE's record of a file says, as far as a download needs it."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepexpr.errors import InputError

RELEASED = "released"


class AboutReads(BaseModel):
    """What the record of an experiment, or of a file, says of its library: no download needs it,
    so whatever stands there is taken as words."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    assay_title: Any = None
    assay_term_name: Any = None
    biosample_summary: Any = None
    simple_biosample_summary: Any = None
    biosample_ontology: Any = None

    @property
    def title(self) -> str:
        """Assay and biosample, "" where neither is named."""
        ontology = self.biosample_ontology
        named = ontology.get("term_name") if isinstance(ontology, dict) else None
        biosample = self.biosample_summary or " ".join(
            str(text) for text in (named, self.simple_biosample_summary) if text
        )
        return " ".join(f"{self.assay_title or self.strategy} {biosample}".split())

    @property
    def strategy(self) -> str:
        """How the library was made, such as RNA-seq; "" where that is not said."""
        return " ".join(str(self.assay_term_name or self.assay_title or "").split())


class FileRecord(AboutReads):
    """A released file of reads; keys as of ENCODE's schema of files, others are not looked at."""

    accession: str = Field(min_length=1)
    href: str = Field(pattern=r"^/\S")
    md5sum: str = Field(pattern="^[0-9a-f]{32}$")
    file_size: int | None = Field(None, gt=0)
    run_type: str | None = None
    paired_end: str | None = Field(None, pattern="^[12]?$")
    paired_with: str | None = None
    dataset: str | None = None
    biological_replicates: tuple[str, ...] | None = None
    technical_replicates: tuple[str, ...] | None = None

    @property
    def partner(self) -> str:
        """The accession of the other mate, "" where none is named."""
        return last_name(self.paired_with)

    @property
    def experiment(self) -> str:
        """The accession of the experiment, "" where none is named."""
        return last_name(self.dataset)

    @property
    def replicates(self) -> tuple[str, ...]:
        """Numbers of the biological replicates."""
        return self.biological_replicates or ()

    @property
    def order(self) -> tuple[str, str]:
        """By what files of one replicate are sorted, so that they are always joined alike."""
        return ",".join(self.technical_replicates or ()), self.accession


def last_name(path: str | None) -> str:
    """ENCFF... of /files/ENCFF.../ (or of the name alone)."""
    return (path or "").strip("/").rpartition("/")[2]


def file_of(record: Mapping[str, Any], where: str) -> FileRecord:
    """The record of one file; InputError where it lacks what a download needs, or contradicts
    itself on whether its reads are paired."""
    try:
        file = FileRecord.model_validate(record)
    except ValidationError as error:
        keys = [".".join(map(str, one["loc"])) for one in error.errors()]
        raise _unusable(
            record.get("accession"), where, "href, md5sum, and the other keys as of their schema",
            "; ".join(f"{key} {record.get(key.partition('.')[0])!r}" for key in keys),
        ) from error  # fmt: skip
    run_type = file.run_type or ""
    if run_type.startswith("paired") and not file.paired_end:
        raise _unusable(
            file.accession, where, "paired_end 1 or 2 of paired-end reads",
            f"run_type {run_type} without paired_end",
        )  # fmt: skip
    if run_type.startswith("single") and file.paired_end:
        raise _unusable(
            file.accession, where, "single-end reads without a mate",
            f"run_type {run_type} with paired_end {file.paired_end}",
        )  # fmt: skip
    return file


def _unusable(name: Any, where: str, expected: str, found: str) -> InputError:
    return InputError(
        f"ENCODE's record of the file {name} does not say how to take it.",
        where=where,
        expected=expected,
        found=found,
        fix="Look at the file's page; give other files by their accessions (ENCFF...), or put the "
        "reads in place.",
    )
