"""The simulated biology: variance shares, loops that can be called, limits of the settings."""

from __future__ import annotations

import argparse

import numpy as np
import pytest

from deepexpr.commands import simulate as command
from deepexpr.errors import InputError
from deepexpr.options import add_verb
from deepexpr.simulate.demo import build_world, make_library
from deepexpr.simulate.fastq import sequence_reads
from deepexpr.simulate.hichip import find_sites
from deepexpr.simulate.settings import CELL_LINES, Settings


@pytest.mark.parametrize("cell_line", CELL_LINES)
def test_variance_shares(world, cell_line):
    table = world.regulation.expression
    table = table[table["cell_line"] == cell_line]
    spread = Settings().expression_sd
    for column, share in (("promoter_effect", 0.50), ("loop_effect", 0.35), ("noise", 0.15)):
        np.testing.assert_allclose(table[column].var(ddof=0), share * spread**2, rtol=1e-6)
    # The parts are drawn independently: with few genes they correlate by chance only.
    total = table["log10_expression"].var(ddof=0) / spread**2
    assert 0.6 < total < 1.5


@pytest.mark.parametrize("cell_line", CELL_LINES)
def test_promoter_effect_is_the_weighted_site_count(world, cell_line):
    weights = world.regulation.weights
    weights = weights[weights["cell_line"] == cell_line].set_index("motif")["weight"]
    table = world.regulation.expression
    table = table[table["cell_line"] == cell_line].set_index("gene")["promoter_effect"]
    sites = world.promoter_sites
    summed = sites["motif"].map(weights).groupby(sites["gene"]).sum()
    summed = summed.reindex(table.index, fill_value=0.0)
    np.testing.assert_allclose(summed - summed.mean(), table, atol=1e-9)


def test_loop_effect_follows_the_summed_strength(world):
    loops = world.regulation.loops
    table = world.regulation.expression
    for cell_line, line in table.groupby("cell_line"):
        chosen = loops[loops["cell_line"] == cell_line]
        summed = chosen.groupby("gene")["strength"].sum().reindex(line["gene"], fill_value=0)
        r = np.corrcoef(np.log2(1 + summed), line["loop_effect"])[0, 1]
        assert r == pytest.approx(1)


def test_only_active_enhancers_loop(world):
    active_in = world.enhancers.set_index("enhancer")["active_in"]
    for _, loop in world.regulation.loops.iterrows():
        assert loop["cell_line"] in active_in[loop["enhancer"]].split(",")


def test_features_keep_apart(world):
    layout = world.layout
    for genes, enhancers, noncoding in zip(
        layout.genes, layout.enhancers, layout.noncoding, strict=True
    ):
        assert np.diff(genes).min() >= 3
        for other in (enhancers, noncoding):
            assert np.abs(other[:, None] - genes).min() >= 2
        assert not set(enhancers) & set(noncoding)


