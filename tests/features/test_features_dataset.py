"""The dataset file: what goes in comes out, and what is wrong is named."""

import dataclasses
import json

import h5py
import numpy as np
import pandas as pd
import pytest
from decoded import decode_bytes

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.anchors import COLUMNS
from deepexpr.features.build import build_dataset
from deepexpr.features.dataset import ANCHORS, Dataset, write_dataset
from deepexpr.features.sequence import encode_bytes
from deepexpr.files import write_table
from deepexpr.reference.fasta import write_fasta
from deepexpr.schemas import GENES, SIGNAL

NUMBER = 12


def make(hichip=True, number=NUMBER, **changes):
    rng = np.random.default_rng(5)
    arrays = {
        "gene": np.array([f"G{i}" for i in range(number)]),
        "chromosome": np.array(["chr2", "chr1"] * (number // 2)),
        "tss": rng.integers(10_000, 90_000, number),
        "strand": np.array(["+", "-", "+"] * (number // 3)),
        "sequence": encode_bytes(["".join(rng.choice(list("ACGTN"), 2000)) for _ in range(number)]),
        "expression": rng.normal(size=number).astype(np.float32),
        "label": np.array([1, -1] * (number // 2), dtype=np.int8),
    }
    if hichip:
        arrays["bins"] = rng.random((number, 400), dtype=np.float32)
        arrays["loop_count"] = rng.random((number, 1), dtype=np.float32)
        arrays["loop_number"] = rng.integers(0, 5, (number, 1)).astype(np.int32)
    return Dataset(**{**arrays, "cell_line": "K562", "assembly": "demo", **changes})


@pytest.mark.parametrize("hichip", [True, False])
def test_round_trip_sorted_by_chromosome_and_tss(tmp_path, hichip):
    path = tmp_path / "dataset.h5"
    written = make(hichip)
    write_dataset(written, path)
    read = Dataset.open(path)
    order = np.lexsort((written.gene, written.tss, written.chromosome))
    for field in dataclasses.fields(Dataset):
        before, after = getattr(written, field.name), getattr(read, field.name)
        if isinstance(before, np.ndarray):
            np.testing.assert_array_equal(after, before[order], err_msg=field.name)
            assert after.dtype.kind in "Uiuf"
        elif field.name != "path":
            assert after == before
    assert len(read) == NUMBER
    assert read.has_hichip is hichip
    assert read.path == path
    with h5py.File(path) as file:
        assert file.attrs["schema"] == "deepexpr-dataset/1"
        assert "numpy" in json.loads(file.attrs["versions"])


def test_same_data_same_bytes(tmp_path):
    paths = [tmp_path / "a.h5", tmp_path / "b.h5"]
    for path in paths:
        write_dataset(make(), path)
    first, second = map(Dataset.open, paths)
    assert first.sha256 == second.sha256
    assert len(first.sha256) == 64


def test_genes_are_found_by_name(tmp_path):
    write_dataset(make(), tmp_path / "d.h5")
    dataset = Dataset.open(tmp_path / "d.h5")
    wanted = ["G7", "G0", "G7"]
    assert dataset.gene[dataset.index_of(wanted)].tolist() == wanted
    assert dataset.index_of([]).dtype == np.int64
    with pytest.raises(InputError, match=r"2 gene\(s\) are not in the dataset: X, Y"):
        dataset.index_of(["G1", "X", "Y"])


def bad(name, value, index=0):
    array = getattr(make(), name).copy()
    array[index] = value
    return {name: array}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (bad("expression", np.nan), "expression is not a finite number for 1 gene"),
        (bad("bins", np.inf), "bins is not a finite number for 1 gene"),
        (bad("bins", -1.0), "bins holds values below 0"),
        ({"expression": np.zeros((NUMBER, 1), np.float32)}, "expression is not what a dataset"),
        ({"expression": np.array(["1.0"] * NUMBER)}, "expression is not what a dataset"),
        (bad("label", 0), "label holds values other"),
        (bad("sequence", ord("X")), "letters other than A, C, G, T, N"),
        (bad("gene", "G1"), r"1 gene name\(s\) repeat: G1"),
        ({"tss": np.arange(3)}, "tss has another length than gene"),
        ({"bins": None}, "loops of the dataset are incomplete"),
        ({"loop_count": np.zeros(NUMBER, np.float32)}, "loop_count has the shape"),
        ({"tss_index": 2000}, "does not hold the TSS"),
        ({"gene": np.array([], dtype=str)}, "holds no gene"),
    ],
)
def test_wrong_data_is_never_written(tmp_path, changes, message):
    path = tmp_path / "dataset.h5"
    with pytest.raises(InputError, match=message):
        write_dataset(make(**changes), path)
    assert list(tmp_path.iterdir()) == []


def test_wrong_files_are_named(tmp_path):
    path = tmp_path / "dataset.h5"
    path.write_text("no HDF5")
    with pytest.raises(InputError, match="not a readable HDF5 file"):
        Dataset.open(path)
    write_dataset(make(), path)
    with h5py.File(path, "a") as file:
        del file["bins"]
    with pytest.raises(InputError, match="lacks bins"):
        Dataset.open(path)
    with h5py.File(path, "a") as file:
        file.attrs["schema"] = "deepexpr-dataset/0"
    with pytest.raises(InputError, match="not a dataset of this version"):
        Dataset.open(path)


@pytest.fixture
def tables():
    """Four genes on chr1, their promoters, expression of three, one loop at the first."""
    names = ["A", "B", "C", "D"]
    genes = pd.DataFrame({"gene": names, "chromosome": "chr1", "strand": ["+", "-", "+", "-"]})
    genes["tss"] = [1_000_000, 3_000_000, 2_000_000, 4_000_000]
    genes = genes.assign(transcript="t", biotype="protein_coding")[list(GENES)]
    promoters = {
        name: "ACGTN" * 399 + "ACGT" + name.replace("B", "T").replace("D", "G") for name in names
    }
    expression = pd.Series({"A": 1.0, "B": 2.0, "C": 3.0, "Z": 9.0})
    loop = ("chr1", 995_000, 1_000_000, "chr1", 1_100_000, 1_105_000, 3.0, 2.0)
    signal = pd.DataFrame([loop], columns=list(SIGNAL))
    return genes, promoters, expression, signal


def test_build_joins_by_gene_and_labels_by_the_median(tables):
    genes, promoters, expression, signal = tables
    dataset = build_dataset(
        genes, promoters, expression, cell_line="X", assembly="demo", signal=signal
    )
    assert dataset.gene.tolist() == ["A", "C", "B"]
    assert dataset.expression.tolist() == [1, 3, 2]
    assert dataset.label.tolist() == [-1, 1, 1]
    assert decode_bytes(dataset.sequence) == [promoters[gene] for gene in "ACB"]
    assert dataset.loop_number.ravel().tolist() == [1, 0, 0]
    assert dataset.loop_count.ravel().tolist() == [3, 0, 0]
    # The other anchor's midpoint, 1,102,500, is 1,102,500 bp behind the start of the first bin.
    assert np.flatnonzero(dataset.bins[0]).tolist() == [1_102_500 // 5000]
    assert dataset.bins[0].max() == pytest.approx(2)
    assert not dataset.bins[1:].any()
    anchors = dataset.others[ANCHORS]
    assert anchors.shape == (3, len(COLUMNS))
    assert anchors[:, COLUMNS.index("at_gene")].tolist() == [1, 0, 0]


def test_build_without_hichip(tables):
    dataset = build_dataset(*tables[:3], cell_line="X", assembly="demo")
    assert not dataset.has_hichip
    assert dataset.loop_count is None


def test_build_explains_what_does_not_fit(tables):
    genes, promoters, expression, _ = tables
    names = {"cell_line": "X", "assembly": "demo"}
    with pytest.raises(InputError, match=r"1 gene\(s\) have no promoter, such as C"):
        build_dataset(genes, {"A": promoters["A"], "B": promoters["B"]}, expression, **names)
    with pytest.raises(InputError, match="No gene of the gene table has an expression value"):
        build_dataset(genes, promoters, expression[["Z"]], **names)


def test_unmeasured_genes_have_the_anchors_of_all(tables):
    genes, promoters, expression, signal = tables
    genes.loc[genes["gene"] == "D", "tss"] = 1_102_000  # at the other end of A's loop
    names = {"cell_line": "X", "assembly": "demo", "signal": signal, "unmeasured": True}
    whole = build_dataset(genes, promoters, expression, **names)
    assert whole.gene.tolist() == ["A", "D", "C", "B"]
    np.testing.assert_array_equal(whole.expression, np.array([1, np.nan, 3, 2], np.float32))
    assert whole.label.tolist() == [-1, 0, 1, 1]
    few = {gene: promoters[gene] for gene in "AD"}
    part = build_dataset(genes, few, expression[:0], only=["D", "A"], **names)
    assert part.gene.tolist() == ["A", "D"]
    assert part.label.tolist() == [0, 0]
    assert np.isnan(part.expression).all()
    for name in whole.inputs:
        np.testing.assert_array_equal(part.inputs[name], whole.inputs[name][:2], err_msg=name)
    assert part.others[ANCHORS][:, COLUMNS.index("genes_at_partners")].tolist() == [1, 1]
    measured = build_dataset(genes, promoters, expression, **names | {"unmeasured": False})
    assert measured.label.tolist() == [-1, 1, 1]
    one = build_dataset(genes, promoters, expression, only=["B"], **names)
    assert (one.expression.tolist(), one.label.tolist()) == ([2], [1])  # by the median of all
    with pytest.raises(InputError, match=r"1 gene\(s\) to keep cannot be: Z"):
        build_dataset(genes, promoters, expression, only=["A", "Z"], **names)


def test_unmeasured_genes_are_refused_where_they_are_not_asked_for(tmp_path):
    absent = np.arange(NUMBER) == 3
    dataset = make()
    changed = {
        "expression": np.where(absent, np.nan, dataset.expression),
        "label": np.where(absent, 0, dataset.label),
    }
    path = tmp_path / "d.h5"
    with pytest.raises(InputError, match="1 of the 12 genes have no measured expression"):
        write_dataset(make(**changed), path)
    write_dataset(make(**changed), path, unmeasured=True)
    with pytest.raises(InputError, match="for `deepexpr predict --dataset` alone"):
        Dataset.open(path)
    read = Dataset.open(path, unmeasured=True)
    assert read.gene[np.isnan(read.expression)].tolist() == ["G3"]
    for wrong, message in (
        ({"label": dataset.label}, "expression is not a finite number for 1 gene"),
        ({"expression": dataset.expression}, "label holds values other"),
    ):
        with pytest.raises(InputError, match=message):
            write_dataset(make(**changed | wrong), path, unmeasured=True)


def test_verb(tables, tmp_path, capsys):
    genes, promoters, expression, signal = tables
    genes = genes.assign(chromosome="1")
    signal = signal.assign(chromosome1="1", chromosome2="1")
    write_table(genes, tmp_path / "genes.tsv")
    write_table(signal, tmp_path / "signal.tsv")
    write_table(expression.rename_axis("gene").reset_index(name="X"), tmp_path / "expression.tsv")
    write_fasta([(name, "", text) for name, text in promoters.items()], tmp_path / "p.fa")
    options = ["--genes", "genes.tsv", "--promoters", "p.fa", "--expression", "expression.tsv"]
    options += ["--signal", "signal.tsv", "--output", "dataset.h5"]
    options = [str(tmp_path / text) if "." in text else text for text in options]
    assert main(["dataset", *options, "--assembly", "demo", "--cell-line", "X"]) == 0
    dataset = Dataset.open(tmp_path / "dataset.h5")
    assert (len(dataset), dataset.has_hichip, dataset.bins.shape) == (3, True, (3, 400))
    assert dataset.loop_number.ravel().tolist() == [1, 0, 0]
    assert set(dataset.others) == {ANCHORS}
    alone = [*options, "--assembly", "demo", "--cell-line", "X", "--no-anchors"]
    assert main(["dataset", *alone]) == 0
    assert not Dataset.open(tmp_path / "dataset.h5").others
    assert main(["dataset", *options, "--assembly", "demo", "--cell-line", "Y"]) == 1
    assert "no column Y" in capsys.readouterr().err
    place = options.index("--expression")
    bare = [*options[:place], *options[place + 2 :], "--assembly", "demo", "--cell-line", "X"]
    assert main(["dataset", *bare]) == 2
    assert "--expression is needed" in capsys.readouterr().err
    (tmp_path / "new.txt").write_text("D\nA\n")
    bare += ["--unmeasured", "--only-genes", str(tmp_path / "new.txt")]
    assert main(["dataset", *bare]) == 0
    new = Dataset.open(tmp_path / "dataset.h5", unmeasured=True)
    assert new.gene.tolist() == ["A", "D"]
    assert set(new.others) == {ANCHORS}
