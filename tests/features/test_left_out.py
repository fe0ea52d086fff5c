"""Data that hold too little for one model: an error, or whole and empty outputs that say why."""

import json

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import Unsupported
from deepexpr.evaluation.metrics import read_predictions
from deepexpr.features.bundles import read_record
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.left_out import reason_left_out
from deepexpr.features.splits import make_splits, read_splits
from deepexpr.files import read_table, write_table
from deepexpr.schemas import PREDICTIONS, SPLITS

GENES = 12


@pytest.fixture
def one_label(tmp_path):
    """A dataset in which no gene was read, so that all have one label; and splits of its genes."""
    names = np.array([f"G{i}" for i in range(GENES)])
    rng = np.random.default_rng(1)
    dataset = Dataset(
        gene=names, chromosome=np.full(GENES, "chr1"), tss=np.arange(GENES, dtype=np.int64) * 5000,
        strand=np.full(GENES, "+"),
        sequence=rng.choice(np.frombuffer(b"ACGT", np.uint8), (GENES, 2000)),
        expression=np.full(GENES, -1, np.float32), label=np.ones(GENES, np.int8),
        cell_line="A", assembly="toy",
    )  # fmt: skip
    write_dataset(dataset, tmp_path / "dataset.h5")
    table = pd.DataFrame({"gene": names, "chromosome": "chr1"})
    write_table(make_splits(table, "random", 2, 1), tmp_path / "splits.tsv")
    return tmp_path


def verb(folder, name, *more, splits="splits.tsv"):
    words = [
        name, "--dataset", folder / "dataset.h5", "--splits", folder / splits,
        "--task", "classification", "--output", folder / "A/classification/K2" / name, *more,
    ]  # fmt: skip
    return main([str(word) for word in words])


KINDS = [("baseline", "--method=ridge", "search.tsv"), ("train", "--kind=sequence", "history.tsv")]


@pytest.mark.parametrize(("name", "kind", "other"), KINDS)
def test_one_label_is_an_error_or_left_out(one_label, capsys, name, kind, other):
    assert verb(one_label, name, kind) == 1
    assert "All 12 genes of A have the label +1" in capsys.readouterr().err
    folder = one_label / "A/classification/K2" / name
    assert not folder.exists()
    assert verb(one_label, name, kind, "--leave-out") == 0
    assert len(read_table(folder / "predictions.tsv", PREDICTIONS)) == 0
    assert len(read_table(folder / other)) == 0
    assert "label +1" in reason_left_out(folder / "predictions.tsv")
    assert json.loads((folder / "bundle/bundle.json").read_text())["type"] == "left out"
    with pytest.raises(Unsupported, match=r"left out: All 12 genes"):
        read_record(folder / "bundle")


@pytest.mark.parametrize("why", ["bundle", "splits"])
def test_other_lines_models_that_were_left_out(one_label, capsys, why):
    """Prediction across cell lines is left out with them: whole tables without rows."""
    assert verb(one_label, "baseline", "--method=ridge", "--leave-out") == 0
    folder = one_label / "A/classification/K2/baseline"
    (one_label / "none.tsv").write_text("\t".join(SPLITS) + "\n")
    splits = "splits.tsv" if why == "bundle" else "none.tsv"
    words = ["cross", "--bundle", folder / "bundle", "--dataset", one_label / "dataset.h5",
             "--measured", one_label / "dataset.h5", "--splits", one_label / splits,
             "--output-folder", one_label / "cross"]  # fmt: skip
    assert main([str(word) for word in words]) == 1
    assert "left out" in capsys.readouterr().err
    assert not (one_label / "cross").exists()
    assert main([str(word) for word in [*words, "--leave-out"]]) == 0
    for method in ("baseline", "copy"):
        table = read_table(one_label / f"cross/{method}.tsv", PREDICTIONS)
        assert table.empty


@pytest.mark.parametrize(("name", "kind", "other"), KINDS)
def test_too_few_genes_for_the_folds(one_label, capsys, name, kind, other):
    genes = one_label / "genes.tsv"
    rows = [(f"G{i}", "chr1", i, "+", f"T{i}", "protein_coding") for i in range(GENES)]
    columns = ["gene", "chromosome", "tss", "strand", "transcript", "biotype"]
    write_table(pd.DataFrame(rows, columns=columns), genes)
    words = ["splits", "--genes", genes, "--folds", "20", "--output", one_label / "none.tsv"]
    assert main([str(word) for word in words]) == 1
    assert "12 genes cannot be split into 20 folds" in capsys.readouterr().err
    assert main([str(word) for word in [*words, "--leave-out"]]) == 0
    assert list(read_table(one_label / "none.tsv", SPLITS)) == list(SPLITS)
    with pytest.raises(Unsupported, match="too few"):
        read_splits(one_label / "none.tsv")
    # The labels are looked at first, so give them two.
    assert verb(one_label, name, kind, "--leave-out", splits="none.tsv") == 0


def test_folds_trained_apart_are_left_out_too(one_label):
    assert verb(one_label, "train", "--kind=sequence", "--leave-out", "--only-fold=1") == 0
    folder = one_label / "A/classification/K2/train"
    assert (folder / ".partial/fold-1").is_dir()
    assert not (folder / "bundle").exists()


def test_what_was_left_out_has_no_rows_among_the_predictions(one_label):
    assert verb(one_label, "baseline", "--method=ridge", "--leave-out") == 0
    empty = one_label / "A/classification/K2/baseline/predictions.tsv"
    row = ("A", "A", "regression", "random", "full", 5, 0, "G1", 1.0, 0.5)
    write_table(pd.DataFrame([row], columns=list(PREDICTIONS)), one_label / "full.tsv")
    found = read_predictions([empty, one_label / "full.tsv"])
    assert len(found) == 1
    assert found["K"].dtype.kind == "i"
    assert reason_left_out(one_label / "full.tsv") is None
