"""The verb predict, and what a bundle refuses."""

import argparse
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from decoded import decode_bytes

from deepexpr.cli import main
from deepexpr.commands import predict as command
from deepexpr.errors import InputError, UsageError
from deepexpr.features.dataset import Dataset, write_dataset
from deepexpr.letters import reverse_complement
from deepexpr.model.bundle import Bundle
from deepexpr.model.examples import Examples
from deepexpr.options import add_verb


def predict(output, *argv) -> pd.DataFrame:
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    command.run(parser.parse_args([*map(str, argv), "--output", str(output)]))
    return pd.read_csv(output, sep="\t")


@pytest.fixture(scope="module")
def dataset(toy):
    return Dataset.open(toy.h5)


@pytest.fixture
def fasta(dataset, tmp_path):
    rows = zip(dataset.gene[:5], decode_bytes(dataset.sequence[:5]), strict=True)
    (tmp_path / "p.fa").write_text("".join(f">{name}\n{text}\n" for name, text in rows))
    return tmp_path / "p.fa"


def test_fasta_equals_dataset(sequence_run, toy, dataset, fasta, tmp_path):
    table = predict(tmp_path / "o.tsv", "--bundle", sequence_run / "bundle", "--fasta", fasta)
    whole = predict(tmp_path / "w.tsv", "--bundle", sequence_run / "bundle", "--dataset", toy.h5)
    assert table["gene"].tolist() == dataset.gene[:5].tolist()
    np.testing.assert_allclose(table["predicted"], whole["predicted"][:5], rtol=1e-6)
    bundle = Bundle.open(sequence_run / "bundle")
    folds = [bundle.predict(dataset, fold)[:5] for fold in bundle.folds]
    np.testing.assert_allclose(table["predicted"], np.mean(folds, axis=0), rtol=1e-6)
    np.testing.assert_allclose(table["sd"], np.std(folds, axis=0, ddof=1), rtol=1e-4)


@pytest.fixture
def unmeasured(dataset, tmp_path):
    """Ten genes of the toy without their expression."""
    rows = np.arange(10)
    names = ("gene", "chromosome", "tss", "strand", "sequence", "bins", "loop_count", "loop_number")
    arrays = {name: getattr(dataset, name)[rows] for name in names}
    nothing = {"expression": np.full(10, np.nan, np.float32), "label": np.zeros(10, np.int8)}
    new = replace(dataset, **arrays, **nothing)
    write_dataset(new, tmp_path / "new.h5", unmeasured=True)
    return tmp_path / "new.h5"


def test_unmeasured_genes_are_predicted_as_measured_ones(full_run, toy, unmeasured, tmp_path):
    argv = ("--bundle", full_run / "bundle")
    new = predict(tmp_path / "new.tsv", *argv, "--dataset", unmeasured)
    whole = predict(tmp_path / "whole.tsv", *argv, "--dataset", toy.h5).set_index("gene")
    assert len(new) == 10
    np.testing.assert_allclose(new["predicted"], whole.loc[new["gene"], "predicted"], rtol=1e-6)


def test_nothing_is_trained_on_unmeasured_genes(toy, unmeasured, tmp_path, capsys):
    common = ["--dataset", str(unmeasured), "--splits", str(toy.splits), "--task", "regression"]
    common += ["--output", str(tmp_path / "out")]
    assert main(["train", "--kind", "sequence", *common]) == 1
    assert main(["baseline", "--method", "totals", *common]) == 1
    assert capsys.readouterr().err.count("10 of the 10 genes have no measured expression") == 2


def test_a_baseline_predicts_datasets(toy, unmeasured, fasta, tmp_path):
    run = tmp_path / "totals"
    argv = ["baseline", "--dataset", toy.h5, "--splits", toy.splits, "--task", "regression"]
    argv += ["--method", "totals", "--output", run]
    assert main([str(text) for text in argv]) == 0
    argv = ("--bundle", run / "bundle")
    new = predict(tmp_path / "new.tsv", *argv, "--dataset", unmeasured)
    whole = predict(tmp_path / "whole.tsv", *argv, "--dataset", toy.h5).set_index("gene")
    np.testing.assert_allclose(new["predicted"], whole.loc[new["gene"], "predicted"], rtol=1e-6)
    assert (new["sd"] > 0).any()
    held = predict(tmp_path / "held.tsv", *argv, "--dataset", toy.h5, "--held-out")
    recorded = pd.read_csv(run / "predictions.tsv", sep="\t")
    merged = held.merge(recorded, on=["gene", "fold"])
    assert len(merged) == 300
    np.testing.assert_allclose(merged["predicted_x"], merged["predicted_y"], rtol=1e-6)
    for option in (["--fasta", fasta], ["--dataset", toy.h5, "--both-strands"]):
        with pytest.raises(UsageError, match="does not go with a baseline"):
            predict(tmp_path / "o.tsv", *argv, *option)


