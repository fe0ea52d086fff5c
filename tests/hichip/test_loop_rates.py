"""Rates of loop tables, by whatever name and on whatever scale: honoured, refused or told."""

import logging
import math
import random

import pytest

from deepexpr.errors import InputError
from deepexpr.hichip.loop_tables import read_loop_table

HEAD = "chrom1\tstart1\tend1\tchrom2\tstart2\tend2\tcount\t{}\n"
ROW = "chr1\t{0}\t{1}\tchr1\t9000000\t9005000\t{2}\t{3}\n"


def table(name, *values):
    rows = (ROW.format(i * 5000, i * 5000 + 5000, 10 + i, v) for i, v in enumerate(values))
    return HEAD.format(name) + "".join(rows)


def counts(tmp_path, text, **options):
    (tmp_path / "loops").write_text(text)
    return read_loop_table(tmp_path / "loops", **options)["count"].tolist()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("qvalue", ("0.001", "0.5", "0")),
        ("Q-Value", ("0.001", "0.5", "0")),
        ("FDR", ("1e-9", "1", "0.05")),
        ("adj.P.Val", ("0.001", "0.06", "0")),
        ("-log10(qvalue)", ("3", "0.3", "Inf")),
        ("-log10_q", ("1.4", "1.2", "300")),
        ("neglog10FDR", ("3.0", "0", "9")),
        ("minus_log10.qvalue", ("3", "0.3", "9")),
        ("FDR(-log10)", ("3", "0.3", "9")),
        ("log10(FDR)", ("-3", "-0.3", "-9")),
        ("-ln(q)", ("3.1", "2.9", "9")),
        ("log2 qval", ("-5", "-4", "-inf")),
        ("mlog10padj", ("2", "1", "2")),
    ],
)
def test_rates_are_honoured_on_their_scale(tmp_path, name, values):
    assert counts(tmp_path, table(name, *values)) == [10, 12]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("qvalue", ("3", "0.3")),  # logarithms under another name
        ("-log(q)", ("3", "0.3")),  # of which base?
        ("log10(q)", ("3", "-0.3")),
        ("-log10(qvalue)", ("3", "NA")),
        ("-log10(qvalue)", ("3", "high")),
    ],
)
def test_rates_of_no_clear_scale_are_refused(tmp_path, name, values):
    with pytest.raises(InputError) as caught:
        counts(tmp_path, table(name, *values))
    assert "line " in caught.value.where
    assert repr(name.lower())[1:-1] in caught.value.problem


@pytest.mark.parametrize("seed", range(10))
def test_generated_rates_and_their_logarithms_keep_the_same_loops(tmp_path, seed):
    draw = random.Random(seed)
    rates = [draw.choice([draw.random(), 10 ** -draw.uniform(0, 20), 0.0]) for _ in range(20)]
    rates[0] = 0.0
    right = [10 + i for i, q in enumerate(rates) if q <= 0.05]
    base, word = draw.choice([(10, "log10"), (2, "log2"), (math.e, "ln")])
    logs = [repr(-math.log(q) / math.log(base)) if q else "inf" for q in rates]
    q = draw.choice(["q", "qvalue", "FDR", "padj", "Q-Value_Bias"])
    for name, values in ((q, map(repr, rates)), (f"-{word}({q})", logs)):
        assert counts(tmp_path, table(name, *values)) == right


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("p-value", ("0.001", "0.4"), True),
        ("-log10(pvalue)", ("3", "0.4"), True),
        ("P", ("0.001", "0.01"), False),
        ("ClusterNegLog10P", ("30", "0.1"), False),  # of clusters, as MAPS has it
        ("pvalue", ("x", "y"), False),
    ],
)
def test_single_probabilities_decide_nothing(tmp_path, caplog, name, values, told):
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, table(name, *values)) == [10, 11]
    assert ("are these all tested contacts" in caplog.text) == told


def test_single_probabilities_beside_rates_are_no_matter(tmp_path, caplog):
    text = table("P-value\tqvalue", "0.4\t0.01", "0.001\t0.02")
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, text) == [10, 11]
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


CLOOPS = (
    "loopId\tES\tFDR\tbinomial_p-value\tdistance\thypergeometric_p-value\tiva\tivb\t"
    "poisson_p-value\tra\trab\trb\tpoisson_p-value_corrected\tsignificant\n"
)
CLOOPS2 = (
    "loopId\tchrA\tstartA\tendA\tchrB\tstartB\tendB\tdistance(bp)\tcenterA\tcenterB\treadsA\t"
    "readsB\tcis\tPETs\tdensity\tenrichmentScore\tP2LL\tFDR\tbinomialPvalue\t"
    "hypergeometricPvalue\tpoissonPvalue\tsignificant\n"
)


def test_loops_of_both_versions_of_cloops(tmp_path):
    first = CLOOPS + (
        "a\t9.1\t0.0\t1e-9\t80000\t1e-9\tchr2:100-900\tchr2:80000-81000\t1e-9\t310\t14\t205\t1e-7\t1\n"
        "b\t1.1\t0.9\t0.4\t70000\t0.4\tchr2:500-900\tchr2:70000-71000\t0.3\t30\t3\t25\t1\t0\n"
    )
    assert counts(tmp_path, first) == [14]
    second = CLOOPS2 + (
        "l0\tchr2\t100\t900\tchr2\t80000\t81000\t80000\t500.0\t80500.0\t310\t205\t7\t14\t0.1\t9\t2\t"
        "0.001\t1e-9\t1e-9\t1e-9\t1\n"
    )
    (tmp_path / "loops").write_text(second)
    loops = read_loop_table(tmp_path / "loops")
    assert loops.iloc[0].tolist() == ["chr2", 100, 900, "chr2", 80000, 81000, 14.0]


def test_counts_that_are_shares_are_told(tmp_path, caplog):
    text = table("name", "a", "b").replace("\t10\t", "\t0.003\t").replace("\t11\t", "\t0.2\t")
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, text) == [0.003, 0.2]
    assert "2 of 2 counts are below 1, such as 0.003" in caplog.text


def test_positions_counted_from_one_are_told(tmp_path, caplog):
    rows = "".join(
        f"chr1\t{5000 * i + 1}\t{5000 * i + 5000}\tchr1\t90001\t95000\t{7 + i}\n" for i in range(3)
    )
    with caplog.at_level(logging.WARNING):
        counts(tmp_path, rows)
    assert "positions are counted from 1" in caplog.text


def test_a_column_of_counts_is_one(tmp_path, caplog):
    twice = table("count", "8", "9")
    with pytest.raises(InputError, match="'count' is no single column of counts"):
        counts(tmp_path, twice)
    with pytest.raises(InputError, match="'start1' is no single column of counts"):
        counts(tmp_path, table("name", "a"), value_column="start1")
    with caplog.at_level(logging.WARNING):
        assert counts(tmp_path, table("raw_count", "8", "9")) == [10, 11]
    assert "count is taken as the count, not raw_count" in caplog.text
