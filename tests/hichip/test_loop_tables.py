"""Finished loop tables of other programs: every shape gives the same loops, or one clear error."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.hichip.loop_tables import imported_signal, read_loop_table

#: Two loops; the second one's anchors stand in the wrong order.
LOOPS = (("chr1", 0, 5000, "chr1", 20000, 25000, 7), ("chr2", 90, 95, "chr1", 10, 20, 3))
EXPECTED = [["chr1", 0, 5000, "chr1", 20000, 25000, 7.0], ["chr1", 10, 20, "chr2", 90, 95, 3.0]]


def lines(row="{0}\t{1}\t{2}\t{3}\t{4}\t{5}\t{6}", head=""):
    return head + "".join(row.format(*loop) + "\n" for loop in LOOPS)


SHAPES = {
    "BEDPE": (lines("{0}\t{1}\t{2}\t{3}\t{4}\t{5}\tname\t{6}\t+\t+"), None),
    "BEDPE with count in place of a name": (lines(), None),
    "own": (lines(head="#chromosome1\tstart1\tend1\tchromosome2\tstart2\tend2\tcount\n"), None),
    "Origami": (
        lines(
            "{0},{1},{2},{3},{4},{5},{6},0.1,0.95",
            "chromosome1,start1,end1,chromosome2,start2,end2,PET Count,Hypergeometric p-value,"
            "Bayes probability\n",
        )
        + "chr1,1,2,chr1,3,4,9,0.1,0.2\n",
        None,
    ),
    "Origami's older column, as R writes names": (
        lines(
            "{0},{1},{2},{3},{4},{5},{6},0.95",
            '"chromosome1","start1","end1","chromosome2","start2","end2","PET.Count",'
            '"Bayes.mixture"\n',
        )
        + "chr1,1,2,chr1,3,4,9,0.2\n",
        None,
    ),
    "cLoops2": (
        lines(
            "id\t{0}\t{1}\t{2}\t{3}\t{4}\t{5}\t1\t{6}",
            "loopId\tchrA\tstartA\tendA\tchrB\tstartB\tendB\trawTargetCounts\trawControlCounts\n",
        ),
        "rawControlCounts",
    ),
    "WashU": (lines("{0}:{1}-{2}\t{3}:{4}-{5}\t{6}"), None),
    "FitHiChIP": (lines(head="chr1\ts1\te1\tchr2\ts2\te2\tcc\n"), None),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_loops(tmp_path, shape):
    text, column = SHAPES[shape]
    path = tmp_path / "loops"
    path.write_text(text)
    table = read_loop_table(path, column)
    assert table.to_numpy().tolist() == EXPECTED


@pytest.mark.parametrize(
    ("text", "column", "problem", "found"),
    [
        ("a\tb\n", None, "The file is not a table of loops.", "a\tb"),
        ("chr1\t1\t2\t3\n", None, "The shape of the table of loops is not known.", "chr1\t1\t2\t3"),
        (SHAPES["cLoops2"][0], None, "Which column of the table holds the counts is not known.",
         "loopId, chrA, startA, endA, chrB, startB, endB, rawTargetCounts, rawControlCounts"),
        (SHAPES["cLoops2"][0], "count", "The table of loops has no column 'count'.",
         "loopId, chrA, startA, endA, chrB, startB, endB, rawTargetCounts, rawControlCounts"),
        (lines(), "n", "The table of loops has no header that names 'n'.",
         "chr1\t0\t5000\tchr1\t20000\t25000\t7"),
        (lines().replace("\t7", "\tseven"), None,
         "Which column of the table holds the counts cannot be told without a header.",
         "chr1\t0\t5000\tchr1\t20000\t25000\tseven"),
        (lines().replace("\t3\n", "\t-3\n"), None,
         "1 of 2 counts of a table without a header are no counts.", "'-3'"),
    ],
)  # fmt: skip
def test_unclear_tables_are_refused(tmp_path, text, column, problem, found):
    path = tmp_path / "loops"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_loop_table(path, column)
    assert (caught.value.problem, caught.value.found) == (problem, found)
    assert str(path) in caught.value.where


BARE = "chr1\t0\t5000\tchr1\t20000\t25000{}\nchr1\t0\t5000\tchr1\t40000\t45000{}\n"
NAMED = "chrom1\tstart1\tend1\tchrom2\tstart2\tend2{}\n"


@pytest.mark.parametrize("text", [
    BARE.format("", ""), BARE.format("\tcommon", "\tspecific"), BARE.format("\t0.3", "\t0.2"),
    NAMED.format("") + BARE.format("", ""), NAMED.format("\tscore") + BARE.format("\t0.3", "\t0.2"),
])  # fmt: skip
def test_loops_without_counts_count_one_each_where_it_is_asked_for(tmp_path, caplog, text):
    path = tmp_path / "loops"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_loop_table(path)
    assert "write 1 in value_column" in caught.value.fix
    table = read_loop_table(path, "1")
    assert table["count"].tolist() == [1, 1]
    assert table["end2"].tolist() == [25000, 45000]
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_a_column_called_1_is_a_column(tmp_path):
    path = tmp_path / "loops"
    path.write_text(NAMED.format("\t1") + BARE.format("\t4", "\t6"))
    assert read_loop_table(path, "1")["count"].tolist() == [4, 6]


def test_replicates_are_averaged_on_the_genome_only():
    columns = ["chromosome1", "start1", "end1", "chromosome2", "start2", "end2", "count"]
    first = pd.DataFrame([["chr1", 0, 5, "chr1", 20, 25, 8.0]], columns=columns)
    second = pd.DataFrame(
        [["chr1", 0, 5, "chr1", 20, 25, 4.0], ["chr1", 0, 5, "chr9", 1, 2, 3.0],
         ["chr1", 30, 35, "chr1", 50, 55, 2.0]], columns=columns,
    )  # fmt: skip
    signal = imported_signal({"a": first, "b": second}, ["chr1"])
    assert signal["normalised"].tolist() == [6.0, 1.0]
    assert np.allclose(signal["signal"], np.log2([7, 2]))
    assert signal["count.a"].tolist() == [8.0, 0.0]
    with pytest.raises(InputError, match="No chromosome of") as caught:
        imported_signal({"a": first}, ["1"], "g.fa")
    assert "One of the two writes chr1 and the other 1" in caught.value.fix


def test_verb_writes_the_signal(tmp_path):
    (tmp_path / "loops").write_text(SHAPES["cLoops2"][0])
    (tmp_path / "sizes").write_text("chr1\t100000\n")
    options = ["--table", f"s={tmp_path}/loops", "--value-column", "s=rawControlCounts"]
    options += ["--chrom-sizes", str(tmp_path / "sizes"), "--output", str(tmp_path / "signal.tsv")]
    assert main(["import-loops", *options]) == 0
    table = pd.read_csv(tmp_path / "signal.tsv", sep="\t")
    assert table["normalised"].tolist() == [7.0]


def test_real_loops(shared_data):
    path = shared_data / "loops/k562_h3k27ac_hichip_specific_hg38.txt.gz"
    table = read_loop_table(path, "rawControlCounts")
    assert len(table) == 31094  # of 31,116 rows, 22 repeat the anchors of another
    assert table["count"].min() > 0