def test_held_out_predictions(full_run, toy, tmp_path):
    table = predict(
        tmp_path / "o.tsv", "--bundle", full_run / "bundle", "--dataset", toy.h5, "--held-out"
    )
    recorded = pd.read_csv(full_run / "predictions.tsv", sep="\t")
    merged = table.merge(recorded, on=["gene", "fold"])
    assert len(merged) == 300
    np.testing.assert_allclose(merged["predicted_x"], merged["predicted_y"], rtol=1e-6)


def test_bed_window_and_tss_give_the_promoter(sequence_run, fasta, dataset, tmp_path):
    promoter = dataset.sequence[0]
    forward = decode_bytes(promoter[None])[0]
    reverse = decode_bytes(reverse_complement(promoter)[None])[0]
    (tmp_path / "g.fa").write_text(f">chr1\nACG{forward}ACG\n>chr2\nACG{reverse}ACG\n")
    (tmp_path / "p.bed").write_text(
        "chr1\t3\t163\twindow\t0\t+\n"
        "chr1\t83\t84\ttss\t0\t+\n"
        "chr2\t3\t163\tminus_window\t0\t-\n"
        "chr2\t82\t83\tminus_tss\t0\t-\n"
    )
    table = predict(
        tmp_path / "o.tsv", "--bundle", sequence_run / "bundle",
        "--bed", tmp_path / "p.bed", "--genome", tmp_path / "g.fa",
    )  # fmt: skip
    single = predict(tmp_path / "s.tsv", "--bundle", sequence_run / "bundle", "--fasta", fasta)
    np.testing.assert_allclose(table["predicted"], single["predicted"][0], rtol=1e-6)


def test_bed_at_the_end_of_a_chromosome_is_filled_with_n(sequence_run, tmp_path):
    (tmp_path / "g.fa").write_text(">chr1\nACGTACGTAC\n")
    (tmp_path / "p.bed").write_text("chr1\t2\t3\tx\t0\t-\n")
    argv = ("--bed", tmp_path / "p.bed", "--genome", tmp_path / "g.fa")
    assert len(predict(tmp_path / "o.tsv", "--bundle", sequence_run / "bundle", *argv)) == 1


def test_bins_table(full_run, fasta, toy, dataset, tmp_path):
    bins = pd.DataFrame(dataset.bins[:5]).assign(gene=dataset.gene[:5])
    bins.iloc[::-1].to_csv(tmp_path / "b.tsv", sep="\t", index=False)
    argv = ("--bundle", full_run / "bundle", "--fasta", fasta)
    table = predict(tmp_path / "o.tsv", *argv, "--bins", tmp_path / "b.tsv")
    whole = predict(tmp_path / "w.tsv", "--bundle", full_run / "bundle", "--dataset", toy.h5)
    np.testing.assert_allclose(table["predicted"], whole["predicted"][:5], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda bins: bins.iloc[1:], "1 gene.* no bins, such as G000"),
        (lambda bins: bins.iloc[[0, *range(5)]], "Gene G000 stands twice"),
        (lambda bins: bins.drop(columns="3"), "There are 39 bins for each gene"),
        (lambda bins: bins.assign(**{"3": np.nan}), "not finite numbers"),
        (lambda bins: bins.assign(**{"3": -1.0}), "not finite numbers of 0 or more"),
    ],
)
def test_bins_that_do_not_fit_are_refused(full_run, fasta, dataset, tmp_path, change, message):
    bins = pd.DataFrame(dataset.bins[:5]).rename(columns=str).assign(gene=dataset.gene[:5])
    change(bins).to_csv(tmp_path / "b.tsv", sep="\t", index=False)
    argv = ("--bundle", full_run / "bundle", "--fasta", fasta, "--bins", tmp_path / "b.tsv")
    with pytest.raises(InputError, match=message):
        predict(tmp_path / "o.tsv", *argv)


def test_full_without_bins(full_run, sequence_run, fasta, tmp_path):
    argv = ("--bundle", full_run / "bundle", "--fasta", fasta)
    with pytest.raises(InputError, match="needs bins"):
        predict(tmp_path / "o.tsv", *argv)
    part = predict(tmp_path / "o.tsv", *argv, "--sequence-only")
    alone = predict(tmp_path / "s.tsv", "--bundle", sequence_run / "bundle", "--fasta", fasta)
    np.testing.assert_allclose(part["predicted"], alone["predicted"], rtol=1e-5)


@pytest.mark.parametrize("options", [["--bed", "x.bed"], ["--fasta", "x.fa", "--held-out"]])
def test_options_that_need_another_are_wrong_usage(tmp_path, options):
    with pytest.raises(UsageError):
        predict(tmp_path / "o.tsv", "--bundle", "b", *options)


def test_hichip_alone_has_no_sequence_part(toy, train, dataset, tmp_path):
    output = train(tmp_path / "hichip", "hichip", training={"distal_epochs": 1})
    with pytest.raises(InputError, match="no sequence part"):
        Bundle.open(output / "bundle").predict_examples(
            Examples(dataset.inputs), 0, sequence_only=True
        )


