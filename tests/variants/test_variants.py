"""The verb, on a genome of 600 letters and a network that counts a word."""

import gzip

import numpy as np
import pandas as pd
import pysam
import pytest
from stand_in import LENGTH, UP, StandIn, count

from deepexpr.errors import InputError, UsageError
from deepexpr.letters import reverse_complement
from deepexpr.schemas import VARIANTS
from deepexpr.variants.motif_changes import MotifChanges, Place

WINDOWS = {"plus": (180, 220), "minus": (281, 321)}


def predicted(text, tss, strand):
    """Mean of both folds for a haplotype whose TSS stands at `tss`, on + of the text."""
    window = text[tss - UP : tss + LENGTH - UP]
    if strand == "-":
        window = reverse_complement(text[tss - (LENGTH - UP) + 1 : tss + UP + 1])
    return 1.5 * count(np.frombuffer(window.encode(), np.uint8)[None])[0]


def other(letter):
    return "ACGT"[("ACGT".index(letter) + 1) % 4]


def table_of(small):
    return pd.read_csv(small.folder / "o.tsv", sep="\t", keep_default_na=False, na_values=["NA"])


def rows_for(small):
    """Single letters all over both promoters, deletions and insertions."""
    text, rows = small.text, []
    for start in [*range(178, 223, 3), *range(279, 324, 3)]:
        rows.append(("chr1", start + 1, f"s{start}", text[start], other(text[start])))
    for start in (190, 207, 290, 310):
        rows.append(("chr1", start + 1, f"d{start}", text[start : start + 4], text[start]))
        rows.append(("chr1", start + 1, f"i{start}", text[start], text[start] + "CCGCC"))
    return rows


def test_predictions_are_those_of_the_haplotypes(small):
    small.run(small.write(rows_for(small)))
    table = table_of(small)
    assert tuple(table.columns) == VARIANTS
    text = small.text
    inside = set()
    for row in table.itertuples():
        tss, strand = {"plus": (200, "+"), "minus": (300, "-")}[row.gene]
        changed = text[: row.start] + row.alternate + text[row.end :]
        gain = len(changed) - len(text)
        moved = tss + gain if row.end <= tss else tss  # as no deletion takes the TSS
        assert row.predicted_reference == pytest.approx(predicted(text, tss, strand))
        assert row.predicted_alternate == pytest.approx(predicted(changed, moved, strand))
        assert row.effect == pytest.approx(row.predicted_alternate - row.predicted_reference)
        # The second fold doubles: the difference of both is the first's.
        assert row.folds_sd == pytest.approx(abs(row.effect) / 1.5 / np.sqrt(2), abs=1e-9)
        if row.id.startswith("s"):
            start, end = WINDOWS[row.gene]
            assert start <= row.start < end
            assert row.tss_distance == (row.start - tss) * (1 if strand == "+" else -1)
            inside.add(row.id)
    expected = {
        f"s{start}" for start in [*range(178, 223, 3), *range(279, 324, 3)]
        if any(a <= start < b for a, b in WINDOWS.values())
    }  # fmt: skip
    assert inside == expected
    summary = pd.read_csv(small.folder / "s.tsv", sep="\t").set_index("item")["alleles"]
    assert summary["alternate alleles"] == len(rows_for(small))
    assert summary["scored"] == table["id"].nunique()
    assert summary.drop(["alternate alleles", "pairs of an allele and a promoter"]).sum() == len(
        rows_for(small)
    )


def test_references_are_predicted_once(small):
    vcf = small.write(rows_for(small))
    small.run(vcf, "--background", 0)
    pairs = len(table_of(small))
    assert StandIn.asked == (pairs + 2) * 4  # two promoters; as it is, two shifts, other strand
    assert table_of(small)["percentile"].isna().all()
    StandIn.asked = 0
    small.run(vcf, "--background", 0, "--shift", 0, "--no-strands")
    assert StandIn.asked == pairs + 2
    assert table_of(small)[["strands_sd", "shifts_sd"]].isna().all().all()


