"""Tables of genes by kind of damage: each is read right, or said."""

import logging
import random

import pandas as pd
import pytest

from deepexpr.errors import InputError
from deepexpr.expression.gene_counts import count_table
from deepexpr.expression.gene_tables import read_gene_counts

DATES = ["1-Mar", "2-Sep", "Mar-01", "1-Dec-24", "2001-03-01", "3/1/2020", "01. Mrz", "2.31E+13"]
GENES = ["sep-1", "apr-1", "MARCHF1", "SEPTIN2", "DEC1", "mai-2", "24.10", "1433", "H2-K1", "2-5A"]


def table(path, rows, head="", start=b""):
    text = head + "".join(f"{gene}\t{value}\n" for gene, value in rows)
    path.write_bytes(start + text.encode())
    return path


@pytest.fixture(autouse=True)
def _warnings(caplog):
    caplog.set_level(logging.WARNING)


def test_byte_order_mark_and_windows_lines(tmp_path):
    (tmp_path / "t").write_bytes(b"\xef\xbb\xbfGENEA\t1000\r\nGENEB\t5\r\n")
    assert read_gene_counts(tmp_path / "t").to_dict() == {"GENEA": 1000, "GENEB": 5}


@pytest.mark.parametrize("symbol", DATES)
def test_symbols_that_a_spreadsheet_made_are_named(tmp_path, caplog, symbol):
    read_gene_counts(table(tmp_path / "t", [("GENEA", 1), (symbol, 80)]))
    assert f"such as {symbol};" in caplog.text


def test_dates_that_a_spreadsheet_makes_of_any_day_are_named(tmp_path, caplog):
    draw = random.Random(19)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    made = [f"{draw.randint(1, 15)}-{draw.choice(months)}" for _ in range(5)]
    made += [f"{draw.choice(months)}-{draw.randint(1, 99):02d}" for _ in range(5)]
    read_gene_counts(table(tmp_path / "t", [(name, i) for i, name in enumerate(made)]))
    assert "10 symbol(s) are dates" in caplog.text


def test_genes_that_resemble_dates_are_genes(tmp_path, caplog):
    values = read_gene_counts(table(tmp_path / "t", [(g, i) for i, g in enumerate(GENES)]))
    assert list(values.index) == GENES
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


@pytest.mark.parametrize("value", ["NA", "-", "1,000", "", "nan", "1.000.000", "1 000", "12,5"])
def test_first_row_without_a_number_is_no_header(tmp_path, value):
    with pytest.raises(InputError, match=r"row 1\b") as caught:
        read_gene_counts(table(tmp_path / "t", [("GENEA", value), ("GENEB", 5)]))
    assert caught.value.found == repr(value)


@pytest.mark.parametrize("head", ["gene\tNA\n", "sample\t001\n", "symbol\tcount\n", "x\ty\n"])
def test_header_is_told_by_its_words(tmp_path, head):
    values = read_gene_counts(table(tmp_path / "t", [("GENEA", 3)], head))
    assert values.to_dict() == {"GENEA": 3}


def logarithms(draw, number, transform):
    return [(f"GENE{i}", transform(draw.lognormvariate(3, 2))) for i in range(number)]


def test_log_scale_is_warned_of(tmp_path, caplog):
    import math

    draw = random.Random(1)
    rows = logarithms(draw, 2000, lambda x: round(math.log2(1 + x), 4))
    read_gene_counts(table(tmp_path / "t", rows))
    assert "looks like a log scale" in caplog.text


def test_tpm_and_counts_are_no_logarithms(tmp_path, caplog):
    draw = random.Random(2)
    total = 1e6
    values = [draw.lognormvariate(1, 2) for _ in range(2000)]
    scale = total / sum(values)
    read_gene_counts(table(tmp_path / "t", [(f"G{i}", v * scale) for i, v in enumerate(values)]))
    shallow = [(f"G{i}", draw.randint(0, 20)) for i in range(2000)]
    read_gene_counts(table(tmp_path / "s", shallow))
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_negative_values_are_told_to_be_logarithms(tmp_path):
    rows = [("GENEA", 9.9658), ("SEPTIN2", -3.3219)]
    with pytest.raises(InputError, match="are logarithms") as caught:
        read_gene_counts(table(tmp_path / "t", rows, "sample\tTCGA\n"))
    assert "kallisto" not in str(caught.value)


