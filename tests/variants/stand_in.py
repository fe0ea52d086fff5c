"""A genome of 600 letters, a word in it, and a stand-in for a bundle that counts that word."""

from typing import ClassVar

import numpy as np

LENGTH, UP = 40, 20
WORD = b"TGACTCAT"


def genome():
    """600 letters; the word at 205 on +, and its other strand at 290."""
    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(4).integers(0, 4, 600)].copy()
    letters[205:213] = np.frombuffer(WORD, np.uint8)
    letters[290:298] = np.frombuffer(b"ATGAGTCA", np.uint8)
    return letters.tobytes().decode()


def count(sequences):
    """How often the word stands in each of (n, L) uint8, with a little of its place and of G."""
    found = []
    for row in sequences:
        text = row.tobytes()
        found.append(text.count(WORD) + 0.001 * text.find(WORD) + 1e-5 * text.count(b"G"))
    return np.array(found)


class StandIn:
    """What the verb asks of a bundle; two folds, the second of which doubles."""

    info: ClassVar = {"length": LENGTH, "tss_index": UP, "fingerprint": "f", "cell_line": "Toy",
            "task": "regression"}  # fmt: skip
    inputs: ClassVar = {"promoter": (LENGTH,)}
    asked = 0

    def require_promoters(self):
        pass

    def predict_examples(self, examples, fold, sequence_only=False):
        value = count(examples.arrays["promoter"])
        StandIn.asked += len(value)
        return np.stack([value, 2 * value])
