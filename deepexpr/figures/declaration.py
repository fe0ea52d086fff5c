"""What a figure declares: what it needs, what it is drawn of, where it belongs.

Figures of the package are declared in registry.py, one of another package in its own module.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from deepexpr.schemas import Column, Table

#: The package of the figures' modules; other packages' figures come by entry points of this name.
FAMILY = "deepexpr.figures"

#: Chapters of the report.
SUMMARY, DATA, NETWORK, PERFORMANCE, MOTIFS, QUALITY = (
    "1. Summary", "2. Data", "3. Network", "4. Performance", "5. Motifs", "6. Quality",
)  # fmt: skip


@dataclass(frozen=True)
class FigureSpec:
    """One figure: `build_{stem}(inputs)` makes its table, `draw_{stem}(table)` draws it.

    module : dotted name; the table's columns are its {STEM}_COLUMNS.
    needs, takes : options of `deepexpr table` that it must have, and those it may have.
    per : what one drawing is of.
    when : what a run must have (deepexpr.run.drawings.CONDITIONS), beside files for `needs`.
    sources : option -> what a run gives it (SOURCES there), where that has another name.
    after : sources that must be there first though no option names them.
    filled : column -> in which rows (pandas' eval) it is never empty, where this figure differs
        from deepexpr.figures.render.KEYS.
    environment : the file in envs/. page : a page at the head of the results, not a picture.
    """

    name: str
    title: str
    module: str
    stem: str
    category: str
    needs: tuple[str, ...]
    takes: tuple[str, ...] = ()
    per: Literal["run", "cell line", "assembly", "gene"] = "run"
    when: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    filled: Mapping[str, str] = field(default_factory=dict)
    environment: str = "deepexpr"
    page: bool = False

    @property
    def number(self) -> str:
        """Its number in the paper, "" where it has none."""
        return self.name if self.name[0].isdigit() else ""

    @property
    def file_stem(self) -> str:
        """How the names of its files begin, and that of its caption."""
        return f"figure_{self.name}" if self.number else self.name

    @property
    def heading(self) -> str:
        """Number and title."""
        number = "Table 1. " if self.name == "table1" else ""
        return f"Figure {self.number}. {self.title}" if self.number else number + self.title

    def source(self, option: str) -> str:
        """What a run gives an option."""
        return self.sources.get(option, option)

    def caption(self, folder: str) -> str:
        """The file of its caption: in `folder`, or beside the module of another package."""
        if self.module.startswith(f"{FAMILY}."):
            return f"{folder}/{self.file_stem}.rst"
        return str(Path(self._imported().__file__).with_suffix(".rst"))

    def build(self) -> Callable:
        """The function from Inputs to the DataFrame of plotted values."""
        return getattr(self._imported(), f"build_{self.stem}")

    def draw(self) -> Callable:
        """The function from that DataFrame to a matplotlib Figure."""
        return getattr(self._imported(), f"draw_{self.stem}")

    def body(self) -> Callable | None:
        """The function from the table to an HTML body, where the figure has one of its own."""
        return getattr(self._imported(), f"page_{self.stem}", None)

    def columns(self) -> Table:
        """Columns of the table, with their kinds and units."""
        given = getattr(self._imported(), f"{self.stem.upper()}_COLUMNS")
        return given if isinstance(given, Table) else Table(*given)

    def _imported(self):
        return importlib.import_module(self.module)


def columns_of(names: str, words: str = "", **units: str) -> Table:
    """The columns of a figure's table, in order: names, those among them of words, and units.

    Names that mean the same in every table (schemas.KNOWN) have their kind and unit already;
    all others hold numbers.
    """
    own = {name: Column(name, "words") for name in words.split()}
    own |= {name: Column(name, unit=unit) for name, unit in units.items()}
    return Table(*(own.get(name, name) for name in names.split()))
