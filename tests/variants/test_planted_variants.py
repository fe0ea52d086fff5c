"""The demo's planted motifs, broken one by one, lead the ranking of variants."""

import pandas as pd
import pytest
from planted import auroc, pairs, write_vcf

from deepexpr.cli import main
from deepexpr.files import read
from deepexpr.schemas import VARIANTS

pytestmark = pytest.mark.slow


def test_broken_motifs_lead_the_ranking(demo_run, tmp_path):
    results = demo_run / "results"
    genome = results / "reference/demo/genome.fa"
    genes = pd.read_csv(results / "reference/demo/genes.tsv", sep="\t")
    table = pairs(demo_run / "resources/demo/truth", genes, genome, 150)
    apart = table["place"][table["planted"]].to_numpy() - table["place"][~table["planted"]]
    assert len(table) == 300
    assert apart.abs().max() < 100
    write_vcf(table, tmp_path / "p.vcf")
    arguments = [
        "variants", "--bundle", results / "models/Alpha/regression/K5/sequence/bundle",
        "--dataset", results / "features/Alpha/dataset.h5", "--vcf", tmp_path / "p.vcf",
        "--genome", genome, "--shift", "0", "--no-strands", "--background", "0", "--threads", "1",
        "--table", tmp_path / "p.tsv",
    ]  # fmt: skip
    assert main([str(part) for part in arguments]) == 0
    scored = read(VARIANTS, tmp_path / "p.tsv")
    scored = scored[scored["gene"] == scored["id"].astype(int).map(table["gene"])]
    effects = scored.set_index(scored["id"].astype(int))["effect"].reindex(table.index)
    assert auroc(effects.abs(), table["planted"]) >= 0.9
