"""A small project with two genes of either strand for the verb."""

import argparse
from types import SimpleNamespace

import pytest
from stand_in import StandIn, genome


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Folder with genome and genes; `run(vcf lines, *options)` calls the verb."""
    from deepexpr.commands import variants as command
    from deepexpr.model.bundle import Bundle
    from deepexpr.options import add_verb

    StandIn.asked = 0
    monkeypatch.setattr(Bundle, "open", classmethod(lambda cls, path: StandIn()))
    text = genome()
    (tmp_path / "genome.fa").write_text(f">chr1\n{text}\n>chr2\n{text[:100]}\n")
    (tmp_path / "genes.tsv").write_text(
        "gene\tchromosome\ttss\tstrand\ttranscript\tbiotype\n"
        "plus\tchr1\t200\t+\tT1\tprotein_coding\nminus\tchr1\t300\t-\tT2\tprotein_coding\n"
    )
    matrix = ["MEME version 4", "", "ALPHABET= ACGT", "", "MOTIF MA1 JUN;x", "",
              "letter-probability matrix: alength= 4 w= 8 nsites= 20"]  # fmt: skip
    matrix += [" ".join("0.97" if c == letter else "0.01" for c in "ACGT") for letter in "TGACTCAT"]
    (tmp_path / "known.meme").write_text("\n".join(matrix) + "\n")

    def write(rows, name="v.vcf"):
        lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr1,length=600>"]
        lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
        lines += ["\t".join([*map(str, row), ".", "PASS", "."]) for row in rows]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path / name

    def run(vcf, *options, genes=True):
        parser = argparse.ArgumentParser()
        add_verb(parser, command)
        given = ["--bundle", "x", "--vcf", vcf, "--genome", tmp_path / "genome.fa", "--targets",
                 tmp_path / "known.meme", "--table", tmp_path / "o.tsv", "--summary",
                 tmp_path / "s.tsv", "--shift", 4, "--background", 50]  # fmt: skip
        given += ["--genes", tmp_path / "genes.tsv"] if genes else []
        command.run(parser.parse_args([str(part) for part in (*given, *options)]))

    return SimpleNamespace(folder=tmp_path, text=text, write=write, run=run)
