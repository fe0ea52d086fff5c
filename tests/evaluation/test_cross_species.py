"""Prediction across species: no gene by a model that saw its orthologue or its family."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError, Unsupported
from deepexpr.evaluation.cross_cell_line import open_bundles
from deepexpr.evaluation.cross_species import assign_genes, predict_species
from deepexpr.evaluation.metrics import fold_metrics, metrics_beyond_copy
from deepexpr.features.bundles import BundleRecord
from deepexpr.features.dataset import Dataset
from deepexpr.features.left_out import write_left_out
from deepexpr.features.splits import make_splits
from deepexpr.files import read
from deepexpr.schemas import METRICS, ORTHOLOGUES, PREDICTIONS, SPECIES_GENES

N, LENGTH, FOLDS = 30, 300, 3
LETTERS = np.frombuffer(b"ACGT", np.uint8)


def a_dataset(line, assembly, prefix, seed):
    rng = np.random.default_rng(seed)
    expression = rng.normal(size=N).astype(np.float32)
    return Dataset(
        gene=np.array([f"{prefix}{i:02d}" for i in range(N)]), chromosome=np.full(N, "chr1"),
        tss=np.arange(N), strand=np.full(N, "+"), sequence=rng.choice(LETTERS, (N, LENGTH)),
        expression=expression, label=np.where(expression > 0, 1, -1).astype(np.int8),
        cell_line=line, assembly=assembly, tss_index=5,
    )  # fmt: skip


@pytest.fixture
def source():
    return a_dataset("K562", "hg38", "H", 1)


@pytest.fixture
def target():
    return a_dataset("mESC", "mm10", "m", 2)


@pytest.fixture
def splits(source):
    return make_splits(pd.DataFrame({"gene": source.gene}), "random", FOLDS, seed=0)


def relate(*several, numbers=range(N - 5)):
    """Pairs H00 m00 ..., and those of `several` in place of them."""
    rows = [("hg38", f"H{i:02d}", "mm10", f"m{i:02d}", "one-to-one") for i in numbers]
    rows += [("hg38", a, "mm10", b, "several") for a, b in several]
    return pd.DataFrame(rows, columns=list(ORTHOLOGUES))


class Fake(BundleRecord):
    """A network's bundle: predicts `value` + fold, in its own assembly only."""

    def __init__(self, splits, value, line="K562", **changes):
        info = {
            "type": "network", "kind": "full", "assembly": "hg38", "task": "regression",
            "K": FOLDS, "scheme": "random", "folds": list(range(FOLDS)), "cell_line": line,
        }  # fmt: skip
        super().__init__(Path(line), info | changes)
        self.splits, self.value = splits, value

    def predict(self, dataset, fold, genes):
        assert dataset.assembly == self.info["assembly"]
        return np.full(len(genes), self.value + fold)


def trained(splits, fold):
    return set(splits.loc[(splits["fold"] == fold) & (splits["role"] != "test"), "gene"])


def assigned(target, source, splits, pairs):
    found = assign_genes(target, [source], [Fake(splits, 0)], pairs)
    assert tuple(found.columns) == SPECIES_GENES
    return found.set_index("gene")


def test_the_fold_has_not_seen_the_orthologue(target, source, splits):
    found = assigned(target, source, splits, relate())
    assert found["standing"].value_counts().to_dict() == {"one-to-one": N - 5, "none": 5}
    for gene, row in found[found["standing"] == "one-to-one"].iterrows():
        assert row["orthologue"] == gene.replace("m", "H")
        assert row["orthologue"] not in trained(splits, row["fold"])
    # Those without take turns: no fold is left without them.
    assert found.loc[found["standing"] == "none", "fold"].nunique() == FOLDS


def test_pairs_may_stand_the_other_way_round(target, source, splits):
    turned = relate().rename(
        columns={"assembly1": "assembly2", "assembly2": "assembly1", "gene1": "gene2",
                 "gene2": "gene1"}
    )  # fmt: skip
    one, other = (assigned(target, source, splits, pairs) for pairs in (relate(), turned))
    pd.testing.assert_frame_equal(one, other)


def family_of(splits):
    """Two genes of the source that are test genes of different folds, and two of one fold."""
    fold = splits[splits["role"] == "test"].set_index("gene")["fold"]
    fold = fold[[name for name in fold.index if int(name[1:]) < N - 5]]
    apart = (fold.index[fold == 0][0], fold.index[fold == 1][0])
    return apart, tuple(fold.index[fold == 2][:2])


@pytest.mark.parametrize("where", ["source", "target", "across"])
def test_a_family_on_both_sides_is_left_out(target, source, splits, where):
    """Similar promoters of either species, or of one gene in each, connect two orthologues."""
    apart, together = family_of(splits)
    for first, second in (apart, together):
        letters = {"source": source, "target": target, "across": target}[where].sequence
        kept = source.sequence if where == "across" else letters
        letters[int(second[1:])] = kept[int(first[1:])]
    found = assigned(target, source, splits, relate())
    # Across, the second gene of the target resembles the first gene's orthologue.
    expected = {name.replace("H", "m"): "family" for name in apart}
    assert found["standing"][list(expected)].to_dict() == expected
    for name in together:
        row = found.loc[name.replace("H", "m")]
        assert (row["standing"], row["fold"]) == ("one-to-one", 2)
    assert (found["standing"] == "family").sum() == 2


