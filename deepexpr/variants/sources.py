"""The two kinds of place in which variants are scored: where they lie, and what networks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.dataset import CONTACTS, ENHANCERS, PROMOTER, Dataset
from deepexpr.features.motif import Motif
from deepexpr.features.places import window_starts
from deepexpr.model.bundle import Bundle
from deepexpr.model.examples import Examples
from deepexpr.motifs.scanning import letter_frequencies
from deepexpr.reference.aliases import Aliases
from deepexpr.reference.promoters import promoter_windows
from deepexpr.schemas import PLACE_VARIANTS, VARIANTS
from deepexpr.variants import fields
from deepexpr.variants.alleles import Change, tss_distance
from deepexpr.variants.finding import Finder, Site, Windows
from deepexpr.variants.motif_changes import MotifChanges
from deepexpr.variants.regions import Region
from deepexpr.variants.scoring import Predict, Scorer, Stretches
from deepexpr.variants.sections import ScoringSection

if TYPE_CHECKING:  # its C libraries are loaded by what opens a genome
    import pysam


class Promoters:
    """Promoters of genes, n of them.

    genes : gene, chromosome, tss, strand. sequences : uint8 (n, L), in the gene's orientation.
    others : what else the bundle's networks read of the genes, where sequence_only is False.
    """

    PREFIX, PLACE, TABLE = fields.PROMOTER, "promoter", VARIANTS
    #: Whether reading the other strand of a window tells anything.
    stranded = True

    def __init__(
        self,
        bundle: Bundle,
        genes: pd.DataFrame,
        sequences: np.ndarray,
        others: Mapping[str, np.ndarray],
        fold: int | None,
        sequence_only: bool,
    ) -> None:
        self.bundle, self._fold, self._sequence_only = bundle, fold, sequence_only
        self._others, self.sequences = others, sequences
        self._genes = list(zip(genes["gene"], genes["strand"], strict=True))
        self.anchor = bundle.info["tss_index"]
        table = promoter_windows(genes, self.anchor, bundle.info["length"] - self.anchor)
        self.windows = Windows(table)

    def letters(self, row: int) -> np.ndarray:
        """What is known of a promoter, uint8 (L,)."""
        return self.sequences[row]

    def describe(
        self, sites: Sequence[Site], changes: Sequence[Change], anchor: int
    ) -> dict[str, list]:
        """gene, strand and tss_distance of each; anchor : where the TSS stands in the stretches."""
        names, strands = zip(*(self._genes[site.row] for site in sites), strict=True)
        distances = [tss_distance(change, anchor) for change in changes]
        return {"gene": [*names], "strand": [*strands], "tss_distance": distances}

    def predict(self, rows: np.ndarray, letters: np.ndarray) -> np.ndarray:
        """Predictions (folds, n) of the genes `rows` with these promoters."""
        others = {name: array[rows] for name, array in self._others.items()}
        examples = Examples({PROMOTER: letters, **others})
        return self.bundle.predict_examples(examples, self._fold, sequence_only=self._sequence_only)


class ContactedPlaces:
    """The contacts of a dataset's genes, a row each: the places that loops join to them.

    Raises InputError where the dataset does not say where they lie.
    """

    PREFIX, PLACE, TABLE = fields.PLACE, "contacted place", PLACE_VARIANTS

    def __init__(self, bundle: Bundle, dataset: Dataset, fold: int | None) -> None:
        if dataset.places is None:
            raise InputError(
                "The dataset does not say where its contacted places lie.",
                where=str(dataset.path or dataset.cell_line),
                expected="a dataset with contacted places, made by this version",
                fix="Make it by `deepexpr dataset`, with loops (--signal or --target-signal) and "
                "the --genome.",
            )
        self.bundle, self._dataset, self._fold = bundle, dataset, fold
        self.sequences = dataset.others[ENHANCERS]
        self._gene, self._slot = np.nonzero(dataset.others[CONTACTS][:, :, 0] > 0)
        self._spans = dataset.places[self._gene, self._slot]
        width = self.sequences.shape[2]
        start = window_starts(self._spans, width)
        names = dataset.chromosome[self._gene]
        table = {"chromosome": names, "start": start, "end": start + width, "strand": "+"}
        self.windows = Windows(pd.DataFrame(table), self._spans)
        #: Networks that read both strands say the same of a turned place.
        self.stranded = not bundle.info["model"].get("both_strands")
        #: The middle of a place: what lies on both sides keeps its distance to it.
        self.anchor = width // 2

    def letters(self, row: int) -> np.ndarray:
        """What the dataset holds of a place, uint8 (width,)."""
        return self.sequences[self._gene[row], self._slot[row]]

    def describe(
        self, sites: Sequence[Site], changes: Sequence[Change], anchor: int
    ) -> dict[str, list]:
        """gene, strand, place_start, place_end, count and distance of the contacts."""
        rows = [site.row for site in sites]
        genes = self._gene[rows]
        contact = self._dataset.others[CONTACTS][genes, self._slot[rows]].astype(np.float64)
        return {
            "gene": self._dataset.gene[genes].tolist(),
            "strand": self._dataset.strand[genes].tolist(),
            "place_start": self._spans[rows, 0].tolist(),
            "place_end": self._spans[rows, 1].tolist(),
            # Its logarithm in single precision holds no more digits.
            "count": [float(f"{value:.5g}") for value in np.exp2(contact[:, 0]) - 1],
            "distance": contact[:, 1].astype(np.int64).tolist(),
        }

    def predict(self, rows: np.ndarray, letters: np.ndarray) -> np.ndarray:
        """Predictions (folds, n) of the contacts' genes with these letters in the contact's place;
        promoter and other places stay as they are."""
        inputs = self._dataset.inputs
        known = {name: inputs[name][self._gene[rows]] for name in self.bundle.inputs}
        known[ENHANCERS][np.arange(len(rows)), self._slot[rows]] = letters
        return self.bundle.predict_examples(Examples(known), self._fold)


def make_region(
    source: Promoters | ContactedPlaces,
    genome: pysam.FastaFile,
    aliases: Aliases | None,
    motifs: Sequence[Motif],
    settings: ScoringSection,
) -> Region:
    """What scores variants in such places; letters of the source are those of `genome`."""
    task = source.bundle.info["task"]
    changes = MotifChanges(motifs, letter_frequencies(source.sequences), settings.p_value)
    margin = settings.shift + settings.longest + changes.flank
    stretches = Stretches(genome, source.windows, source.anchor, margin)
    if not source.stranded:
        settings = settings.model_copy(update={"strands": False})
    predict: Predict = source.predict
    return Region(
        source.PREFIX,
        fields.info_fields(source.PREFIX, source.PLACE, task),
        source.TABLE,
        Finder(source.windows, genome, aliases, settings.longest, source.PLACE),
        Scorer(stretches, predict, settings),
        changes,
        lambda sites, changes: source.describe(sites, changes, stretches.anchor),
        source.letters,
    )
