"""The genome browser of the report: which genes and loops it holds, and that it opens offline."""

import base64
import gzip
import hashlib
import json
import re

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from test_figures_tables import make_dataset
from test_run_pages import page

from deepexpr.features.dataset import Dataset
from deepexpr.figures import browser
from deepexpr.files import read_table, write_table
from deepexpr.schemas import GENES, PREDICTIONS, SIGNAL

#: Of dist/igv.min.js of igv 3.8.10, as published.
IGV = "87b991ae2a720978172e269dd5127c495e56df5af31144dff19c83124e2f5744"


def packed(text, name):
    found = re.search(rf'id="{name}">([^<]+)<', text)[1]
    return gzip.decompress(base64.b64decode(found))


@pytest.fixture
def made(tmp_path):
    """The page and the table of a line of 40 genes, two with loops, and a chromosome far away."""
    path = make_dataset(tmp_path / "A.h5", "A", loops_at=2)
    dataset = Dataset.open(path)
    genes = dataset.gene.tolist()
    rows = [("A", "A", "regression", "random", "full", 5, 0, gene, 0.0, i)
            for i, gene in enumerate(genes)]  # fmt: skip
    write_table(pd.DataFrame(rows, columns=list(PREDICTIONS)), tmp_path / "predictions.tsv")
    tss = int(dataset.tss[0])
    loops = [
        ("chr1", tss, tss + 5000, "chr1", tss + 100_000, tss + 105_000, 2.5, 1.8),
        ("chr1", tss, tss + 5000, "chr1", tss + 200_000, tss + 205_000, 1.25, 1.2),
        ("chr1", 90_000_000, 90_005_000, "chr1", 91_000_000, 91_005_000, 9, 3.3),
        ("chr1", tss, tss + 5000, "chr2", tss, tss + 5000, 9, 3.3),
    ]
    write_table(pd.DataFrame(loops, columns=list(SIGNAL)), tmp_path / "signal.tsv")
    known = pd.DataFrame({"gene": genes, "chromosome": "chr1", "tss": dataset.tss,
                          "strand": dataset.strand, "transcript": "T", "biotype": "b"})  # fmt: skip
    write_table(known[list(GENES)], tmp_path / "genes.tsv")
    text = page(
        tmp_path, "browser", "--dataset", path, "--predictions", tmp_path / "predictions.tsv",
        f"--signal=A={tmp_path / 'signal.tsv'}", "--genes", tmp_path / "genes.tsv",
    )  # fmt: skip
    return text, read_table(next(tmp_path.glob("*browser*.tsv"))), dataset


def test_the_best_genes_stand_first_those_with_loops_before_all(made):
    data = json.loads(packed(made[0], "data"))
    names = [row[1] for row in data["genes"]]
    assert names[:3] == ["G01", "G00", "G39"]
    assert data["genes"][2][2] == 100  # its percentile
    tss = int(made[2].tss[0])
    assert data["places"][1] == f"chr1:{tss - 225_500 + 1}-{tss + 225_500}"  # its farthest anchor


def test_only_loops_within_a_region_and_a_chromosome_are_held(made):
    _, table, dataset = made
    tss = int(dataset.tss[0])
    loops = table[table["part"] == "loop"]
    assert loops["value"].astype(float).tolist() == [2.5, 1.25]
    signal = table[table["part"] == "signal"].set_index("start")["value"].astype(float)
    assert signal.to_dict() == {tss: 3.8, tss + 100_000: 2.5, tss + 200_000: 1.2}


def test_the_page_holds_igv_as_published_and_asks_for_nothing(made):
    text = made[0]
    assert hashlib.sha256(packed(text, "code")).hexdigest() == IGV
    assert len(text) < 700_000
    assert "http" not in text
    tracks = json.loads(packed(text, "data"))["tracks"]
    assert [track["line"] for track in tracks] == ["A"]
    first = tracks[0]["loops"].splitlines()[0].split("\t")
    assert (first[0], first[3], first[6:]) == ("chr1", "chr1", [".", "2.5"])


def test_a_region_holds_what_touches_it():
    rng = np.random.default_rng(3)
    chosen = pd.DataFrame({"chromosome": "chr1", "start": rng.integers(0, 3e7, 20)})
    held = browser._Regions(chosen)
    start = pd.Series(rng.integers(0, 3e7, 500))
    end = start + rng.integers(1, 10_000, 500)
    reach, tss = browser.REACH, chosen["start"].to_numpy()
    expected = [((tss - reach < e) & (tss + reach > s)).any() for s, e in zip(start, end)]  # noqa: B905
    assert held.holds(pd.Series(["chr1"] * 500), start, end).tolist() == expected
    assert 0 < sum(expected) < 500
    assert not held.holds(pd.Series(["chr2"] * 500), start, end).any()


def test_a_run_without_predictions_has_a_page():
    table = synthetic.browser()
    assert "No gene was predicted" in browser.page_browser(table[table["part"] != "region"])


def test_names_cannot_break_out_of_the_page():
    table = synthetic.browser()
    table.loc[table["part"] == "region", "name"] = "</script><b>"
    text = browser.page_browser(table)
    assert text.count("</script>") == 3
    assert json.loads(packed(text, "data"))["genes"][0][1] == "</script><b>"
