"""Tables of the searches, of CisModule's chains and of one gene, from the files of their verbs."""

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic

from deepexpr.baselines.inner import SEARCH
from deepexpr.errors import InputError
from deepexpr.figures.inputs import Inputs
from deepexpr.figures.registry import find
from deepexpr.files import write_table
from deepexpr.schemas import ATTRIBUTION, ATTRIBUTION_HITS, BIN_ATTRIBUTION, CISMODULE_TRACE


def test_search_leaves_out_methods_without_a_grid(tmp_path):
    drawn = synthetic.search()
    lasso = drawn[drawn["run"] == "K562 regression Lasso"].assign(note="", score_0=0.1)
    write_table(lasso[[*SEARCH, "score_0"]], tmp_path / "lasso.tsv")
    none = pd.DataFrame([{**dict.fromkeys(SEARCH), "fold": 0, "chosen": 1, "note": "default"}])
    write_table(none, tmp_path / "linear.tsv")
    paths = {"a": tmp_path / "lasso.tsv", "b": tmp_path / "linear.tsv"}
    table = find("search").build()(Inputs(search=paths))
    assert table["run"].unique().tolist() == ["a"]
    assert table["chosen"].sum() == 3
    np.testing.assert_allclose(table["score"], lasso["score"])


def test_convergence_joins_the_runs(tmp_path):
    trace = synthetic.convergence().rename(columns={"run": "module_length"})
    trace = trace.assign(module_length=150, widths="8,9")[list(CISMODULE_TRACE)].iloc[:150]
    for name in ("a", "b"):
        write_table(trace, tmp_path / f"{name}.tsv")
    write_table(trace.iloc[:0], tmp_path / "nothing.tsv")
    names = {"Alpha": "a", "Beta": "b", "Gamma": "nothing"}
    paths = {line: tmp_path / f"{name}.tsv" for line, name in names.items()}
    table = find("convergence").build()(Inputs(trace=paths))
    assert table.groupby("run").size().to_dict() == {"Alpha": 150, "Beta": 150}


@pytest.fixture
def folder(tmp_path):
    track = pd.DataFrame(
        [("G1", i, i - 10, "ACGT"[i % 4], 0.1 * (i == 3), 0.01) for i in range(20)],
        columns=list(ATTRIBUTION),
    )
    hits = pd.DataFrame(
        [("G1", 2, 8, "-", "MA1", "NRF1", 9.0, 1e-5, 0.02)], columns=list(ATTRIBUTION_HITS)
    )
    bins = pd.DataFrame(
        [("G1", i, "chr1", 5000 * i, 5000 * i + 5000, 2.0 * (i == 1), 0.3 * (i == 1), 0.1)
         for i in range(4)],
        columns=list(BIN_ATTRIBUTION),
    )  # fmt: skip
    for name, table in (("attribution", track), ("motifs", hits), ("bins", bins)):
        write_table(table, tmp_path / f"{name}.tsv")
    return tmp_path


def test_interpretation_is_in_bp_from_the_tss(folder):
    table = find("interpretation").build()(Inputs(interpretation=folder, cell_line="K562"))
    assert set(table["cell_line"]) == {"K562"}
    heading = find("interpretation").draw()(table).axes[0].texts
    assert "K562: what moves the prediction of G1" in [text.get_text() for text in heading]
    assert table["part"].value_counts().to_dict() == {"letter": 20, "bin": 4, "motif": 1}
    motif = table[table["part"] == "motif"].iloc[0]
    assert (motif["start"], motif["end"], motif["name"], motif["strand"]) == (-8, -2, "NRF1", "-")
    letters = table[table["part"] == "letter"]
    assert letters.loc[letters["value"] > 0, "start"].tolist() == [-7]
    assert table.loc[table["part"] == "bin", "value"].tolist() == [0, 0.3, 0, 0]


def test_interpretation_of_one_input_only(folder):
    (folder / "bins.tsv").unlink()
    assert set(find("interpretation").build()(Inputs(interpretation=folder))["part"]) == {
        "letter", "motif",
    }  # fmt: skip
    (folder / "attribution.tsv").unlink()
    with pytest.raises(InputError, match="no interpretation"):
        find("interpretation").build()(Inputs(interpretation=folder))


def test_named_motifs_do_not_overlap():
    from deepexpr.figures.interpretation import _apart

    table = synthetic.interpretation()
    motifs = table[table["part"] == "motif"]
    assert _apart(motifs)["name"].tolist() == ["NRF1", "REST"]  # NRF2 lies over NRF1, and is less


def test_a_long_table_of_variants_is_thinned_evenly(tmp_path, monkeypatch):
    from deepexpr.figures import variants
    from deepexpr.schemas import VARIANTS

    table = pd.DataFrame(0.5, index=range(10), columns=list(VARIANTS))
    table = table.assign(chromosome="chr1", start=range(10), end=range(1, 11), gene="NA")
    table = table.assign(reference="A", alternate="C", made="M1:x|M2", broken="")
    write_table(table, tmp_path / "v.tsv")
    monkeypatch.setattr(variants, "MOST", 4)
    built = find("variants").build()(Inputs(variants=tmp_path / "v.tsv", cell_line="K562"))
    assert built["variant"].tolist() == [f"chr1:{i}:A>C" for i in (1, 4, 7, 10)]
    assert built.loc[0, ["gene", "made", "broken", "of"]].tolist() == ["NA", 2, 0, 10]
    empty = find("variants").draw()(built.iloc[:0])
    assert "No variant lies" in empty.axes[0].texts[0].get_text()


def test_a_run_called_na_keeps_its_name(tmp_path):
    """A run is called by its cell line, which may be NA."""
    from deepexpr.figures.convergence import CONVERGENCE_COLUMNS
    from deepexpr.files import read, write_table

    table = pd.DataFrame({column: ["NA"] if column == "run" else [1] for column in
                          CONVERGENCE_COLUMNS})  # fmt: skip
    write_table(table, tmp_path / "t.tsv")
    assert read(CONVERGENCE_COLUMNS, tmp_path / "t.tsv")["run"].tolist() == ["NA"]
