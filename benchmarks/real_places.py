"""K562's real genes with the places that its loops join to them."""

from __future__ import annotations

import dataclasses
import gzip
from pathlib import Path

import pandas as pd
import real_data

from deepexpr.features.anchors import anchor_features
from deepexpr.features.dataset import ANCHORS, Dataset
from deepexpr.features.enhancers import enhancer_inputs, gene_contacts
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.features.splits import make_splits
from deepexpr.files import write_table
from deepexpr.reference.fasta import open_genome

CHROMOSOMES, SEED = ("chr19", "chr22"), 1


def real_dataset(work: Path) -> Dataset:
    """K562's genes of chr19 and chr22 with bins, anchors and contacted places."""
    real_data.require_data()
    genome = work / "hg38.fa"
    with genome.open("w") as written:
        for name in CHROMOSOMES:
            with gzip.open(real_data.DATA / "reference" / f"hg38.{name}.fa.gz", "rt") as handle:
                handle.readline()  # chr19's is called 19
                written.write(f">{name}\n{handle.read()}")
    dataset = real_data.datasets()["K562 + loops"]
    columns = ("gene", "chromosome", "tss", "strand")
    genes = pd.DataFrame({name: getattr(dataset, name) for name in columns})
    loops = real_data.loops()
    loops = loops[loops["chromosome1"].isin(CHROMOSOMES)].reset_index(drop=True)
    settings = EnhancerFeatures()
    contacts = gene_contacts(genes, loops, settings)
    with open_genome(genome) as opened:
        places = enhancer_inputs(contacts, len(genes), opened, settings)
    return dataclasses.replace(dataset, others={ANCHORS: anchor_features(genes, loops), **places})


def real_splits(dataset: Dataset, work: Path) -> dict[str, Path]:
    """Files of 10 random folds, and of both chromosomes, as benchmarks/network_real.py has them."""
    genes = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    found = {}
    for scheme, folds in (("random", 10), ("chromosome", 2)):
        found[scheme] = work / f"real.{scheme}.tsv"
        write_table(make_splits(genes, scheme, folds, SEED), found[scheme])
    return found
