"""Enhancers: which anchors are distal, how they are trimmed and cut."""

import argparse
import re

import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.commands import enhancers as command
from deepexpr.errors import InputError
from deepexpr.motifs.beds import read_peaks, write_bed6
from deepexpr.motifs.enhancers import (
    distal_anchors,
    overlaps_any,
    promoters,
    trim_to_peaks,
    trim_to_width,
)
from deepexpr.options import add_verb
from deepexpr.reference.fasta import read_fasta

SIGNAL = pd.DataFrame(
    [
        # promoter (TSS 1500) -- distal; the same distal anchor twice; distal -- distal
        ("chr1", 0, 5000, "chr1", 20000, 25000, 3.0, 2.0),
        ("chr1", 0, 5000, "chr1", 40000, 45000, 7.0, 3.0),
        ("chr1", 5000, 10000, "chr1", 20000, 25000, 31.0, 5.0),
        ("chr1", 60000, 65000, "chr1", 80000, 85000, 63.0, 6.0),
    ],
    columns=[
        "chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "normalised", "signal",
    ],
)  # fmt: skip
GENES = pd.DataFrame(
    [("g1", "chr1", 1500, "+", "t1", "protein_coding"),
     ("g2", "chr1", 9999, "-", "t2", "protein_coding")],
    columns=["gene", "chromosome", "tss", "strand", "transcript", "biotype"],
)  # fmt: skip


def test_distal_anchors_are_joined_to_promoters_and_ranked():
    anchors = distal_anchors(SIGNAL, GENES, 1000)
    assert anchors.values.tolist() == [
        ["chr1", 20000, 25000, 5.0],
        ["chr1", 40000, 45000, 3.0],
    ]


def test_without_genes_every_anchor_counts():
    anchors = distal_anchors(SIGNAL, None, 1000)
    assert len(anchors) == 6
    assert anchors["signal"].is_monotonic_decreasing


def test_promoters_reach_into_the_next_anchor():
    regions = pd.DataFrame(
        [("chr1", 10000, 15000), ("chr1", 11000, 12000), ("chr2", 10000, 15000)],
        columns=["chromosome", "start", "end"],
    )
    assert overlaps_any(regions, promoters(GENES, 1000)).tolist() == [True, False, False]
    assert overlaps_any(regions, promoters(GENES, 1)).tolist() == [False, False, False]


def test_trimming_to_peaks_and_width(tmp_path):
    path = tmp_path / "peaks.narrowPeak"
    path.write_text(
        "track name=x\n"
        "chr1\t19900\t20200\tp1\t900\t.\t2.5\t-1\t-1\t100\n"
        "chr1\t22000\t22400\tp2\t10\t.\t8.5\t-1\t-1\t100\n"
    )
    peaks = read_peaks(path)
    assert peaks["height"].tolist() == [2.5, 8.5]
    trimmed = trim_to_peaks(distal_anchors(SIGNAL, GENES, 1000), peaks)
    assert trimmed.values.tolist() == [["chr1", 22000, 22400, 5.0]]
    assert trim_to_width(trimmed, 100)[["start", "end"]].values.tolist() == [[22150, 22250]]


def test_bed_files(tmp_path):
    path = tmp_path / "plain.bed"
    path.write_text("chr1\t1\t5\nchr1\t7\t9\tname\t12\n")
    assert read_peaks(path)["height"].tolist() == [0.0, 12.0]
    path.write_text("chr1\t1\n")
    with pytest.raises(InputError, match="line 1"):
        read_peaks(path)
    row = pd.DataFrame(
        [("chr1", 1, 5, "m", 0.25, "-")],
        columns=["chromosome", "start", "end", "name", "probability", "strand"],
    )
    write_bed6(row, path)
    assert path.read_text() == "chr1\t1\t5\tm\t250\t-\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "genome.fa").write_text(">chr1\n" + "ACGT" * 10_500 + "\n")
    SIGNAL.to_csv(tmp_path / "signal.tsv", sep="\t", index=False)
    GENES.to_csv(tmp_path / "genes.tsv", sep="\t", index=False)
    return tmp_path


def run(folder, *options):
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    arguments = ["--signal", folder / "signal.tsv", "--genome", folder / "genome.fa"]
    arguments += ["--output", folder / "out.fa", "--bed", folder / "out.bed", *options]
    command.run(parser.parse_args(list(map(str, arguments))))


def test_verb_cuts_sequences_and_clips_at_the_chromosome_end(files):
    run(files, "--genes", files / "genes.tsv", "--number", 2, "--width", 0)
    records = read_fasta(files / "out.fa")
    assert list(records) == ["chr1:20000-25000", "chr1:40000-42000"]
    assert [len(s) for s in records.values()] == [5000, 2000]
    lines = (files / "out.bed").read_text().splitlines()
    assert lines[0].split("\t") == ["chr1", "20000", "25000", "chr1:20000-25000", "1000", "."]
    run(files, "--genes", files / "genes.tsv", "--number", 1, "--width", 500)
    assert list(read_fasta(files / "out.fa")) == ["chr1:22250-22750"]
    run(files, "--genes", files / "genes.tsv", "--number", 1)
    assert list(read_fasta(files / "out.fa")) == ["chr1:22000-23000"], "the pipeline's width"


@pytest.mark.parametrize("loops", [0, 1])
def test_builds_are_doubted_only_where_there_are_loops(files, caplog, loops):
    far = SIGNAL.head(loops).assign(chromosome1="chr9", chromosome2="chr9")
    far.to_csv(files / "signal.tsv", sep="\t", index=False)
    run(files, "--genes", files / "genes.tsv")
    (text,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert ("of one genome build" in text) == bool(loops)
    assert ("there is no loop" in text) == (not loops)


def test_verb_says_what_is_wrong(files):
    far = GENES.assign(tss=1_000_000)
    far.to_csv(files / "genes.tsv", sep="\t", index=False)
    run(files, "--genes", files / "genes.tsv")
    assert (files / "out.fa").read_text() == (files / "out.bed").read_text() == ""
    (files / "genome.fa").write_text(">1\n" + "ACGT" * 10_500 + "\n")
    with pytest.raises(InputError, match="no chromosome chr1"):
        run(files, "--number", 3)


@pytest.mark.parametrize(
    "options",
    ["enhancers --signal s --genome g --output o --number=-1",
     "enhancers --signal s --genome g --output o --width=-5",
     "attribution --bundle b --dataset d --table t --output o --promoters=0",
     "tomtom --query q --output o --null-shuffles=-2",
     "interpret --bundle b --gene g --dataset d --output o --share=2",
     "cismodule --fasta f --output o --min-probability=x"],
)  # fmt: skip
def test_numbers_out_of_range_are_wrong_usage(options, capsys):
    with pytest.raises(SystemExit) as stop:
        main(options.split())
    assert stop.value.code == 2
    assert re.search("is no |is less than|is greater than", capsys.readouterr().err)