def test_both_strands_average(sequence_run, dataset):
    bundle = Bundle.open(sequence_run / "bundle")
    forward = bundle.predict_examples(Examples({"promoter": dataset.sequence}), 0)
    turned = bundle.predict_examples(
        Examples({"promoter": reverse_complement(dataset.sequence)}), 0
    )
    both = bundle.predict_examples(Examples({"promoter": dataset.sequence}), 0, strands=True)
    np.testing.assert_allclose(both, (forward + turned) / 2)


def test_filters_have_the_pwm_shape(full_run):
    assert Bundle.open(full_run / "bundle").first_filters(0).shape == (12, 4, 16)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"assembly": "hg99"}, "another assembly than the bundle.*toy.*hg99"),
        ({"tss_index": 70}, "another tss_index than the bundle"),
        ({"bin_size": 1000}, "another bin_size than the bundle"),
        ({"sequence": slice(150)}, "letters in each promoter are not as many.*160 letters.*150"),
        ({"bins": slice(30)}, "bins of each gene are not as many.*40 bins.*30"),
    ],
)
def test_datasets_that_do_not_fit_are_refused(full_run, toy, tmp_path, capsys, changes, message):
    dataset = toy.dataset(1)
    cut = {name: getattr(dataset, name)[:, part] if isinstance(part, slice) else part
           for name, part in changes.items()}  # fmt: skip
    write_dataset(replace(dataset, **cut), tmp_path / "other.h5")
    argv = ["--bundle", full_run / "bundle", "--dataset", tmp_path / "other.h5"]
    assert main(["predict", *map(str, argv), "--output", str(tmp_path / "o.tsv")]) == 1
    assert re.search(message, capsys.readouterr().err, flags=re.DOTALL)
    assert not (tmp_path / "o.tsv").exists()


def test_wrong_promoter_length_is_refused(sequence_run, tmp_path):
    (tmp_path / "p.fa").write_text(">a\nACGT\n")
    with pytest.raises(InputError, match="another length"):
        predict(
            tmp_path / "o.tsv", "--bundle", sequence_run / "bundle", "--fasta", tmp_path / "p.fa"
        )


def test_unknown_fold_and_gene_are_refused(full_run, dataset):
    bundle = Bundle.open(full_run / "bundle")
    with pytest.raises(InputError, match="no fold 9"):
        bundle.predict(dataset, 9)
    with pytest.raises(InputError, match="nobody"):
        bundle.predict(dataset, 0, ["nobody"])


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "damaged"),
        ("[1]", "unknown type"),
        ('{"type": "baseline"}', "not hold a network"),
        ('{"type": "network"}', "lacks cell_line, assembly"),
        ('{"type": "\xff"}', "damaged"),
    ],
)
def test_other_bundles_are_refused(tmp_path, text, word):
    (tmp_path / "bundle.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=word):
        Bundle.open(tmp_path)


def test_damaged_model_is_named(sequence_run, fasta, tmp_path):
    shutil.copytree(sequence_run / "bundle", tmp_path / "b")
    model = tmp_path / "b" / "fold-1" / "model.keras"
    model.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"model is damaged.*\n.*fold-1/model.keras"):
        predict(tmp_path / "o.tsv", "--bundle", tmp_path / "b", "--fasta", fasta)


@pytest.mark.parametrize(
    "option", [["--sequence-only"], ["--fold", "0"], ["--genes", "x"], ["--bins", "x"]]
)
def test_held_out_stands_alone(full_run, toy, tmp_path, option):
    argv = ("--bundle", full_run / "bundle", "--dataset", toy.h5, "--held-out")
    with pytest.raises(UsageError, match=option[0]):
        predict(tmp_path / "o.tsv", *argv, *option)


def test_a_list_without_genes_is_refused(full_run, toy, tmp_path):
    (tmp_path / "genes.txt").write_text("\n \n")
    argv = ("--bundle", full_run / "bundle", "--dataset", toy.h5)
    with pytest.raises(InputError, match="names no gene"):
        predict(tmp_path / "o.tsv", *argv, "--genes", tmp_path / "genes.txt")


@pytest.mark.parametrize("interval", ["5000\t5160", "5000\t5001", "10\t170"])
def test_bed_beyond_the_chromosome_is_refused(sequence_run, tmp_path, interval):
    (tmp_path / "g.fa").write_text(">chr1\nACGTACGTAC\n")
    (tmp_path / "p.bed").write_text(f"chr1\t{interval}\tx\t0\t-\n")
    argv = ("--bed", tmp_path / "p.bed", "--genome", tmp_path / "g.fa")
    with pytest.raises(InputError, match="beyond the end"):
        predict(tmp_path / "o.tsv", "--bundle", sequence_run / "bundle", *argv)