def test_planted_loops_stand_out_of_the_background(world):
    size = world.settings.bin_size
    library = make_library(world, 0)
    pooled: dict[tuple[int, int], int] = {}
    for replicate in range(world.settings.replicates):
        molecules = library.draw(np.random.default_rng(replicate))
        ends = np.sort([molecules.site1 // size, molecules.site2 // size], axis=0)
        keys, counts = np.unique(ends, axis=1, return_counts=True)
        for (a, b), n in zip(keys.T.tolist(), counts.tolist(), strict=True):
            pooled[a, b] = pooled.get((a, b), 0) + n
    loops = world.regulation.loops
    loops = loops[loops["cell_line"] == CELL_LINES[0]]
    offset = dict(zip(world.genome.names, world.genome.offsets.tolist(), strict=False))
    shift = loops["chromosome1"].map(offset)
    planted = set(
        zip((loops["start1"] + shift) // size, (loops["start2"] + shift) // size, strict=True)
    )
    inside = np.array([pooled.get(pair, 0) for pair in planted])
    outside = np.array([n for (a, b), n in pooled.items() if b - a >= 4 and (a, b) not in planted])
    assert 10 <= np.median(inside) <= 40
    assert np.quantile(outside, 0.95) <= 5
    strength = loops["strength"].sum()
    assert 0.85 < inside.sum() / strength < 1.4  # duplicates and background add a little


def test_ligated_reads_by_hand(world):
    """R1 is the arm up to its site, then the other arm: rebuilt letter by letter."""
    library = make_library(world, 1)
    molecules = library.draw(np.random.default_rng(3))
    first, second = library.reads(molecules)
    genome = world.genome
    chosen = np.flatnonzero(molecules.arm2 * molecules.arm1 > 0)[:50]

    def arm(site, side, length):
        strand = "+" if side == 0 else "-"
        start = site + 4 - length if side == 0 else site
        return genome.oriented(start, start + length, strand).tobytes().decode()

    flip = str.maketrans("ACGT", "TGCA")
    for i in chosen:
        one = arm(molecules.site1[i], molecules.side1[i], molecules.arm1[i])
        two = arm(molecules.site2[i], molecules.side2[i], molecules.arm2[i])
        assert one.endswith("GATC")
        whole = one + two.translate(flip)[::-1]
        assert first[i].tobytes().decode() == whole[:75]
        assert second[i].tobytes().decode() == whole.translate(flip)[::-1][:75]
        assert whole[len(one) - 4 : len(one) + 4] == "GATCGATC"


def test_duplicates_and_classes(world):
    molecules = make_library(world, 2).draw(np.random.default_rng(5))
    assert len(molecules) == world.settings.hichip_pairs
    fields = np.stack(list(vars(molecules).values()))
    unique = np.unique(fields, axis=1).shape[1]
    assert 0.08 < 1 - unique / len(molecules) < 0.12
    chromosome1, _ = world.genome.locate(molecules.site1)
    chromosome2, _ = world.genome.locate(molecules.site2)
    trans = np.mean(chromosome1 != chromosome2)
    assert 0.05 < trans < world.settings.trans_share
    assert 0.01 < np.mean(chromosome1 == len(world.genome.names) - 1) < 0.03


def test_sites_are_the_enzymes(world):
    sites = find_sites(world.genome, "GATC")
    letters = world.genome.letters
    assert {letters[s : s + 4].tobytes() for s in sites} == {b"GATC"}
    everywhere = world.genome.letters.tobytes().count(b"GATC")
    assert 0.8 * everywhere < len(sites) <= everywhere


def test_error_rate():
    letters = np.full((2_000, 75), ord("A"), dtype=np.uint8)
    reads, qualities = sequence_reads(letters, 0.005, np.random.default_rng(1))
    wrong = reads != ord("A")
    assert 0.004 < wrong.mean() < 0.006
    assert set(np.unique(reads[wrong]).tolist()) == set(b"CGT")
    assert qualities[wrong].mean() < qualities[~wrong].mean() - 10


@pytest.mark.parametrize("scale", [0.0, 0.01, 11.0, float("nan")])
def test_impossible_scale(scale):
    with pytest.raises(InputError, match="scale"):
        Settings().scaled(scale)


def test_smallest_scale_has_the_same_structure():
    small = build_world(1, 0.05)
    assert len(small.coding) == 36
    assert set(small.regulation.loops["cell_line"]) == set(CELL_LINES)


def test_the_verb(tmp_path):
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    output = tmp_path / "out"
    command.run(parser.parse_args(["--seed", "3", "--output", str(output), "--scale", "0.05"]))
    assert (output / "reads/Alpha_hichip_2_R2.fastq.gz").stat().st_size > 0
    command.run(parser.parse_args(["--seed", "3", "--output", str(output), "--scale", "0.05"]))
    (output / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        command.run(parser.parse_args(["--seed", "3", "--output", str(output)]))
    assert (output / "notes.txt").exists()
