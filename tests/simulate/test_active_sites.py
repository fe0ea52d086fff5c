"""Enhancers that act by their letters: sites decide what a loop counts, and nothing else does."""

import shutil

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.config.settings import config_problems
from deepexpr.files import read_table
from deepexpr.provenance import sha256_file
from deepexpr.simulate.settings import ACTIVE_IN, table_files

SEED, SCALE = 7, 0.2
WORDS = ["simulate", "--seed", str(SEED), "--scale", str(SCALE), "--active-sites"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("active") / "world"
    assert main([*WORDS, "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def loops(folder):
    return read_table(folder / "truth/loops.tsv")


def test_activity_is_the_number_of_sites_of_the_lines_factor(folder, loops):
    records = (folder / "genome.fa").read_text().split(">")[1:]
    genome = {r.split("\n", 1)[0]: r.split("\n", 1)[1].replace("\n", "") for r in records}
    bed = pd.read_csv(folder / "truth/enhancers.bed", sep="\t", header=None).set_index(3)
    sites = read_table(folder / "truth/enhancer_motifs.tsv")
    for site in sites[sites["strand"] == "+"].itertuples():
        found = genome[bed.loc[site.enhancer, 0]][site.position : site.position + site.width]
        assert found.upper() == site.sequence
    for line, motif in ACTIVE_IN.items():
        number = sites[sites["motif"] == motif].groupby("enhancer").size()
        own = loops[loops["cell_line"] == line]
        expected = number.reindex(own["enhancer"], fill_value=0).to_numpy()
        assert (own["activity"].to_numpy() == expected).all()
        assert 0.25 < (expected > 0).mean() < 0.6


def test_expression_follows_loops_by_their_sites_alone(folder, loops):
    expression = read_table(folder / "truth/expression.tsv").dropna(subset="loop_effect")
    for line, own in expression.groupby("cell_line"):
        here = loops[loops["cell_line"] == line]
        summed = [
            values.groupby(here["gene"]).sum().reindex(own["gene"], fill_value=0)
            for values in (here["strength"] * here["activity"], here["strength"])
        ]
        by_sites, by_all = (np.corrcoef(np.log2(1 + x), own["loop_effect"])[0, 1] for x in summed)
        assert by_sites > 0.999999
        assert by_all < 0.75


def test_decoys_are_as_strong_and_as_far(loops):
    true = loops["activity"] > 0
    for column in ("strength", "distance"):
        rank = loops[column].rank()[true].mean() - (true.sum() + 1) / 2
        assert abs(rank / (~true).sum() - 0.5) < 0.06  # AUROC


def test_the_same_seed_gives_the_same_bytes_over_an_earlier_world(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "again")
    (tmp_path / "again/genome.fa").write_text("damaged")
    (tmp_path / "again/genome.fa.fai").write_text("its index")
    assert main([*WORDS, "--output", str(tmp_path / "again")]) == 0
    for path in [*table_files(str(folder)), f"{folder}/truth/loops.tsv"]:
        assert sha256_file(path) == sha256_file(path.replace(str(folder), f"{tmp_path}/again"))
    assert not (tmp_path / "again/genome.fa.fai").exists()


def test_two_worlds_at_once_are_refused(tmp_path, capsys):
    words = [*WORDS, "--divergence", "0.1", "--output", str(tmp_path / "x")]
    assert main(words) == 1
    assert "active sites, not both" in capsys.readouterr().err
    both = {"simulate": {"output": "x", "divergence": 0.1, "active_sites": True}}
    assert [p.where for p in config_problems(both) if "active sites" in str(p)] == [
        "configuration, key simulate.active_sites"
    ]


def test_the_demo_knows_nothing_of_it(world):
    assert "activity" not in world.regulation.loops
