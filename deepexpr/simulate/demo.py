"""The whole demo: genome, genes, motifs, loops, expression, reads and truth."""

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr import __version__
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif
from deepexpr.files import atomic_directory, write_table, writing
from deepexpr.reference.fasta import write_fasta
from deepexpr.simulate.fastq import sequence_reads, write_fastq
from deepexpr.simulate.folders import demo_files, refuse_foreign_folder
from deepexpr.simulate.genes import Gene, draw_genes, write_gtf
from deepexpr.simulate.genome import Genome, Layout, draw_genome, draw_layout
from deepexpr.simulate.hichip import Library
from deepexpr.simulate.planting import load_motifs, plant_enhancers, plant_promoters
from deepexpr.simulate.regulation import Regulation, draw_activity, draw_regulation, site_activity
from deepexpr.simulate.rna import Transcriptome, draw_rna_reads
from deepexpr.simulate.settings import (
    CELL_LINES,
    ENHANCER_MOTIFS,
    LOOPS_PER_GENE,
    SITES_PER_MOTIF,
    Settings,
)

logger = logging.getLogger(__name__)

#: Streams of random numbers: each part draws from its own, so that one can change alone.
_STREAMS = ("layout", "letters", "genes", "promoters", "enhancers", "activity", "regulation")
#: log10 expression of lncRNA genes: low, and of no interest to the model.
_NONCODING = (-0.6, 0.4)


@dataclass(frozen=True)
class World:
    """Everything but the reads.

    enhancers : see `plant_enhancers`, plus `active_in` (comma-joined cell lines or "none").
    abundance : (genes, cell lines) relative numbers of molecules, columns sum to 1.
    """

    settings: Settings
    genome: Genome
    layout: Layout
    genes: list[Gene]
    promoter_motifs: list[Motif]
    enhancer_motifs: list[Motif]
    promoter_sites: pd.DataFrame
    enhancer_sites: pd.DataFrame
    enhancers: pd.DataFrame
    active: np.ndarray
    regulation: Regulation
    abundance: np.ndarray
    transcriptome: Transcriptome

    @property
    def coding(self) -> list[Gene]:
        """The protein-coding genes: the first ones."""
        return [gene for gene in self.genes if gene.biotype == "protein_coding"]


def build_world(seed: int, scale: float = 1.0, active_sites: bool = False) -> World:
    """Draw the genome, genes, motifs, loops and expression.

    active_sites : loops count by the sites of their enhancers (deepexpr.simulate.tables).
    """
    settings = Settings().scaled(scale)
    if active_sites:
        settings = replace(settings, loops_per_gene=LOOPS_PER_GENE)
    rng = {name: np.random.default_rng([seed, i]) for i, name in enumerate(_STREAMS)}
    layout = draw_layout(settings, rng["layout"])
    genome = draw_genome(settings, layout, rng["letters"])
    genes = draw_genes(settings, genome, layout, rng["genes"])
    coding = [gene for gene in genes if gene.biotype == "protein_coding"]
    promoter_motifs, enhancer_motifs = load_motifs()
    sites = plant_promoters(genome, coding, promoter_motifs, settings, rng["promoters"])
    enhancers, modules = plant_enhancers(
        genome, layout, enhancer_motifs, settings, rng["enhancers"],
        SITES_PER_MOTIF if active_sites else None,
    )  # fmt: skip
    active = draw_activity(enhancers, rng["activity"])
    names = np.array(CELL_LINES)
    enhancers["active_in"] = [",".join(names[row]) or "none" for row in active]
    regulation = draw_regulation(
        settings, genome, coding, sites, enhancers, active, promoter_motifs, rng["regulation"],
        site_activity(enhancers, modules) if active_sites else None,
    )  # fmt: skip
    transcriptome = Transcriptome.of(genome, genes)
    abundance = draw_abundance(settings, genes, regulation, transcriptome, rng["regulation"])
    logger.info(
        "genome of %d bp, %d genes (%d protein-coding), %d enhancers, %d promoter sites",
        len(genome.letters), len(genes), len(coding), len(enhancers), len(sites),
    )  # fmt: skip
    return World(
        settings, genome, layout, genes, promoter_motifs, enhancer_motifs, sites, modules,
        enhancers, active, regulation, abundance, transcriptome,
    )  # fmt: skip


def simulate(seed: int, output: str | Path, scale: float = 1.0, threads: int = 1) -> None:
    """Write genome.fa, annotation.gtf, reads/ and truth/ under `output`, all or nothing.

    threads : samples that are made side by side.

    The same seed and scale give the same bytes. An existing `output` is replaced; raises
    InputError where it holds anything but an earlier demo.
    """
    refuse_foreign_folder(Path(output), demo_files())
    world = build_world(seed, scale)
    with atomic_directory(output) as folder:
        write_fasta(world.genome.records(), folder / "genome.fa")
        write_gtf(world.genes, world.genome, folder / "annotation.gtf")
        write_truth(world, folder / "truth", seed, scale)
        (folder / "reads").mkdir()
        with ThreadPoolExecutor(threads) as pool:
            for sample in [pool.submit(write) for write in _samples(world, folder / "reads", seed)]:
                sample.result()


