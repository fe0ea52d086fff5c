"""Other names of chromosomes: UCSC's chr1, Ensembl's 1 and RefSeq's NC_000001.11 are one.

The genome's names are kept; what else is read (annotation, pairs, loops) is put into them. What
is one with what comes from a table (UCSC's chromAlias), or, for chr1 and 1, chrM and MT, from
the names themselves (`auto`).
"""

import logging
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import reading

log = logging.getLogger(__name__)

AUTO = "auto"
#: What the third column of older chromAlias tables may say; these are no names.
_SOURCES = {"ensembl", "refseq", "genbank", "assembly", "ncbi", "ucsc", "flybase", "wormbase"}


class Aliases:
    """Names put into those of one genome.

    names : the genome's. label : names with one label are one chromosome. A name of the genome
    stays as it is; two names of the genome under one label have no further aliases.
    """

    def __init__(self, names: Iterable[str], label: Callable[[str], str]) -> None:
        self.names = frozenset(names)
        self._label = label
        self._by_label: dict[str, str | None] = {}
        for name in names:
            self._by_label[label(name)] = None if label(name) in self._by_label else name

    @property
    def shared(self) -> list[str]:
        """Names of the genome that share their label with another one."""
        return [name for name in sorted(self.names) if not self._by_label[self._label(name)]]

    def __getitem__(self, name: str) -> str:
        """The genome's name of a chromosome, or the name itself where the genome has none."""
        if name in self.names:
            return name
        return self._by_label.get(self._label(name)) or name

    def rename(self, names: pd.Series, where: str) -> pd.Series:
        """A column of names in the genome's spelling; the log says what was mapped."""
        table = {name: self[name] for name in names.unique()}
        self.tell(table, where)
        return names.map(table)

    def rename_anchors(self, loops: pd.DataFrame, where: str) -> pd.DataFrame:
        """A table of loops with chromosome1 and chromosome2 in the genome's spelling."""
        columns = ("chromosome1", "chromosome2")
        return loops.assign(**{name: self.rename(loops[name], where) for name in columns})

    @staticmethod
    def tell(table: dict[str, str], where: str) -> None:
        """Log which names were read as others: {name: the genome's}."""
        changed = {old: new for old, new in table.items() if old != new}
        if changed:
            some = ", ".join(f"{old} as {new}" for old, new in list(changed.items())[:3])
            log.info("%s: %d chromosome names are read by aliases: %s", where, len(changed), some)
        for new in dict.fromkeys(changed.values()):
            several = [old for old, other in table.items() if other == new]
            if len(several) > 1:
                log.warning(
                    "%s: %s are all read as %s: are they one chromosome?",
                    where, " and ".join(several[:3]), new,
                )  # fmt: skip


def read_aliases(source: str | Path, names: Iterable[str]) -> Aliases:
    """Aliases of a genome whose sequences are called `names`.

    source : "auto", or a table of UCSC (chromAlias.txt, tab-separated, one chromosome a line in
    any number of columns, or alias, name, source). Raises InputError where the table has none of
    the names, or cannot be read.
    """
    names = list(names)
    labels = label_of(source)
    if str(source) != AUTO and not any(name in labels.table for name in names):  # type: ignore[attr-defined]  # label_of keeps it
        raise InputError(
            "The table of aliases has none of the genome's chromosomes.",
            where=str(source),
            expected=f"names such as {', '.join(names[:3])}",
            found=f"names such as {', '.join(list(labels.table)[:3])}",  # type: ignore[attr-defined]  # label_of keeps it
            fix="Take the chromAlias table of this assembly.",
        )
    found = Aliases(names, labels)
    if found.shared:
        log.warning(
            "%s: the names %s of the genome stand on one line of aliases, so that line is not used",
            source, " and ".join(found.shared[:3]),
        )  # fmt: skip
    return found


class _Labels:
    """The label of a name: of its line in a table."""

    def __init__(self, table: dict[str, str]) -> None:
        self.table = table

    def __call__(self, name: str) -> str:
        return self.table.get(name, name)


def label_of(source: str | Path) -> Callable[[str], str]:
    """Function from a name to the label that all names of that chromosome share."""
    return bare_name if str(source) == AUTO else _Labels(_read_table(source))


def bare_name(name: str) -> str:
    """The name without chr, and the mitochondrion's MT as M."""
    core = re.sub(r"^chr(?=.)", "", name, flags=re.IGNORECASE)
    return "M" if core.upper() in ("M", "MT") else core


def _read_table(path: str | Path) -> dict[str, str]:
    table: dict[str, str] = {}
    with reading(path, "table of aliases") as handle:
        for number, line in enumerate(handle, 1):
            fields = [field.strip() for field in line.rstrip("\r\n").split("\t")]
            if line.startswith("#") or not any(fields):
                continue
            if len(fields) == 3 and set(fields[2].lower().split(",")) <= _SOURCES:
                fields = fields[:2]
            fields = [field for field in fields if field]
            if len(fields) < 2 and "\t" not in line:
                raise InputError(
                    "Not a line of aliases.",
                    where=f"{path}, line {number}",
                    expected="names of one chromosome, separated by tabs",
                    found=line.strip()[:100],
                )
            known = {table[field] for field in fields if field in table}
            if len(known) > 1:
                raise InputError(
                    "A line of aliases joins names of different chromosomes.",
                    where=f"{path}, line {number}",
                    expected="each name on the line of one chromosome",
                    found=", ".join(fields[:5]),
                )
            label = known.pop() if known else fields[0]
            table.update(dict.fromkeys(fields, label))
    return table
