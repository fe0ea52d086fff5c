"""Loop tables of strangers: the right loops, or an error or warning that names the row."""

import logging

import pandas as pd
import pytest
from loop_texts import HEADER, counts, read, rows

from deepexpr.errors import InputError
from deepexpr.hichip import bedpe
from deepexpr.hichip.loop_tables import read_loop_table
from deepexpr.schemas import LOOPS

FITHICHIP = "chr1\ts1\te1\tchr2\ts2\te2\tcc\tP-Value_Bias\tQ-Value_Bias\n"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (rows(".\t12\t0.001", "5\t250\t0.2"), [12, 250]),  # whichever row stands first
        (rows("5\t12\t0.001", ".\t250\t0.2"), [12, 250]),
        (rows("1\t12\t.\t.", "2\t250\t.\t.", "3\t7\t.\t."), [12, 250, 7]),  # BEDPE's name, score
        (rows("1\t12\t.\t."), [12]),
        (rows("30\t1e-09", "1\t1.0"), [30]),  # Mango and hichipper: the rate behind the PETs
        (rows("30\t0.01", "1\t0.9", "2\t0"), [30, 2]),
        (rows("5.0", "7.0"), [5, 7]),
        (rows(".\t5", ".\t7").replace("\t", " "), [5, 7]),  # hichipper
        (rows("x\t5", "y\t7", head="#a\tb\tc\td\te\tf\tname\tscore\n"), [5, 7]),
        (rows("900\t5", "800\t7", head=f"#{HEADER}score\tcount\n"), [5, 7]),
        (rows("900\t5", "800\t7", head="#c1\ts1\te1\tc2\ts2\te2\tscore\tcount\n"), [5, 7]),
        (rows("5", head="#chr\tstart\tend\tchr\tstart\tend\tcount\n"), [5]),
        (rows("5", "7", head="track name=loops\n"), [5, 7]),
        (rows("5", "7", head=f"{HEADER}count\n# made by X 1.0\n"), [5, 7]),
        (rows("x\t900\t5", "y\t800\t7", head=f"#{HEADER}name\tscore\tcount\n# made by X 1.0\n"),
         [5, 7]),
        ("".join(f'"{i}"\t{line}\n' for i, line in enumerate(rows("5", "7").splitlines(), 1))
         .join([f"{HEADER}count\n", ""]), [5, 7]),  # R's names of rows
    ],
)  # fmt: skip
def test_count_is_told_by_header_or_by_all_rows(tmp_path, text, right):
    assert counts(tmp_path, text) == right


