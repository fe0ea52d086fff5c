"""A second species: the demo's promoters and enhancers, diverged, in another order, with own truth.

Of the sister's genes four in five have one orthologue, one in ten has none (a promoter of its own),
and one in ten is one of two copies of a gene. Motifs, and what they do to expression, are
conserved; of their sites a share as large as the divergence is lost, and all other letters change
at that rate. Places on the genome, activity of enhancers, loops, factors' weights in a cell line
and noise are the sister's own: expression is conserved by promoters alone. There are no reads:
the pipeline starts from tables of counts and loops.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr import __version__
from deepexpr.files import atomic_directory, write_table, writing
from deepexpr.letters import ASCII, CODES, reverse_complement
from deepexpr.simulate.demo import (
    World,
    build_world,
    draw_abundance,
    write_truth,
)
from deepexpr.simulate.folders import MARK, refuse_foreign_folder, two_species_files
from deepexpr.simulate.genes import Gene, draw_genes
from deepexpr.simulate.genome import Genome, draw_genome, draw_layout
from deepexpr.simulate.planting import plant_enhancers, plant_promoters
from deepexpr.simulate.regulation import draw_activity, draw_regulation
from deepexpr.simulate.rna import Transcriptome
from deepexpr.simulate.settings import CELL_LINES, ORTHOLOGUES, SPECIES
from deepexpr.simulate.tables import write_tables

#: Share of the sister's genes without orthologue, and of those that are one of two copies.
_ALONE, _COPIES = 0.1, 0.1
_STREAMS = ("layout", "letters", "genes", "relation", "promoters", "enhancers", "activity",
            "regulation", "counts")  # fmt: skip
_UPSTREAM = 1_000


def simulate_species(
    seed: int, output: str | Path, scale: float = 1.0, divergence: float = 0.2
) -> None:
    """Write demo/, sister/ and orthologues.tsv under `output`, all or nothing.

    Either folder holds genome.fa, annotation.gtf, counts.tsv (gene, a column per cell line),
    {cell line}.bedpe (loops and their counts) and truth/. The table is as BioMart writes it.
    The same seed, scale and divergence give the same bytes.
    """
    marks = [f"{name}/{MARK}" for name in SPECIES]
    refuse_foreign_folder(Path(output), two_species_files(), marks)
    world = build_world(seed, scale)
    sister, pairs = diverged(world, divergence, seed)
    with atomic_directory(output) as folder:
        for number, (name, one) in enumerate(zip(SPECIES, (world, sister), strict=True)):
            write_tables(one, folder / name, np.random.default_rng([seed, 60 + number]))
            write_truth(one, folder / name / "truth", seed, scale)
        write_table(pairs, folder / ORTHOLOGUES)
        with writing(folder / SPECIES[1] / "truth" / "species.json") as handle:
            json.dump({"deepexpr": __version__, "divergence": divergence}, handle)
            handle.write("\n")


def diverged(world: World, divergence: float, seed: int) -> tuple[World, pd.DataFrame]:
    """The sister of `world`, and the pairs of orthologues in BioMart's columns.

    divergence : share of letters changed and of motif sites lost.
    """
    settings = world.settings
    rng = {name: np.random.default_rng([seed, 40 + i]) for i, name in enumerate(_STREAMS)}
    layout = draw_layout(settings, rng["layout"])
    genome = draw_genome(settings, layout, rng["letters"])
    genes = [_renamed(g) for g in draw_genes(settings, genome, layout, rng["genes"])]
    coding = [gene for gene in genes if gene.biotype == "protein_coding"]
    ancestor = _relation(len(coding), rng["relation"])
    sites = _promoters(world, genome, coding, ancestor, divergence, rng["promoters"])
    enhancers, modules = _enhancers(world, genome, layout, divergence, rng["enhancers"])
    active = draw_activity(enhancers, rng["activity"])
    names = np.array(CELL_LINES)
    enhancers["active_in"] = [",".join(names[row]) or "none" for row in active]
    regulation = draw_regulation(
        settings, genome, coding, sites, enhancers, active, world.promoter_motifs, rng["regulation"]
    )
    transcriptome = Transcriptome.of(genome, genes)
    abundance = draw_abundance(settings, genes, regulation, transcriptome, rng["regulation"])
    sister = World(
        settings, genome, layout, genes, world.promoter_motifs, world.enhancer_motifs, sites,
        modules, enhancers, active, regulation, abundance, transcriptome,
    )  # fmt: skip
    return sister, _pairs(world.coding, coding, ancestor)


def _renamed(gene: Gene) -> Gene:
    """The gene under a name that the demo does not have."""
    name = gene.name.replace("DEMO", "SIS")
    return replace(gene, name=name, identifier=gene.identifier.replace("DEMOG", "SISG"))


def _relation(number: int, rng: np.random.Generator) -> np.ndarray:
    """(sister's genes,) int64: the demo's gene that each descends from, -1 where there is none."""
    ancestor = rng.permutation(number)
    order = rng.permutation(number)
    alone, copies = (int(number * share) for share in (_ALONE, _COPIES))
    ancestor[order[:alone]] = -1
    twins = order[alone : alone + copies // 2 * 2]
    ancestor[twins[1::2]] = ancestor[twins[::2]]
    return ancestor


def _pairs(demo: list[Gene], sister: list[Gene], ancestor: np.ndarray) -> pd.DataFrame:
    often = np.bincount(ancestor[ancestor >= 0], minlength=len(demo))
    rows = [
        (demo[old].identifier, demo[old].name, new.identifier, new.name,
         "ortholog_one2one" if often[old] == 1 else "ortholog_one2many")
        for new, old in zip(sister, ancestor, strict=True)
        if old >= 0
    ]  # fmt: skip
    columns = ["Gene stable ID", "Gene name", "Sister gene stable ID", "Sister gene name",
               "Sister homology type"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values("Gene stable ID", ignore_index=True)


def _promoters(
    world: World,
    genome: Genome,
    coding: list[Gene],
    ancestor: np.ndarray,
    divergence: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write the promoters of the sister's genes into `genome`: their sites."""
    alone = [gene for gene, old in zip(coding, ancestor, strict=True) if old < 0]
    tables = [plant_promoters(genome, alone, world.promoter_motifs, world.settings, rng, _UPSTREAM)]
    known = dict(list(world.promoter_sites.groupby("gene")))
    none = world.promoter_sites.iloc[:0]
    for gene, old in zip(coding, ancestor, strict=True):
        if old < 0:
            continue
        before = world.coding[old]
        start = _start(before)
        letters = world.genome.oriented(start, start + 2 * _UPSTREAM, before.strand)
        sites = known.get(before.name, none)
        letters, kept = _mutated(letters, sites, 0, divergence, rng)
        start = _start(gene)
        written = letters if gene.strand == "+" else reverse_complement(letters)
        genome.letters[start : start + 2 * _UPSTREAM] = written
        tables.append(sites[kept].assign(gene=gene.name))
    return pd.concat(tables, ignore_index=True)


def _enhancers(
    world: World, genome: Genome, layout, divergence: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Write a diverged copy of each of the demo's modules at the sister's places."""
    places, _ = plant_enhancers(genome, layout, world.enhancer_motifs, world.settings, rng)
    offset = dict(zip(genome.names, genome.offsets[:-1].tolist(), strict=True))
    known, tables = dict(list(world.enhancer_sites.groupby("enhancer"))), []
    order = world.enhancers.iloc[rng.permutation(len(places))]
    for new, old in zip(places.itertuples(), order.itertuples(), strict=True):
        first = offset[old.chromosome]
        letters = world.genome.letters[first + old.start : first + old.end]
        sites = known[old.enhancer]
        letters, kept = _mutated(letters, sites, old.start, divergence, rng)
        first = offset[new.chromosome]
        genome.letters[first + new.start : first + new.end] = letters
        moved = sites["position"] + (new.start - old.start)
        tables.append(sites.assign(enhancer=new.enhancer, position=moved)[kept])
    return places, pd.concat(tables, ignore_index=True)


def _mutated(
    letters: np.ndarray, sites: pd.DataFrame, first: int, divergence: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """`letters` (n,) changed but for the sites kept, and which these are, bool.

    first : where the letters begin, in the coordinates of the sites' column position.
    """
    kept = rng.random(len(sites)) >= divergence
    rate = np.full(len(letters), divergence)
    for start, width, stays in zip(sites["position"] - first, sites["width"], kept, strict=True):
        rate[start : start + width] = 0.0 if stays else 0.75  # a lost site is random letters
    changed = rng.random(len(letters)) < rate
    shift = rng.integers(1, 4, len(letters), dtype=np.uint8)
    return np.where(changed, ASCII[(CODES[letters] + shift) % 4], letters), kept


def _start(gene: Gene) -> int:
    """Global start of the promoter, in genomic orientation: the TSS base is its 1,000th, 0-based,
    in the gene's."""
    return gene.tss - _UPSTREAM if gene.strand == "+" else gene.tss + 1 - _UPSTREAM
