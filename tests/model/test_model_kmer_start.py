"""Filters that start at words which explain the training genes."""

import numpy as np
import pytest

from deepexpr.features.sequence import encode_bytes, one_hot
from deepexpr.letters import reverse_complement
from deepexpr.model.kmer_start import count_words, select_words, starting_filters


def test_words_are_counted_on_both_strands_once():
    counts = count_words(encode_bytes(["AACN", "GTTN"]), 2)
    # AACN: AA, AC. GTTN: GT, TT, the reverse complements of AC and AA.
    assert counts[0, 0b0000] == counts[1, 0b0000] == 1  # AA (or TT)
    assert counts[0, 0b0001] == counts[1, 0b0001] == 1  # AC (or GT)
    assert counts.sum() == 4
    assert (count_words(encode_bytes(["ACGT"]), 4)).sum() == 1  # its own reverse complement


def planted(seed: int = 0):
    rng = np.random.default_rng(seed)
    sequence = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, (300, 200))]
    present = rng.random(300) < 0.5
    sequence[present, 50:56] = np.frombuffer(b"GACCTA", np.uint8)
    return sequence, present.astype(np.float32)


def test_the_planted_word_is_selected_first_on_either_strand():
    sequence, targets = planted()
    turned = reverse_complement(sequence)
    first = select_words(sequence, targets, 3, 6)
    assert first.tolist() == select_words(turned, targets, 3, 6).tolist()
    word = "".join("ACGT"[(first[0] // 4**i) % 4] for i in range(5, -1, -1))
    assert word in ("GACCTA", "TAGGTC")


def test_the_first_filter_answers_to_its_word_alone():
    sequence, targets = planted()
    weights, bias = starting_filters(sequence, targets, (12, 4, 4), seed=0)
    assert weights.shape == (12, 4, 4)
    assert weights.dtype == bias.dtype == np.float32
    words = ("NNNGACCTANNN", "NNNTAGGTCNNN", "NNNGACCTCNNN", "NNNAAAAAANNN")
    response = np.tensordot(one_hot(encode_bytes(list(words))), weights[:, :, 0], 2) + bias[0]
    assert response[:2].max() > 0.5
    assert response[2:].max() < 0.1


def test_short_kernels_and_few_words_do_not_fail():
    sequence = encode_bytes(["ACGT" * 5, "ACGA" * 5, "TTTT" * 5])
    weights, _ = starting_filters(sequence, np.array([0.0, 1.0, 2.0]), (4, 4, 600), seed=0)
    assert np.isfinite(weights).all()


def test_same_seed_same_start():
    one, two = (starting_filters(*planted(), (12, 4, 8), seed=3)[0] for _ in range(2))
    assert (one == two).all()


@pytest.mark.filterwarnings("error")
def test_promoters_without_letters_start_at_random():
    unknown = np.full((5, 40), ord("N"), np.uint8)
    weights, _ = starting_filters(unknown, np.arange(5.0), (8, 4, 3), 0)
    assert 0 < np.abs(weights).max() < 0.5
