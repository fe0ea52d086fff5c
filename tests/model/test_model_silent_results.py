"""Inputs that gave a wrong prediction without a word: strands, loops, genes that were seen."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.features.splits import read_splits


def predict(output, bundle, *argv) -> pd.DataFrame:
    argv = ["predict", "--bundle", bundle, *argv, "--output", output]
    assert main([str(each) for each in argv]) == 0
    return pd.read_csv(output, sep="\t")


@pytest.fixture
def genome(tmp_path):
    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, 1000)]
    (tmp_path / "g.fa").write_text(f">chr1\n{letters.tobytes().decode()}\n")
    return tmp_path / "g.fa"


def bed(tmp_path, *columns):
    """Two TSS; `columns` follow chromosome, start and end of the second."""
    first = ["chr1", "300", "301", *columns[:3]]
    if len(columns) > 2:
        first = ["chr1", "300", "301", "A", "0", "+"]
    (tmp_path / "p.bed").write_text(
        "\t".join(first) + "\n" + "\t".join(["chr1", "500", "501", *columns]) + "\n"
    )
    return tmp_path / "p.bed"


@pytest.mark.parametrize(
    "columns", [("B", "-"), ("-",), ("B", "-", "."), ("B", "0", ".", "-"), ("B", "0", "0", "+")]
)
def test_strand_in_another_column_is_an_error(sequence_run, genome, tmp_path, capsys, columns):
    argv = ["--bed", bed(tmp_path, *columns), "--genome", genome]
    command = ["predict", "--bundle", sequence_run / "bundle", *argv, "--output", tmp_path / "o"]
    assert main([str(each) for each in command]) == 1
    message = capsys.readouterr().err
    assert "The strand stands in column" in message
    assert "p.bed, line" in message
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("columns", "number"),
    [((), 2), (("B",), 2), (("B", "17"), 2), (("B", "0", "."), 1), (("-x", "0", "."), 1)],
)
def test_promoters_without_strand_are_counted(
    sequence_run, genome, tmp_path, capsys, columns, number
):
    argv = ("--bed", bed(tmp_path, *columns), "--genome", genome)
    table = predict(tmp_path / "o.tsv", sequence_run / "bundle", *argv)
    assert f"WARNING {number} of 2 promoters" in capsys.readouterr().err
    argv = ("--bed", bed(tmp_path, "B", "0", "+"), "--genome", genome)
    stranded = predict(tmp_path / "s.tsv", sequence_run / "bundle", *argv)
    assert table["predicted"].tolist() == stranded["predicted"].tolist()
    assert "WARNING" not in capsys.readouterr().err
    argv = ("--bed", bed(tmp_path, "B", "0", "-"), "--genome", genome)
    minus = predict(tmp_path / "m.tsv", sequence_run / "bundle", *argv)
    assert minus["predicted"][0] == stranded["predicted"][0]
    assert minus["predicted"][1] != stranded["predicted"][1]


@pytest.mark.parametrize(
    ("factor", "told"), [(1.0, False), (0.8, False), (1.3, False), (0.05, True), (50.0, True)]
)
@pytest.mark.parametrize("verb", ["predict", "interpret"])
def test_loops_of_another_scale_are_told(full_run, toy, tmp_path, capsys, verb, factor, told):
    dataset = Dataset.open(toy.h5)
    bins = np.log2(1 + (2.0**dataset.bins - 1) * factor).astype(np.float32)
    write_dataset(replace(dataset, bins=bins), tmp_path / "other.h5")
    command = {
        "predict": ["--held-out", "--output", str(tmp_path / "o.tsv")],
        "interpret": ["--gene", "G001", "--method", "gradient", "--output", str(tmp_path / "o")],
    }[verb]
    argv = [verb, "--bundle", str(full_run / "bundle"), "--dataset", str(tmp_path / "other.h5")]
    assert main(argv + command) == 0
    message = capsys.readouterr().err
    assert message.count("times as strong") == told
    assert message.count("normalise both to one number of read pairs") == told


def test_loops_do_not_matter_to_a_sequence_network(sequence_run, toy, tmp_path, capsys):
    dataset = Dataset.open(toy.h5)
    write_dataset(replace(dataset, bins=dataset.bins * 9), tmp_path / "other.h5")
    argv = ("--dataset", tmp_path / "other.h5", "--held-out")
    predict(tmp_path / "o.tsv", sequence_run / "bundle", *argv)
    assert "strong" not in capsys.readouterr().err


def test_predictions_of_training_genes_are_told(full_run, toy, tmp_path, capsys):
    bundle, data = full_run / "bundle", ("--dataset", toy.h5)
    predict(tmp_path / "o.tsv", bundle, *data)
    message = capsys.readouterr().err
    assert "300 of the 300 genes were among those" in message
    assert "no held-out predictions" in message
    predict(tmp_path / "o.tsv", bundle, *data, "--held-out")
    assert "WARNING" not in capsys.readouterr().err


@pytest.mark.parametrize(("role", "told"), [("test", 0), ("train", 1), ("validation", 1)])
def test_genes_that_a_fold_was_trained_on_are_told(full_run, toy, tmp_path, capsys, role, told):
    roles = read_splits(toy.splits).query("fold == 0")
    (tmp_path / "genes.txt").write_text("\n".join(roles[roles["role"] == role]["gene"].head(5)))
    argv = ("--dataset", toy.h5, "--fold", 0, "--genes", tmp_path / "genes.txt")
    predict(tmp_path / "o.tsv", full_run / "bundle", *argv)
    assert capsys.readouterr().err.count("5 of the 5 genes were among") == told


def test_promoters_of_n_are_told(sequence_run, toy, tmp_path, capsys):
    length = toy.dataset(1).sequence.shape[1]
    letters = ["ACGT" * (length // 4), "N" * (length // 2) + "A" * (length - length // 2)]
    (tmp_path / "p.fa").write_text("".join(f">p{i}\n{text}\n" for i, text in enumerate(letters)))
    predict(tmp_path / "o.tsv", sequence_run / "bundle", "--fasta", tmp_path / "p.fa")
    assert "1 of 2 promoters of" in capsys.readouterr().err
    (tmp_path / "p.fa").write_text(f">p\n{letters[0]}\n")
    predict(tmp_path / "o.tsv", sequence_run / "bundle", "--fasta", tmp_path / "p.fa")
    assert "WARNING" not in capsys.readouterr().err


def test_genes_without_any_loop_are_told(full_run, toy, tmp_path, capsys):
    dataset = Dataset.open(toy.h5)
    write_dataset(replace(dataset, bins=np.zeros_like(dataset.bins)), tmp_path / "no.h5")
    predict(tmp_path / "o.tsv", full_run / "bundle", "--dataset", tmp_path / "no.h5", "--held-out")
    assert capsys.readouterr().err.count("No gene of") == 1


@pytest.mark.parametrize(
    ("names", "sound"),
    [
        ([f"bin_{i}" for i in range(40)], True),
        ([f"{i}" for i in range(-20, 20)], True),
        ([f"bin{a}{b}" for a in "abcde" for b in "ijklmnop"], True),
        ([f"bin_{i}" for i in range(39, -1, -1)], False),
    ],
)
def test_bins_that_are_numbered_stand_in_order(tmp_path, names, sound):
    from deepexpr.errors import InputError
    from deepexpr.model.prediction import bins_of

    header, row = "\t".join(["gene", *names]), "\t".join(["A", *["1"] * 40])
    (tmp_path / "b.tsv").write_text(f"{header}\n{row}\n")
    if sound:
        assert bins_of(tmp_path / "b.tsv", ["A"], 40).shape == (1, 40)
        return
    with pytest.raises(InputError, match="bins are not in order"):
        bins_of(tmp_path / "b.tsv", ["A"], 40)


@pytest.mark.parametrize("verb", ["train", "baseline"])
def test_genes_of_one_expression_are_refused(toy, tmp_path, capsys, verb):
    dataset = Dataset.open(toy.h5)
    same = replace(dataset, expression=np.full_like(dataset.expression, 2))
    write_dataset(same, tmp_path / "same.h5")
    own = ["--method", "ridge"] if verb == "baseline" else ["--kind", "sequence"]
    argv = [verb, "--dataset", tmp_path / "same.h5", "--splits", toy.splits, "--task", "regression",
            *own, "--output", tmp_path / "o"]  # fmt: skip
    assert main([str(each) for each in argv]) == 1
    assert "genes of Toy have the expression 2" in capsys.readouterr().err
