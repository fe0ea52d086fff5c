"""Worlds without reads: tables of counts and loops take their place.

Where `simulate.active_sites` asks for it enhancers act by their letters. All are planted alike and
looped to genes alike, but each holds sites of some factors only. In a cell line one factor is
active (`ACTIVE_IN`): what a loop adds to its gene is its strength times the number of that factor's
sites in the enhancer, and contacts without one are decoys, as strong and as far as the others.
"""

import logging
from pathlib import Path

import numpy as np

from deepexpr.files import atomic_directory, write_table, writing
from deepexpr.reference.fasta import write_fasta
from deepexpr.simulate.demo import (
    World,
    build_world,
    expression_table,
    write_truth,
)
from deepexpr.simulate.folders import active_files, refuse_foreign_folder
from deepexpr.simulate.genes import write_gtf

logger = logging.getLogger(__name__)


def simulate_active_sites(seed: int, output: str | Path, scale: float = 1.0) -> None:
    """Write the world in which enhancers act by their sites under `output`, all or nothing.

    Files as `table_files` names them, and truth/: its loops.tsv has a column activity, the number
    of sites by which a loop's strength counts. The same seed and scale give the same bytes.
    Raises InputError where `output` holds other files, which would be deleted.
    """
    refuse_foreign_folder(Path(output), active_files())
    world = build_world(seed, scale, active_sites=True)
    with atomic_directory(output) as folder:
        write_tables(world, folder, np.random.default_rng([seed, 80]))
        write_truth(world, folder / "truth", seed, scale)


def write_tables(world: World, folder: Path, rng: np.random.Generator) -> None:
    """Genome, annotation, and the tables that the pipeline starts from."""
    folder.mkdir(exist_ok=True)
    write_fasta(world.genome.records(), folder / "genome.fa")
    write_gtf(world.genes, world.genome, folder / "annotation.gtf")
    counts = expression_table(world).pivot(
        index="gene", columns="cell_line", values="expected_counts"
    )
    write_table(counts.map(rng.poisson).reset_index(), folder / "counts.tsv")
    for line, loops in world.regulation.loops.groupby("cell_line"):
        anchors = loops[[f"{end}{side}" for side in "12" for end in ("chromosome", "start", "end")]]
        count = np.maximum(rng.poisson(loops["strength"]), 1)
        with writing(folder / f"{line}.bedpe") as handle:
            anchors.assign(count=count).to_csv(handle, sep="\t", header=False, index=False)
    logger.info(
        "%s: %d genes, %d loops", folder.name, len(world.genes), len(world.regulation.loops)
    )