def test_breaking_the_word_leads_the_ranking_and_is_named(small):
    text = small.text
    rows = [("chr1", i + 1, f"w{i}", text[i], other(text[i])) for i in (205, 208, 291, 296)]
    rows += [("chr1", i + 1, f"o{i}", text[i], other(text[i])) for i in (183, 216, 300, 318)]
    small.run(small.write(rows))
    table = table_of(small).set_index("id")
    words = table.index.str.startswith("w")
    assert (table.loc[words, "effect"] < -1).all()
    assert (table.loc[words, "percentile"] > 70).all()  # a fifth of the random ones hit it too
    assert table.loc[words, "broken"].tolist() == ["MA1:JUN;x"] * 4
    assert (table.loc[~words, ["made", "broken"]] == "").all().all()
    assert table.loc[words, "shifts_sd"].max() < 0.01


def test_percentiles_follow_the_seed_alone(small):
    vcf = small.write(rows_for(small))
    small.run(vcf, "--seed", 5)
    first = (small.folder / "o.tsv").read_bytes()
    small.run(vcf, "--seed", 5)
    assert (small.folder / "o.tsv").read_bytes() == first
    small.run(vcf, "--seed", 6)
    assert (small.folder / "o.tsv").read_bytes() != first


def test_output_is_the_vcf_with_fields_that_htslib_reads(small):
    text = small.text
    vcf = small.write(
        [
            ("chr1", 206, "m", text[205], f"{other(text[205])},*,<DEL>,{text[205]}GG"),
            ("chr1", 400, "out", text[399], other(text[399])),
        ]
    )
    small.run(vcf, "--output", small.folder / "o.vcf.gz", "--p-value", 0)
    small.run(vcf, "--output", small.folder / "o.vcf.gz")
    with gzip.open(small.folder / "o.vcf.gz", "rt") as handle:
        lines = handle.read().splitlines()
    assert lines[-1] == "\t".join(
        ["chr1", "400", "out", text[399], other(text[399]), ".", "PASS", "."]
    )
    pysam.tabix_index(str(small.folder / "o.vcf.gz"), preset="vcf")
    with pysam.VariantFile(str(small.folder / "o.vcf.gz")) as found:
        info = found.header.info
        assert all(info[name].number == "A" for name in info if name.startswith("DX_"))
        assert info["DX_EFFECT"].type == "Float"
        assert info["DX_TSS"].type == "Integer"
        (first,) = found.fetch("chr1", 205, 206)
    assert first.info["DX_GENE"] == ("plus", ".", ".", "plus")
    assert first.info["DX_TSS"] == (5, None, None, 6)
    assert first.info["DX_EFFECT"][0] < -1
    assert first.info["DX_BROKEN"][0] == "MA1:JUN%3Bx"
    assert first.info["DX_PROMOTERS"] == (1, 0, 0, 1)
    # Annotated once more it stays what it was.
    small.run(small.folder / "o.vcf.gz", "--output", small.folder / "again.vcf")
    assert (small.folder / "again.vcf").read_text().splitlines() == lines


def test_what_is_skipped_is_counted(small):
    text = small.text
    kinds = ["*", "<DEL>", "G]chr1:9]", ".", "N", text[205]]
    rows = [("chr1", 206, ".", text[205], kind) for kind in kinds]
    rows += [("chr1", 206, ".", text[205], text[205] + "A" * 60), ("chrX", 5, ".", "A", "C")]
    small.run(small.write(rows))
    assert table_of(small).empty
    summary = pd.read_csv(small.folder / "s.tsv", sep="\t").set_index("item")["alleles"]
    assert summary.drop("alternate alleles").sum() == summary["alternate alleles"] == 8
    for item in ("deleted by another variant (*)", "symbolic", "breakend", "no alternate allele",
                 "letters other than A, C, G, T", "the reference allele again", "too long",
                 "on a chromosome that the genome lacks"):  # fmt: skip
        assert summary[item] == 1, item


def test_another_reference_is_refused_or_left_out(small):
    text = small.text
    wrong = other(text[205])
    vcf = small.write(
        [("chr1", 206, ".", wrong, text[205]), ("chr1", 190, ".", text[189], other(text[189]))]
    )
    with pytest.raises(InputError, match=r"1 of 2 alleles") as told:
        small.run(vcf)
    assert "line 4" in told.value.where
    assert told.value.expected.startswith(text[205])
    assert told.value.found.startswith(wrong)
    assert not (small.folder / "o.tsv").exists()
    small.run(vcf, "--leave-out-mismatches")
    assert len(table_of(small)) == 1


