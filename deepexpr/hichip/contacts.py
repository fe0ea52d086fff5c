"""Pairs to contacts between anchors, and reads per anchor (docs/method.md, section 2.4).

One pass over the pairs in batches; what stays in memory is one number per anchor, neither the
reads nor the contacts.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepexpr import schemas
from deepexpr.compression import writing_bytes
from deepexpr.files import atomic_path
from deepexpr.hichip import text_kernel
from deepexpr.hichip.anchors import Anchors
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.runs import Tally
from deepexpr.hichip.settings import ContactSettings

log = logging.getLogger(__name__)

#: Rows formatted at a time.
ROWS = 1 << 18


@dataclass(frozen=True)
class ContactMap:
    """Contacts of distinct anchors in genome order, and the depth of all anchors.

    `parts` : first and second anchor (first < second) and PETs, (n,) each, part by part, to be
    gone through once. `depth` (anchors,) int64: mate ends of valid pairs in the anchor, whatever
    the other end.
    """

    anchors: Anchors
    parts: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]
    depth: np.ndarray


def count_contacts(
    batches: Iterable[PairBatch], anchors: Anchors, settings: ContactSettings, tally: Tally
) -> ContactMap:
    """Count pairs between distinct anchors, at most `max_distance` apart, and reads per anchor.

    `batches` hold valid pairs with 1-based positions and the chromosomes of `anchors`. `tally` is
    an empty one, which must stay open as long as the map is read.
    """
    n = len(anchors)
    depth = np.zeros(n, np.int64)
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
    log.info(
        "%d pairs: %d with an end outside anchors, %d within one anchor, %d trans (%s), %d "
        "farther than %d bp; %d PETs in contacts",
        seen["pairs"], seen["no anchor"], seen["one anchor"], seen["trans"],
        "kept" if settings.keep_trans else "dropped", seen["too far"], settings.max_distance,
        seen["kept"],
    )  # fmt: skip
    if not seen["kept"]:
        log.warning("No contact between distinct anchors: the tables are empty, and valid.")
    return ContactMap(anchors, _parts_of(tally, n), depth)


def _parts_of(tally: Tally, n: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The two anchors of each key first * n + second, and its count."""
    for keys, counts in tally.counted():
        first, second = np.divmod(keys, n)
        yield first, second, counts


def write_contacts(contacts: ContactMap, path: str | Path, depth_path: str | Path) -> None:
    """Write contacts (schemas.CONTACTS) and depths (schemas.DEPTH; anchors with reads), BED
    coordinates, each with a header line that begins with ``#``."""
    anchors = contacts.anchors
    used = np.flatnonzero(contacts.depth)
    table = text_kernel.text_table(anchors.chromosomes.names)
    with atomic_path(path) as temporary, atomic_path(depth_path) as depth_temporary:
        with writing_bytes(temporary) as handle:
            handle.write(("#" + "\t".join(schemas.CONTACTS) + "\n").encode())
            for first, second, count in contacts.parts:
                for part in _slices(len(count)):
                    columns = [
                        *_interval(anchors, first[part]),
                        *_interval(anchors, second[part]),
                        count[part].astype(np.int64),
                    ]
                    is_text = [True, False, False, True, False, False, False]
                    handle.write(text_kernel.format_rows(columns, is_text, table))
        with writing_bytes(depth_temporary) as handle:
            handle.write(("#" + "\t".join(schemas.DEPTH) + "\n").encode())
            for part in _slices(len(used)):
                columns = [*_interval(anchors, used[part]), contacts.depth[used[part]]]
                is_text = [True, False, False, False]
                handle.write(text_kernel.format_rows(columns, is_text, table))


def _slices(n: int) -> Iterable[slice]:
    return (slice(start, start + ROWS) for start in range(0, n, ROWS))


def _interval(anchors: Anchors, numbers: np.ndarray) -> list[np.ndarray]:
    return [anchors.chromosome[numbers], anchors.start[numbers], anchors.end[numbers]]
