"""The four answers of the landing page, and the page of tables."""

import base64
import gzip
import json
import re

import numpy as np
import pandas as pd
import pytest
import synthetic_tables as synthetic
from test_figures_tables import make_dataset
from test_run_pages import page

from deepexpr.features.dataset import Dataset
from deepexpr.features.motif import Motif
from deepexpr.figures import data_tables
from deepexpr.figures.answers import (
    BETTER,
    DRIVES,
    LIBRARIES,
    LOOPS,
    _better,
    _complaints,
    _counted,
    _hichip,
)
from deepexpr.files import read_table, write_table
from deepexpr.motifs.scanning import holds, scan
from deepexpr.schemas import METRICS, PREDICTIONS, SIGNAL, TOMTOM


def scores(lines, methods):
    """Synthetic Pearson r, which falls with the place of the method in the list."""
    return synthetic.metrics("PCC", methods, lines, (5, 10))[list(METRICS)]


@pytest.mark.parametrize(("methods", "word"), [
    (("full", "lasso", "ridge"), "yes: A"), (("lasso", "full", "ridge"), "no: A"),
])  # fmt: skip
def test_better_than_the_best_baseline_by_how_much(methods, word):
    table = scores(("A",), methods)
    (text,) = _better(table)
    means = table[table["K"] == 10].groupby("method")["value"].mean()
    assert f"By Pearson r, {word}" in text
    assert f"A {means['full']:.3f}, Lasso {means['lasso']:.3f} (" in text
    assert f"({means['full'] - means['lasso']:+.3f})".replace("-", "−") in text
    assert "10 random folds" in text


def test_some_cell_lines_are_better():
    table = pd.concat([scores(("A",), ("full", "lasso")), scores(("B",), ("lasso", "full"))])
    assert "in 1 of 2 cell lines: A " in _better(table)[0]


def test_a_network_that_is_as_good_is_not_told_as_better():
    table = scores(("A",), ("full", "lasso"))
    equal = table[table["method"] == "lasso"].assign(method="full")
    equal["value"] += 0.0002
    (text,) = _better(pd.concat([table[table["method"] == "lasso"], equal]))
    assert "no: A " in text
    assert "(within 0.0005)" in text


def test_nothing_to_compare_is_said():
    assert _better(scores(("A",), ("full",))) == ["No baseline was trained beside the network."]
    assert _better(scores(("A",), ("full",)).iloc[:0]) == ["No model was evaluated."]


def test_what_hichip_adds():
    assert re.search(
        r"A 0\.\d{3} with HiChIP, 0\.\d{3} by the promoter alone, loops alone 0\.\d{3}",
        _hichip(scores(("A",), ("full", "sequence", "hichip"))),
    )
    assert _hichip(scores(("A",), ("sequence", "lasso"))) == ""


def test_the_target_that_tells_most_is_named_first():
    methods = ("full", "full-only-YY1", "full-only-CTCF", "sequence")
    text = _hichip(scores(("A",), methods))
    assert re.search(r"with HiChIP \(of one target alone: YY1 0\.\d{3}, CTCF 0\.\d{3}\), 0", text)


def judged(section, metric, verdict, values):
    """Rows of numbers as the pages judge them, one per item."""
    rows = [(section, item, metric, value, verdict, f"what it counts; low: few {metric}, why?")
            for item, value in values.items()]  # fmt: skip
    columns = ["section", "item", "metric", "value", "verdict", "meaning"]
    return pd.DataFrame(rows, columns=columns)


def test_libraries_with_one_complaint_are_told_together():
    hichip = {f"Human_{i}_standard_mergedSRR": 0.42 + i / 100 for i in range(4)}
    rows = pd.concat([
        judged("HiChIP libraries", "mapped", "look", hichip),
        judged("HiChIP libraries", "unique", "look", hichip),
        judged("HiChIP libraries", "trans", "good", hichip),
        judged("RNA-seq libraries", "reads", "bad", {"one": "3", "two": "3"}),
        judged("RNA-seq libraries", "aligned", "look", {"two": "NA"}),
    ])  # fmt: skip
    assert _complaints(rows.replace("NA", np.nan)) == [
        "Bad: one and two: few reads, why? (reads 3).",
        "Look at 4 HiChIP libraries: few mapped, why? (mapped 0.42 to 0.45); few unique, why? "
        "(unique 0.42 to 0.45).",
        "Look at two: few aligned, why? (aligned not known).",
    ]
    assert _complaints(rows[rows["verdict"] == "good"]) == []


