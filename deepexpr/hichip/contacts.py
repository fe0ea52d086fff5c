"""Pairs to contacts between anchors, and reads per anchor (docs/method.md, section 2.4).

One pass over the pairs in batches; what stays in memory are the distinct contacts (12 bytes
each) and one number per anchor, not the reads.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepexpr import schemas
from deepexpr.compression import writing_bytes
from deepexpr.files import atomic_path
from deepexpr.hichip import text_kernel
from deepexpr.hichip.anchors import Anchors
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.settings import ContactSettings

log = logging.getLogger(__name__)

#: Rows formatted at a time.
ROWS = 1 << 18
#: Counts of single batches that are held before they are merged, at least.
MERGE_FROM = 1 << 20


@dataclass(frozen=True)
class ContactMap:
    """Contacts of distinct anchors in genome order, and the depth of all anchors.

    `first` < `second` (n,) int32 anchor numbers; `count` (n,) int32 PETs; `depth` (anchors,)
    int64: mate ends of valid pairs in the anchor, whatever the other end.
    """

    anchors: Anchors
    first: np.ndarray
    second: np.ndarray
    count: np.ndarray
    depth: np.ndarray


class _Tally:
    """Counts of pairs of anchors, by 64-bit keys first * n + second.

    Where pairs come sorted, as in our own files, no later batch has a first anchor below those of
    the last: what lies below is settled, and kept as 12 bytes for each pair of anchors. Should a
    batch reach back, all is put together again.
    """

    def __init__(self, n: int) -> None:
        self._n = max(n, 1)
        self._settled: list[np.ndarray] = []  # (3, k) int32: first, second, count
        self._border = -1  # the largest key that is settled
        self._keys: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []

    def add(self, keys: np.ndarray) -> None:
        if not len(keys):
            return
        distinct, counts = np.unique(keys, return_counts=True)
        if distinct[0] <= self._border:
            self._unsettle()
        self._keys.append(distinct)
        self._counts.append(counts)
        if sum(map(len, self._keys[1:])) > max(MERGE_FROM, len(self._keys[0])):
            self._merge()
            # Of its first anchor the second ones come in any order.
            whole = int(distinct[0]) // self._n * self._n
            self._settle(int(np.searchsorted(self._keys[0], whole)))

    def result(self) -> np.ndarray:
        """(3, contacts) int32: first and second anchor, and count, in order."""
        self._merge()
        self._settle(len(self._keys[0]))
        return np.concatenate([np.empty((3, 0), np.int32), *self._settled], axis=1)

    def _merge(self) -> None:
        keys = np.concatenate([np.empty(0, np.int64), *self._keys])
        counts = np.concatenate([np.empty(0, np.int64), *self._counts])
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else keys
        sums = np.add.reduceat(counts, starts) if len(keys) else counts
        self._keys, self._counts = [keys[starts]], [sums]

    def _settle(self, number: int) -> None:
        """Put the first `number` merged keys aside."""
        if not number:
            return
        keys, counts = self._keys[0], self._counts[0]
        done = keys[:number]
        self._border = int(done[-1])
        self._settled.append(
            np.stack([done // self._n, done % self._n, counts[:number]]).astype(np.int32)
        )
        self._keys, self._counts = [keys[number:]], [counts[number:]]

    def _unsettle(self) -> None:
        for first, second, count in self._settled:
            self._keys.append(first.astype(np.int64) * self._n + second)
            self._counts.append(count.astype(np.int64))
        self._settled, self._border = [], -1


def count_contacts(
    batches: Iterable[PairBatch], anchors: Anchors, settings: ContactSettings
) -> ContactMap:
    """Count pairs between distinct anchors, at most `max_distance` apart, and reads per anchor.

    `batches` hold valid pairs with 1-based positions and the chromosomes of `anchors`.
    """
    n = len(anchors)
    depth = np.zeros(n, np.int64)
    tally = _Tally(n)
    midpoint = anchors.midpoint
    seen = {"pairs": 0, "no anchor": 0, "one anchor": 0, "trans": 0, "too far": 0, "kept": 0}
    for batch in batches:
        ends = anchors.assign(batch.chromosome, batch.position - 1)
        depth += np.bincount(ends[ends >= 0], minlength=n)
        seen["pairs"] += len(ends)
        both = (ends >= 0).all(axis=1)
        first, second = ends[both].min(axis=1), ends[both].max(axis=1)
        distinct = first != second
        trans = anchors.chromosome[first] != anchors.chromosome[second]
        far = ~trans & (midpoint[second] - midpoint[first] > settings.max_distance)
        keep = distinct & ~far & (settings.keep_trans | ~trans)
        tally.add(first[keep] * n + second[keep])
        seen["no anchor"] += int((~both).sum())
        seen["one anchor"] += int((~distinct).sum())
        seen["trans"] += int(trans.sum())
        seen["too far"] += int(far.sum())
        seen["kept"] += int(keep.sum())
    first, second, count = tally.result()
    log.info(
        "%d pairs: %d with an end outside anchors, %d within one anchor, %d trans (%s), %d "
        "farther than %d bp; %d PETs in %d contacts",
        seen["pairs"], seen["no anchor"], seen["one anchor"], seen["trans"],
        "kept" if settings.keep_trans else "dropped", seen["too far"], settings.max_distance,
        seen["kept"], len(count),
    )  # fmt: skip
    if not len(count):
        log.warning("No contact between distinct anchors: the tables are empty, and valid.")
    return ContactMap(anchors, first, second, count, depth)


def write_contacts(contacts: ContactMap, path: str | Path, depth_path: str | Path) -> None:
    """Write contacts (schemas.CONTACTS) and depths (schemas.DEPTH; anchors with reads), BED
    coordinates, each with a header line that begins with ``#``."""
    anchors = contacts.anchors
    used = np.flatnonzero(contacts.depth)
    table = text_kernel.text_table(anchors.chromosomes.names)
    with atomic_path(path) as temporary, atomic_path(depth_path) as depth_temporary:
        with writing_bytes(temporary) as handle:
            handle.write(("#" + "\t".join(schemas.CONTACTS) + "\n").encode())
            for part in _parts(len(contacts.count)):
                columns = [
                    *_interval(anchors, contacts.first[part]),
                    *_interval(anchors, contacts.second[part]),
                    contacts.count[part].astype(np.int64),
                ]
                is_text = [True, False, False, True, False, False, False]
                handle.write(text_kernel.format_rows(columns, is_text, table))
        with writing_bytes(depth_temporary) as handle:
            handle.write(("#" + "\t".join(schemas.DEPTH) + "\n").encode())
            for part in _parts(len(used)):
                columns = [*_interval(anchors, used[part]), contacts.depth[used[part]]]
                is_text = [True, False, False, False]
                handle.write(text_kernel.format_rows(columns, is_text, table))


def _parts(n: int) -> Iterable[slice]:
    return (slice(start, start + ROWS) for start in range(0, n, ROWS))


def _interval(anchors: Anchors, numbers: np.ndarray) -> list[np.ndarray]:
    return [anchors.chromosome[numbers], anchors.start[numbers], anchors.end[numbers]]
