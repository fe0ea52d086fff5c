"""Every number of the simulation, with its reason."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from deepexpr.simulate.sections import SimulateSection

#: JASPAR 2018 matrices planted in promoters: base weight (relative; scaled later) per site.
#: Distinct, information-rich (11-23 bits) and known to bind promoters; REST represses.
PROMOTER_MOTIFS = {
    "MA0506.1": 1.0,  # NRF1
    "MA0062.2": 0.9,  # GABPA
    "MA0060.3": 0.9,  # NFYA
    "MA0138.2": -1.0,  # REST
}
#: JASPAR 2018 matrices planted as modules in enhancers; none resembles a promoter motif.
ENHANCER_MOTIFS = ("MA0035.3", "MA0046.2", "MA0466.2")  # GATA1, HNF1A, CEBPB
#: Where enhancers act by their sites (simulate.active_sites): the one factor whose sites count in a
#: cell line. Sites of the others are there all the same.
ACTIVE_IN = {"Alpha": "MA0035.3", "Beta": "MA0046.2", "Gamma": "MA0466.2"}
#: There each factor has P(0, 1, 2, 3) sites in an enhancer, and a gene P(0..6) candidate loops: so
#: many that most genes have contacts of both sorts.
SITES_PER_MOTIF = (0.6, 0.2, 0.15, 0.05)
LOOPS_PER_GENE = (0.05, 0.1, 0.15, 0.2, 0.2, 0.15, 0.15)
#: The one factor whose sign differs, and where: cross-cell-line prediction must cost something.
FLIPPED = ("MA0060.3", "Gamma")
CELL_LINES = ("Alpha", "Beta", "Gamma")
#: Folders of two species (simulate.divergence), and the table of orthologues beside them.
SPECIES, ORTHOLOGUES = ("demo", "sister"), "orthologues.tsv"


def table_files(folder: str) -> list[str]:
    """What a run starts from where tables take the reads' place, beside the truth."""
    files = ("genome.fa", "annotation.gtf", "counts.tsv", *(f"{x}.bedpe" for x in CELL_LINES))
    return [f"{folder}/{file}" for file in files]


def species_files(folder: str) -> list[str]:
    """The same where two species are simulated."""
    return [f"{folder}/{ORTHOLOGUES}", *(p for s in SPECIES for p in table_files(f"{folder}/{s}"))]


def simulated_tables(section: Mapping[str, Any]) -> list[str]:
    """What the configuration's `simulate` makes in place of reads; empty where it makes reads."""
    if section["active_sites"]:
        return table_files(section["output"])
    return species_files(section["output"]) if section["divergence"] else []


@dataclass(frozen=True)
class Settings:
    """The simulated world at scale 1. Lengths in bp, shares as fractions of 1."""

    # Genome
    chromosomes: int = 4  # enough for chromosome-held-out splits
    bins_per_chromosome: int = 800  # of 5 kb: 4 Mb, so that loops of 1 Mb fit on both sides
    bin_size: int = 5_000  # the resolution of the loops (specification, 2.4)
    mitochondrial_length: int = 16_500
    gc: float = 0.45
    gc_sd: float = 0.03  # between bins
    telomere_bins: int = 1  # letters N at both ends of a chromosome
    margin_bins: int = 4  # no gene or enhancer nearer to a chromosome's end
    repeat_length: int = 300  # one family, like Alu
    repeat_divergence: float = 0.08  # copies differ enough to map mostly, not always, uniquely
    # Genes
    genes_per_chromosome: int = 180
    gene_spacing_bins: int = 3  # promoters never share a bin nor neighbouring bins
    noncoding_per_chromosome: int = 8  # biotype lncRNA: filtered by the biotype rule
    alternative_start_share: float = 0.12  # genes with a second, downstream TSS
    skipped_exon_share: float = 0.08
    transcript_length: tuple[int, int] = (800, 2_500)  # spliced
    gene_span: int = 5_500  # unspliced maximum: bodies never reach an enhancer's bin
    # Promoter motifs
    sites_per_motif: tuple[float, ...] = (0.5, 0.25, 0.15, 0.1)  # P(0, 1, 2, 3 sites)
    site_window: tuple[int, int] = (-400, 100)  # relative to the TSS
    far_site_share: float = 0.05  # in far_window instead
    far_window: tuple[int, int] = (-900, 500)
    sharpening: float = 4.0  # sites are drawn from p**sharpening: near the consensus
    activity_sd: float = 0.3  # of the weights between cell lines, relative
    # Enhancers and loops
    enhancers_per_chromosome: int = 110
    sites_per_module: tuple[int, int] = (3, 6)  # half-open
    module_length: int = 200
    loops_per_gene: tuple[float, ...] = (0.1, 0.2, 0.25, 0.25, 0.15, 0.05)  # P(0..5 candidates)
    loop_distance: tuple[int, int] = (20_000, 950_000)  # inside the network's window
    loop_strength: float = 20.0  # median expected PETs of both replicates together
    loop_strength_sd: float = 0.45  # natural-log sd between loops
    loop_strength_line_sd: float = 0.25  # natural-log sd between cell lines
    # Expression: variance shares of log10 expression
    expression_sd: float = 0.6
    promoter_share: float = 0.50
    loop_share: float = 0.35
    noise_share: float = 0.15
    shared_noise: float = 0.5  # part of the noise variance that all cell lines share
    replicate_sd: float = 0.06  # log10, biological
    # RNA reads
    replicates: int = 2
    rna_pairs: int = 150_000
    read_length: int = 75
    fragment_mean: float = 200.0
    fragment_sd: float = 25.0
    error_rate: float = 0.005
    mitochondrial_rna_share: float = 0.03
    # HiChIP reads
    hichip_pairs: int = 160_000
    ligated_length: float = 134.0  # short enough that about half of R1 reads over the junction
    ligated_length_sd: float = 20.0
    minimal_arm: int = 24  # a trimmed read keeps more than the mapper's 20 bp
    duplicate_share: float = 0.10
    short_share: float = 0.13  # dangling ends and self-circles, < 1 kb
    trans_share: float = 0.12
    mitochondrial_share: float = 0.02
    usable_share: float = 0.97  # of molecules that survive mapping: loop strengths allow for it
    enrichment: float = 5.0  # of active promoters' and enhancers' bins (the antibody)
    background_distance: tuple[int, int] = (1_000, 2_000_000)  # density 1/distance

    def scaled(self, scale: float) -> "Settings":
        """The same world with `scale` times the bins, genes, enhancers and reads.

        Raises InputError where simulate.sections does not allow that scale.
        """
        SimulateSection(output="", scale=scale)
        names = (
            "bins_per_chromosome", "genes_per_chromosome", "enhancers_per_chromosome",
            "noncoding_per_chromosome", "rna_pairs", "hichip_pairs",
        )  # fmt: skip
        return replace(self, **{name: max(1, round(getattr(self, name) * scale)) for name in names})

    @property
    def chromosome_length(self) -> int:
        """Length of a nuclear chromosome, bp."""
        return self.bins_per_chromosome * self.bin_size

    def to_dict(self) -> dict:
        """Plain values, for JSON."""
        return asdict(self)
