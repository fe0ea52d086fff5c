"""Put ten thousand real promoters, expression and loops where this configuration looks for them.

    python config/human/prepare.py ../shared/data resources/human

The first folder holds the data as they were collected: promoters of EPDnew in hg38, counts of
K562, Jurkat and HCT116 as published with the method, GM12878's expression of Roadmap, H3K27ac
HiChIP loops of K562 and GM12878 (cLoops2). Genes with 1,500 known letters or more and a value in
all four lines. Loops become bins here, since no genome is at hand to look them up in. Needs the
project's environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.features.bins import loop_bins
from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.files import atomic_path, write_table, writing

PROMOTERS = "promoters/promoters_2kb_epd_hg38.tsv.gz"
ROADMAP = "expression/roadmap_GM12878_HUVEC_K562.tsv.gz"
COUNTS = {line: f"expression/rna_{line}.txt.gz" for line in ("K562", "Jurkat", "HCT116")}
LOOPS = {line: f"loops/{line.lower()}_h3k27ac_hichip_hg38.bedpe.gz" for line in ("K562", "GM12878")}
ANCHORS = [f"{name}{i}" for i in (1, 2) for name in ("chromosome", "start", "end")]
MIN_LETTERS = 1500


def main(data: Path, output: Path) -> int:
    """Make what is not there yet; say what is missing."""
    needed = [data / path for path in (PROMOTERS, ROADMAP, *COUNTS.values(), *LOOPS.values())]
    missing = [path for path in needed if not path.is_file()]
    if missing:
        print(f"The data for config/human are not in {data}:", file=sys.stderr)
        print(*(f"  no {path}" for path in missing), sep="\n", file=sys.stderr)
        print("Name their folder: make human DATA=/path/to/data", file=sys.stderr)
        return 1
    output.mkdir(parents=True, exist_ok=True)
    if (output / "done").exists():
        return 0
    values = expression(data)
    genes = promoters(data)
    genes = genes[genes["gene"].isin(values.index)].reset_index(drop=True)
    for line in values:
        with writing(output / f"rna_{line}.tsv") as handle:
            values.loc[genes["gene"], line].to_csv(handle, sep="\t", header=False)
    write_table(genes[["gene", "chromosome", "tss", "strand"]], output / "places.tsv")
    for line, path in LOOPS.items():
        save(output / f"bins_{line}.npy", bins(genes, data / path))
    letters = one_hot(encode_bytes(genes["sequence"].tolist())).astype(np.uint8)
    save(output / "promoters.npy", letters)
    (output / "done").touch()
    print(f"{len(genes)} genes in {output}")
    return 0


def promoters(data: Path) -> pd.DataFrame:
    """gene, chromosome, strand, tss (0-based) and 2,000 letters, the TSS at index 1,000."""
    names = ["gene", "assembly", "chromosome", "strand", "tss", "promoter", "known", "sequence"]
    table = pd.read_csv(data / PROMOTERS, sep="\t", header=None, names=names)
    return table[table["known"] >= MIN_LETTERS].drop_duplicates("gene").sort_values("gene")


def expression(data: Path) -> pd.DataFrame:
    """Counts (RPKM of GM12878) by gene and line, genes with a value in each."""
    columns = {
        line: pd.read_csv(data / path, sep="\t", header=None, names=["gene", line])
        .drop_duplicates("gene")
        .set_index("gene")[line]
        for line, path in COUNTS.items()
    }
    roadmap = pd.read_csv(data / ROADMAP, sep="\t").drop_duplicates("Abbreviation")
    logarithms = roadmap.dropna(subset="Abbreviation").set_index("Abbreviation")["GM12878_E116"]
    columns["GM12878"] = (10**logarithms - 1).clip(lower=0)
    return pd.DataFrame(columns).dropna().rename_axis("gene")


def bins(genes: pd.DataFrame, path: Path) -> np.ndarray:
    """float32 (genes, 400), log2(1 + loops): each loop counts 1, as the tables have no counts."""
    signal = pd.read_csv(path, sep="\t", header=None, usecols=range(6), names=ANCHORS)
    signal = signal[signal["chromosome1"].isin(set(genes["chromosome"]))]
    return loop_bins(genes, signal.assign(normalised=1.0))[0]


def save(path: Path, array: np.ndarray) -> None:
    """Write a .npy whole or not at all."""
    with atomic_path(path) as partial, open(partial, "wb") as handle:
        np.save(handle, array)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: prepare.py DATA OUTPUT")
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
