"""A VCF read twice: first which alleles lie in promoters, then what the network says of these.

The second time lines are written as they come, so memory does not grow with the file; what is
kept is the reference's predictions of each promoter that was hit.
"""

from __future__ import annotations

import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd

from deepexpr.compression import writing_bytes
from deepexpr.errors import InputError
from deepexpr.files import atomic_path, writing
from deepexpr.schemas import VARIANTS
from deepexpr.variants.alleles import tss_distance
from deepexpr.variants.finding import Finder, Site
from deepexpr.variants.motif_changes import MotifChanges
from deepexpr.variants.scoring import Promoters, Scorer, random_changes
from deepexpr.variants.vcf import (
    Field,
    Record,
    escaped,
    open_vcf,
    with_fields,
    with_values,
)

if TYPE_CHECKING:
    from deepexpr.variants.sections import ScoringSection

log = logging.getLogger(__name__)

#: Pairs of an allele and a promoter that are scored at a time; memory grows with it.
_BATCH = 256

#: INFO field, column of schemas.VARIANTS, type, meaning. Of the promoter with the largest
#: effect, where an allele lies in several.
_INFO = (
    ("DX_GENE", "gene", "String", "Gene of the promoter in which the allele changes the "
     "prediction most"),
    ("DX_TSS", "tss_distance", "Integer", "bp from its TSS in the gene's orientation, negative "
     "upstream"),
    ("DX_REF", "predicted_reference", "Float", "Predicted {unit} of the reference allele"),
    ("DX_ALT", "predicted_alternate", "Float", "Predicted {unit} of the alternate allele"),
    ("DX_EFFECT", "effect", "Float", "Their difference, DX_ALT less DX_REF, mean over folds"),
    ("DX_FOLDS_SD", "folds_sd", "Float", "Standard deviation of the difference over folds"),
    ("DX_STRANDS_SD", "strands_sd", "Float", "Over both strands of the promoter"),
    ("DX_SHIFTS_SD", "shifts_sd", "Float", "Over shifts of the promoter's window"),
    ("DX_PERCENTILE", "percentile", "Float", "Percentage of random variants of the same "
     "promoters with a smaller absolute difference"),
    ("DX_MADE", "made", "String", "Known motifs that match the alternate allele only, "
     "joined by |"),
    ("DX_BROKEN", "broken", "String", "Known motifs that match the reference allele only, "
     "joined by |"),
)  # fmt: skip
_PROMOTERS = Field("DX_PROMOTERS", "Integer", "Promoters in which the allele lies")

#: What the prediction is, by task.
UNITS = {"regression": "log10 expression", "classification": "probability of being expressed"}


