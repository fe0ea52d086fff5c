"""Names of samples, cell lines and genes survive letter by letter in every table."""

import random
import string
import tempfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr import schemas
from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read, read_table, reading, write_table
from deepexpr.hichip.signal import read_totals
from deepexpr.model.prediction import bins_of
from deepexpr.schemas import Column, Table

NAMES = ["001", "24.10", "NA", "nan", "None", "null", "1e5", "TRUE", "-", "+1", "0x10", "#x", "inf"]
TABLES = {n: t for n, t in vars(schemas).items() if isinstance(t, Table)}
rng = random.Random(16)
MADE = ["".join(rng.choices(string.digits + ".eE+-_NAna", k=rng.randint(1, 6))) for _ in range(10)]


def rows(table: Table, names: list[str]) -> pd.DataFrame:
    """Every name in every column of names; numbers elsewhere."""
    cells = {"name": names, "words": ["a word"] * len(names), "number": range(len(names))}
    return pd.DataFrame({c.name: cells[c.kind] for c in table.columns})


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("names", [NAMES, MADE], ids=["listed", "generated"])
def test_names_survive_in_every_table(tmp_path, table, names):
    written = rows(TABLES[table], names)
    write_table(written, tmp_path / "t.tsv")
    again = read(TABLES[table], tmp_path / "t.tsv")
    for column in TABLES[table].columns:
        assert again[column.name].tolist() == written[column.name].tolist(), column


def test_every_table_has_a_column_of_each_name_once():
    assert all(len(set(table)) == len(table) for table in TABLES.values())
    assert schemas.LOOP_QC.columns == schemas.QC.columns[1:]
    assert Column("value", "words") in schemas.QC.columns


def test_names_of_cell_lines_are_no_columns_of_ours(tmp_path):
    (tmp_path / "e.tsv").write_text("gene\tstart\tmetric\nNA\t1.50\tnan\n")
    table = read(Table("gene"), tmp_path / "e.tsv", rest="name")
    assert table.iloc[0].tolist() == ["NA", "1.50", "nan"]


def test_numbers_may_be_absent_and_words_too(tmp_path):
    (tmp_path / "m.tsv").write_text(
        "\t".join(schemas.METRICS)
        + "\nA\tA\tregression\trandom\tfull\t5\t0\tPCC\tNA\t-nan\t9\tNA\n"
    )
    row = read(schemas.METRICS, tmp_path / "m.tsv").iloc[0]
    assert row[["value", "p_value", "reason"]].isna().all()
    assert row["n"] == 9


def test_text_in_a_column_of_numbers_is_an_error_with_its_line(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_text("fold\tgene\trole\n0\tA\ttest\n1,000\tB\ttest\n")
    with pytest.raises(InputError, match=r"column fold are no numbers.*\n.*line 3\n.*\n.*'1,000'"):
        read(schemas.SPLITS, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene\tgene\nA\tB\n", "'gene' stands twice in the header"),
        ("gene\tvalue\nA\t1\t2\n", "more cells than the header"),
        ("gene\tvalue\nA\t1\nB\t2\t3\n", "Not a table"),
        ("", "is empty"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, text, message):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_table(tmp_path / "t.tsv", ("gene",))


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbfgene\tvalue\r\nA\t1\r\n")
    assert list(read_table(tmp_path / "t.tsv", ("gene",))) == ["gene", "value"]
    with reading(tmp_path / "t.tsv") as handle:
        assert handle.readline() == "gene\tvalue\n"


def test_utf_16_is_told(tmp_path):
    (tmp_path / "t.tsv").write_bytes("gene\tvalue\nA\t1\n".encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        read_table(tmp_path / "t.tsv")


def test_totals_of_samples_that_look_like_numbers(tmp_path):
    """As rule gather_hichip_qc puts them together, and `deepexpr signal` reads them."""
    parts = []
    for name, value in (("001", 1000), ("24.10", 1200), ("NA", 900)):
        part = tmp_path / f"{name}.qc.tsv"
        part.write_text(f"sample\tmetric\tvalue\n{name}\tread_pairs\t{value}\n")
        parts.append(read_table(part))
    write_table(pd.concat(parts, ignore_index=True), tmp_path / "all.tsv")
    assert read_totals(tmp_path / "all.tsv") == {"001": 1000, "24.10": 1200, "NA": 900}


@pytest.mark.parametrize("line", ["NA", "24.10", "0563", "nan"])
def test_predictions_of_such_a_cell_line_are_evaluated(tmp_path, line):
    rows = [(line, line, "regression", "random", "full", 2, i % 2, f"{i:03}", i / 7, i / 9 + i % 3)
            for i in range(40)]  # fmt: skip
    write_table(pd.DataFrame(rows, columns=list(schemas.PREDICTIONS)), tmp_path / "p.tsv")
    command = ["evaluate", "--predictions", "p.tsv", "--metrics", "m.tsv", "--tests", "t.tsv"]
    paths = [str(tmp_path / word) if word.endswith(".tsv") else word for word in command]
    assert main(paths) == 0
    metrics = read(schemas.METRICS, tmp_path / "m.tsv")
    assert set(metrics["cell_line"]) == {line}
    assert len(metrics) == 2


def test_bins_of_genes_called_nan_and_na(tmp_path):
    (tmp_path / "bins.tsv").write_text("gene\tb0\tb1\nnan\t0\t1\nNA\t2\t3\n")
    assert bins_of(tmp_path / "bins.tsv", ["NA", "nan"], 2).tolist() == [[2, 3], [0, 1]]


ANY = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(ANY, min_size=1, max_size=8))
def test_any_name_survives(names):
    with tempfile.TemporaryDirectory() as folder:
        table = pd.DataFrame({"gene": names, "family": names[::-1], "genes": range(len(names))})
        write_table(table, f"{folder}/f.tsv.gz")
        again = read(schemas.FAMILIES, f"{folder}/f.tsv.gz")
    assert again["gene"].tolist() == names
    assert again["family"].tolist() == names[::-1]