ANCHORS_OF_A, ANCHORS_OF_B = (
    "chr1\t0\t5000\tchr1\t60000\t65000",
    "chr1\t0\t5000\tchr1\t90000\t95000",
)
#: Program -> its header as it writes it, what follows the anchors of two rows, and the counts; the
#: second row is no loop where the program tells false discovery rates.
PROGRAMS = {
    "FitHiChIP": (
        "chr1\ts1\te1\tchr2\ts2\te2\tcc\tCoverage1\tisPeak1\tBias1\tMapp1\tGCContent1\tRESites1\t"
        "Coverage2\tisPeak2\tBias2\tMapp2\tGCContent2\tRESites2\tp\texp_cc_Bias\tp_Bias\tdbinom_Bias\t"
        "P-Value_Bias\tQ-Value_Bias",
        "12\t90\t1\t1.1\t1\t0.4\t9\t80\t0\t0.9\t1\t0.4\t8\t1e-6\t2.5\t1e-6\t1e-5\t1e-5\t{q}",
        [12],
    ),
    "HiCCUPS": (
        "#chr1\tx1\tx2\tchr2\ty1\ty2\tname\tscore\tstrand1\tstrand2\tcolor\tobserved\texpectedBL\t"
        "expectedDonut\texpectedH\texpectedV\tfdrBL\tfdrDonut\tfdrH\tfdrV\tnumCollapsed\tcentroid1\t"
        "centroid2\tradius",
        ".\t.\t.\t.\t0,255,255\t34.0\t5.1\t6.2\t7.0\t6.5\t1e-9\t{q}\t1e-8\t1e-8\t2\t2500\t62500\t7000",
        [34],
    ),
    "MAPS": (
        "chr1\tstart1\tend1\tchr2\tstart2\tend2\tcount\texpected\tfdr\tClusterLabel\tClusterSize\t"
        "ClusterType\tClusterNegLog10P\tClusterSummit",
        "21\t4.2\t{q}\tC1\t3\tStrongPeak\t12.5\t1",
        [21],
    ),
    "HiCCUPS of 2014": (
        "chr1\tx1\tx2\tchr2\ty1\ty2\tcolor\to\te_bl\te_donut\te_h\te_v\tfdr_bl\tfdr_donut\tfdr_h\t"
        "fdr_v\tnum_collapsed\tcentroid1\tcentroid2\tradius",
        "0,255,255\t52\t18.5\t18.2\t19\t18\t1e-8\t{q}\t1e-7\t1e-8\t2\t102500\t202500\t3500",
        [52],
    ),
    "Juicebox": (
        "chromosome1\tx1\tx2\tchromosome2\ty1\ty2\tcolor\tobserved\tFDR",
        "0,255,255\t49\t{q}",
        [49],
    ),
    "hichipper": ("", ".\t9", [9, 9]),
    "hichipper's .mango": ("", "17\t{q}", [17]),
    "Mustache": (
        "BIN1_CHR\tBIN1_START\tBIN1_END\tBIN2_CHROMOSOME\tBIN2_START\tBIN2_END\tFDR\tDETECTION_SCALE",
        "{q}\t2.26",
        [1],
    ),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_tables_of_other_programs_are_known_by_their_headers(tmp_path, program, caplog):
    header, rest, wanted = PROGRAMS[program]
    lines = [header] if header else []
    lines += [
        f"{ANCHORS_OF_A}\t{rest.format(q='1e-07')}",
        f"{ANCHORS_OF_B}\t{rest.format(q='0.4')}",
    ]
    text = "\n".join(lines) + "\n"
    with caplog.at_level("WARNING"):
        assert counts(tmp_path, text.replace("\t", " ") if not header else text) == wanted
    assert ("hold no counts" in caplog.text) == (program == "Mustache")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (rows("-\t2.1\t.\t.", "-\t500\t.\t.", "-\t12.7\t.\t."), "'2.1'"),  # -log10 q of a browser
        (rows("0.97\t12", "0.91\t250"), "'0.97'"),  # Peakachu's probability
        (rows("1\t12", "2\t250", "3\t7"), "columns 7, 8"),  # the rows' numbers, or counts?
        (rows("1\t12"), "columns 7, 8"),
        (rows("4\t12", "9\t250"), "columns 7, 8"),
        (rows("1", "2", "3"), "chr1"),
        (rows("0", "5"), "'0'"),
        (rows("common", "common"), "common"),
        (rows("5", "nan"), "chr1"),
        (rows("5", "inf"), "'inf'"),
        (rows("contact_1\t997\t.\t.\t31\t0.997\t900\t800\t5000\t1"), "columns 8, 11"),
    ],
)
def test_count_is_never_guessed(tmp_path, text, found):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert found in caught.value.found
    assert "line " in caught.value.where


@pytest.mark.parametrize("ending", ["\t0.9", "\t1e-4\t0.9", "\t1"])
def test_a_mango_file_is_filtered_by_its_last_column(tmp_path, ending, caplog):
    good = ending.replace("0.9", "0.002") if "." in ending else "\t0"
    path = tmp_path / "s.interactions.all.mango"
    path.write_text(rows(f"17{good}", f"2{ending}"))
    with caplog.at_level(logging.WARNING):
        assert read_loop_table(path)["count"].tolist() == [17]
    assert "is taken as the false discovery rate" in caplog.text
    assert "1 of 2 rows are above 0.05" in caplog.text


def test_unnamed_rates_are_said_not_to_be_read(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, rows("17\t0.01\t0.002", "2\t0.8\t0.9")) == [17, 2]
    assert "column 8 and 9, values between 0 and 1, is not known" in caplog.text


def test_a_header_alone_is_told(tmp_path):
    with pytest.raises(InputError, match="holds a header and no loop"):
        read(tmp_path, PROGRAMS["Mustache"][0] + "\n")


def test_counts_that_no_table_held_are_not_doubted(tmp_path, caplog):
    text = rows("0.01\t2", "0.02\t2", "0\t1", head=PROGRAMS["Mustache"][0] + "\n")
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, text) == [1, 1, 1]
    assert "hold no counts" in caplog.text
    assert "have a count of 1" not in caplog.text


@pytest.mark.parametrize("cell", ["NA", "NaN", ""])
@pytest.mark.parametrize("column", ["fdrBL", "Q-Value_Bias"])
def test_a_rate_that_is_not_there_names_its_column(tmp_path, cell, column):
    with pytest.raises(InputError, match=f"1 value.s. of column {column.lower()} of") as caught:
        read(tmp_path, rows("30\t0.01", f"20\t{cell}", head=f"{HEADER}count\t{column}\n"))
    assert caught.value.where.endswith("line 3")
    assert "a rate of 1" in caught.value.fix


def test_order_of_rows_changes_nothing(tmp_path):
    lines = rows(".\t12\t0.5", "5\t250\t0.2", "x\t7\t1").splitlines()
    first = read(tmp_path, "\n".join(lines))
    assert first.equals(read(tmp_path, "\n".join(lines[::-1])))