@pytest.mark.parametrize(("position", "reference"), [(0, "A"), (601, "A"), (600, None)])
def test_places_beyond_a_chromosome_are_refused_or_left_out(small, position, reference):
    text = small.text
    reference = reference or text[599] + "A"
    fine = [("chr1", 190, ".", text[189], other(text[189])), ("chr1", 600, ".", text[599], "TT")]
    # VCF names telomeres by such places, with alleles that are no letters.
    telomeres = [("chr1", 0, ".", "N", "<DEL>"), ("chr1", 601, ".", "N", "]chr2:1]N")]
    vcf = small.write([*fine, *telomeres, ("chr1", position, ".", reference, "G,C")])
    with pytest.raises(InputError, match=r"2 of 3 alleles .* beyond the ends") as told:
        small.run(vcf)
    assert f"v.vcf, line 8 (the first), chr1:{position}" in told.value.where
    assert "--leave-out-mismatches" in told.value.fix
    small.run(vcf, "--leave-out-mismatches")
    assert len(table_of(small)) == 1
    summary = pd.read_csv(small.folder / "s.tsv", sep="\t").set_index("item")["alleles"]
    assert summary["another reference allele than the genome's"] == 2
    assert summary["in no promoter"] == 1


def test_names_of_chromosomes_are_told_and_read_by_aliases(small):
    vcf = small.write([("1", 190, ".", small.text[189], other(small.text[189]))])
    with pytest.raises(InputError, match="none of the VCF's chromosomes") as told:
        small.run(vcf)
    assert "--aliases auto" in told.value.fix
    small.run(vcf, "--aliases", "auto")
    assert table_of(small)["chromosome"].tolist() == ["chr1"]


HEADER = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("chr1\t5\n", "no VCF"),
        ("##fileformat=VCFv4.2\n##x\n", "no VCF"),
        ("##fileformat=VCFv4.2\n#CHROM\tPOS\n", "no VCF"),
        (HEADER + "chr1\t5\t.\tA\tC\t.\t.\n", "7 columns"),
        (HEADER + "chr1\tx\t.\tA\tC\t.\t.\t.\n", "no whole number"),
        (HEADER + "chr1\t5\t.\tA\tC,\t.\t.\t.\n", "is empty"),
        (HEADER + "chr1\t5\t.\tA\t\t.\t.\t.\n", "is empty"),
        (HEADER + "chr1\t5\t.\t-\tC\t.\t.\t.\n", "not of A, C, G, T"),
        ("BCF\2\2", "BCF"),
    ],
)
def test_what_is_no_vcf_is_told(small, content, problem):
    (small.folder / "w.vcf").write_text(content)
    with pytest.raises(InputError, match=problem) as told:
        small.run(small.folder / "w.vcf")
    assert "w.vcf" in told.value.where


def test_a_vcf_without_records_and_bad_options(small):
    (small.folder / "e.vcf").write_text(HEADER)
    small.run(small.folder / "e.vcf", "--output", small.folder / "o.vcf")
    assert (small.folder / "o.vcf").read_text().splitlines()[-1].startswith("#CHROM")
    assert table_of(small).empty
    with pytest.raises(UsageError, match="read twice"):
        small.run("-")


def test_motifs_over_joints_and_in_long_alleles():
    from deepexpr.features.motif import Motif

    matrix = np.full((4, 4), 0.01)
    matrix[range(4), [0, 1, 2, 3]] = 0.97  # ACGT, its own other strand
    changes = MotifChanges([Motif("M", "", matrix)], np.full(4, 0.25), 0.005)
    assert changes.flank == 3

    def place(*parts):
        return Place(*(np.frombuffer(part.encode(), np.uint8) for part in parts))

    made, broken = changes.of(
        [
            place("TTTAC", "TTT", "", "GTAAA"),  # a deletion joins the halves
            place("TTTAC", "", "TTT", "GTAAA"),  # an insertion parts them
            place("TTTTT", "C", "TTACGTTT", "TTTTT"),
            place("ACGTT", "C", "G", "ACGTT"),  # matches beside the letter are no change
            place("TTACG", "T", "A", "AAAAA"),
        ]
    )
    assert made == [["M"], [], ["M"], [], []]
    assert broken == [[], ["M"], [], [], ["M"]]
