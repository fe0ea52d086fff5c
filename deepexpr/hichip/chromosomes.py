"""Chromosome names and sizes, in the order that pairs and anchors are sorted by."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.reference.aliases import Aliases, read_aliases
from deepexpr.reference.chromosomes import LONGEST

log = logging.getLogger(__name__)

#: Shorter than this share of the longest, a chromosome may be missing from a contact map.
SMALL = 0.1


@dataclass(frozen=True)
class Chromosomes:
    """Names and sizes (bp) of the chromosomes, in the order of the genome.

    aliases : other names under which files may have them.
    """

    names: tuple[str, ...]
    sizes: tuple[int, ...]
    source: str = ""
    aliases: Aliases | None = None

    def __post_init__(self) -> None:
        """Positions are sorted as 31 bits; BAM and tabix hold no larger ones either."""
        if max(self.sizes, default=0) > LONGEST:
            size = max(self.sizes)
            raise InputError(
                f"Chromosome {self.names[self.sizes.index(size)]} is too long.",
                where=self.source,
                expected=f"at most {LONGEST:,} bp",
                found=f"{size:,} bp",
                fix="Split the chromosome, as assemblies of such genomes come for BAM.",
            )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def lengths(self) -> dict[str, int]:
        """Size (bp) of each name."""
        return dict(zip(self.names, self.sizes, strict=True))

    @cached_property
    def index(self) -> dict[str, int]:
        """Position of each name."""
        return {name: i for i, name in enumerate(self.names)}

    def require_same(self, names: Sequence[str], sizes: Sequence[int], where: str) -> np.ndarray:
        """Index of each of `names` (n,) int32; InputError unless both hold the same genome."""
        names, ids, missing = self._compared(names, sizes, where)
        if missing or (ids < 0).any():
            unknown = [n for n, i in zip(names, ids, strict=True) if i < 0]
            raise self._others(unknown, missing, where)
        return ids

    def require_similar(
        self, names: Sequence[str], sizes: Sequence[int], where: str, more: bool = True
    ) -> np.ndarray:
        """Index of each of `names` (n,) int32, -1 where the genome lacks it.

        What lacks small chromosomes (chrM, scaffolds) is sound, and said to lack them; so is what
        has more than the genome, if `more`. InputError where a chromosome is missing that has a
        tenth of the longest one's length or more.
        """
        names, ids, missing = self._compared(names, sizes, where)
        unknown = [n for n, i in zip(names, ids, strict=True) if i < 0]
        if (unknown and not more) or any(
            self.lengths[name] >= SMALL * max(self.sizes) for name in missing
        ):
            raise self._others(unknown, missing, where)
        told = ((missing, "chromosome(s) of the genome are not in it"),
                (unknown, "of its chromosome(s) are not in the genome"))  # fmt: skip
        for some, what in told:
            if some:
                sample = ", ".join(some[:3])
                log.warning("%s: %d %s, and give no contact: %s", where, len(some), what, sample)
        return ids

    def _compared(
        self, names: Sequence[str], sizes: Sequence[int], where: str
    ) -> tuple[list[str], np.ndarray, list[str]]:
        """`names` in the genome's spelling, their indexes (-1: unknown), and those missing.

        Raises InputError for one of another length.
        """
        own = list(names)
        if self.aliases:
            renamed = {name: self.aliases[name] for name in own}
            self.aliases.tell(renamed, where)
            own = [renamed[name] for name in own]
        ids = np.array([self.index.get(n, -1) for n in own], np.int32)
        for i, name, size in zip(ids, own, sizes, strict=True):
            if i >= 0 and self.sizes[i] != size:
                raise InputError(
                    f"Chromosome {name} has another length.",
                    where=where,
                    expected=f"{self.sizes[i]} bp as in {self.source}",
                    found=f"{size} bp",
                    fix="Use the index and the chromosome sizes of the same genome.",
                )
        given = set(own)
        return own, ids, [n for n in self.names if n not in given]

    def _others(self, unknown: list[str], missing: list[str], where: str) -> InputError:
        return InputError(
            "The chromosomes are not those of the chromosome sizes.",
            where=where,
            expected=f"{len(self)} chromosomes as in {self.source}",
            found="; ".join(
                f"{len(some)} {what}: {', '.join(some[:5])}"
                for some, what in ((unknown, "unknown"), (missing, "missing"))
                if some
            ),
            fix="Use files of one genome, with the same chromosome sizes"
            + (", or set assemblies.NAME.aliases where only names differ." if unknown else "."),
        )

    def require_known(self, names: Sequence[str], what: str) -> np.ndarray:
        """Index of each of `names` (n,) int32, or InputError naming the unknown ones."""
        unknown = [n for n in names if n not in self.index]
        if unknown:
            raise InputError(
                f"Unknown chromosome(s) in {what}: {', '.join(map(str, unknown[:5]))}.",
                where=self.source,
                expected="one of " + ", ".join(self.names[:5]) + ", ...",
                fix="Use the names of the genome's chromosome sizes (chr1 is not 1).",
            )
        return np.array([self.index[n] for n in names], np.int32)


def read_chromosomes(path: str | Path, aliases: str | None = None) -> Chromosomes:
    """Read chromosome sizes: name, tab, bp per line, no header (as of `samtools faidx`).

    aliases : "auto" or a table of other names, as of `read_aliases`.
    """
    sizes: dict[str, int] = {}
    with reading(path, "table of chromosome sizes") as handle:
        for number, line in enumerate(handle, 1):
            fields = line.split()
            if not fields or line.startswith("#"):
                continue
            if len(fields) < 2 or not fields[1].isdigit() or fields[0] in sizes:
                raise InputError(
                    "Not a line of chromosome sizes.",
                    where=f"{path}, line {number}",
                    expected="a new name, tab, length in bp",
                    found=line.rstrip("\n"),
                    fix="Make it with `samtools faidx genome.fa && cut -f 1,2 genome.fa.fai`.",
                )
            sizes[fields[0]] = int(fields[1])
    known = read_aliases(aliases, sizes) if aliases else None
    return Chromosomes(tuple(sizes), tuple(sizes.values()), str(path), known)