def test_q_values_are_honoured(tmp_path, caplog):
    text = rows("30\t1e-10\t1e-09", "1\t0.1\t1.0", "2\t0.08\t0.8", head=FITHICHIP)
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, text) == [30]
    assert "q-value_bias: 2 of 3 rows are above 0.05" in caplog.text
    with pytest.raises(InputError, match="No loop is left") as caught:
        read(tmp_path, rows("1\t0.1\t1.0", head=FITHICHIP))
    assert caught.value.found == "chr1 1000000 1005000 chr1 1200000 1205000 1"
    with pytest.raises(InputError, match="values above 1"):
        read(tmp_path, rows("30\t1\t9.5", head=FITHICHIP))


@pytest.mark.parametrize("name", ["p_bonferroni", "Bonferroni", "pval_adj", "p-value adjusted"])
def test_corrected_probabilities_are_honoured(tmp_path, name):
    text = rows("30\t0.001", "20\t0.8", head=f"{HEADER}count\t{name}\n")
    assert counts(tmp_path, text) == [30]


def test_every_rate_of_hiccups_counts(tmp_path):
    head = "#chr1\tx1\tx2\tchr2\ty1\ty2\tname\tobserved\tfdrBL\tfdrDonut\n# juicer_tools 1.22\n"
    text = rows(".\t31\t0.08\t0.01", ".\t12\t0.3\t0.01", ".\t15\t0.01\t0.2", head=head)
    assert counts(tmp_path, text) == [31]


@pytest.mark.parametrize("words", [("1", "0"), ("1.0", "0.0"), ("TRUE", "False"), ("yes", "no")])
@pytest.mark.parametrize("name", ["loop", "significant", "sig", "isSignificant"])
def test_flags_are_honoured(tmp_path, name, words):
    text = rows(f"9\t{words[0]}", f"4\t{words[1]}", head=f"{HEADER}count\t{name}\n")
    assert counts(tmp_path, text) == [9]
    with pytest.raises(InputError, match="something else than 0 and 1"):
        read(tmp_path, rows("9\tmaybe", head=f"{HEADER}count\t{name}\n"))


def own_loops():
    anchors = [["chr1", 0, 5000, "chr1", 20000, 25000], ["chr1", 5000, 10000, "chr2", 0, 5000],
               ["chr2", 0, 5000, "chr2", 30000, 35000]]  # fmt: skip
    more = [["a", 990, ".", ".", 7, 0.99, 50, 40, 20000, 1],
            ["b", 100, ".", ".", 3, 0.1, 9, 9, -1, 0],
            ["c", 950, ".", ".", 4, 0.95, 9, 9, 30000, 1]]  # fmt: skip
    return pd.DataFrame([a + m for a, m in zip(anchors, more, strict=True)], columns=list(LOOPS))


@pytest.mark.parametrize(
    ("write", "header"),
    [("write_bedpe", True), ("write_interact", True), ("write_interact", False),
     ("write_longrange", False)],
)  # fmt: skip
def test_own_files_are_read_back(tmp_path, write, header):
    table = own_loops()
    called = table[table["loop"] == 1]
    getattr(bedpe, write)(table if write == "write_bedpe" else called, tmp_path / "own")
    text = (tmp_path / "own").read_text()
    lines = [line for line in text.splitlines(True) if header or not line.startswith("#")]
    back = read(tmp_path, "".join(lines))
    assert back.to_numpy().tolist() == called[[*bedpe.ANCHORS, "count"]].to_numpy().tolist()


def test_interact_of_strangers(tmp_path):
    """chr2 in its place, and a value that is no count refused."""
    line = "chr1\t100\t3000\tloop_1\t500\t{}\t.\t0\tchr1\t100\t200\t.\t.\tchr2\t2900\t3000\t.\t.\n"
    loops = read(tmp_path, line.format(7))
    assert loops.iloc[0].tolist() == ["chr1", 100, 200, "chr2", 2900, 3000, 7.0]
    with pytest.raises(InputError, match="are no counts"):
        read(tmp_path, line.format(3.25))


@pytest.mark.parametrize(
    ("cells", "told"), [("loop_1\t900\t.\t.", True), ("12\t0.9\t.\t1", False), ("12\t0.009", False)]
)
def test_the_score_of_bedpe_as_the_count_is_told(tmp_path, caplog, cells, told):
    path = tmp_path / "loops.bedpe"
    path.write_text(rows(cells))
    with caplog.at_level(logging.WARNING):
        read_loop_table(path)
    assert ("column 8, the score of BEDPE" in caplog.text) is told


def test_doubtful_tables_are_told(tmp_path, caplog):
    read(tmp_path, rows("1", "1", "8"))
    assert "2 of 3 loops have a count of 1" in caplog.text
    read(tmp_path, rows("1", "1"))
    assert "all 2 loops have a count of 1, as where loops have no counts" in caplog.text
    read(tmp_path, "chr1\t999\t1001\tchr1\t5999\t6001\t12\n")
    assert "most anchors have 2 bp or less" in caplog.text
