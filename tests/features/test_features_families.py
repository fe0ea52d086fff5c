"""Families: planted copies are found wherever and however they stand, strangers are not joined."""

import logging
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from decoded import decode_bytes

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.dataset import Dataset
from deepexpr.features.families import REPEAT, family_table, find_families, find_scheme
from deepexpr.features.splits import make_splits, read_splits
from deepexpr.files import write_table
from deepexpr.letters import reverse_complement
from deepexpr.schemas import GENES

LENGTH = 2000
LETTERS = np.frombuffer(b"ACGT", np.uint8)


def unrelated(rng, number, length=LENGTH):
    """Promoters of chance, CpG-rich in the middle as real ones are."""
    rich = rng.choice(LETTERS, (number, length), p=[0.15, 0.35, 0.35, 0.15])
    poor = rng.choice(LETTERS, (number, length), p=[0.28, 0.22, 0.22, 0.28])
    middle = abs(np.arange(length) - length / 2) < length / 4
    return np.where(middle, rich, poor)


def mutated(rng, sequence, share):
    """A copy in which `share` of the letters is another one."""
    places = rng.choice(len(sequence), round(share * len(sequence)), replace=False)
    copy = sequence.copy()
    copy[places] = LETTERS[(np.searchsorted(LETTERS, copy[places]) + rng.integers(1, 4)) % 4]
    return copy


def partition(family):
    """Families as a set of sets of row numbers."""
    return {frozenset(np.flatnonzero(family == name).tolist()) for name in np.unique(family)}


def as_dataset(sequence):
    number = len(sequence)
    return Dataset(
        gene=np.array([f"G{i:04d}" for i in range(number)]),
        chromosome=np.array([f"chr{i % 7}" for i in range(number)]),
        tss=np.arange(number), strand=np.full(number, "+"), sequence=sequence,
        expression=np.zeros(number, np.float32), label=np.ones(number, np.int8),
        cell_line="X", assembly="toy",
    )  # fmt: skip


def test_strangers_are_no_family_and_short_ones_are_refused():
    sequence = unrelated(np.random.default_rng(1), 800)
    assert len(np.unique(find_families(sequence))) == 800
    with pytest.raises(InputError, match="13 bp have no families"):
        find_families(sequence[:, :13])


@pytest.mark.parametrize("share", [0, 0.05, 0.1])
@pytest.mark.parametrize("shift", [0, 40, 400])
def test_copies_up_to_a_tenth_changed_are_found_on_either_strand(share, shift):
    rng = np.random.default_rng(7)
    sequence = unrelated(rng, 200)
    for original, copy in zip(range(0, 40), range(100, 140), strict=True):
        sequence[copy] = mutated(rng, np.roll(sequence[original], shift), share)
        if copy % 2:
            sequence[copy] = reverse_complement(sequence[copy])
    pairs = {frozenset((i, i + 100)) for i in range(40)}
    others = {frozenset((i,)) for i in range(200) if i % 100 >= 40}
    assert partition(find_families(sequence)) == pairs | others


def test_promoters_that_overlap_are_a_family():
    rng = np.random.default_rng(2)
    sequence = unrelated(rng, 50)
    sequence[1, :150] = reverse_complement(sequence[0])[-150:]  # head to head
    sequence[3, :90] = sequence[2, -90:]  # 77 k-mers, below 5 %
    family = find_families(sequence)
    assert family[0] == family[1]
    assert len(np.unique(family)) == 49


def test_repeats_join_nobody():
    rng = np.random.default_rng(3)
    sequence = unrelated(rng, 400)
    element = unrelated(rng, 1, 300)[0]
    for row in range(300):
        sequence[row, 100:400] = mutated(rng, element, 0.1)
    sequence[:, 1500:1600] = np.frombuffer(b"CA", np.uint8).repeat(50).reshape(2, 50).T.ravel()
    sequence[5] = mutated(rng, sequence[4], 0.05)
    assert partition(find_families(sequence)) == {frozenset((4, 5))} | {
        frozenset((i,)) for i in range(400) if i not in (4, 5)
    }


def test_unknown_letters_are_nobodys_likeness():
    sequence = unrelated(np.random.default_rng(4), 30)
    sequence[1] = np.where(sequence[0] == ord("A"), ord("N"), sequence[0])
    sequence[2:20, :1900] = ord("N")
    assert len(np.unique(find_families(sequence))) == 30


