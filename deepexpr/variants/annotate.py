"""A VCF read twice: first which alleles lie in promoters or contacted places, then what the
network says of these.

The second time lines are written as they come, so memory does not grow with the file; what is
kept is the reference's predictions of each window that was hit.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import pandas as pd

from deepexpr.compression import writing_bytes
from deepexpr.files import atomic_path, writing
from deepexpr.variants.fields import NAMES, PLACE, info_values
from deepexpr.variants.finding import Site
from deepexpr.variants.regions import BATCH, Region
from deepexpr.variants.vcf import Record, open_vcf, with_fields, with_values

log = logging.getLogger(__name__)

#: A record, and its sites in each kind of place.
Found = tuple[Record, list[list[Site]]]


class Annotator:
    """Scores the records of one VCF.

    regions : the kinds of place in which variants are scored. source : what is said of the networks
    in the header.
    """

    def __init__(self, vcf: str | Path, regions: Sequence[Region], source: str) -> None:
        self._vcf, self._regions, self._source = vcf, regions, source
        self._fields = [field for region in regions for field in region.fields]

    def survey(self, leave_out: bool) -> list[list[int]]:
        """Read the VCF once; of each kind of place the rows of the windows that are hit, in order.

        Raises InputError where the genome has none of its chromosomes, or, unless `leave_out`,
        other letters than its reference alleles.
        """
        hit: list[set[int]] = [set() for _ in self._regions]
        with open_vcf(self._vcf) as vcf:
            for record in vcf.records:
                for rows, region in zip(hit, self._regions, strict=True):
                    rows.update(site.row for site in region.finder.sites(record))
        self._regions[0].finder.require_names(str(self._vcf))
        for region in self._regions:
            region.finder.require_reference(str(self._vcf), leave_out)
        if not any(hit):
            places = " or ".join(region.finder.place for region in self._regions)
            log.warning("%s: no variant lies in a %s that can be scored", self._vcf, places)
        return [sorted(rows) for rows in hit]

    def summary(self) -> pd.DataFrame:
        """Columns item, alleles: what became of each allele; of contacted places the items begin
        with their name."""
        tables = []
        for region in self._regions:
            table = region.finder.summary()
            named = f"{region.finder.place}s: " if region.prefix == PLACE else ""
            tables.append(table.assign(item=named + table["item"]))
        return pd.concat(tables, ignore_index=True)

    def write(self, output: str | Path | None, tables: Sequence[str | Path | None]) -> None:
        """Read the VCF again and write it with our fields, and the table of each kind of place."""
        with contextlib.ExitStack() as stack, open_vcf(self._vcf) as vcf:
            lines = stack.enter_context(_text_to(output))
            handles = [stack.enter_context(writing(path)) if path else None for path in tables]
            header = with_fields(vcf.header, self._fields, self._source, NAMES)
            lines("".join(f"{x}\n" for x in header))
            for rows, region in zip(handles, self._regions, strict=True):
                if rows:
                    rows.write("\t".join(region.table) + "\n")
            number = [0] * len(self._regions)
            for batch in self._batches(vcf.records):
                scored = self._write_batch(batch, lines, handles)
                number = [a + b for a, b in zip(number, scored, strict=True)]
        for pairs, region in zip(number, self._regions, strict=True):
            log.info("%d pairs of an allele and a %s scored", pairs, region.finder.place)

    def _batches(self, records: Iterator[Record]) -> Iterator[list[Found]]:
        batch: list[Found] = []
        waiting = 0
        for record in records:
            sites = [region.finder.sites(record) for region in self._regions]
            batch.append((record, sites))
            waiting += sum(map(len, sites))
            if waiting >= BATCH or len(batch) >= 100 * BATCH:
                yield batch
                batch, waiting = [], 0
        yield batch

    def _write_batch(
        self, batch: list[Found], lines: Callable[[str], None], handles: Sequence[IO | None]
    ) -> list[int]:
        values: dict[int, dict[str, list[str]]] = defaultdict(dict)
        numbers = []
        for i, (region, rows) in enumerate(zip(self._regions, handles, strict=True)):
            pairs = [(record, site) for record, sites in batch for site in sites[i]]
            scored = region.scored(pairs)
            of_record = _by_line(scored)
            for record, sites in batch:
                if sites[i]:
                    known = of_record[record.line]
                    values[record.line] |= info_values(region.prefix, record, known)
            if rows:
                scored[list(region.table)].to_csv(
                    rows, sep="\t", index=False, header=False, float_format="%.10g", na_rep="NA"
                )
            numbers.append(len(scored))
        texts = (with_values(record, values[record.line], NAMES) + "\n" for record, _ in batch)
        lines("".join(texts))
        return numbers


def _by_line(scored: pd.DataFrame) -> dict[int, list[dict]]:
    found: dict[int, list[dict]] = defaultdict(list)
    for row in scored.to_dict("records"):
        found[row["line"]].append(row)
    return found


@contextlib.contextmanager
def _text_to(path: str | Path | None) -> Iterator[Callable[[str], None]]:
    """A function that appends text to `path`: bgzip where the name ends in .gz, - for standard
    output, nowhere for None. The file appears whole."""
    if path is None:
        yield lambda text: None
    elif str(path) == "-":
        with writing_bytes(path) as handle:
            yield lambda text: _append(handle, text)
    else:
        with atomic_path(path) as temporary, writing_bytes(temporary) as handle:
            yield lambda text: _append(handle, text)


def _append(handle, text: str) -> None:
    handle.write(text.encode())
