"""The inverse of `encode_bytes`, for tests."""

import numpy as np


def decode_bytes(encoded: np.ndarray) -> list[str]:
    """uint8 (n, L) to n strings."""
    return [row.tobytes().decode() for row in np.ascontiguousarray(encoded, np.uint8)]