def test_orthologues_of_any_relation_are_family(target, source, splits):
    """m26 has no orthologue of its own to copy, but H00 is among its several."""
    pairs = relate(("H00", "m26"), ("H00", "m27"), numbers=range(1, N - 5))
    found = assigned(target, source, splits, pairs)
    assert found["standing"][["m26", "m27"]].tolist() == ["several", "several"]
    assert found.loc["m26", "fold"] is pd.NA
    # m28, alike to m26, is kin of H00, and may be predicted by the one fold that tests H00.
    target.sequence[28] = target.sequence[26]
    row = assigned(target, source, splits, pairs).loc["m28"]
    assert row["standing"] == "none"
    assert "H00" not in trained(splits, row["fold"])


def test_kin_through_a_gene_that_no_dataset_has(target, source, splits):
    """H00 - m00 and H01 - m01 are apart, until a table makes x (of no dataset) kin of both."""
    apart, _ = family_of(splits)
    pairs = relate((apart[0], "x"), (apart[1], "x"))
    found = assigned(target, source, splits, pairs)
    assert (found["standing"][[name.replace("H", "m") for name in apart]] == "family").all()


def test_predictions_and_the_copy(target, source, splits):
    other = replace(source, cell_line="HCT116", expression=source.expression + 1)
    bundles = [Fake(splits, 0.0), Fake(splits, 1.0, "HCT116")]
    genes = assign_genes(target, [source, other], bundles, relate())
    table = predict_species({"full": bundles}, target, [source, other], genes, "one-to-one")
    assert tuple(table.columns) == PREDICTIONS
    assert set(table["method"]) == {"full", "copy"}
    assert set(table["trained_on"]) == {"HCT116,K562"}
    full = table[table["method"] == "full"]
    assert (full["predicted"] == full["fold"] + 0.5).all()
    number = full["gene"].str[1:].astype(int)
    np.testing.assert_array_equal(full["observed"], target.expression[number].astype(float))
    copied = table[table["method"] == "copy"]
    number = copied["gene"].str[1:].astype(int)
    np.testing.assert_allclose(copied["predicted"], source.expression[number] + 0.5, rtol=1e-6)
    assert sorted(copied["gene"]) == sorted(full["gene"])
    assert len(metrics_beyond_copy(table)) == FOLDS
    apart = predict_species({"full": bundles}, target, [source, other], genes, "none")
    assert set(apart["method"]) == {"full"}
    assert sorted(apart["gene"]) == [f"m{i}" for i in range(25, 30)]


def test_of_labels_the_share_is_copied(target, source, splits):
    bundle = Fake(splits, 0.2, task="classification")
    genes = assign_genes(target, [source], [bundle], relate())
    table = predict_species({"full": [bundle]}, target, [source], genes, "one-to-one")
    copied = table[table["method"] == "copy"]
    assert set(copied["predicted"]) == {0.0, 1.0}
    assert set(copied["observed"]) == {-1, 1}


def test_nothing_to_predict_is_an_empty_table(target, source, splits):
    genes = assign_genes(target, [source], [Fake(splits, 0)], relate(numbers=range(N)))
    table = predict_species({"full": [Fake(splits, 0)]}, target, [source], genes, "none")
    assert tuple(table.columns) == PREDICTIONS
    assert table.empty
    assert fold_metrics(table).empty


def test_what_does_not_fit_is_named(target, source, splits):
    with pytest.raises(InputError, match="not those of the models'"):
        assign_genes(replace(target, assembly="rn6"), [source], [Fake(splits, 0)], relate())
    for other in (source, replace(source, assembly="mm10"), replace(source, cell_line="HCT116")):
        bundles = [Fake(splits, 0), Fake(splits, 0, "HCT116")]
        with pytest.raises(InputError, match="not those that the bundles were trained on"):
            assign_genes(target, [other], bundles, relate())
    short = replace(target, sequence=target.sequence[:, :200])
    with pytest.raises(InputError, match="differ in length"):
        assign_genes(short, [source], [Fake(splits, 0)], relate())
    genes = assign_genes(target, [source], [Fake(splits, 0)], relate())
    two = [Fake(splits, 0), Fake(splits, 0, "HCT116", task="classification")]
    with pytest.raises(InputError, match="differ in task"):
        predict_species({"full": two}, target, [source], genes, "one-to-one")
    # Models of the target's own assembly saw its genes, whatever stands in the table.
    own = [Fake(splits, 0, assembly="mm10")]
    with pytest.raises(InputError, match="differ in assembly"):
        predict_species({"full": own}, target, [source], genes, "one-to-one")


def test_models_that_were_left_out_are_passed_over(tmp_path, caplog):
    """Where none is left, the tables are whole and empty, and so are their scores."""
    write_left_out(tmp_path, Unsupported("All genes have one label."), {})
    assert open_bundles([tmp_path / "bundle"]) == {}
    assert "All genes have one label" in caplog.text
    words = ["--bundle", tmp_path / "bundle", "--measured", "x", "--dataset", "y"]
    outputs = {name: tmp_path / f"{name}.tsv" for name in ("genes", "output", "apart")}
    words += ["--orthologues", "z", *(w for n, p in outputs.items() for w in (f"--{n}", p))]
    assert main(["cross-species", *map(str, words)]) == 0
    assert read(SPECIES_GENES, outputs["genes"]).empty
    scores = [str(tmp_path / name) for name in ("metrics.tsv", "tests.tsv")]
    given = ["--predictions", str(outputs["output"]), "--metrics", scores[0], "--tests", scores[1]]
    assert main(["evaluate", *given]) == 0
    assert read(METRICS, scores[0]).empty
