"""Which alleles of a VCF lie in which windows, and what becomes of all others."""

from __future__ import annotations

import bisect
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.reference.aliases import Aliases
from deepexpr.variants.alleles import Change, trimmed
from deepexpr.variants.vcf import Record, kind_of

if TYPE_CHECKING:  # its C libraries are loaded by what opens a genome
    import pysam

log = logging.getLogger(__name__)

#: What is counted, in the order of the table: each alternate allele once, then the pairs.
ALLELES, SCORED, MISMATCH, UNKNOWN, SAME, LONG = (
    "alternate alleles", "scored", "another reference allele than the genome's",
    "on a chromosome that the genome lacks", "the reference allele again", "too long",
)  # fmt: skip
SKIPPED = (
    "no alternate allele", "deleted by another variant (*)", "symbolic", "breakend",
    "letters other than A, C, G, T", LONG, SAME, UNKNOWN, MISMATCH,
)  # fmt: skip


class Site(NamedTuple):
    """One alternate allele (its number in the record) in one window (its row)."""

    allele: int
    row: int
    change: Change


class Windows:
    """Windows of one length on a genome, and the parts of them that are read.

    table : chromosome, start, end, strand (0-based, half-open; may reach beyond the ends).
    spans : (n, 2) int64 start and end of the part of each that is read; the rest of the window
        counts as unknown letters. None: all of each.
    """

    def __init__(self, table: pd.DataFrame, spans: np.ndarray | None = None) -> None:
        self.table = table
        windows = table[["start", "end"]].to_numpy(np.int64)
        self.length = int((windows[:, 1] - windows[:, 0]).max(initial=0))
        self.spans = windows if spans is None else spans
        self._longest = int((self.spans[:, 1] - self.spans[:, 0]).max(initial=0))
        by_chromosome: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row, (chromosome, start) in enumerate(
            zip(table["chromosome"], self.spans[:, 0].tolist(), strict=True)
        ):
            by_chromosome[chromosome].append((start, row))
        self._starts = {name: sorted(pairs) for name, pairs in by_chromosome.items()}

    def hit(self, chromosome: str, change: Change) -> list[int]:
        """Rows of the windows of whose part read the change replaces a letter, or in which it
        inserts."""
        known = self._starts.get(chromosome, [])
        low = bisect.bisect_left(known, (change.start - self._longest + 1, -1))
        high = bisect.bisect_left(known, (change.end, -1))
        return [row for _, row in known[low:high] if change.start < self.spans[row, 1]]


