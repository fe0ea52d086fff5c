"""The authors' arrays, in the shape their script reads, become promoters, genes and datasets."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.arrays import array_bins, array_genes, array_promoters, read_rows
from deepexpr.features.dataset import Dataset
from deepexpr.reference.fasta import read_fasta
from deepexpr.reference.genes import read_genes

ROWS = ["A", "B", "A", "C"]


@pytest.fixture
def arrays(tmp_path):
    """Four rows, one symbol twice; the promoters differ by row, one position is unknown."""
    rng = np.random.default_rng(1)
    letters = rng.integers(0, 4, (4, 2001))
    one_hot = np.eye(4, dtype=np.uint8)[letters]
    one_hot[1, 7] = 0
    np.save(tmp_path / "X_seq.npy", one_hot)
    bins = np.zeros((4, 400))
    bins[0, 3], bins[3, 399] = 3.0, 1.0
    np.save(tmp_path / "exp_K562.npy", bins)
    rows = "".join(f"{gene}\t{i + 1}\n" for i, gene in enumerate(ROWS))
    (tmp_path / "rna_K562.txt").write_text(rows)
    return tmp_path, letters


def test_promoters_keep_the_tss_in_the_middle(arrays):
    folder, letters = arrays
    promoters = array_promoters(folder / "X_seq.npy", ROWS)
    assert list(promoters) == ["A", "B", "C"]
    assert promoters["A"] == "".join("ACGT"[i] for i in letters[0, :2000])
    assert promoters["B"][7] == "N"
    assert promoters["C"][1000] == "ACGT"[letters[3, 1000]]


def test_verbs_build_a_dataset(arrays):
    folder, _ = arrays
    options = ["--array", f"{folder}/X_seq.npy", "--rows", f"{folder}/rna_K562.txt"]
    options += ["--output", f"{folder}/p.fa", "--table", f"{folder}/genes.tsv"]
    assert main(["import-promoters", *options]) == 0
    genes = read_genes(folder / "genes.tsv")
    assert genes["gene"].tolist() == ["A", "B", "C"]
    assert set(genes["chromosome"]) == {"unplaced"}
    assert list(read_fasta(folder / "p.fa")) == ["A", "B", "C"]
    (folder / "expression.tsv").write_text("gene\tK562\nA\t1\nB\t2\nC\t3\n")
    options = ["--genes", f"{folder}/genes.tsv", "--promoters", f"{folder}/p.fa"]
    options += ["--expression", f"{folder}/expression.tsv", "--cell-line", "K562"]
    options += ["--assembly", "hg19", "--output", f"{folder}/d.h5"]
    assert main(["dataset", *options, "--bin-array", f"{folder}/exp_K562.npy"]) == 2
    rows = ["--bin-rows", f"{folder}/rna_K562.txt"]
    assert main(["dataset", *options, "--bin-array", f"{folder}/exp_K562.npy", *rows]) == 0
    dataset = Dataset.open(folder / "d.h5")
    assert dataset.gene.tolist() == ["A", "B", "C"]
    assert dataset.bins[:, [3, 399]].tolist() == [[3, 0], [0, 0], [0, 1]]
    assert dataset.loop_count.ravel().tolist() == [7, 0, 1]


def test_repeated_symbols_are_counted(caplog):
    caplog.set_level("WARNING")
    assert array_genes(ROWS)["tss"].tolist() == [0, 1, 3]
    assert "1 rows repeat the symbol of an earlier one" in caplog.text


@pytest.mark.parametrize(
    ("array", "call", "problem"),
    [
        (np.zeros((3, 2001, 4)), array_promoters, "The array does not fit the table of genes."),
        (np.zeros((4, 900, 4)), array_promoters, "The array does not hold promoters."),
        (np.full((4, 2001, 4), 1), array_promoters, "The promoter of A is not one-hot."),
        (np.zeros((4, 40)), array_bins, "The array has 40 bins."),
        (np.full((4, 400), -1.0), array_bins, "The bins hold something else than signals."),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, call, problem):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError) as caught:
        call(tmp_path / "x.npy", ROWS, *([400] if call is array_bins else []))
    assert caught.value.problem == problem
    assert caught.value.where == f"{tmp_path}/x.npy"


def test_text_is_no_array(arrays):
    folder, _ = arrays
    with pytest.raises(InputError, match="Not an array of numpy"):
        array_bins(folder / "rna_K562.txt", ROWS, 400)


def test_rows_of_the_real_tables(shared_data):
    assert len(read_rows(shared_data / "expression/rna_K562.txt.gz")) == 17899
    assert len(array_genes(read_rows(shared_data / "expression/rna_mES.txt.gz"))) == 18871 - 126


def test_places_beside_the_array_give_genes_their_chromosome():
    places = pd.DataFrame(
        {"gene": ["C", "A", "B"], "chromosome": ["chr3", "chr1", "chr2"], "tss": [30, 10, 20],
         "strand": ["-", "+", "-"]}
    )  # fmt: skip
    genes = array_genes(ROWS, places)
    assert genes["gene"].tolist() == ["A", "B", "C"]
    assert genes["chromosome"].tolist() == ["chr1", "chr2", "chr3"]
    assert genes["tss"].tolist() == [10, 20, 30]
    assert genes["strand"].tolist() == ["+", "-", "-"]
    with pytest.raises(InputError, match="have no place, such as B"):
        array_genes(ROWS, places[places["gene"] != "B"])
