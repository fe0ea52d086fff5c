"""Loop tables of strangers: the right loops, or an error or warning that names the row."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr.errors import InputError
from deepexpr.hichip import bedpe
from deepexpr.hichip.loop_tables import imported_signal, read_loop_table
from deepexpr.schemas import LOOPS

PLACES = ("chr1\t1000000\t1005000\tchr1\t1200000\t1205000",
          "chr1\t2000000\t2005000\tchr1\t2100000\t2105000",
          "chr1\t3000000\t3005000\tchr1\t3100000\t3105000")  # fmt: skip
HEADER = "chrom1\tstart1\tend1\tchrom2\tstart2\tend2\t"
FITHICHIP = "chr1\ts1\te1\tchr2\ts2\te2\tcc\tP-Value_Bias\tQ-Value_Bias\n"


def rows(*ends, head=""):
    return head + "".join(f"{PLACES[i]}\t{end}\n" for i, end in enumerate(ends))


def read(tmp_path, text, **options):
    path = tmp_path / "loops"
    path.write_text(text)
    return read_loop_table(path, **options)


def counts(tmp_path, text, **options):
    return read(tmp_path, text, **options)["count"].tolist()


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


def test_mirrored_and_repeated_rows_count_once(tmp_path):
    mirrored = "chr1\t1200000\t1205000\tchr1\t1000000\t1005000"
    text = rows("7", "9") + f"{mirrored}\t7\n{PLACES[0]}\t7\n"
    assert counts(tmp_path, text) == [7, 9]
    with pytest.raises(InputError, match="stand twice with different counts") as caught:
        read(tmp_path, rows("7") + f"{mirrored}\t8\n")
    assert caught.value.found.endswith("7 and 8")


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("chr1\t5\t5\tchr1\t20\t30", "ends before it begins"),
        ("chr1\t9\t5\tchr1\t20\t30", "ends before it begins"),
        ("chr1\t5\t9\tchr1\t5\t9", "No loop is left"),
    ],
)
def test_impossible_anchors_are_refused(tmp_path, place, problem):
    with pytest.raises(InputError, match=problem) as caught:
        read(tmp_path, f"{place}\t7\n")
    assert "line 1" in caught.value.where


def test_positions_are_whole_numbers(tmp_path):
    with pytest.raises(InputError, match="no whole numbers"):
        read(tmp_path, f"{HEADER}count\nchr1\t0.5\t9\tchr1\t20\t30\t7\n")
    assert counts(tmp_path, f"{HEADER}count\nchr1\t1e3\t2e3\tchr1\t5e3\t6e3\t7\n") == [7]


def test_an_anchor_with_itself_is_left_out(tmp_path, caplog):
    text = rows("7") + "chr1\t5000\t9000\tchr1\t5000\t9000\t50\n"
    assert counts(tmp_path, text) == [7]
    assert "1 loop(s) of an anchor with itself" in caplog.text


def test_anchors_lie_on_their_chromosome(tmp_path):
    loops = read(tmp_path, rows("7", "9"))
    for size in (2_103_000, 2_100_001):  # the last bin is cut at the end
        assert imported_signal({"s": loops}, {"chr1": size})["end2"].tolist() == [1205000, size]
    with pytest.raises(InputError, match="beyond the end") as caught:
        imported_signal({"s": loops}, {"chr1": 2_100_000})
    assert caught.value.found == "2100000-2105000"
    odd = read(tmp_path, "chr1\t5\t17\tchr1\t90\t101\t7\n")
    with pytest.raises(InputError, match="beyond the end"):
        imported_signal({"s": odd}, {"chr1": 100})


def test_names_with_hash_and_of_numbers(tmp_path):
    text = "HG1#1#chr1\t0\t50\tHG1#1#chr1\t90\t100\t7\n1\t0\t50\t1\t90\t100\t8\n"
    assert read(tmp_path, text)["chromosome1"].tolist() == ["1", "HG1#1#chr1"]


@pytest.mark.parametrize(
    "text",
    ["", f"{HEADER}count\n", f"#{HEADER}count\n", "# nothing\n",
     rows("7\t0.5", head=f"{HEADER}count\tconfidence\n")],
)  # fmt: skip
def test_nothing_left_is_an_error(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert caught.value.where


def test_nothing_on_the_genome_is_an_error(tmp_path, caplog):
    loops = read(tmp_path, rows("7", "9") + "chrUn\t0\t50\tchrUn\t90\t100\t7\n")
    assert len(imported_signal({"s": loops}, ["chr1"])) == 2
    assert "1 of 3 loops are on chromosomes that the genome lacks, such as chrUn" in caplog.text
    trans = read(tmp_path, "chr1\t0\t50\tchr2\t90\t100\t7\n")
    with pytest.raises(InputError, match="No loop has both anchors"):
        imported_signal({"s": trans}, ["chr1"])


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


def random_table(rng):
    """Distinct loops with their counts, as rows of text and as the reader should give them."""
    n = int(rng.integers(1, 40))
    starts = rng.choice(2000, (n, 2), replace=False) * 5000
    starts = starts[starts[:, 0] != starts[:, 1]]
    names = rng.choice(["chr1", "2", "HG#1#X"], (len(starts), 2))
    made = [
        (a, int(s), int(s) + 5000, b, int(t), int(t) + 5000, int(c))
        for (a, b), (s, t), c in zip(names, starts, rng.integers(1, 99, len(starts)), strict=True)
    ]
    ordered = [r if (r[0], r[1]) <= (r[3], r[4]) else (*r[3:6], *r[:3], r[6]) for r in made]
    return made, sorted(list(row) for row in ordered)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("shape", ["bedpe", "named", "washu", "csv", "mirrored", "interact"])
def test_ten_more_of_each_shape(tmp_path, shape, seed):
    rng = np.random.default_rng(seed)
    made, right = random_table(rng)
    names = dict(zip("abcdefg", range(7), strict=True))
    order = rng.permutation(list(names))
    line = {
        "bedpe": "{0}\t{1}\t{2}\t{3}\t{4}\t{5}\tloop{6}\t{6}\t.\t.\n",
        "named": "\t".join(f"{{{names[k]}}}" for k in order) + "\n",
        "washu": "{0}:{1}-{2}\t{3}:{4}-{5}\t{6}\n",
        "csv": '"{0}",{1},{2},"{3}",{4},{5},{6}\n',
        "mirrored": "{0}\t{1}\t{2}\t{3}\t{4}\t{5}\tx\t{6}\n{3}\t{4}\t{5}\t{0}\t{1}\t{2}\ty\t{6}\n",
        "interact": "{0}\t1\t2\tn\t0\t{6}\t.\t0\t{0}\t{1}\t{2}\t.\t.\t{3}\t{4}\t{5}\t.\t.\n",
    }[shape]
    heads = dict(zip("abcdefg", ("chrA", "startA", "endA", "chrB", "startB", "endB", "PETs"),
                     strict=True))  # fmt: skip
    head = "\t".join(heads[k] for k in order) + "\n# a comment\n" if shape == "named" else ""
    back = read(tmp_path, head + "".join(line.format(*row) for row in made))
    assert back.to_numpy().tolist() == right


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
numbers = st.integers(-5, 3_000_000_000).map(str) | st.floats().map(str)
lines_of_cells = st.lists(
    st.lists(cells | numbers | st.sampled_from(["chr1", ".", "#x"]), min_size=1, max_size=12),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(lines_of_cells)
def test_any_text_is_a_table_or_one_error(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "anything.loops"
    path.write_text("\n".join("\t".join(row) for row in table), encoding="utf-8")
    try:
        loops = read_loop_table(path)
    except InputError:
        return
    assert len(loops) > 0
    assert (loops["start1"] < loops["end1"]).all()
    assert (loops["start2"] < loops["end2"]).all()
    assert not loops.duplicated(bedpe.ANCHORS).any()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)), st.lists(st.integers(1, 10**6), min_size=6, max_size=6))
def test_rows_in_any_order_and_direction_are_the_same_loops(tmp_path_factory, order, values):
    path = tmp_path_factory.getbasetemp() / "order.loops"
    rows = [("chr1", 10 * i, 10 * i + 5, "chr2", 7, 9, v) for i, v in enumerate(values)]
    text = [
        "\t".join(map(str, rows[i] if i % 2 else (*rows[i][3:6], *rows[i][:3], rows[i][6])))
        for i in order
    ]
    path.write_text(f"{HEADER}count\n" + "\n".join(text))
    assert read_loop_table(path)["count"].tolist() == values
