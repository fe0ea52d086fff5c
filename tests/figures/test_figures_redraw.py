"""Every figure is drawn from its table alone, twice the same, and never blank."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from matplotlib.image import imread

from deepexpr.errors import InputError
from deepexpr.figures import style
from deepexpr.figures.registry import FIGURES, find
from deepexpr.figures.render import read, render
from deepexpr.files import write_table


def write(tmp_path, name: str, table: pd.DataFrame):
    path = tmp_path / f"{name}.tsv"
    write_table(table, path)
    return path


def test_every_figure_has_a_synthetic_table():
    assert set(synthetic.TABLES) == set(FIGURES)


@pytest.mark.parametrize("name", list(FIGURES))
def test_redraw_from_tsv_gives_the_same_files(tmp_path, name):
    table = write(tmp_path, name, synthetic.TABLES[name]())
    first = [tmp_path / f"a.{kind}" for kind in ("png", "svg")]
    second = [tmp_path / "b.png"]
    render(name, table, first)
    render(name, table, second)
    one, two = imread(first[0]), imread(second[0])
    np.testing.assert_array_equal(one, two)
    assert 0.005 < np.mean(one[..., :3] < 0.9) < 0.6
    assert "<text" in first[1].read_text()


def test_vector_files_are_the_same_bytes_without_a_date(tmp_path):
    table = write(tmp_path, "6", synthetic.TABLES["6"]())
    for name in ("a", "b"):
        render("6", table, [tmp_path / f"{name}.pdf", tmp_path / f"{name}.svg"])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    content = (tmp_path / "a.pdf").read_bytes()
    assert content == (tmp_path / "b.pdf").read_bytes()
    assert b"CreationDate" not in content
    assert b"/Type /Font" in content


@pytest.mark.parametrize("name", [n for n in FIGURES if n != "summary"])
def test_no_rows_are_said_in_words(tmp_path, name):
    table = write(tmp_path, name, synthetic.TABLES[name]().iloc[:0])
    render(name, table, [tmp_path / "empty.svg"])
    text = (tmp_path / "empty.svg").read_text()
    assert any(word in text for word in ("No ", "Nothing", "needs", "has no", "not run"))


@pytest.mark.parametrize("name", ["3", "4", "6"])
def test_lost_fold_is_named(tmp_path, name):
    table = synthetic.TABLES[name]()
    table = table[(table["cell_line"] == "K562") & (table["K"] == 5)].reset_index(drop=True)
    table["reason"] = table["reason"].astype(object)
    table.loc[0, ["value", "reason"]] = [np.nan, "one class only"]
    render(name, write(tmp_path, name, table), [tmp_path / "lost.svg"])
    assert "one class only" in (tmp_path / "lost.svg").read_text()


@pytest.mark.parametrize("name", ["3", "6"])
def test_no_fold_with_a_score(tmp_path, name):
    table = synthetic.TABLES[name]().assign(value=np.nan, reason="training diverged")
    render(name, write(tmp_path, name, table), [tmp_path / "lost.svg"])
    assert "training diverged" in (tmp_path / "lost.svg").read_text()


def test_one_fold_one_cell_line_one_method(tmp_path):
    table = synthetic.metrics("PCC", ("full",), ("Alpha",), (1,))
    for name in ("4", "6"):
        render(name, write(tmp_path, name, table), [tmp_path / f"{name}.png"])
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000


@pytest.mark.parametrize(("name", "column"), [("2A", "log2_loop_count"), ("2B", "loop_number")])
def test_no_loops_and_no_hichip_are_said(tmp_path, name, column):
    table = synthetic.TABLES[name]()
    table.loc[table["cell_line"] == "K562", column] = 0
    table = table[table["cell_line"] != "Jurkat"]
    words = pd.DataFrame({"cell_line": ["Jurkat"], "note": ["No HiChIP data."]})
    table["note"] = table["note"].astype(object)
    table = pd.concat([table, words], ignore_index=True)
    render(name, write(tmp_path, name, table), [tmp_path / "x.svg"])
    text = (tmp_path / "x.svg").read_text()
    assert "No loop at any gene" in text
    assert "No HiChIP data." in text


def test_gene_without_loops(tmp_path):
    table = synthetic.gene_tracks(("Alpha",), loops=0)
    render("2C", write(tmp_path, "2C", table), [tmp_path / "x.svg"])
    assert "No loop in this window" in (tmp_path / "x.svg").read_text()


def test_no_motif_matches(tmp_path):
    files = [tmp_path / "x.svg", tmp_path / "x.png"]
    render("8", write(tmp_path, "8", synthetic.filter_motifs(4, 0)), files)
    text = (tmp_path / "x.svg").read_text()
    assert "0 of 4 filters match" in text
    assert "no JASPAR motif matches" in text
    drawn = (imread(files[1])[..., :3] < 0.9).any(axis=(1, 2))
    below = len(drawn) - np.flatnonzero(drawn)[-1]
    assert below < 0.1 * len(drawn)  # no room is left for logos that there are none of


def test_unknown_figure_and_ending(tmp_path):
    table = write(tmp_path, "2A", synthetic.loop_signal())
    with pytest.raises(InputError, match="no figure '12'"):
        render("12", table, [tmp_path / "x.png"])
    with pytest.raises(InputError, match=r"x\.jpg"):
        render("2A", table, [tmp_path / "x.png", tmp_path / "x.jpg"])
    assert not list(tmp_path.glob("*x.*"))
    render("2A", table, [tmp_path / "x.PNG", tmp_path / "x.HTML"])
    assert (tmp_path / "x.HTML").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("name", "column"), [("6", "scheme"), ("training_curves", "step"), ("convergence", "chain")]
)
def test_row_without_what_it_is_of_is_named(tmp_path, name, column):
    table = synthetic.TABLES[name]().astype({column: object})
    table.loc[1, column] = np.nan
    with pytest.raises(InputError, match=f"column {column} holds something that is empty"):
        render(name, write(tmp_path, name, table), [tmp_path / "x.png"])


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"9", "attribution_motifs"}))  # as 8
def test_an_empty_cell_is_drawn_or_named(tmp_path, name):
    """Never a traceback of the drawing, whichever column holds nothing in some row."""
    table = synthetic.TABLES[name]()
    path = tmp_path / "t.tsv"
    for column in table.columns:
        for row in (0, len(table) // 2):
            holed = table.astype({column: object})
            holed.loc[row, column] = np.nan
            write_table(holed, path)
            try:
                values = read(find(name), path)
            except InputError as error:
                wrong = error
            else:
                find(name).draw()(values)
                continue
            assert wrong.where == f"{path}, line {row + 2}"


@pytest.mark.parametrize(
    ("name", "part", "column"),
    [
        ("2C", "expression", "cell_line"),
        ("2C", "loop", "value"),
        ("interpretation", "bin", "value"),
    ],
)
def test_rows_of_one_part_need_their_columns(tmp_path, name, part, column):
    table = synthetic.TABLES[name]().astype({column: object})
    row = table.index[table["part"] == part][0]
    table.loc[row, column] = ""  # NA may be the name of a cell line
    path = write(tmp_path, name, table)
    with pytest.raises(InputError, match=f"column {column} holds something that is empty") as error:
        render(name, path, [tmp_path / "x.png"])
    assert error.value.where == f"{path}, line {row + 2}"


def test_a_window_is_needed_to_draw_one(tmp_path):
    table = synthetic.TABLES["2C"]()
    with pytest.raises(InputError, match="no row for the window"):
        render("2C", write(tmp_path, "2C", table[table["part"] != "region"]), [tmp_path / "x.png"])


@pytest.mark.parametrize(("name", "column"), [("3", "n"), ("7", "distance_kb"), ("9", "position")])
def test_infinity_is_no_number_to_draw(tmp_path, name, column):
    table = synthetic.TABLES[name]().astype({column: float})
    table.loc[1, column] = np.inf
    path = write(tmp_path, name, table)
    with pytest.raises(InputError, match=f"column {column} holds .* not a number") as error:
        render(name, path, [tmp_path / "x.png"])
    assert error.value.expected.startswith("a finite number")


@pytest.mark.parametrize(("name", "column"), [("4", "value"), ("7", "distance_kb"), ("8", "A")])
def test_word_in_place_of_a_number_is_named(tmp_path, name, column):
    table = synthetic.TABLES[name]().astype({column: object})
    table.loc[2, column] = "about 3"
    path = write(tmp_path, name, table)
    with pytest.raises(InputError, match=rf"column {column} holds .* not a number") as error:
        render(name, path, [tmp_path / "x.png"])
    assert error.value.where == f"{path}, line 4"
    assert "about 3" in error.value.found


@pytest.mark.parametrize("called", ["NA", "nan", "None", "001", "24.10"])
@pytest.mark.parametrize("name", ["2C", "3", "6"])
def test_names_that_look_like_numbers_or_nothing_are_drawn(tmp_path, name, called):
    """A cell line called NA, or a gene called nan (figure 2C), keeps its name and its rows."""
    table = synthetic.TABLES[name]()
    first = table["cell_line"].dropna().iloc[0]
    table["cell_line"] = table["cell_line"].replace(first, called)
    if name == "2C":
        asked = table.loc[table["part"] == "region", "name"].iloc[0]
        table["name"] = table["name"].replace(asked, called)
    path = write(tmp_path, name, table)
    values = read(find(name), path)
    rows = values[values["part"] == "expression"] if name == "2C" else values
    given = table[table["part"] == "expression"] if name == "2C" else table
    assert rows["cell_line"].tolist() == given["cell_line"].tolist()
    if name == "2C":
        assert values.loc[values["part"] == "region", "name"].tolist() == [called]
    render(name, path, [tmp_path / "x.png"])
    assert (tmp_path / "x.png").stat().st_size > 0


def test_table_without_its_columns(tmp_path):
    table = write(tmp_path, "2A", synthetic.loop_signal().drop(columns="expression"))
    with pytest.raises(InputError, match="lacks the column"):
        render("2a", table, [tmp_path / "x.png"])


def test_drawing_leaves_global_settings_alone(tmp_path):
    assert mpl.rcParams["backend"]  # is chosen when it is first asked for
    before = mpl.rcParams.copy()
    render("2B", write(tmp_path, "2B", synthetic.loop_number()), [tmp_path / "x.png"])
    assert mpl.rcParams == before


def test_method_colours_are_told_apart():
    assert set(style.METHOD_LOOKS) == set(style.METHOD_LABELS)
    for methods in (synthetic.REGRESSION, synthetic.CLASSIFICATION):
        assert len({style.colour(m) for m in methods}) == len(methods)
        assert len({style.marker(m) for m in methods}) == len(methods)


def test_pages_stand_alone(tmp_path):
    for name in ("summary", "table1"):
        page = tmp_path / f"{name}.html"
        render(name, write(tmp_path, name, synthetic.TABLES[name]()), [page])
        text = page.read_text()
        assert text.startswith("<!DOCTYPE html>")
        assert "http" not in text
        assert "<one class>" not in text


def test_names_are_found_in_any_case():
    assert find("2a").name == "2A"
    assert find("TABLE1").name == "table1"
