"""Two simulated species: the second has the first one's promoters, diverged, and its own truth."""

import shutil

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.evaluation.orthologues import match_orthologues
from deepexpr.files import read_table
from deepexpr.letters import reverse_complement
from deepexpr.provenance import sha256_file
from deepexpr.simulate.settings import CELL_LINES, SPECIES, species_files
from deepexpr.simulate.species import diverged, simulate_species

SEED, SCALE, RATE = 7, 0.1, 0.25
FOREIGN = [f"{name}.{ending}" for name in SPECIES for ending in ("fa*", "tsv")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("species") / "two"
    words = ["--seed", str(SEED), "--scale", str(SCALE), "--divergence", str(RATE)]
    assert main(["simulate", *words, "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def promoters(folder):
    """Promoters by gene of both species, cut by the pipeline's own verb."""
    found = []
    for name in SPECIES:
        start = str(folder / name)
        words = ["--genome", f"{start}/genome.fa", "--annotation", f"{start}/annotation.gtf"]
        outputs = ["--output", f"{start}.fa", "--table", f"{start}.tsv"]
        assert main(["promoters", *words, *outputs]) == 0
        records = (folder / f"{name}.fa").read_text().split(">")[1:]
        split = [record.partition("\n") for record in records]
        found.append({head.split()[0]: text.replace("\n", "") for head, _, text in split})
    return found


def test_it_writes_what_a_run_starts_from(folder):
    for path in species_files(str(folder)):
        assert sha256_file(path), path
    counts = [read_table(folder / name / "counts.tsv").set_index("gene") for name in SPECIES]
    assert not set(counts[0].index[counts[0].index.str.startswith("DEMO")]) & set(counts[1].index)
    assert list(counts[1].columns) == list(CELL_LINES)
    loops = pd.read_csv(folder / "sister" / "Alpha.bedpe", sep="\t", header=None)
    assert loops.shape[1] == 7
    assert loops[6].min() >= 1


def test_orthologues_are_diverged_copies_with_their_motif_sites(folder, promoters):
    genes = [list(own) for own in promoters]
    pairs = match_orthologues(folder / "orthologues.tsv", SPECIES, genes)
    number = len(promoters[1])
    single = pairs[pairs["relation"] == "one-to-one"]
    assert len(single) == pytest.approx(0.8 * number, abs=2)
    assert len(pairs) == pytest.approx(0.9 * number, abs=2)
    changed = [
        np.mean([a != b for a, b in zip(promoters[0][one], promoters[1][other], strict=True)])
        for one, other in single[["gene1", "gene2"]].itertuples(index=False)
    ]
    assert np.mean(changed) == pytest.approx(RATE, abs=0.02)  # but for the sites
    sites = [read_table(folder / name / "truth/promoter_motifs.tsv") for name in SPECIES]
    for table, own in zip(sites, promoters, strict=True):
        for site in table.itertuples():
            letters = own[site.gene][site.position : site.position + site.width]
            if site.strand == "-":
                letters = reverse_complement(np.frombuffer(letters.encode(), np.uint8))
                letters = letters.tobytes().decode()
            assert letters == site.sequence
    kept = (
        sites[1]["gene"].isin(single["gene2"]).sum() / sites[0]["gene"].isin(single["gene1"]).sum()
    )
    assert kept == pytest.approx(1 - RATE, abs=0.08)


def test_enhancers_keep_their_motif_sites(folder):
    genome = (folder / "sister/genome.fa").read_text().split(">")[1:]
    letters = {r.split("\n", 1)[0]: r.split("\n", 1)[1].replace("\n", "") for r in genome}
    bed = pd.read_csv(folder / "sister/truth/enhancers.bed", sep="\t", header=None)
    chromosome = bed.set_index(3)[0]
    forward = read_table(folder / "sister/truth/enhancer_motifs.tsv").query("strand == '+'")
    assert len(forward) > 50
    for site in forward.itertuples():
        found = letters[chromosome[site.enhancer]][site.position : site.position + site.width]
        assert found.upper() == site.sequence


def test_expression_is_conserved_by_promoters_alone(world):
    sister, pairs = diverged(world, 0.1, SEED)
    wide = [
        one.regulation.expression.query("cell_line == 'Alpha'").set_index("gene")
        for one in (world, sister)
    ]
    single = pairs[pairs["Sister homology type"] == "ortholog_one2one"]
    theirs, ours = (wide[1].loc[single["Sister gene name"]], wide[0].loc[single["Gene name"]])
    correlated = {
        part: np.corrcoef(theirs[part], ours[part])[0, 1]
        for part in ("promoter_effect", "loop_effect", "noise")
    }
    assert correlated["promoter_effect"] > 0.7
    assert max(abs(correlated[part]) for part in ("loop_effect", "noise")) < 0.35


def test_the_same_seed_gives_the_same_bytes_over_an_earlier_world(folder, tmp_path):
    # Beside the folders lie what `promoters` made of them: not the simulator's.
    shutil.copytree(folder, tmp_path / "again", ignore=shutil.ignore_patterns(*FOREIGN))
    (tmp_path / "again/sister/genome.fa").write_text("damaged")
    simulate_species(SEED, tmp_path / "again", SCALE, RATE)
    for path in species_files(str(folder)):
        assert sha256_file(path) == sha256_file(path.replace(str(folder), f"{tmp_path}/again"))
