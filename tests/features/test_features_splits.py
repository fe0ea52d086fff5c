"""Splits: disjoint, complete, reproducible, and never half a chromosome."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.splits import fold_roles, make_splits, read_splits, restrict_splits
from deepexpr.files import write_table
from deepexpr.schemas import GENES, SPLITS


def genes(number=200, chromosomes=24):
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"gene": [f"G{i}" for i in range(number)]})
    table["chromosome"] = [f"chr{i}" for i in rng.integers(0, chromosomes, number)]
    return table.assign(tss=range(number), strand="+", transcript="t", biotype="protein_coding")[
        list(GENES)
    ]


@pytest.mark.parametrize("scheme", ["random", "chromosome"])
@pytest.mark.parametrize("folds", [2, 3, 5, 10, 15, 20])
def test_every_gene_is_tested_once_and_has_one_role_per_fold(scheme, folds):
    table = genes()
    splits = make_splits(table, scheme, folds, seed=1)
    assert tuple(splits.columns) == SPLITS
    assert not splits.duplicated(["fold", "gene"]).any()
    assert len(splits) == folds * len(table)
    test = splits[splits["role"] == "test"]
    assert sorted(test["gene"]) == sorted(table["gene"])
    for fold in range(folds):
        roles = fold_roles(splits, fold)
        everyone = np.concatenate(list(roles.values()))
        assert len(everyone) == len(set(everyone)) == len(table)
        rest = len(roles["train"]) + len(roles["validation"])
        assert len(roles["validation"]) == round(rest / 9)
        if scheme == "random":
            assert abs(len(roles["test"]) - len(table) / folds) < 1


def test_chromosomes_are_never_divided_and_folds_are_balanced():
    table = genes()
    splits = make_splits(table, "chromosome", 5, seed=1).merge(table[["gene", "chromosome"]])
    test = splits[splits["role"] == "test"]
    assert (test.groupby("chromosome")["fold"].nunique() == 1).all()
    sizes = test.groupby("fold").size()
    assert sizes.max() - sizes.min() <= table["chromosome"].value_counts().max()


def test_seed_and_not_the_order_of_rows_decides():
    table = genes()
    first = make_splits(table, "random", 5, seed=1)
    again = make_splits(table.sample(frac=1, random_state=0), "random", 5, seed=1)
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(make_splits(table, "random", 5, seed=2))


@pytest.mark.parametrize(
    ("table", "scheme", "folds", "message"),
    [
        (genes(4), "random", 5, "4 genes cannot be split into 5 folds"),
        (genes(50, 3), "chromosome", 5, "3 chromosomes cannot be split into 5 folds"),
        (genes(50), "random", 1, r"1 fold\(s\) cannot be split"),
        (genes(2), "random", 2, r"has 1 gene\(s\) left"),
        (genes(5).assign(gene="G"), "random", 2, "gene name.* repeat: G"),
    ],
)
def test_impossible_splits_are_explained(table, scheme, folds, message):
    with pytest.raises(InputError, match=message):
        make_splits(table, scheme, folds, seed=0)


def test_smallest_possible_split():
    roles = fold_roles(make_splits(genes(3), "random", 3, seed=0), 0)
    assert {role: len(names) for role, names in roles.items()} == {
        "train": 1,
        "validation": 1,
        "test": 1,
    }


def test_verb_and_reader(tmp_path):
    write_table(genes(), tmp_path / "genes.tsv")
    values = genes()[["gene"]].head(100).assign(X=1.0)
    write_table(values, tmp_path / "expression.tsv")
    options = ["--genes", f"{tmp_path}/genes.tsv", "--folds", "5", "--seed", "7"]
    paths = [tmp_path / name for name in ("a.tsv", "b.tsv", "c.tsv.gz")]
    for path, more in zip(
        paths, ([], [], ["--expression", f"{tmp_path}/expression.tsv"]), strict=True
    ):
        assert main(["splits", *options, *more, "--output", str(path)]) == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    pd.testing.assert_frame_equal(
        read_splits(paths[0]), make_splits(genes(), "random", 5, 7), check_dtype=False
    )
    assert set(read_splits(paths[2])["gene"]) == set(values["gene"])
    assert main(["splits", *options[:2], "--folds", "300", "--output", "-"]) == 1


def test_broken_split_files_are_named(tmp_path):
    splits = make_splits(genes(10), "random", 2, seed=0)
    path = tmp_path / "splits.tsv"
    for broken, message in (
        (splits.assign(role="dev"), "Unknown role"),
        (splits.assign(fold="a"), "column fold are no numbers"),
        (splits.assign(fold=splits["fold"] + 0.5), "A fold is not a number"),
        (splits.assign(fold=""), "A fold is not a number"),
        (splits.head(0), "hold no gene"),
        (splits.assign(role="test"), "test gene of more than one fold"),
        (pd.concat([splits, splits.head(1)]), "stands twice in fold 0"),
        (splits.drop(columns="role"), r"lacks the column\(s\) role"),
    ):
        write_table(broken, path)
        with pytest.raises(InputError, match=message):
            read_splits(path)
    with pytest.raises(InputError, match="no fold 2"):
        fold_roles(splits, 2)


def test_splits_restricted_to_the_genes_of_a_dataset():
    splits = make_splits(genes(), "random", 2, seed=0)
    kept = restrict_splits(splits, genes()["gene"].to_numpy()[:150])
    assert kept["gene"].nunique() == 150
    lonely = fold_roles(splits, 0)["train"]
    with pytest.raises(InputError, match="Fold 0 has no validation gene"):
        restrict_splits(splits, lonely)


def families(number=300):
    """Genes in families of 1 to 12, named so that names do not follow families."""
    rng = np.random.default_rng(5)
    family = np.repeat(np.arange(number), rng.choice([1, 1, 1, 2, 3, 12], number))[:number]
    return genes(number).assign(family=rng.permutation(family))


@pytest.mark.parametrize("folds", [2, 3, 5, 10, 15, 20])
def test_families_are_never_divided_and_folds_are_equal(folds):
    table = families()
    splits = make_splits(table, "family", folds, seed=1)
    roles = splits.merge(table[["gene", "family"]]).groupby(["fold", "family"])["role"]
    assert (roles.nunique() == 1).all()
    sizes = splits.groupby(["role", "fold"]).size()
    assert sizes["test"].sum() == len(table)
    assert sizes["test"].max() - sizes["test"].min() <= 1
    assert (sizes["validation"] == ((len(table) - sizes["test"]) / 9).round()).all()


def test_seed_and_not_the_order_of_rows_decides_on_families():
    table = families()
    first = make_splits(table, "family", 5, seed=1)
    shuffled = table.assign(family=-table["family"]).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(first, make_splits(shuffled, "family", 5, seed=1))
    assert not first.equals(make_splits(table, "family", 5, seed=2))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ([5, 1, 1, 1, 1, 1], r"5 of the 10 genes, more than one of 3 equal folds"),
        ([4, 4], "8 genes cannot|4 of the 8 genes, more than one of 3 equal folds"),
        ([2, 2, 2], None),
    ],
)
def test_families_too_large_for_a_fold_are_refused(sizes, message):
    table = genes(sum(sizes)).assign(family=np.repeat(range(len(sizes)), sizes))
    if message:
        with pytest.raises(InputError, match=message):
            make_splits(table, "family", 3, seed=0)
    else:
        roles = make_splits(table, "family", 3, seed=0).groupby(["fold", "role"]).size()
        assert (roles == 2).all()


def test_two_families_leave_nothing_to_validate():
    table = genes(4).assign(family=[0, 0, 1, 1])
    with pytest.raises(InputError, match="all of one family"):
        make_splits(table, "family", 2, seed=0)
