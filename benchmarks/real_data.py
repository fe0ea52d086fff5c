"""The real genes of ../shared/data as datasets, for the measurements that need them.

Promoters of hg38 chr19 and chr22, expression of K562, Jurkat and HCT116 (the values published
with the method), and K562's H3K27ac HiChIP loops. Values and labels are made over all genes of
the expression files, as the pipeline makes them, and then cut to the genes with a promoter.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.expression.normalise import binary_labels, expression_table
from deepexpr.features.bins import loop_bins
from deepexpr.features.dataset import Dataset
from deepexpr.features.sequence import encode_bytes

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
LINES = ("K562", "Jurkat", "HCT116")
TSS_INDEX = 1000
#: Columns of a loop's anchors, as in schemas.SIGNAL.
ANCHORS = tuple(f"{name}{i}" for i in (1, 2) for name in ("chromosome", "start", "end"))


def require_data() -> None:
    """Stop, saying so, where the real data is not beside the project."""
    if not DATA.is_dir():
        raise SystemExit(f"nothing measured: the real data is not in {DATA}")


def promoters() -> pd.DataFrame:
    """gene, chromosome, strand, tss and sequence (2,000 letters) of chr19 and chr22."""
    table = pd.read_csv(
        DATA / "promoters" / "promoters_2kb_hg38_chr19_chr22.tsv.gz", sep="\t", header=None,
        names=["gene", "assembly", "chromosome", "strand", "tss", "transcript", "sequence"],
    )  # fmt: skip
    return table.drop_duplicates("gene").reset_index(drop=True)


def published() -> pd.DataFrame:
    """Column gene and the counts of each line."""
    counts = None
    for line in LINES:
        path = DATA / "expression" / f"rna_{line}.txt.gz"
        column = pd.read_csv(path, sep="\t", header=None, names=["gene", line])
        column = column.drop_duplicates("gene")
        counts = column if counts is None else counts.merge(column, on="gene")
    return counts


def expression() -> pd.DataFrame:
    """Column gene, then log10(count + 0.1) of each line, quantile-normalised over all genes."""
    return expression_table(published(), {line: [line] for line in LINES})


def washu_loops(path: Path) -> pd.DataFrame:
    """Loops of WashU text as schemas.SIGNAL less `signal`; without counts: each loop counts 1."""
    table = pd.read_csv(path, sep="\t", header=None, usecols=[0, 1])
    parts = [table[i].str.extract(r"(chr\w+):(\d+)-(\d+)") for i in (0, 1)]
    result = pd.concat(parts, axis=1)
    result.columns = ANCHORS
    numbers = {name: "int64" for name in result if not name.startswith("chromosome")}
    return result.astype(numbers).assign(normalised=1.0)


def loops() -> pd.DataFrame:
    """K562's loops, as `washu_loops`."""
    return washu_loops(DATA / "loops" / "k562_h3k27ac_hichip_all_hg38.washu.txt.gz")


def datasets() -> dict[str, Dataset]:
    """Per line the promoters alone; "K562 + loops" has the binned loops beside them."""
    values = expression()
    genes = promoters().merge(values[["gene"]], on="gene")
    genes = genes.sort_values(["chromosome", "tss", "gene"], ignore_index=True)
    rows = values.set_index("gene")
    coding = pd.Series("protein_coding", index=rows.index)
    found = {}
    for line in LINES:
        labels = binary_labels(rows[line], coding)
        found[line] = Dataset(
            gene=genes["gene"].to_numpy(str),
            chromosome=genes["chromosome"].to_numpy(str),
            tss=genes["tss"].to_numpy(np.int64),
            strand=genes["strand"].to_numpy(str),
            sequence=encode_bytes(genes["sequence"].tolist()),
            expression=rows.loc[genes["gene"], line].to_numpy(np.float32),
            label=labels.loc[genes["gene"]].to_numpy(np.int8),
            cell_line=line,
            assembly="hg38",
            tss_index=TSS_INDEX,
        )
    signal = loops()
    signal = signal[signal["chromosome1"].isin(set(genes["chromosome"]))]
    bins, count, number = loop_bins(genes, signal)
    found["K562 + loops"] = dataclasses.replace(
        found["K562"], bins=bins, loop_count=count.reshape(-1, 1), loop_number=number.reshape(-1, 1)
    )
    return {name: found[name] for name in ("K562 + loops", "Jurkat", "HCT116", "K562")}


def many_promoters(number: int, seed: int) -> np.ndarray:
    """uint8 (number, 2000): the real promoters, then copies of them cut in two and rejoined.

    The cut (a rotation at a random place) keeps a promoter's composition and nearly all its words.
    """
    real = encode_bytes(promoters()["sequence"].tolist())
    rng = np.random.default_rng(seed)
    copies = real[rng.integers(len(real), size=max(0, number - len(real)))]
    shifts = rng.integers(1, real.shape[1], size=len(copies))
    columns = (np.arange(real.shape[1]) + shifts[:, None]) % real.shape[1]
    return np.vstack([real, np.take_along_axis(copies, columns, axis=1)])[:number]
