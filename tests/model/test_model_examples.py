"""Batches: one-hot only for the batch, shifts, one batch size."""

import numpy as np

from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.model.examples import Examples, augment, batches_of, shifted


def test_shifted_by_hand():
    sequence = encode_bytes(["ACGT", "ACGT", "ACGT"])
    moved = shifted(sequence, np.array([1, -2, 0]))
    assert [row.tobytes() for row in moved] == [b"CGTN", b"NNAC", b"ACGT"]


def test_augment_moves_promoters_and_nothing_else():
    sequence = np.tile(encode_bytes(["ACGT"]), (200, 1))
    bins = np.arange(200.0, dtype=np.float32)[:, None]
    examples = Examples({"bins": bins, "promoter": sequence})
    result = augment(examples, 1, np.random.default_rng(0))
    found = {row.tobytes() for row in result.arrays["promoter"]}
    assert found == {b"CGTN", b"ACGT", b"NACG"}
    assert result.arrays["bins"] is bins
    assert list(result.arrays) == ["bins", "promoter"]


def test_no_augmentation_is_no_copy():
    examples = Examples({"promoter": encode_bytes(["ACGT"])})
    assert augment(examples, 0, np.random.default_rng(0)) is examples


def test_letters_of_any_input_become_one_hot_in_the_order_of_the_model():
    promoter, enhancers = encode_bytes(["ACGTN"]), encode_bytes(["AC", "GT"])[None]
    marks = np.ones((1, 3), np.float32)
    examples = Examples({"promoter": promoter, "marks": marks, "enhancers": enhancers})
    first, second = examples.only(["marks", "enhancers"]).floats()
    assert first is marks
    assert second.shape == (1, 2, 2, 4)
    assert (second == one_hot(enhancers)).all()
    assert len(examples.take(np.array([0, 0]))) == 2


def test_batches_are_of_one_size_and_hold_every_row():
    found = list(batches_of(10, 4, np.arange(10)[::-1]))
    assert [len(rows) for rows, _ in found] == [4, 4, 4]
    kept = np.concatenate([rows[:n] for rows, n in found])
    assert kept.tolist() == list(range(9, -1, -1))
    assert [len(rows) for rows, _ in batches_of(3, 8)] == [8]
