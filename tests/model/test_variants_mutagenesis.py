"""Scoring every single-letter variant of a promoter is in-silico mutagenesis."""

import numpy as np
import pandas as pd

from deepexpr.cli import main
from deepexpr.features.dataset import Dataset
from deepexpr.letters import reverse_complement


def test_saturation_agrees_with_interpret_to_the_digit(toy, full_run, tmp_path):
    dataset = Dataset.open(toy.h5)
    length = dataset.sequence.shape[1]
    genome = {name: ["N"] * 60_000 for name in ("chr1", "chr2", "chr3")}
    genes = ["G001"]  # on -; that both strands are read right, tests/variants shows
    rows = dataset.index_of(genes).tolist()
    assert dataset.strand[rows].tolist() == ["-"]
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for row in rows:
        text, tss = dataset.sequence[row].tobytes().decode(), int(dataset.tss[row])
        plus = dataset.strand[row] == "+"
        start = tss - dataset.tss_index if plus else tss - (length - dataset.tss_index) + 1
        text = text if plus else reverse_complement(text)
        genome[dataset.chromosome[row]][start : start + length] = text
        for i, letter in enumerate(text):
            others = ",".join(c for c in "ACGT" if c != letter)
            place = f"{dataset.chromosome[row]}\t{start + i + 1}"
            lines.append(f"{place}\t.\t{letter}\t{others}\t.\t.\t.")
    (tmp_path / "g.fa").write_text("".join(f">{k}\n{''.join(v)}\n" for k, v in genome.items()))
    (tmp_path / "all.vcf").write_text("\n".join(lines) + "\n")
    (tmp_path / "known.meme").write_text(
        "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M\n\n"
        "letter-probability matrix: alength= 4 w= 2 nsites= 9\n1 0 0 0\n0 1 0 0\n"
    )
    bundle = ["--bundle", str(full_run / "bundle"), "--dataset", str(toy.h5), "--threads", "1",
              "--targets", str(tmp_path / "known.meme")]  # fmt: skip
    assert main(["variants", *bundle, "--vcf", str(tmp_path / "all.vcf"), "--genome",
                 str(tmp_path / "g.fa"), "--shift", "0", "--no-strands", "--background", "0",
                 "--table", str(tmp_path / "all.tsv")]) == 0  # fmt: skip
    table = pd.read_csv(tmp_path / "all.tsv", sep="\t")
    assert len(table) == 3 * length
    for gene in genes:
        assert main(["interpret", *bundle, "--gene", gene, "--output", str(tmp_path / gene)]) == 0
        track = pd.read_csv(tmp_path / gene / "attribution.tsv", sep="\t")
        own = table[table["gene"] == gene].groupby("tss_distance")["effect"].mean()
        assert own.index.tolist() == track["tss_distance"].tolist()
        assert np.abs(track["attribution"]).max() > 0.05
        np.testing.assert_allclose(-own, track["attribution"], rtol=0, atol=2e-10)
