"""Where a site decides what a contact counts, breaking it leads the ranking of variants."""

import json

import numpy as np
import pandas as pd
import pytest
from planted import auroc, write_vcf

from deepexpr.cli import main
from deepexpr.features.build import build_dataset
from deepexpr.features.dataset import write_dataset
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.files import read
from deepexpr.reference.fasta import open_genome
from deepexpr.schemas import PLACE_VARIANTS

pytestmark = pytest.mark.slow

SITE, GENES, SLOTS, WIDTH, SPACING = "AGATAAGC", 260, 4, 60, 40_000
SETTINGS = EnhancerFeatures(bins=40, bin_size=5000, enhancers=SLOTS, enhancer_width=WIDTH)
MODEL = {
    "variant": "enhancers", "filters": 8, "kernel": 8, "first_pool": 4, "windows": 5, "dense": [8],
    "distal": [8], "dropout": 0.0, "words": False, "judge": 8, "attentions": 1,
}  # fmt: skip
TRAINING = {"epochs": 40, "patience": 40, "distal_epochs": 5, "batch_size": 16,
            "learning_rate": 0.01}  # fmt: skip


def world(folder):
    """Genome and dataset: a gene's contacts with the site count; and where sites stand."""
    rng = np.random.default_rng(5)
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (GENES + 1) * SPACING)].copy()
    tss = SPACING * np.arange(1, GENES + 1) - SPACING // 2
    rows, sites, strength = [], [], np.zeros(GENES)
    for gene, place in enumerate(tss.tolist()):
        for away in (-12_000, -7_000, 7_000, 12_000):
            # Somewhat stronger with a site: where the network's filters start.
            start, true = place + away, rng.random() < 0.5
            count = rng.gamma(4.0, 1 + 0.5 * true)
            rows.append(("chr1", place - 100, place + 100, "chr1", start, start + 200, count))
            if true:
                at = start + 100 + int(rng.integers(-WIDTH // 2 + 2, WIDTH // 2 - len(SITE) - 2))
                letters[at : at + len(SITE)] = np.frombuffer(SITE.encode(), np.uint8)
                sites.append((gene, start + 100, at))
                strength[gene] += count
    (folder / "genome.fa").write_text(f">chr1\n{letters.tobytes().decode()}\n")
    genes = pd.DataFrame({"gene": [f"G{i:03d}" for i in range(GENES)], "chromosome": "chr1",
                          "tss": tss, "strand": "+", "biotype": "protein_coding"})  # fmt: skip
    names = ("chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "normalised")
    value = np.log2(1 + strength) + rng.normal(0, 0.1, GENES)
    text = letters.tobytes().decode()
    promoters = {g: text[t - 80 : t + 80] for g, t in zip(genes["gene"], tss, strict=True)}
    with open_genome(folder / "genome.fa") as genome:
        dataset = build_dataset(
            genes, promoters, pd.Series(value, index=genes["gene"]), cell_line="Toy",
            assembly="toy", signal=pd.DataFrame(rows, columns=names), bins=40, tss_index=80,
            promoter_window=200, anchors=False, genome=genome, contacted=SETTINGS,
        )  # fmt: skip
    write_dataset(dataset, folder / "toy.h5")
    roles = np.repeat(["train", "validation", "test"], [200, 40, 20])
    table = pd.DataFrame({"fold": 0, "gene": rng.permutation(genes["gene"]), "role": roles})
    table.to_csv(folder / "splits.tsv", sep="\t", index=False)
    return text, sites


def test_broken_sites_of_places_lead_the_ranking(tmp_path):
    text, sites = world(tmp_path)
    rows = []
    for gene, middle, at in sites[:150]:
        site, place = at + 3, (middle - WIDTH // 2, middle + WIDTH // 2)
        # The control: the same change of letter in the same place, outside the site.
        free = [i for i in range(*place) if text[i] == text[site] and not at <= i < at + len(SITE)]
        for start, planted in ((site, True), (free[0], False)):
            rows.append(("chr1", start, text[start], "G", f"G{gene:03d}", planted))
    columns = ["chromosome", "start", "reference", "alternate", "gene", "planted"]
    table = pd.DataFrame(rows, columns=columns)
    write_vcf(table, tmp_path / "v.vcf")
    train = ["train", "--dataset", tmp_path / "toy.h5", "--splits", tmp_path / "splits.tsv",
             "--task", "regression", "--kind", "hichip", "--threads", "1", "--output",
             tmp_path / "net", "--model", json.dumps(MODEL), "--training",
             json.dumps(TRAINING)]  # fmt: skip
    assert main([str(part) for part in train]) == 0
    score = ["variants", "--bundle", tmp_path / "net/bundle", "--dataset", tmp_path / "toy.h5",
             "--vcf", tmp_path / "v.vcf", "--genome", tmp_path / "genome.fa", "--p-value", "0",
             "--background", "100", "--threads", "1", "--places", tmp_path / "p.tsv",
             "--table", tmp_path / "o.tsv"]  # fmt: skip
    assert main([str(part) for part in score]) == 0
    scored = read(PLACE_VARIANTS, tmp_path / "p.tsv")
    assert len(scored) == len(table)
    effects = scored.set_index(scored["id"].astype(int))["effect"].reindex(table.index)
    assert auroc(effects.abs(), table["planted"]) >= 0.9
    assert (effects[table["planted"]] < 0).mean() > 0.9  # the contact counts less
    # A network of kind hichip reads no promoter.
    assert len((tmp_path / "o.tsv").read_text().splitlines()) == 1