def _samples(world: World, folder: Path, seed: int) -> Iterator[Callable[[], None]]:
    """What writes each sample: from random numbers of its own, so in any order."""
    for line, cell_line in enumerate(CELL_LINES):
        library = make_library(world, line)
        for replicate in range(world.settings.replicates):
            stream = 100 + 10 * line + replicate
            rna, hichip = (np.random.default_rng([seed, s]) for s in (stream, 100 + stream))
            name = f"{cell_line}_{{}}_{replicate + 1}"
            abundance = world.abundance[:, line]
            yield partial(
                _write_sample, world, folder, name.format("rna"), rna, abundance=abundance
            )
            yield partial(
                _write_sample, world, folder, name.format("hichip"), hichip, library=library
            )


def make_library(world: World, line: int) -> Library:
    """The HiChIP library of cell line number `line`."""
    settings = world.settings
    size = settings.bin_size
    bins = np.ones(settings.chromosomes * settings.bins_per_chromosome)
    bins[np.array([gene.tss for gene in world.coding]) // size] = settings.enrichment
    index = world.enhancers["chromosome"].map(list(world.genome.names).index).to_numpy()
    places = world.genome.offsets[index] + world.enhancers["bin_start"].to_numpy()
    bins[places[world.active[:, line]] // size] = settings.enrichment
    rows = bins.reshape(settings.chromosomes, -1)
    rows[:, : settings.telomere_bins] = rows[:, -settings.telomere_bins :] = 0
    loops = world.regulation.loops
    chosen = loops[loops["cell_line"] == CELL_LINES[line]]
    return Library(world.genome, settings, world.coding, chosen, bins.ravel())


def write_truth(world: World, folder: Path, seed: int, scale: float) -> None:
    """Write what the pipeline should find again."""
    write_table(expression_table(world), folder / "expression.tsv")
    write_table(world.regulation.loops, folder / "loops.tsv")
    write_table(world.regulation.weights, folder / "tf_weights.tsv")
    write_table(world.promoter_sites, folder / "promoter_motifs.tsv")
    write_table(world.enhancer_sites, folder / "enhancer_motifs.tsv")
    # BED has no header: chromosome, bin start, bin end, name, module start, module end, active in.
    bed = world.enhancers
    bed = bed.assign(bin_end=bed["bin_start"] + world.settings.bin_size)
    columns = ["chromosome", "bin_start", "bin_end", "enhancer", "start", "end", "active_in"]
    with writing(folder / "enhancers.bed") as handle:
        bed[columns].to_csv(handle, sep="\t", index=False, header=False)
    motifs = [*world.promoter_motifs, *world.enhancer_motifs]
    write_meme(motifs, folder / "motifs.meme")
    table = [
        (m.name, m.alt_name, "enhancer" if m.name in ENHANCER_MOTIFS else "promoter", m.width)
        for m in motifs
    ]
    write_table(
        pd.DataFrame(table, columns=["motif", "tf", "where", "width"]), folder / "motifs.tsv"
    )
    about = {"deepexpr": __version__, "seed": seed, "scale": scale}
    with writing(folder / "settings.json") as handle:
        json.dump({**about, "settings": world.settings.to_dict()}, handle, indent=1)
        handle.write("\n")


def expression_table(world: World) -> pd.DataFrame:
    """One row per gene (all biotypes) and cell line; effects are NA but for protein-coding."""
    tables = []
    for line, cell_line in enumerate(CELL_LINES):
        abundance = world.abundance[:, line]
        per_transcript = world.transcriptome.read_weights(abundance, world.settings)
        share = np.bincount(world.transcriptome.gene, weights=per_transcript)
        tables.append(
            pd.DataFrame(
                {
                    "gene": [gene.name for gene in world.genes],
                    "cell_line": cell_line,
                    "biotype": [gene.biotype for gene in world.genes],
                    "relative_abundance": abundance,
                    "expected_counts": share * world.settings.rna_pairs,
                }
            )
        )
    table = pd.concat(tables, ignore_index=True)
    return table.merge(world.regulation.expression, on=["gene", "cell_line"], how="left")


def draw_abundance(
    settings: Settings,
    genes: list[Gene],
    regulation: Regulation,
    transcriptome: Transcriptome,
    rng: np.random.Generator,
) -> np.ndarray:
    """(genes, cell lines) relative numbers of molecules, columns sum to 1."""
    names = [gene.name for gene in genes]
    wide = regulation.expression.pivot(index="gene", columns="cell_line", values="log10_expression")
    level = wide.reindex(index=names, columns=CELL_LINES).to_numpy(copy=True)
    biotype = np.array([gene.biotype for gene in genes])
    quiet = biotype == "lncRNA"
    level[quiet] = rng.normal(*_NONCODING, (quiet.sum(), len(CELL_LINES)))
    amount = 10**level
    organelle = biotype == "Mt_rRNA"
    part = settings.mitochondrial_rna_share / (1 - settings.mitochondrial_rna_share)
    amount[organelle] = np.nansum(amount, axis=0) * part / organelle.sum()
    return amount / amount.sum(axis=0)


def _write_sample(
    world: World,
    folder: Path,
    sample: str,
    rng: np.random.Generator,
    abundance: np.ndarray | None = None,
    library: Library | None = None,
) -> None:
    """Draw and write one sample: RNA where `abundance` is given, HiChIP where `library` is."""
    if library is not None:
        mates = library.reads(library.draw(rng))
    else:
        mates = draw_rna_reads(world.transcriptome, abundance, world.settings, rng)  # type: ignore[arg-type]  # arrays are there in this mode
    for mate, letters in enumerate(mates, start=1):
        reads, qualities = sequence_reads(letters, world.settings.error_rate, rng)
        write_fastq(folder / f"{sample}_R{mate}.fastq.gz", sample, mate, reads, qualities)
    logger.info("%s: %d read pairs", sample, len(mates[0]))
