"""Data that hold too little for one model: an error, or whole and empty outputs that say why."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import Unsupported
from deepexpr.evaluation.cross_cell_line import alike
from deepexpr.evaluation.metrics import read_predictions
from deepexpr.features.bundles import first_trained, read_record
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.learnable import require_loops
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


@pytest.fixture
def no_loop(one_label):
    """The same with both labels, and HiChIP of which no contact was called a loop."""
    dataset = Dataset.open(one_label / "dataset.h5")
    nothing = np.zeros((GENES, 1), np.float32)
    dataset = replace(
        dataset, bins=np.zeros((GENES, 4), np.float32), loop_count=nothing,
        loop_number=nothing.astype(np.int32), expression=np.arange(GENES, dtype=np.float32),
        label=np.repeat([-1, 1], GENES // 2).astype(np.int8),
    )  # fmt: skip
    write_dataset(dataset, one_label / "dataset.h5")
    other = replace(dataset, cell_line="B", bins=dataset.bins + np.eye(GENES, 4, dtype=np.float32))
    write_dataset(other, one_label / "B.h5")
    return one_label


@pytest.mark.parametrize(
    ("name", "kind"),
    [("train", "--kind=full"), ("train", "--kind=hichip"), ("baseline", "--method=trees"),
     ("baseline", "--method=totals")],
)  # fmt: skip
def test_without_a_loop_what_lives_on_loops_is_left_out(no_loop, capsys, name, kind):
    assert verb(no_loop, name, kind) == 1
    assert "HiChIP of A: no loop is at any of its 12 genes" in capsys.readouterr().err
    assert verb(no_loop, name, kind, "--leave-out") == 0
    folder = no_loop / "A/classification/K2" / name
    assert "no loop is at any" in reason_left_out(folder / "predictions.tsv")
    with pytest.raises(Unsupported):
        read_record(first_trained([folder / "bundle"]))
    other = no_loop / "other"
    other.mkdir()
    (other / "bundle.json").write_text('{"type": "network"}')
    assert first_trained([folder / "bundle", other]) == other
    assert first_trained([other, folder / "bundle"]) == other


@pytest.mark.parametrize("constant", [0, 3])
def test_one_loop_or_no_hichip_is_enough(no_loop, constant):
    dataset = Dataset.open(no_loop / "dataset.h5")
    require_loops(replace(dataset, bins=None, loop_count=None, loop_number=None))
    same = replace(dataset, bins=dataset.bins + constant)
    with pytest.raises(Unsupported):
        require_loops(same)
    same.bins[-1, -1] += 1
    require_loops(same)
    require_loops(replace(dataset, others={"anchors": np.arange(GENES, dtype=np.float32)[:, None]}))


def fitted(folder, line, method):
    words = ["--splits", folder / "splits.tsv", "--task", "regression", "--method", method,
             "--dataset", folder / line, "--output", folder / "fitted" / line / method]  # fmt: skip
    assert main(["baseline", "--leave-out", *map(str, words)]) == 0
    return folder / "fitted" / line / method / "bundle"


def crossed(folder, target, *bundles):
    measured = [path for path in ("dataset.h5", "B.h5") if f"fitted/{path}/" in str(bundles)]
    words = ["--bundle", *bundles, "--dataset", folder / target, "--splits", folder / "splits.tsv",
             "--measured", *(folder / path for path in measured),
             "--output-folder", folder / "cross"]  # fmt: skip
    assert main(["cross", "--leave-out", *map(str, words)]) == 0
    names = {path.parent.name for path in bundles} | {"copy"}
    assert {path.stem for path in (folder / "cross").iterdir()} == names
    return {name: len(read_table(folder / f"cross/{name}.tsv", PREDICTIONS)) for name in names}


def trained_on(folder, method):
    return set(read_table(folder / f"cross/{method}.tsv", PREDICTIONS)["trained_on"])


def test_across_cell_lines_those_with_loops_and_those_without_stand_apart(no_loop):
    """All methods learn from the same lines; where none is like the target, it is promoters."""
    both = Dataset.open(no_loop / "dataset.h5")
    write_dataset(replace(both, cell_line="C"), no_loop / "C.h5")
    methods = ("linear_regression", "totals")
    of = {
        line: [fitted(no_loop, line, method) for method in methods]
        for line in ("dataset.h5", "B.h5")
    }
    some = [*of["dataset.h5"], *of["B.h5"]]
    # C has no loop, nor has A, of which no totals were fitted.
    rows = {"linear_regression": GENES, "totals": 0, "copy": GENES}
    assert crossed(no_loop, "C.h5", *some) == rows
    assert trained_on(no_loop, "linear_regression") == trained_on(no_loop, "copy") == {"A"}
    alone = {"linear_regression": 0, "totals": 0, "copy": GENES}
    assert crossed(no_loop, "B.h5", *of["dataset.h5"]) == alone
    assert crossed(no_loop, "dataset.h5", *of["B.h5"]) == alone


def test_the_network_of_promoters_carries_over_where_no_line_is_alike(no_loop):
    a, b = (Dataset.open(no_loop / name) for name in ("dataset.h5", "B.h5"))
    models = {"full": ["B's"], "sequence": ["B's"], "ridge": ["B's"]}
    assert alike(models, [b], a) == ({"sequence": ["B's"]}, [b])
    assert alike(models, [b], replace(b, cell_line="C")) == (models, [b])
    without = replace(a, bins=None, loop_count=None, loop_number=None)
    assert alike(models, [without], a) == (models, [without])  # neither has anything
