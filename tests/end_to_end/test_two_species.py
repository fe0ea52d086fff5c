"""Two simulated species predict each other: what is planted as conserved is found, and no more."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from site_pages import of_kind, run

from deepexpr.evaluation.cross_species import FAMILY, NONE
from deepexpr.evaluation.orthologues import ONE_TO_ONE, SEVERAL
from deepexpr.features.splits import read_splits
from deepexpr.files import read, read_table
from deepexpr.schemas import ORTHOLOGUES, SPECIES_GENES

#: The promoters alone, of one cell line a species, so that it takes a minute.
SMALL = {
    "simulate": {"scale": 0.4, "divergence": 0.1},
    "training": {"epochs": 1, "members": 1},
    "figures": {"formats": ["png"]},
}
LINES = ("Alpha", "Alpha_sister")


@pytest.fixture
def small(workflow):
    for name in ("samples", "units"):
        rows = Path(workflow.folder, f"config/cross_species/{name}.tsv").read_text().splitlines()
        kept = [row for row in rows[1:] if row.split("\t")[0] in [f"{x}_rna" for x in LINES]]
        (workflow.folder / f"{name}.tsv").write_text("\n".join([rows[0], *kept]) + "\n")
    overlay = SMALL | {name: f"{name}.tsv" for name in ("samples", "units")}
    (workflow.folder / "small.yaml").write_text(yaml.safe_dump(overlay))
    return workflow


@pytest.mark.slow
def test_species_predict_each_other_by_what_is_conserved(small):
    start = small.folder / "results/cross_species"
    figure = "results/cross_species/figures/cross_species.png"
    small.run(figure, "--configfile", "config/cross_species/config.yaml", "small.yaml")
    pairs = read(ORTHOLOGUES, start / "evaluation/species/orthologues.tsv")
    for line, source in (LINES, LINES[::-1]):
        genes = read(SPECIES_GENES, start / f"evaluation/species/{line}.regression.genes.tsv")
        assert set(genes["standing"]) <= {ONE_TO_ONE, NONE, SEVERAL, FAMILY}
        numbers = genes["standing"].value_counts()
        assert numbers[ONE_TO_ONE] > 0.7 * len(genes)
        known = pairs["gene1" if line == "Alpha" else "gene2"]
        assert not set(genes.loc[genes["standing"] == NONE, "gene"]) & set(known)
        assembly = "sister" if line == "Alpha" else "demo"
        splits = read_splits(start / f"features/{assembly}/splits/family-K5.tsv")
        seen = splits[splits["role"] != "test"].rename(columns={"gene": "orthologue"})
        assert genes.dropna(subset="orthologue").merge(seen, on=["fold", "orthologue"]).empty
        metrics = read_table(start / "evaluation/species_metrics.tsv")
        own = metrics[(metrics["cell_line"] == line) & (metrics["trained_on"] == source)]
        means = own.groupby(["method", "metric"])["value"].mean()
        # Promoters make half of the variance, and nine in ten of their sites are conserved.
        assert means["copy", "PCC"] > 0.25
        assert means["ridge", "PCC"] > 0.15
        assert set(own["method"]) == {"sequence", "ridge", "copy"}
    apart = read_table(start / "evaluation/species_apart_metrics.tsv")
    assert set(apart["method"]) == {"sequence", "ridge"}
    table = pd.read_csv(start / "figures/cross_species.tsv", sep="\t")
    assert set(table["group"]) == {"one orthologue", "no orthologue"}
    by_hand(small.folder, start)


def by_hand(folder, start):
    """The commands of the how-to give what the run gave of the same network."""
    for block in of_kind("species")["cross-species"]:
        run(block, folder)
    own = read(SPECIES_GENES, start / "evaluation/species/Alpha_sister.regression.genes.tsv")
    assert read(SPECIES_GENES, folder / "genes.tsv").equals(own)
    keys = ["cell_line", "trained_on", "method", "fold", "metric"]
    metrics = read_table(folder / "metrics.tsv").set_index(keys)["value"]
    rows = read_table(start / "evaluation/species_metrics.tsv").set_index(keys)["value"]
    assert {method for _, _, method, *_ in metrics.index} == {"sequence", "copy"}
    pd.testing.assert_series_equal(metrics, rows[metrics.index])