class Finder:
    """Finds sites of records, counts the rest, and compares reference alleles with the genome.

    place : what a window is called.
    """

    def __init__(
        self,
        windows: Windows,
        genome: pysam.FastaFile,
        aliases: Aliases | None,
        longest: int,
        place: str = "promoter",
    ) -> None:
        self._windows, self._genome, self._longest = windows, genome, longest
        self.place, self._outside = place, f"in no {place}"
        self._pairs = f"pairs of an allele and a {place}"
        self._aliases = aliases
        self._sizes = dict(zip(genome.references, genome.lengths, strict=True))
        self.counts: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.mismatches: list[tuple[Record, str]] = []

    def name(self, record: Record) -> str:
        """The genome's name of the record's chromosome."""
        return self._aliases[record.chromosome] if self._aliases else record.chromosome

    def sites(self, record: Record) -> list[Site]:
        """Alleles in windows; none where the reference allele is not the genome's."""
        number = len(record.alternates)
        self.names[record.chromosome] += number
        self.counts[ALLELES] += number
        chromosome = self.name(record)
        if chromosome not in self._sizes:
            self.counts[UNKNOWN] += number
            return []
        found = []
        for allele, alternate in enumerate(record.alternates):
            rows = self._rows(chromosome, record, alternate)
            found += [Site(allele, row, change) for row, change in rows]
        if not found:
            return []
        alleles = len({site.allele for site in found})
        letters = self._letters(chromosome, record)
        if not _agree(record.reference.upper(), letters):
            self._mismatch(record, letters, alleles)
            return []
        self.counts[SCORED] += alleles
        self.counts[self._pairs] += len(found)
        return found

    def _rows(self, chromosome: str, record: Record, alternate: str) -> Iterable:
        reason = kind_of(alternate)
        if not reason and self._outside_chromosome(chromosome, record):
            self._mismatch(record, self._letters(chromosome, record), 1)
            return []
        change = Change(0, 0, "") if reason else trimmed(record.start, record.reference, alternate)
        if not reason:
            reason = SAME if not change.size else LONG if change.size > self._longest else ""
        rows = [] if reason else self._windows.hit(chromosome, change)
        if not rows:
            self.counts[reason or self._outside] += 1
        return [(row, change) for row in rows]

    def _outside_chromosome(self, chromosome: str, record: Record) -> bool:
        """Whether letters are named that no chromosome of that length has."""
        end = record.start + len(record.reference)
        return record.start < 0 or end > self._sizes[chromosome]

    def _mismatch(self, record: Record, letters: str, alleles: int) -> None:
        self.counts[MISMATCH] += alleles
        # The first is told; more would fill the memory.
        self.mismatches = self.mismatches or [(record, letters)]

    def _letters(self, chromosome: str, record: Record) -> str:
        end = min(record.start + len(record.reference), self._sizes[chromosome])
        start = max(record.start, 0)
        return self._genome.fetch(chromosome, start, end).upper() if start < end else ""

    def require_names(self, where: str) -> None:
        """After all records: InputError where the genome has none of the chromosomes; a warning
        of those it lacks."""
        lacking = [name for name in self.names if self._known(name) not in self._sizes]
        if self.names and len(lacking) == len(self.names):
            raise InputError(
                "The genome has none of the VCF's chromosomes.",
                where=where,
                expected="names such as " + ", ".join(list(self._sizes)[:3]),
                found="names such as " + ", ".join(lacking[:3]),
                fix="Use the VCF of this genome build, or --aliases auto where only the spelling "
                "differs (chr1 and 1), or --aliases with a chromAlias table.",
            )
        if lacking:
            log.warning(
                "%d of %d chromosomes of %s (%d alleles) are not in the genome, such as %s",
                len(lacking), len(self.names), where, sum(self.names[n] for n in lacking),
                ", ".join(lacking[:3]),
            )  # fmt: skip
        if self._aliases:
            self._aliases.tell({name: self._aliases[name] for name in self.names}, where)

    def _known(self, name: str) -> str:
        return self._aliases[name] if self._aliases else name

    def require_reference(self, where: str, leave_out: bool) -> None:
        """After all records: InputError (or a warning) of reference alleles that differ, and of any
        beyond the ends of a chromosome."""
        if not self.mismatches:
            return
        number = self.counts[MISMATCH]
        total = number + self.counts[SCORED]
        record, letters = self.mismatches[0]
        place = f"{record.chromosome}:{record.start + 1}"
        text = (
            f"{number} of {total} alleles in {self.place}s or beyond the ends of a chromosome "
            "have another REF than the genome"
        )
        if leave_out:
            log.warning("%s: %s and are left out, the first in line %d", where, text, record.line)
            return
        raise InputError(
            text + ".",
            where=f"{where}, line {record.line} (the first), {place}",
            expected=f"{letters[:40] or 'nothing: beyond the ends'} (genome)",
            found=f"{record.reference[:40]} (REF)",
            fix="Use the genome build of the VCF, or leave such variants out: "
            "--leave-out-mismatches.",
        )

    def summary(self) -> pd.DataFrame:
        """Columns item, alleles: what became of each alternate allele."""
        items = [ALLELES, SCORED, self._outside, *SKIPPED, self._pairs]
        return pd.DataFrame({"item": items, "alleles": [self.counts[item] for item in items]})


def _agree(reference: str, letters: str) -> bool:
    """Whether an allele is what the genome holds; its codes for several letters pass."""
    return len(reference) == len(letters) and all(
        a == b or b not in "ACGT" for a, b in zip(reference, letters, strict=True)
    )


def letters_of(text: str) -> np.ndarray:
    """Capital letters as uint8 (L,)."""
    return np.frombuffer(text.encode(), dtype=np.uint8)
