"""Gene models: exons, introns, alternative transcripts, and the GTF that tells of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepexpr.files import writing
from deepexpr.simulate.genome import Genome, Layout
from deepexpr.simulate.settings import Settings

#: Base name, local start and length of the genes on chrM (both rRNA, as a biotype filter test).
_MITOCHONDRIAL = (("MT-RNR1", 650, 950), ("MT-RNR2", 1_700, 1_560))
_MINIMAL_EXON = 110
_MINIMAL_TRANSCRIPT = 500


@dataclass(frozen=True)
class Transcript:
    """exons: (n, 2) int64, global half-open, ascending. share: of the gene's molecules."""

    name: str
    exons: np.ndarray
    share: float

    @property
    def length(self) -> int:
        """Spliced length, bp."""
        return int((self.exons[:, 1] - self.exons[:, 0]).sum())


@dataclass(frozen=True)
class Gene:
    """tss: global 0-based position of the first transcribed base of the most upstream start."""

    name: str
    identifier: str
    chromosome: int
    strand: str
    tss: int
    biotype: str
    transcripts: tuple[Transcript, ...]


def draw_genes(
    settings: Settings, genome: Genome, layout: Layout, rng: np.random.Generator
) -> list[Gene]:
    """Protein-coding genes first, then lncRNA, then chrM's; each group by position."""
    genes: list[Gene] = []
    for chromosome, bins in enumerate(layout.genes):
        for number in bins:
            # The whole promoter (TSS +-1,000) stays in the gene's bin.
            tss = _position(settings, genome, chromosome, number, int(rng.integers(1_200, 3_800)))
            genes.append(_coding_gene(settings, len(genes), chromosome, tss, rng))
    for chromosome, bins in enumerate(layout.noncoding):
        for number in bins:
            tss = _position(settings, genome, chromosome, number, settings.bin_size // 2)
            genes.append(_noncoding_gene(len(genes), chromosome, tss, rng))
    last = len(genome.names) - 1
    for name, start, length in _MITOCHONDRIAL:
        first = int(genome.offsets[last]) + start
        exons = np.array([[first, first + length]])
        genes.append(_gene(len(genes), last, "+", first, "Mt_rRNA", [(exons, 1.0)], name))
    return genes


def spliced(genome: Genome, gene: Gene, transcript: Transcript) -> np.ndarray:
    """Letters of the transcript, 5' to 3', uint8 ASCII."""
    parts = [genome.oriented(start, end, gene.strand) for start, end in transcript.exons]
    return np.concatenate(parts if gene.strand == "+" else parts[::-1])


def write_gtf(genes: list[Gene], genome: Genome, path: Path) -> None:
    """Write gene, transcript and exon lines (GTF: 1-based, closed)."""
    ordered = sorted(genes, key=lambda gene: min(t.exons[0, 0] for t in gene.transcripts))
    with writing(path) as handle:
        handle.write("#!genome-build demo\n")
        for gene in ordered:
            handle.writelines(_gtf_lines(gene, genome))


def _gtf_lines(gene: Gene, genome: Genome) -> list[str]:
    offset = int(genome.offsets[gene.chromosome])
    chromosome = genome.names[gene.chromosome]

    def line(feature: str, start: int, end: int, attributes: str) -> str:
        place = f"{start - offset + 1}\t{end - offset}\t.\t{gene.strand}\t."
        return f"{chromosome}\tdeepexpr\t{feature}\t{place}\t{attributes}\n"

    about = f'gene_id "{gene.identifier}"; gene_name "{gene.name}"; gene_biotype "{gene.biotype}";'
    first = min(int(t.exons[0, 0]) for t in gene.transcripts)
    last = max(int(t.exons[-1, 1]) for t in gene.transcripts)
    lines = [line("gene", first, last, about)]
    for transcript in gene.transcripts:
        more = f'{about} transcript_id "{transcript.name}"; transcript_biotype "{gene.biotype}";'
        exons = transcript.exons
        lines.append(line("transcript", int(exons[0, 0]), int(exons[-1, 1]), more))
        ordered = exons if gene.strand == "+" else exons[::-1]
        for number, (start, end) in enumerate(ordered, start=1):
            lines.append(line("exon", int(start), int(end), f'{more} exon_number "{number}";'))
    return lines


def _position(settings: Settings, genome: Genome, chromosome: int, number: int, within: int) -> int:
    return int(genome.offsets[chromosome]) + int(number) * settings.bin_size + within


def _coding_gene(
    settings: Settings, index: int, chromosome: int, tss: int, rng: np.random.Generator
) -> Gene:
    strand = "+" if rng.random() < 0.5 else "-"
    length = int(rng.integers(*settings.transcript_length, endpoint=True))
    exons = _draw_exons(length, int(rng.integers(2, 6)), settings.gene_span, rng)
    models = [(exons, 1.0)]
    kind = rng.random()
    if kind < settings.alternative_start_share:
        second = exons[1:].copy()
        second[0, 0] -= 60  # an own first exon, inside intron 1
    elif kind < settings.alternative_start_share + settings.skipped_exon_share and len(exons) > 2:
        second = np.delete(exons, 1, axis=0)
    else:
        second = None
    if second is not None and np.diff(second).sum() >= _MINIMAL_TRANSCRIPT:
        models = [(exons, 0.7), (second, 0.3)]
        if rng.random() < 0.5:  # the order in the file must not tell which start is upstream
            models.reverse()
    placed = [(_to_genome(model, tss, strand), share) for model, share in models]
    return _gene(index, chromosome, strand, tss, "protein_coding", placed)


def _noncoding_gene(index: int, chromosome: int, tss: int, rng: np.random.Generator) -> Gene:
    strand = "+" if rng.random() < 0.5 else "-"
    exons = _draw_exons(int(rng.integers(600, 1_300)), 2, 2_000, rng)
    return _gene(index, chromosome, strand, tss, "lncRNA", [(_to_genome(exons, tss, strand), 1.0)])


def _gene(
    index: int,
    chromosome: int,
    strand: str,
    tss: int,
    biotype: str,
    models: list[tuple[np.ndarray, float]],
    name: str | None = None,
) -> Gene:
    transcripts = tuple(
        Transcript(f"DEMOT{index + 1:05d}.{number}", exons, share)
        for number, (exons, share) in enumerate(models, start=1)
    )
    prefix = "LNC" if biotype == "lncRNA" else "DEMO"
    shown = name or f"{prefix}{index + 1}"
    return Gene(shown, f"DEMOG{index + 1:05d}", chromosome, strand, tss, biotype, transcripts)


def _draw_exons(length: int, number: int, span: int, rng: np.random.Generator) -> np.ndarray:
    """(number, 2) int64: offsets from the TSS in transcription order, spliced sum `length`."""
    spare = length - number * _MINIMAL_EXON
    sizes = _MINIMAL_EXON + rng.multinomial(spare, rng.dirichlet(np.full(number, 2.0)))
    introns = rng.integers(200, 900, number - 1)
    room = span - length
    if introns.sum() > room:
        introns = np.maximum(introns * room // introns.sum(), 100)
    starts = np.concatenate([[0], np.cumsum(sizes[:-1] + introns)])
    return np.stack([starts, starts + sizes], axis=1).astype(np.int64)


def _to_genome(exons: np.ndarray, tss: int, strand: str) -> np.ndarray:
    """Offsets from the TSS to global half-open intervals, ascending."""
    if strand == "+":
        return tss + exons
    return (tss + 1 - exons)[::-1, ::-1].copy()
