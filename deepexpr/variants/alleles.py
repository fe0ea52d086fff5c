"""What a variant does to the letters around a TSS.

An allele is put into the gene's orientation and into the sequence around the TSS. The window
stays anchored there: letters between the TSS and an insertion or deletion keep their distance to
it, those on the far side move, and the window is cut anew, as long as before. Where a change of
length takes the TSS base itself, the first letter behind it (in the gene's direction) stands in
its place.
"""

from typing import NamedTuple

import numpy as np

from deepexpr.letters import reverse_complement


class Change(NamedTuple):
    """Letters [start, end) of a chromosome (0-based) are replaced by `alternate`; an insertion
    has start = end and stands in front of `start`."""

    start: int
    end: int
    alternate: str

    @property
    def size(self) -> int:
        """Letters of the longer allele."""
        return max(self.end - self.start, len(self.alternate))


def trimmed(start: int, reference: str, alternate: str) -> Change:
    """The change without the letters that both alleles share: first at the end, then in front.

    start : 0-based place of the first letter of `reference`.
    """
    reference, alternate = reference.upper(), alternate.upper()
    same = _shared(reference[::-1], alternate[::-1])
    reference, alternate = reference[: len(reference) - same], alternate[: len(alternate) - same]
    same = _shared(reference, alternate)
    return Change(start + same, start + len(reference), alternate[same:])


def _shared(first: str, second: str) -> int:
    """Letters that two texts have in common from their start on."""
    for i, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return i
    return min(len(first), len(second))


def oriented(change: Change, start: int, end: int, strand: str) -> Change:
    """The change within [start, end) of its chromosome, in a gene's orientation: places are those
    in the text of that stretch, read on the gene's strand."""
    if strand == "+":
        return Change(change.start - start, change.end - start, change.alternate)
    return Change(end - change.end, end - change.start, reverse_complement(change.alternate))


def tss_distance(change: Change, tss: int) -> int:
    """bp from the TSS (its place in the same text) to the nearest letter changed, negative
    upstream; of an insertion to its nearest letter, as if it were put in: -1 just before the TSS.
    """
    first, end, _ = change
    if first == end:
        return first - tss if first > tss else first - tss - 1
    if end <= tss:
        return end - 1 - tss
    return max(first - tss, 0)


def edited(letters: np.ndarray, tss: int, change: Change) -> tuple[np.ndarray, int]:
    """The stretch with the change in it, uint8 (L + gain,), and where its TSS then stands.

    letters : uint8 (L,), in the gene's orientation, as `change` is; tss : place of the TSS in it.
    """
    first, end, alternate = change
    text = np.frombuffer(alternate.encode(), dtype=np.uint8)
    gain = len(text) - (end - first)
    if end <= tss:
        tss += gain
    elif first <= tss and gain:
        tss = first + len(text)
    return np.concatenate([letters[:first], text, letters[end:]]), tss
