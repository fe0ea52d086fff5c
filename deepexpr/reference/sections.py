"""Settings of genes and promoters; rules hand their values over."""

from typing import Annotated, Literal

from deepexpr.downloads.addresses import Address
from deepexpr.settings import Field, Section

PROTEIN_CODING = "protein_coding"
Md5 = Annotated[str, Field(pattern="^[0-9A-Fa-f]{32}$")]


class AssemblySection(Section):
    """A genome assembly: genome and annotation, or finished promoters in their place."""

    promoters: str | None = None
    """Finished promoters in place of genome and annotation: one-hot array (.npy of genes, 2001, 4),
    rows as in the first table under expression."""
    places: str | None = None
    """Where the genes of finished promoters lie: TSV of gene, chromosome, tss (0-based) and strand.
    Folds by chromosome need it."""
    genome: str | None = None
    """Genome FASTA: plain, gzip or bgzip."""
    genome_url: Address | None = None
    """Where to download the genome if the file is absent."""
    genome_md5: Md5 | None = None
    """MD5 of the download; not checked if null."""
    annotation: str | None = None
    """Annotation: GTF, GFF3 or UCSC refGene table, plain or gzip."""
    annotation_url: Address | None = None
    """Where to download the annotation if the file is absent."""
    annotation_md5: Md5 | None = None
    """MD5 of the download; not checked if null."""
    transcripts: str | None = None
    """Transcript FASTA; cut from genome and annotation if null."""
    chromosomes: tuple[str, ...] | None = None
    """Chromosomes whose genes are used; all of the genome if null."""
    aliases: str | None = None
    """Other names of the genome's chromosomes, by which annotation, pairs, BAM and loops are read:
    a table of UCSC (chromAlias.txt), or auto for chr1 and 1, chrM and MT."""
    blacklist: str | None = None
    """BED of regions where reads pile up for no biological reason, such as ENCODE's: HiChIP pairs
    with an end in one are left out before contacts are counted."""


class PromoterSection(Section):
    """Which genes have a promoter, and where it lies."""

    tss_rule: Literal["most_upstream", "longest", "canonical"] = "most_upstream"
    """Which transcript gives a gene its TSS."""
    biotypes: tuple[str, ...] = Field((PROTEIN_CODING,), min_length=1)
    """Gene biotypes that are kept; any keeps all."""
    upstream: int = Field(1000, ge=0)
    """Letters before the TSS base (bp)."""
    downstream: int = Field(1000, ge=1)
    """Letters from the TSS base on (bp)."""


class ReferenceSection(PromoterSection):
    """Genes and promoters of a run: the networks read 2000 letters with the TSS at 1000."""

    upstream: Literal[1000] = 1000
    """Letters before the TSS base (bp); the networks read 2000 letters with the TSS at 1000."""
    downstream: Literal[1000] = 1000
    """Letters from the TSS base on (bp)."""
