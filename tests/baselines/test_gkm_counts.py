"""Gapped k-mer counts against a brute-force count, letter by letter."""

import itertools
from collections import Counter

import numpy as np
import pytest
import scipy.sparse

from deepexpr.baselines.gkm import count_gkm, vocabulary, write_gkm
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.commands import gkm as command
from deepexpr.errors import InputError
from deepexpr.features.sequence import encode_bytes
from deepexpr.letters import reverse_complement
from deepexpr.options import add_verb
from deepexpr.reference.fasta import fasta_records

COMPLEMENT = str.maketrans("ACGT.", "TGCA.")


def brute_force(sequence, length, informative):
    counts = Counter()
    for start in range(len(sequence) - length + 1):
        window = sequence[start : start + length]
        if "N" in window:
            continue
        for keep in itertools.combinations(range(length), informative):
            word = "".join(x if i in keep else "." for i, x in enumerate(window))
            counts[min(word, word.translate(COMPLEMENT)[::-1])] += 1
    return counts


def random_sequences(seed, number=6, length=60, letters="ACGTN"):
    rng = np.random.default_rng(seed)
    weights = [0.23, 0.23, 0.23, 0.23, 0.08] if "N" in letters else None
    return ["".join(rng.choice(list(letters), length, p=weights)) for _ in range(number)]


@pytest.mark.parametrize(
    ("length", "informative"), [(1, 1), (2, 1), (3, 3), (4, 2), (5, 3), (6, 4), (6, 6), (7, 2)]
)
def test_counts_equal_brute_force(length, informative):
    sequences = random_sequences(length * 10 + informative)
    names = vocabulary(length, informative).names
    counts = count_gkm(encode_bytes(sequences), length, informative)
    assert counts.shape == (len(sequences), len(names))
    for row, sequence in zip(counts.toarray(), sequences, strict=True):
        found = {name: count for name, count in zip(names, row, strict=True) if count}
        assert found == brute_force(sequence, length, informative)


def test_strands_give_equal_counts():
    encoded = encode_bytes(random_sequences(7))
    forward = count_gkm(encoded, 6, 4).toarray()
    np.testing.assert_array_equal(forward, count_gkm(reverse_complement(encoded), 6, 4).toarray())


def test_vocabulary_merges_strands():
    assert len(vocabulary(6, 6)) == (4**6 + 4**3) // 2  # palindromes are their own partner
    assert len(vocabulary(5, 5)) == 4**5 // 2
    names = vocabulary(6, 4).names
    assert list(names) == sorted(names)
    assert len(set(names)) == len(names)


def test_lengths_may_differ_and_short_rows_are_empty():
    rows = [encode_bytes([s])[0] for s in ("ACGTACGT", "ACG", "NNNNNNNN")]
    counts = count_gkm(rows, 4, 4)
    assert counts.sum(axis=1).ravel().tolist() == [[5, 0, 0]]


def test_blocks_do_not_change_the_counts(monkeypatch):
    encoded = encode_bytes(random_sequences(3, number=9))
    whole = count_gkm(encoded, 5, 3)
    monkeypatch.setattr("deepexpr.baselines.gkm._BUFFER_CELLS", 100)
    assert (count_gkm(encoded, 5, 3) != whole).nnz == 0


def test_plain_kmers_of_a_known_sequence():
    counts = count_gkm(encode_bytes(["AAAATTTT"]), 3, 3).toarray()[0]
    names = vocabulary(3, 3).names
    # AAA AAA AAT ATT TTT TTT: TTT is AAA, ATT is AAT.
    assert {n: c for n, c in zip(names, counts, strict=True) if c} == {"AAA": 4, "AAT": 2}


@pytest.mark.parametrize(("length", "informative"), [(4, 5), (4, 0), (20, 14)])
def test_impossible_words_are_named(length, informative):
    with pytest.raises(InputError, match=r"too many|informative"):
        BaselineSettings(length=length, informative=informative)


def test_file_round_trip_and_scipy_reads_it(tmp_path):
    encoded = encode_bytes(random_sequences(5))
    counts = count_gkm(encoded, 5, 3)
    for name in ("a.npz", "b.npz"):
        write_gkm(tmp_path / name, counts, list("uvwxyz"), vocabulary(5, 3))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as file:
        assert file["rows"].tolist() == list("uvwxyz")
        assert file["features"].tolist() == vocabulary(5, 3).names.tolist()
    assert (scipy.sparse.load_npz(tmp_path / "a.npz") != counts).nnz == 0


def test_verb_counts_a_fasta(tmp_path):
    import argparse

    fasta = tmp_path / "x.fa"
    fasta.write_text(">one first\nAAAA\ntttt\n>two\nNNNN\n")
    parser = argparse.ArgumentParser()
    add_verb(parser, command)
    output = tmp_path / "x.npz"
    command.run(
        parser.parse_args(
            ["--fasta", str(fasta), "--length", "3", "--informative", "3", "--output", str(output)]
        )
    )
    with np.load(output) as file:
        assert file["rows"].tolist() == ["one", "two"]
    assert scipy.sparse.load_npz(output).sum(axis=1).ravel().tolist() == [[6, 0]]


def test_fasta_without_header_is_named(tmp_path):
    path = tmp_path / "x.fa"
    path.write_text("ACGT\n")
    with pytest.raises(InputError, match="line 1"):
        list(fasta_records(path))


def test_words_whose_tables_would_fill_the_memory_are_refused():
    with pytest.raises(InputError, match="at most 100,000,000 cells"):
        BaselineSettings(length=20, informative=4)
