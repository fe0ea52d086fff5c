"""Chromosome names and sizes, in the order that pairs and anchors are sorted by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.reference.aliases import Aliases, read_aliases
from deepexpr.reference.chromosomes import LONGEST


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
        if self.aliases:
            renamed = {name: self.aliases[name] for name in names}
            self.aliases.tell(renamed, where)
            names = list(renamed.values())
        unknown = [n for n in names if n not in self.index]
        given = set(names)
        missing = [n for n in self.names if n not in given]
        fix = "Use the index and the chromosome sizes of the same genome."
        if unknown or missing:
            raise InputError(
                "The chromosomes are not those of the chromosome sizes.",
                where=where,
                expected=f"{len(self)} chromosomes as in {self.source}",
                found="; ".join(
                    f"{len(some)} {what}: {', '.join(some[:5])}"
                    for some, what in ((unknown, "unknown"), (missing, "missing"))
                    if some
                ),
                fix=fix,
            )
        ids = np.array([self.index[n] for n in names], np.int32)
        for i, name, size in zip(ids, names, sizes, strict=True):
            if self.sizes[i] != size:
                raise InputError(
                    f"Chromosome {name} has another length.",
                    where=where,
                    expected=f"{self.sizes[i]} bp as in {self.source}",
                    found=f"{size} bp",
                    fix=fix,
                )
        return ids

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