def test_a_run_of_tables_alone_has_answers(tmp_path):
    dataset = make_dataset(tmp_path / "A.h5", "A", loops_at=2)
    write_table(scores(("A",), ("full", "sequence", "lasso")), tmp_path / "metrics.tsv")
    hit = ("f0", "MA1", "NFYA", 0, "+", 8, 1e-6, 1e-3, 1e-3)
    write_table(pd.DataFrame([hit], columns=list(TOMTOM)), tmp_path / "hits.tsv")
    text = page(
        tmp_path, "summary", "--dataset", dataset, "--metrics", tmp_path / "metrics.tsv",
        f"--matches=A filters={tmp_path / 'hits.tsv'}", "--warning", "Left out, as no sample is x.",
    )  # fmt: skip
    for words in ("Were the libraries good?", "No reads were processed here",
                  "loops given as bins, at 5% of its", "Filters of the network match NFYA (A).",
                  "<h2>Left out</h2>", "Left out, as no sample is x."):  # fmt: skip
        assert words in text
    found = read_table(tmp_path / "summary.tsv")
    assert set(found.loc[found["section"] == "answer", "item"]) == {
        LIBRARIES,
        LOOPS,
        BETTER,
        DRIVES,
    }


def test_left_out_models_are_one_line_each_reason(tmp_path):
    dataset = make_dataset(tmp_path / "A.h5", "A")
    paths = []
    for method in ("full", "sequence"):
        folder = tmp_path / f"models/A/classification/K5/{method}"
        (folder / "bundle").mkdir(parents=True)
        (folder / "bundle/bundle.json").write_text('{"type": "left out", "reason": "one label"}')
        write_table(pd.DataFrame(columns=list(PREDICTIONS)), folder / "predictions.tsv")
        paths.append(folder / "predictions.tsv")
    text = page(tmp_path, "summary", "--dataset", dataset, "--outcome", *paths)
    assert "classification of A, K = 5 (2 models): one label" in text


def test_what_trained_is_told_where_it_is_not_the_usual(tmp_path):
    paths = []
    for trainer, backend in (("sequential", "tensorflow"), ("stacked", "jax"), ("stacked", "jax")):
        folder = tmp_path / f"models/A/regression/K5/{len(paths)}"
        (folder / "bundle").mkdir(parents=True)
        record = {"type": "network", "training": {"trainer": trainer}, "backend": backend}
        record |= {"kind": "full", "cell_line": "A"}
        record |= {"recipes": {"0": "coarse words", "1": "fine words"}}
        (folder / "bundle/bundle.json").write_text(json.dumps(record))
        write_table(pd.DataFrame(columns=list(PREDICTIONS)), folder / "predictions.tsv")
        paths.append(folder / "predictions.tsv")
    dataset = make_dataset(tmp_path / "A.h5", "A")
    text = page(tmp_path, "summary", "--dataset", dataset, "--outcome", *paths)
    assert "2 networks by the trainer stacked, Keras on jax" in text
    assert re.search("Recipe of DeepExpression</td>.{0,20}coarse words .3 folds", text)
    # Bundles of earlier versions name no trainer.
    (paths[1].parent / "bundle/bundle.json").write_text(
        '{"type": "network", "training": {}, "kind": "full", "cell_line": "A"}'
    )
    text = page(tmp_path, "summary", "--dataset", dataset, "--outcome", *paths[:2])
    assert "trainer" not in text


def test_filters_that_were_not_trained_are_said_to_be(tmp_path):
    matches = tmp_path / "filters.tomtom.tsv"
    row = dict.fromkeys(TOMTOM, 1) | {"target_name": "GABPA", "e_value": 0.001, "p_value": 1e-6}
    write_table(pd.DataFrame([row], columns=list(TOMTOM)), matches)
    folder = tmp_path / "models/A/regression/K5/sequence"
    (folder / "bundle").mkdir(parents=True)
    write_table(pd.DataFrame(columns=list(PREDICTIONS)), folder / "predictions.tsv")
    dataset, texts = make_dataset(tmp_path / "A.h5", "A"), []
    for recipe in ("coarse words", "coarse words, layers beside them not trained"):
        record = {"type": "network", "kind": "sequence", "cell_line": "A", "recipes": {"0": recipe}}
        (folder / "bundle/bundle.json").write_text(json.dumps(record | {"backend": "jax"}))
        texts.append(
            page(
                tmp_path, "summary", "--dataset", dataset, "--outcome",
                folder / "predictions.tsv", "--matches", f"A filters={matches}",
            )
        )  # fmt: skip
    assert "GABPA (A)" in texts[0]
    assert "GABPA (A; not trained, so where they started)" in texts[1]


def unpacked(text):
    """The tables in a page, by name."""
    packed = re.search(r'id="packed">([^<]+)<', text)[1]
    tables = json.loads(gzip.decompress(base64.b64decode(packed)))
    return {table["name"]: {c["key"]: c["cells"] for c in table["columns"]} for table in tables}