def test_copies_are_a_family_however_many():
    """More than the limit of repeats and than the largest chain: each k-mer counts as a repeat."""
    rng = np.random.default_rng(6)
    sequence = unrelated(rng, 1500)
    for row in range(1, 4 * REPEAT):
        sequence[row] = mutated(rng, sequence[0], 0.005)
    assert partition(find_families(sequence)) == {frozenset(range(4 * REPEAT))} | {
        frozenset((i,)) for i in range(4 * REPEAT, 1500)
    }


def test_a_chain_is_cut_at_its_weakest_links(caplog):
    """Each promoter has its last 200 bp in common with the next one's first, except that groups
    of four are copies of each other."""
    rng = np.random.default_rng(8)
    sequence = unrelated(rng, 240)
    for row in range(240):
        if row % 4:
            sequence[row] = mutated(rng, sequence[row - row % 4], 0.02)
        elif row:
            sequence[row, :130] = sequence[row - 4, -130:]
    with caplog.at_level(logging.WARNING):
        family = find_families(sequence)
    assert partition(family) == {frozenset(range(i, i + 4)) for i in range(0, 240, 4)}
    assert "240 promoters in chains of more than 50" in caplog.text


def test_order_of_rows_changes_nothing():
    rng = np.random.default_rng(9)
    sequence = unrelated(rng, 150)
    for row in range(60, 150):
        sequence[row] = mutated(rng, sequence[row % 60], rng.uniform(0, 0.2))
    order = rng.permutation(150)
    again = np.empty(150, np.int64)
    again[order] = find_families(sequence[order])
    assert partition(again) == partition(find_families(sequence))


def test_table_names_families_by_their_first_gene(caplog):
    rng = np.random.default_rng(10)
    sequence = unrelated(rng, 5)
    sequence[4] = sequence[1]
    promoters = dict(zip("EDCBA", decode_bytes(sequence), strict=True))
    with caplog.at_level(logging.INFO):
        table = family_table(pd.Series(["D", "E", "A", "C"]), promoters)
    assert table.to_numpy().tolist() == [
        ["A", "A", 2], ["D", "A", 2], ["C", "C", 1], ["E", "E", 1],
    ]  # fmt: skip
    assert "2 of 4 genes are in 1 families" in caplog.text
    assert "family of 2: A D" in caplog.text
    with pytest.raises(InputError, match=r"1 gene\(s\) have no promoter, such as F"):
        family_table(pd.Series(["A", "F"]), promoters)


def planted(rng, number=240, pairs=40):
    sequence = unrelated(rng, number)
    for row in range(pairs):
        sequence[number - 1 - row] = mutated(rng, sequence[row], 0.1)
    return sequence


def test_verb_never_divides_planted_copies(tmp_path, capsys):
    dataset = as_dataset(planted(np.random.default_rng(11)))
    table = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    table = table.assign(tss=dataset.tss, strand="+", transcript="t", biotype="protein_coding")
    write_table(table[list(GENES)], tmp_path / "genes.tsv")
    records = zip(dataset.gene, decode_bytes(dataset.sequence), strict=True)
    (tmp_path / "p.fa").write_text("".join(f">{name}\n{text}\n" for name, text in records))
    options = ["splits", "--genes", f"{tmp_path}/genes.tsv", "--folds", "5", "--scheme", "family"]
    options += ["--output", f"{tmp_path}/splits.tsv"]
    assert main(options) == 2
    assert "needs --promoters" in capsys.readouterr().err
    options += ["--promoters", f"{tmp_path}/p.fa", "--families", f"{tmp_path}/families.tsv"]
    assert main(options) == 0
    splits = read_splits(tmp_path / "splits.tsv")
    role = splits.pivot(index="gene", columns="fold", values="role")
    for i in range(40):
        assert (role.loc[f"G{i:04d}"] == role.loc[f"G{239 - i:04d}"]).all()
    assert Counter(pd.read_csv(tmp_path / "families.tsv", sep="\t")["genes"]) == {1: 160, 2: 80}
    assert find_scheme(dataset, splits) == "family"


def test_schemes_are_told_apart():
    rng = np.random.default_rng(12)
    dataset = as_dataset(planted(rng))
    table = pd.DataFrame({"gene": dataset.gene, "chromosome": dataset.chromosome})
    table["family"] = find_families(dataset.sequence)
    for scheme in ("random", "chromosome", "family"):
        assert find_scheme(dataset, make_splits(table, scheme, 5, seed=0)) == scheme
    # Without families, splits by family are random ones.
    strangers = replace(dataset, sequence=unrelated(rng, 240))
    assert find_scheme(strangers, make_splits(table, "random", 5, seed=0)) == "random"
