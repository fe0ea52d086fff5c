"""Batches: one-hot only for the batch, shifts, strands, one batch size."""

import numpy as np

from deepexpr.features.sequence import encode_bytes, one_hot, reverse_complement
from deepexpr.model.examples import Examples, augment, batches_of, shifted


def test_shifted_by_hand():
    sequence = encode_bytes(["ACGT", "ACGT", "ACGT"])
    moved = shifted(sequence, np.array([1, -2, 0]))
    assert [row.tobytes() for row in moved] == [b"CGTN", b"NNAC", b"ACGT"]


def test_augment_turns_about_half_and_keeps_the_rest():
    sequence = np.tile(encode_bytes(["AACC"]), (200, 1))
    bins = np.arange(200.0, dtype=np.float32)[:, None]
    result = augment(Examples(sequence, bins), 0, True, np.random.default_rng(0))
    turned = (result.sequence == reverse_complement(sequence)).all(axis=1)
    assert 60 < turned.sum() < 140
    assert (result.sequence[~turned] == sequence[~turned]).all()
    assert result.bins is bins


def test_no_augmentation_is_no_copy():
    examples = Examples(encode_bytes(["ACGT"]))
    assert augment(examples, 0, False, np.random.default_rng(0)) is examples


def test_model_inputs_are_in_order_and_one_hot():
    sequence = encode_bytes(["ACGTN"])
    bins = np.ones((1, 3), np.float32)
    first, second = Examples(sequence, bins).model_inputs()
    assert (first == one_hot(sequence)).all()
    assert first.dtype == np.float32
    assert second is bins


def test_batches_are_of_one_size_and_hold_every_row():
    found = list(batches_of(10, 4, np.arange(10)[::-1]))
    assert [len(rows) for rows, _ in found] == [4, 4, 4]
    kept = np.concatenate([rows[:n] for rows, n in found])
    assert kept.tolist() == list(range(9, -1, -1))
    assert [len(rows) for rows, _ in batches_of(3, 8)] == [8]