@pytest.mark.parametrize("seed", range(10))
def test_generated_scales(tmp_path, caplog, seed):
    """Counts, TPM and their logarithms, to some base, of libraries of any depth."""
    import math

    draw = random.Random(seed)
    raw = [draw.lognormvariate(draw.uniform(0, 4), 2) * (draw.random() > 0.3) for _ in range(1500)]
    total = sum(raw)
    tpm = [value / total * 1e6 for value in raw]
    counts = [round(value * draw.choice([1, 10, 100])) for value in raw]
    base = draw.choice([2, 10, math.e])
    for name, values, warned in (
        ("tpm", tpm, False), ("counts", counts, False),
        ("log", [math.log(1 + value, base) for value in tpm], True),
    ):  # fmt: skip
        caplog.clear()
        rows = [(f"GENE{i}", f"{value:.6g}") for i, value in enumerate(values)]
        read_gene_counts(table(tmp_path / name, rows))
        assert ("looks like a log scale" in caplog.text) == warned, name


def test_blanks_and_quotes_around_a_symbol_are_not_of_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text('gene\tcount\nGENEA \t5\n GENEB\t6\n"GENEC"\t7\n')
    assert read_gene_counts(path).to_dict() == {"GENEA": 5, "GENEB": 6, "GENEC": 7}


@pytest.mark.parametrize(
    "value", ["0x10", "0xBEEF", "5%", "<5", ">=3", "~7", "#DIV/0!", "n.d.", "N/A", "?", "*", ".5e",
              "1.234.567", "12 reads", "+-3"],
)  # fmt: skip
def test_a_first_row_that_is_no_header_is_never_lost(tmp_path, value):
    """A gene whose value cannot be read is an error, not the name of a column."""
    with pytest.raises(InputError, match="are no counts") as caught:
        read_gene_counts(table(tmp_path / "t", [("GENEA", value), ("GENEB", "5")]))
    assert "row 1" in caught.value.where


@pytest.mark.parametrize(
    ("head", "told"),
    [("gene\t293T\n", False), ("\tSRR1\n", False), ("Geneid\t24.10\n", False),
     ("my_genes\tSRR1\n", True), ("GENEC\tabsent\n", True)],
)  # fmt: skip
def test_a_header_of_unknown_name_is_told(tmp_path, caplog, head, told):
    counts = read_gene_counts(table(tmp_path / "t", [("GENEA", 1), ("GENEB", 5)], head))
    assert counts.to_dict() == {"GENEA": 1, "GENEB": 5}
    assert ("is taken as the header" in caplog.text) == told


@pytest.mark.parametrize("seed", range(10))
def test_generated_first_rows(tmp_path, seed, caplog):
    """Whatever its first value is: every gene is there, or one message says what is not."""
    draw = random.Random(seed)
    for _ in range(30):
        value = "".join(draw.choices("0123456789.,xXeE+-% aF", k=draw.randint(1, 5))).strip()
        text = table(tmp_path / "t", [("GENEA", value), ("GENEB", "5")])
        try:
            counts = read_gene_counts(text)
        except InputError:
            continue
        assert "GENEB" in counts
        if "GENEA" not in counts:
            assert f"(GENEA, {value}) is taken as the header" in caplog.text
        else:
            assert counts["GENEA"] == float(value)


def samples(**values):
    return {name: pd.Series(v, [f"G{i}" for i in range(len(v))], float) for name, v in
            values.items()}  # fmt: skip


GENE_ROWS = pd.DataFrame({"gene": [f"G{i}" for i in range(200)]})
COUNTS = [float(i * 37 % 101) for i in range(200)]
TPM = [1e6 * value / sum(COUNTS) for value in COUNTS]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"a": COUNTS, "b": COUNTS}, "a and b have the same counts of all 200 genes"),
        ({"a": COUNTS, "b": TPM}, "The values of b add up to a million"),
        ({"a": TPM, "b": TPM[::-1]}, ""),
        ({"a": COUNTS, "b": COUNTS[::-1]}, ""),
    ],
)
def test_samples_that_do_not_belong_together(caplog, values, told):
    count_table(samples(**values), GENE_ROWS)
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warned) == bool(told)
    assert told in "".join(warned)


@pytest.mark.parametrize("text", ["G0\t0\nG1\t0\n", "gene\tS\n"])
def test_a_table_without_any_value_is_refused(tmp_path, text):
    (tmp_path / "t").write_text(text)
    with pytest.raises(InputError, match="No gene of the table has a value above 0"):
        read_gene_counts(tmp_path / "t")
