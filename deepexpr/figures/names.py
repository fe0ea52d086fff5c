"""Short names of samples for labels: what all share is left out, or the middle of long ones."""

import re
from collections.abc import Iterable
from itertools import takewhile

#: Letters of a name that a label has room for.
LETTERS = 24
#: Letters, "…" among them, below which a name without what all share says too little: "…1".
TELLING = 6
ELLIPSIS = "…"


def short_names(names: Iterable[str], letters: int = LETTERS) -> dict[str, str]:
    """Each of `names` -> its label, at most `letters` long; labels differ where names do.

    Names that are all short enough stay as they are. Of others the words that all share at the
    end become "…", or those at both ends, or the middle of each: the first of these that tells
    them apart in more than a letter or two. Where none does, all carry their number in the order
    given.
    """
    unique = list(dict.fromkeys(names))
    ends, both = _without_shared(unique, start=False), _without_shared(unique, start=True)
    telling = [both] if min(map(len, both), default=0) >= TELLING else []
    elided = [[_elided(name, letters) for name in own] for own in (unique, both)]
    for labels in (unique, ends, *telling, elided[0], both, elided[1]):
        if max(map(len, labels), default=0) <= letters and len(set(labels)) == len(unique):
            return dict(zip(unique, labels, strict=True))
    room = letters - len(f"{len(unique)} ")
    return {name: f"{i} {_elided(name, room)}" for i, name in enumerate(unique, start=1)}


def _without_shared(names: list[str], *, start: bool) -> list[str]:
    """Names without the words, and what parts them, that all end with, and `start` with."""
    words = [re.split(r"([_. -]+)", name) for name in names]
    if len(words) < 2:
        return names
    first = _shared(words) if start else 0
    last = _shared([own[first:][::-1] for own in words])
    return [
        f"{ELLIPSIS * (first > 0)}{''.join(own[first : len(own) - last])}{ELLIPSIS * (last > 0)}"
        for own in words
    ]


def _shared(words: list[list[str]]) -> int:
    """How many pieces all start with, a word and what parts it being two; a word is left."""
    most = min(len(own) for own in words) - 1
    alike = takewhile(lambda pieces: len(set(pieces)) == 1, zip(*words, strict=False))
    return min(len(list(alike)), most) // 2 * 2


def _elided(name: str, letters: int) -> str:
    """`name` with "…" for its middle where it is longer than `letters`."""
    if len(name) <= letters:
        return name
    head = (letters - 1) // 2
    return f"{name[:head]}{ELLIPSIS}{name[len(name) - (letters - 1 - head) :]}"
