"""The written files agree with one another: judged from the files alone."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

from deepexpr.features.meme_format import read_meme
from deepexpr.files import read_table, reading
from deepexpr.provenance import sha256_file
from deepexpr.simulate.demo import simulate
from deepexpr.simulate.settings import CELL_LINES, ENHANCER_MOTIFS, PROMOTER_MOTIFS

COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


def reverse_complement(text):
    return text.translate(COMPLEMENT)[::-1]


@pytest.fixture(scope="module")
def genome(demo):
    with reading(demo / "genome.fa") as handle:
        records = handle.read().split(">")[1:]
    return {r.split("\n", 1)[0]: r.split("\n", 1)[1].replace("\n", "") for r in records}


@pytest.fixture(scope="module")
def annotation(demo):
    """Exons as a table, 0-based half-open."""
    rows = []
    with reading(demo / "annotation.gtf") as handle:
        for line in handle:
            if line.startswith("#"):
                continue
            fields = line.rstrip("\n").split("\t")
            about = dict(re.findall(r'(\w+) "([^"]*)"', fields[8]))
            rows.append(
                {
                    "chromosome": fields[0],
                    "feature": fields[2],
                    "start": int(fields[3]) - 1,
                    "end": int(fields[4]),
                    "strand": fields[6],
                    **about,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def genes(annotation):
    """name -> (chromosome, tss, strand): the most upstream start, from the GTF."""
    table = annotation[annotation["feature"] == "gene"].set_index("gene_name")
    plus = table["strand"] == "+"
    table["tss"] = np.where(plus, table["start"], table["end"] - 1)
    return table


def fastq(path):
    with reading(path) as handle:
        lines = handle.read().splitlines()
    return lines[0::4], lines[1::4], lines[3::4]


def promoter(genome, gene):
    text = genome[gene["chromosome"]].upper()
    tss = gene["tss"]
    if gene["strand"] == "+":
        return text[tss - 1000 : tss + 1000]
    return reverse_complement(text[tss - 999 : tss + 1001])


def test_same_seed_gives_the_same_bytes_however_many_threads(demo, tmp_path):
    simulate(7, tmp_path / "again", 0.1, threads=3)
    paths = sorted(p.relative_to(demo) for p in demo.rglob("*") if p.is_file())
    assert len(paths) == 2 + 24 + 9
    for path in paths:
        assert sha256_file(demo / path) == sha256_file(tmp_path / "again" / path), path


def test_another_seed_gives_another_genome(demo, tmp_path):
    simulate(8, tmp_path / "other", 0.05)
    assert sha256_file(demo / "genome.fa") != sha256_file(tmp_path / "other" / "genome.fa")


def test_every_promoter_fits_and_is_unique(genome, genes):
    coding = genes[genes["gene_biotype"] == "protein_coding"]
    promoters = [promoter(genome, gene) for _, gene in coding.iterrows()]
    assert len(coding) == 72
    assert {len(p) for p in promoters} == {2000}
    assert len(set(promoters)) == len(promoters)
    assert not any("N" in p for p in promoters)


def test_promoter_sites_stand_where_the_truth_says(demo, genome, genes):
    sites = read_table(demo / "truth/promoter_motifs.tsv")
    assert set(sites["motif"]) == set(PROMOTER_MOTIFS)
    assert set(sites["strand"]) == {"+", "-"}
    for _, site in sites.iterrows():
        text = promoter(genome, genes.loc[site["gene"]])
        found = text[site["position"] : site["position"] + site["width"]]
        if site["strand"] == "-":
            found = reverse_complement(found)
        assert found == site["sequence"]


def test_sites_resemble_their_matrix(demo):
    motifs = {m.name: m for m in read_meme(demo / "truth/motifs.meme")}
    for name in ("promoter", "enhancer"):
        sites = read_table(demo / f"truth/{name}_motifs.tsv")
        for motif, group in sites.groupby("motif"):
            letters = np.array([["ACGT".index(c) for c in s] for s in group["sequence"]])
            counts = (letters[:, :, None] == np.arange(4)).mean(axis=0)
            matrix = motifs[motif].probabilities
            assert np.corrcoef(counts.ravel(), matrix.ravel())[0, 1] > 0.85
    table = read_table(demo / "truth/motifs.tsv")
    assert set(table.loc[table["where"] == "enhancer", "motif"]) == set(ENHANCER_MOTIFS)


def test_enhancer_sites_lie_in_modules_near_the_bin_midpoint(demo, genome):
    names = ["chromosome", "start", "end", "enhancer", "module_start", "module_end", "active_in"]
    bed = pd.read_csv(demo / "truth/enhancers.bed", sep="\t", names=names).set_index("enhancer")
    assert ((bed["end"] - bed["start"]) == 5000).all()
    assert (bed["start"] % 5000 == 0).all()
    middle = (bed["module_start"] + bed["module_end"]) / 2 - bed["start"]
    assert middle.between(2400, 2600).all()
    sites = read_table(demo / "truth/enhancer_motifs.tsv")
    assert sites.groupby("enhancer").size().min() >= 3
    for _, site in sites.iterrows():
        place = bed.loc[site["enhancer"]]
        end = site["position"] + site["width"]
        assert place["module_start"] <= site["position"] < end <= place["module_end"]
        found = genome[place["chromosome"]][site["position"] : end]
        if site["strand"] == "-":
            found = reverse_complement(found)
        assert found == site["sequence"]


def test_annotation_has_what_the_rules_decide_on(annotation, genome):
    assert set(annotation["gene_biotype"]) == {"protein_coding", "lncRNA", "Mt_rRNA"}
    transcripts = annotation[annotation["feature"] == "transcript"]
    coding = transcripts[transcripts["gene_biotype"] == "protein_coding"]
    start = np.where(coding["strand"] == "+", coding["start"], coding["end"])
    starts = pd.Series(start).groupby(coding["gene_name"].to_numpy()).nunique()
    assert (starts > 1).any(), "some genes have an alternative start"
    exons = annotation[annotation["feature"] == "exon"]
    length = (exons["end"] - exons["start"]).groupby(exons["transcript_id"]).sum()
    assert length.min() >= 500
    assert length.max() <= 2500
    assert (exons["end"] <= exons["chromosome"].map({k: len(v) for k, v in genome.items()})).all()
    assert "chrM" in set(exons["chromosome"])


def test_rna_reads_come_from_spliced_transcripts(demo, annotation, genome):
    exons = annotation[annotation["feature"] == "exon"].sort_values("start")
    spliced = []
    for _, parts in exons.groupby("transcript_id"):
        text = "".join(
            genome[p.chromosome][p.start : p.end].upper() for p in parts.itertuples(index=False)
        )
        spliced += [text, reverse_complement(text)]
    everything = "|".join(spliced)
    for mate in (1, 2):
        _, reads, _ = fastq(demo / f"reads/Alpha_rna_1_R{mate}.fastq.gz")
        # 25 letters are free of errors in (1 - 0.005) ** 25 = 88 % of the reads.
        found = np.mean([read[:25] in everything for read in reads[:400]])
        assert 0.8 < found < 0.95


def test_fastq_is_well_formed(demo):
    for path in sorted((demo / "reads").glob("Beta_*_2_R1.fastq.gz")):
        names, reads, qualities = fastq(path)
        sample = path.name.removesuffix("_R1.fastq.gz")
        assert names[0] == f"@{sample}:00000001 1:N:0:1"
        assert len(set(names)) == len(names) == len(reads)
        assert {len(r) for r in reads} == {len(q) for q in qualities} == {75}
        assert set("".join(reads)) == set("ACGT")
        other, _, _ = fastq(path.with_name(f"{sample}_R2.fastq.gz"))
        assert [n.split()[0] for n in names] == [n.split()[0] for n in other]


@pytest.mark.parametrize("mate", [1, 2])
def test_hichip_reads_hold_the_junction_and_genomic_ends(demo, genome, mate):
    _, reads, _ = fastq(demo / f"reads/Gamma_hichip_1_R{mate}.fastq.gz")
    share = np.mean(["GATCGATC" in read for read in reads])
    assert 0.40 <= share <= 0.55
    everything = "|".join(text.upper() for text in genome.values())
    chosen = [read for read in reads if "GATCGATC" in read][:150]
    kept = [read[: read.index("GATCGATC") + 4] for read in chosen]
    assert np.mean([len(k) >= 20 for k in kept]) > 0.99
    heads = [k[-24:] for k in kept if len(k) >= 24]
    both = [h in everything or reverse_complement(h) in everything for h in heads]
    assert np.mean(both) > 0.8


def test_expression_table_and_its_parts(demo):
    table = read_table(demo / "truth/expression.tsv")
    assert set(table["cell_line"]) == set(CELL_LINES)
    sums = table.groupby("cell_line")[["relative_abundance", "expected_counts"]].sum()
    np.testing.assert_allclose(sums["relative_abundance"], 1)
    np.testing.assert_allclose(sums["expected_counts"], 15_000)
    coding = table[table["biotype"] == "protein_coding"]
    parts = coding[["promoter_effect", "loop_effect", "noise"]].sum(axis=1)
    np.testing.assert_allclose(parts, coding["log10_expression"], atol=1e-8)
    for _, line in coding.groupby("cell_line"):
        spread = np.log10(line["relative_abundance"]) - line["log10_expression"]
        assert np.ptp(spread) < 1e-6


def test_loops_of_the_truth(demo, genes):
    loops = read_table(demo / "truth/loops.tsv")
    assert (loops["start1"] < loops["start2"]).all()
    distance = loops["start2"] - loops["start1"]
    assert (distance == loops["distance"]).all()
    assert distance.between(20_000, 950_000).all()
    promoter_bin = genes.loc[loops["gene"], "tss"].to_numpy() // 5000 * 5000
    assert ((promoter_bin == loops["start1"]) | (promoter_bin == loops["start2"])).all()
    assert not loops.duplicated(["cell_line", "chromosome1", "start1", "start2"]).any()
    assert not loops.duplicated(["cell_line", "gene", "enhancer"]).any()


def test_settings_are_recorded(demo):
    about = json.loads((demo / "truth/settings.json").read_text())
    assert (about["seed"], about["scale"]) == (7, 0.1)
    assert about["settings"]["genes_per_chromosome"] == 18