class Annotator:
    """Scores the records of one VCF.

    finder : of that VCF. genes : names and strands of the promoters' rows. task : decides what
    the fields' texts call the prediction. source : what is said of the networks in the header.
    """

    def __init__(
        self,
        vcf: str | Path,
        finder: Finder,
        scorer: Scorer,
        motifs: MotifChanges,
        genes: pd.DataFrame,
        task: str,
        source: str,
    ) -> None:
        self._vcf, self._finder, self._scorer, self._motifs = vcf, finder, scorer, motifs
        self._genes = list(zip(genes["gene"], genes["strand"], strict=True))
        self._source = source
        unit = UNITS[task]
        self.fields = [Field(name, kind, text.format(unit=unit)) for name, _, kind, text in _INFO]
        self.fields.append(_PROMOTERS)
        self._background = np.empty(0)

    def survey(self, leave_out: bool) -> list[int]:
        """Read the VCF once; rows of the promoters that are hit, in order.

        Raises InputError where the genome has none of its chromosomes, or, unless `leave_out`,
        other letters than its reference alleles.
        """
        hit: set[int] = set()
        with open_vcf(self._vcf) as vcf:
            for record in vcf.records:
                hit.update(site.row for site in self._finder.sites(record))
        self._finder.require_names(str(self._vcf))
        self._finder.require_reference(str(self._vcf), leave_out)
        if not hit:
            log.warning("%s: no variant lies in a promoter that can be scored", self._vcf)
        return sorted(hit)

    def learn_background(self, rows: list[int], settings: ScoringSection, seed: int) -> None:
        """Score random changes of these promoters, for the percentiles."""
        if not rows or not settings.background:
            return
        promoters = self._scorer.promoters
        drawn = list(random_changes(rows, promoters, settings.background, seed))
        parts = []
        for start in range(0, len(drawn), _BATCH):
            some = drawn[start : start + _BATCH]
            stretches = {row: promoters.stretch(row) for row, _ in some}
            parts.append(np.abs(self._scorer.base_effects(some, stretches)))
        self._background = np.sort(np.concatenate(parts or [np.empty(0)]))

    def write(self, output: str | Path | None, table: str | Path | None) -> None:
        """Read the VCF again and write it with our fields, and the table (schemas.VARIANTS)."""
        with contextlib.ExitStack() as stack, open_vcf(self._vcf) as vcf:
            lines = stack.enter_context(_text_to(output))
            rows = stack.enter_context(writing(table)) if table else None
            lines("".join(f"{x}\n" for x in with_fields(vcf.header, self.fields, self._source)))
            if rows:
                rows.write("\t".join(VARIANTS) + "\n")
            scored = 0
            for batch in self._batches(vcf.records):
                scored += self._write_batch(batch, lines, rows)
        log.info("%d pairs of an allele and a promoter scored", scored)

    def _batches(self, records: Iterator[Record]) -> Iterator[list[tuple[Record, list[Site]]]]:
        batch: list[tuple[Record, list[Site]]] = []
        waiting = 0
        for record in records:
            sites = self._finder.sites(record)
            batch.append((record, sites))
            waiting += len(sites)
            if waiting >= _BATCH or len(batch) >= 100 * _BATCH:
                yield batch
                batch, waiting = [], 0
        yield batch

    def _write_batch(
        self, batch: list[tuple[Record, list[Site]]], lines: Callable[[str], None], rows: IO | None
    ) -> int:
        scored = self._scored(batch)
        of_record: dict[int, list[dict]] = defaultdict(list)
        for row in scored.to_dict("records"):
            of_record[row["line"]].append(row)
        texts = []
        for record, sites in batch:
            values = self._values(record, of_record[record.line]) if sites else {}
            texts.append(with_values(record, values, self.fields) + "\n")
        lines("".join(texts))
        if rows:
            scored[list(VARIANTS)].to_csv(
                rows, sep="\t", index=False, header=False, float_format="%.10g", na_rep="NA"
            )
        return len(scored)

    def _scored(self, batch: list[tuple[Record, list[Site]]]) -> pd.DataFrame:
        """schemas.VARIANTS of a batch, and line and allele of each row."""
        pairs = [(record, site) for record, sites in batch for site in sites]
        if not pairs:
            return pd.DataFrame(columns=["line", "allele", *VARIANTS])
        promoters, sites = self._scorer.promoters, [site for _, site in pairs]
        stretches = {row: promoters.stretch(row) for row in {site.row for site in sites}}
        effects, changes, places = self._scorer.score(sites, stretches)
        made, broken = self._motifs.of(places)
        difference = effects.alternate - effects.reference
        names, strands = zip(*(self._genes[site.row] for site in sites), strict=True)
        return pd.DataFrame(
            {
                "line": [record.line for record, _ in pairs],
                "allele": [site.allele for site in sites],
                "chromosome": [self._finder.name(record) for record, _ in pairs],
                "start": [record.start for record, _ in pairs],
                "end": [record.start + len(record.reference) for record, _ in pairs],
                "id": [record.columns[2] for record, _ in pairs],
                "reference": [record.reference for record, _ in pairs],
                "alternate": [record.alternates[site.allele] for record, site in pairs],
                "gene": names,
                "strand": strands,
                "tss_distance": [tss_distance(change, promoters.tss) for change in changes],
                "predicted_reference": effects.reference,
                "predicted_alternate": effects.alternate,
                "effect": difference,
                "folds_sd": effects.folds_sd,
                "strands_sd": effects.strands_sd,
                "shifts_sd": effects.shifts_sd,
                "percentile": self._percentiles(np.abs(difference)),
                "made": ["|".join(each) for each in made],
                "broken": ["|".join(each) for each in broken],
            }
        )

    def _percentiles(self, values: np.ndarray) -> np.ndarray:
        """Percentage of the random changes below each value; of equal ones half."""
        known = self._background
        if not len(known):
            return np.full(len(values), np.nan)
        below = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
        return 50.0 * below / len(known)

    def _values(self, record: Record, scored: list[dict]) -> dict[str, list[str]]:
        """The INFO fields of a record, one value per alternate allele, "." for those not scored."""
        first: dict[int, dict] = {}
        for row in sorted(scored, key=lambda row: -abs(row["effect"])):
            first.setdefault(row["allele"], row)
        number = Counter(row["allele"] for row in scored)
        alleles = range(len(record.alternates))
        values = {
            name: [_text(first[i][column]) if i in first else "." for i in alleles]
            for name, column, _, _ in _INFO
        }
        return values | {_PROMOTERS.name: [str(number[i]) for i in alleles]}


def _text(value: object) -> str:
    """A value as INFO has it; "." for none."""
    if isinstance(value, str):
        return "|".join(map(escaped, value.split("|"))) or "."
    return "." if value != value else f"{value:.7g}"


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


def require_same_letters(
    promoters: Promoters, rows: list[int], sequences: np.ndarray, genes: list[str], where: str
) -> None:
    """InputError where promoters of a dataset, uint8 (n, L), are not what the genome holds."""
    margin = promoters.margin
    for row in rows:
        letters = promoters.stretch(row).letters[margin : margin + promoters.length]
        if not np.array_equal(letters, sequences[row]):
            raise InputError(
                f"The promoter of {genes[row]} has other letters than the genome.",
                where=where,
                expected="the genome that the dataset was made of",
                fix="Give that genome, or the dataset made of this one.",
            )
