"""A kind of place in which variants are scored: promoters, or places that loops join to genes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.schemas import Table
from deepexpr.variants.alleles import Change
from deepexpr.variants.finding import Finder, Site
from deepexpr.variants.motif_changes import MotifChanges
from deepexpr.variants.scoring import Scorer, random_changes
from deepexpr.variants.sections import ScoringSection
from deepexpr.variants.vcf import Field, Record

#: Pairs of an allele and a window that are scored at a time; memory grows with it.
BATCH = 512


@dataclass(eq=False)
class Region:
    """Scores the alleles of a VCF that lie in one kind of place.

    prefix : of its INFO fields, which are `fields`. table : its columns. own : of sites and their
    changes (in the orientation of the stretches) the columns that only this kind has. letters :
    what is known of a window, uint8 (length,), to compare with the genome.
    """

    prefix: str
    fields: list[Field]
    table: Table
    finder: Finder
    scorer: Scorer
    motifs: MotifChanges
    own: Callable[[Sequence[Site], Sequence[Change]], dict[str, list]]
    letters: Callable[[int], np.ndarray]
    background: np.ndarray = field(default_factory=lambda: np.empty(0))

    def learn_background(self, rows: list[int], settings: ScoringSection, seed: int) -> None:
        """Score random changes of these windows, for the percentiles."""
        if not rows or not settings.background:
            return
        windows = self.scorer.windows
        drawn = list(random_changes(rows, windows, settings.background, seed))
        parts = []
        for start in range(0, len(drawn), BATCH):
            some = drawn[start : start + BATCH]
            stretches = {row: windows.stretch(row) for row, _ in some}
            parts.append(np.abs(self.scorer.base_effects(some, stretches)))
        self.background = np.sort(np.concatenate(parts or [np.empty(0)]))

    def scored(self, pairs: Sequence[tuple[Record, Site]]) -> pd.DataFrame:
        """The table's columns, and line and allele, of each pair."""
        if not pairs:
            return pd.DataFrame(columns=["line", "allele", *self.table])
        windows, sites = self.scorer.windows, [site for _, site in pairs]
        stretches = {row: windows.stretch(row) for row in {site.row for site in sites}}
        effects, changes, places = self.scorer.score(sites, stretches)
        made, broken = self.motifs.of(places)
        difference = effects.alternate - effects.reference
        return pd.DataFrame(
            {
                "line": [record.line for record, _ in pairs],
                "allele": [site.allele for site in sites],
                "chromosome": [self.finder.name(record) for record, _ in pairs],
                "start": [record.start for record, _ in pairs],
                "end": [record.start + len(record.reference) for record, _ in pairs],
                "id": [record.columns[2] for record, _ in pairs],
                "reference": [record.reference for record, _ in pairs],
                "alternate": [record.alternates[site.allele] for record, site in pairs],
                **self.own(sites, changes),
                "predicted_reference": effects.reference,
                "predicted_alternate": effects.alternate,
                "effect": difference,
                "folds_sd": effects.folds_sd,
                "strands_sd": effects.strands_sd,
                "shifts_sd": effects.shifts_sd,
                "percentile": self._percentiles(np.abs(difference)),
                "made": ["|".join(each) for each in made],
                "broken": ["|".join(each) for each in broken],
            },
            columns=["line", "allele", *self.table],
        )

    def require_same_letters(self, rows: list[int], where: str) -> None:
        """InputError where the letters known of these windows are not what the genome holds."""
        windows = self.scorer.windows
        for row in rows:
            found = windows.stretch(row).letters[windows.margin : windows.margin + windows.length]
            if not np.array_equal(found, self.letters(row)):
                gene = self.own([Site(0, row, Change(0, 0, ""))], [Change(0, 0, "")])["gene"][0]
                raise InputError(
                    f"The {self.finder.place} of {gene} has other letters than the genome.",
                    where=where,
                    expected="the genome that the dataset was made of",
                    fix="Give that genome, or the dataset made of this one.",
                )

    def _percentiles(self, values: np.ndarray) -> np.ndarray:
        """Percentage of the random changes below each value; of equal ones half."""
        known = self.background
        if not len(known):
            return np.full(len(values), np.nan)
        below = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
        return 50.0 * below / len(known)
