"""The servers that accessions are looked up at and files come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hosts:
    """Addresses with scheme and without a path; the names are those of the configuration."""

    ena: str = "https://www.ebi.ac.uk"
    ena_files: str = "https://ftp.sra.ebi.ac.uk"
    encode: str = "https://www.encodeproject.org"
    ncbi: str = "https://eutils.ncbi.nlm.nih.gov"
    geo: str = "https://ftp.ncbi.nlm.nih.gov"
