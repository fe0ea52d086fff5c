"""Ten thousand real genes of ../shared/data as arrays, for the measurements of real_genes.py.

Promoters of EPDnew in hg38, expression of K562, Jurkat and HCT116 (the values published with the
method), of GM12878 (Roadmap), of 131 further samples (Human Protein Atlas, Roadmap), and H3K27ac
HiChIP loops of K562 and GM12878. Genes with 1,500 letters or more and counts in the three lines.
The five groups are chromosomes by falling number of genes, dealt in turn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from real_data import ANCHORS, DATA, LINES, published, require_data, washu_loops

from deepexpr.expression.normalise import PSEUDOCOUNT
from deepexpr.features.bins import loop_bins
from deepexpr.features.sequence import encode_bytes

GROUPS = 5
MIN_LETTERS = 1500
BIN = 5000
BINS = 400
FURTHER, SAMPLES = 69, 131
MOTIFS = DATA / "tomtom" / "jaspar2018_core_vertebrates.meme"
LOOPS = {
    "K562": "k562_h3k27ac_hichip_all_hg38.washu.txt.gz",
    "GM12878": "gm12878_h3k27ac_hichip_hg38.bedpe.gz",
    "K562_bedpe": "k562_h3k27ac_hichip_hg38.bedpe.gz",
}


@dataclass(frozen=True, eq=False)
class RealGenes:
    """n genes. sequence: uint8 (n, 2000) ASCII. group: int (n,), 0 to 4.

    expression : by line float64 (n,), NaN where unknown. bins : by line float32 (n, 400),
    log2(1 + loops). samples : float32 (n, 131), NaN where unknown: 69 cell lines and 61 tissues of
    the Protein Atlas, log2(TPM + 1), then HUVEC (Roadmap).
    """

    gene: np.ndarray
    chromosome: np.ndarray
    tss: np.ndarray
    strand: np.ndarray
    group: np.ndarray
    sequence: np.ndarray
    expression: dict[str, np.ndarray]
    bins: dict[str, np.ndarray]
    samples: np.ndarray

    @property
    def further(self) -> np.ndarray:
        """The 69 further cell lines, float32 (n, 69)."""
        return self.samples[:, :FURTHER]


def promoters() -> pd.DataFrame:
    """gene, chromosome, strand, tss and sequence of the genes with enough known letters."""
    table = pd.read_csv(
        DATA / "promoters" / "promoters_2kb_epd_hg38.tsv.gz", sep="\t", header=None,
        names=["gene", "assembly", "chromosome", "strand", "tss", "promoter", "known", "sequence"],
    )  # fmt: skip
    table = table[table["known"] >= MIN_LETTERS]
    return table.drop_duplicates("gene").sort_values("gene", ignore_index=True)


def loops(name: str) -> pd.DataFrame:
    """Loops of LOOPS as schemas.SIGNAL less `signal`; without counts: each loop counts 1."""
    path = DATA / "loops" / LOOPS[name]
    if path.name.endswith(".bedpe.gz"):
        result = pd.read_csv(path, sep="\t", header=None, usecols=range(6), names=ANCHORS)
        return _each_once(result.assign(normalised=1.0))
    return _each_once(washu_loops(path))


def loops_within(name: str) -> pd.DataFrame:
    """Those of `loops` that stay on one chromosome."""
    table = loops(name)
    return table[table["chromosome1"] == table["chromosome2"]].reset_index(drop=True)


def _each_once(table: pd.DataFrame) -> pd.DataFrame:
    """Loops without those that stand there already, in either direction."""
    sides = (table[list(ANCHORS[i : i + 3])].itertuples(index=False, name=None) for i in (0, 3))
    pairs = pd.Series([tuple(sorted(pair)) for pair in zip(*sides, strict=True)])
    return table[~pairs.duplicated().to_numpy()].reset_index(drop=True)


def dealt_groups(chromosome: np.ndarray) -> np.ndarray:
    """Group (n,) of each gene: chromosomes by falling number of genes, dealt in turn."""
    names, sizes = np.unique(chromosome, return_counts=True)
    order = names[np.argsort(-sizes, kind="stable")]
    number = {name: i % GROUPS for i, name in enumerate(order)}
    return np.array([number[name] for name in chromosome])


def real_genes() -> RealGenes:
    """All that is measured on."""
    require_data()
    counts = published()
    genes = promoters()
    genes = genes[genes["gene"].isin(counts["gene"])].reset_index(drop=True)
    # The yardstick's unit: the pipeline's own, without its quantile normalisation across lines.
    values = np.log10(counts.set_index("gene") + PSEUDOCOUNT)
    expression = {line: values.loc[genes["gene"], line].to_numpy() for line in LINES}
    roadmap = pd.read_csv(DATA / "expression" / "roadmap_GM12878_HUVEC_K562.tsv.gz", sep="\t")
    roadmap = roadmap.drop_duplicates("Abbreviation").set_index("Abbreviation")
    for line, column in (("GM12878", "GM12878_E116"), ("K562_roadmap", "K562_E123")):
        expression[line] = roadmap[column].reindex(genes["gene"]).to_numpy(np.float64)
    signals = {}
    for name in LOOPS:
        signal = loops(name)
        signal = signal[signal["chromosome1"].isin(set(genes["chromosome"]))]
        signals[name] = loop_bins(genes, signal, BINS, BIN)[0]
    return RealGenes(
        gene=genes["gene"].to_numpy(str),
        chromosome=genes["chromosome"].to_numpy(str),
        tss=genes["tss"].to_numpy(np.int64),
        strand=genes["strand"].to_numpy(str),
        group=dealt_groups(genes["chromosome"].to_numpy(str)),
        sequence=encode_bytes(genes["sequence"].tolist()),
        expression=expression,
        bins=signals,
        samples=_samples(genes["gene"], roadmap),
    )


def _samples(gene: pd.Series, roadmap: pd.DataFrame) -> np.ndarray:
    table = pd.read_csv(DATA / "expression" / "hpa_130_samples.tsv.gz", sep="\t")
    table = table.dropna(axis=1, how="all")
    table = table.rename(columns={table.columns[0]: "id"}).set_index("id")
    names = roadmap["ENSEMBL_ID"].reindex(gene)
    known = names.isin(table.index).to_numpy()
    result = np.full((len(gene), SAMPLES), np.nan, dtype=np.float32)
    result[known, :-1] = np.log2(table.loc[names[known]].to_numpy(np.float32) + 1)
    result[:, -1] = roadmap["HUVEC_E122"].reindex(gene)
    return result