def test_tables_hold_genes_with_percentiles_loops_and_motifs(tmp_path):
    dataset = make_dataset(tmp_path / "A.h5", "A", loops_at=2)
    genes = data_tables_genes(dataset)
    rows = [("A", "A", "regression", "random", "full", 5, 0, gene, 0.0, i)
            for i, gene in enumerate(genes)]  # fmt: skip
    write_table(pd.DataFrame(rows, columns=list(PREDICTIONS)), tmp_path / "predictions.tsv")
    write_table(scores(("A",), ("full", "lasso")), tmp_path / "metrics.tsv")
    tss = place(dataset, genes[0])
    loop = ("chr1", tss, tss + 5000, "chr1", tss + 900_000, tss + 905_000, 2.5, 1.8)
    write_table(pd.DataFrame([loop], columns=list(SIGNAL)), tmp_path / "signal.tsv")
    text = page(
        tmp_path, "tables", "--dataset", dataset, "--predictions", tmp_path / "predictions.tsv",
        "--metrics", tmp_path / "metrics.tsv", f"--signal=A={tmp_path / 'signal.tsv'}",
    )  # fmt: skip
    found = unpacked(text)
    assert found["genes"]["gene"] == genes
    percentiles = found["genes"]["predicted_percentile"]
    assert (percentiles[0], percentiles[-1]) == (round(100 / len(genes)), 100)
    assert genes[0] in found["loops"]["gene"][0].split(", ")
    assert found["scores"]["method"][:2] == ["DeepExpression", "Lasso"] or (
        "DeepExpression" in found["scores"]["method"]
    )
    assert "http" not in text.replace("http-equiv", "")


def test_of_many_loops_every_gene_keeps_its_strongest(tmp_path, monkeypatch):
    path = make_dataset(tmp_path / "A.h5", "A", loops_at=2)
    near = [place(path, gene) for gene in data_tables_genes(path)[:2]]
    rows = [
        ("chr1", tss, tss + 5000, "chr1", 9_000_000, 9_005_000, value, 1.0)
        for tss, value in ((near[0], 9), (near[0], 8), (near[0], 7), (near[1], 2), (0, 99))
    ]
    write_table(pd.DataFrame(rows, columns=list(SIGNAL)), tmp_path / "signal.tsv")
    monkeypatch.setattr(data_tables, "MOST_LOOPS", 3)
    kept = data_tables._loops(Dataset.open(path), tmp_path / "signal.tsv")
    assert kept["signal"].tolist() == [9, 8, 2]


def test_where_only_classes_are_predicted_percentiles_are_of_the_probability(tmp_path):
    dataset = Dataset.open(make_dataset(tmp_path / "A.h5", "A"))
    rows = [("A", "A", "classification", "random", "full", 5, 0, gene, 1, i / 100)
            for i, gene in enumerate(dataset.gene)]  # fmt: skip
    predictions = pd.DataFrame(rows, columns=list(PREDICTIONS))
    genes = data_tables.predicted_genes(dataset, predictions)
    assert genes["predicted_percentile"].tolist()[::39] == [2.5, 100]


@pytest.mark.parametrize(("section", "number", "words"), [
    ("HiChIP libraries", 1, "1 HiChIP library"), ("RNA-seq libraries", 4, "4 RNA-seq libraries"),
    ("HiChIP replicates", 1, "the HiChIP replicates of 1 cell line"),
    ("HiChIP replicates", 3, "the HiChIP replicates of 3 cell lines"),
])  # fmt: skip
def test_libraries_and_replicates_are_counted_in_words(section, number, words):
    assert _counted(section, number) == words


def data_tables_genes(path):
    return Dataset.open(path).gene.tolist()


def place(path, gene):
    dataset = Dataset.open(path)
    return int(dataset.tss[dataset.gene.tolist().index(gene)])


def test_rows_cannot_break_out_of_the_page():
    text = data_tables.page_tables(synthetic.tables())
    assert text.count("</script>") == 2
    assert unpacked(text)["genes"]["gene"] == ["PPIB", "=2+3</script>"]


def test_the_script_stays_short():
    script = data_tables.Path(data_tables.__file__).with_name("data_tables.js")
    assert len(script.read_text().splitlines()) <= 150


def test_holds_is_scan_on_many_sequences():
    rng = np.random.default_rng(4)
    sequences = rng.choice(np.frombuffer(b"ACGTN", np.uint8), (300, 200), p=[0.24] * 4 + [0.04])
    counts = rng.dirichlet([0.3] * 4, 9) * 100
    motif, background = Motif.from_counts("m", "M", counts), np.array([0.3, 0.2, 0.2, 0.3])
    for p_value in (1e-3, 1e-4, 1e-9):
        one_by_one = [bool(scan(row, motif, background, p_value)) for row in sequences]
        assert holds(sequences, motif, background, p_value).tolist() == one_by_one
    assert not holds(sequences[:, :5], motif, background, 1e-3).any()
