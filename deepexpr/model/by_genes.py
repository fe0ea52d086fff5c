"""Two recipes of one variant: the number of training genes decides, fold by fold."""

from __future__ import annotations

import logging

from deepexpr.model.backend import keras
from deepexpr.model.fits import Fits
from deepexpr.model.steps import FoldData
from deepexpr.model.variants import Builder

log = logging.getLogger(__name__)


class ByGenes:
    """Trains as `many` does where a fold has `many_from` training genes or more, else as `few`.

    Both are deepexpr.model.variants.Builder with the same `standardise`, and fit the same inputs.
    """

    def __init__(self, few: Builder, many: Builder, many_from: int) -> None:
        self.few, self.many, self.many_from = few, many, many_from
        self.standardise = few.standardise

    def check(self) -> None:
        """Raise InputError, before anything is trained, where the network cannot be built."""
        self.few.check()

    def prepare(self, data: FoldData, pretrained: bool = False) -> FoldData:
        """`data` with what all members of an ensemble share; the log says which recipe it is."""
        chosen = self._chosen(data)
        log.info(
            "%d training genes: the recipe for %s genes (many: from %d)",
            len(data.train), "many" if chosen is self.many else "few", self.many_from,
        )  # fmt: skip
        return chosen.prepare(data, pretrained)

    def train(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> tuple[keras.Model, list[tuple]]:
        """As the chosen recipe trains."""
        return self._chosen(data).train(data, seed, label, pretrained)

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run."""
        return self._chosen(data).fits(data, seed, label, pretrained)

    def _chosen(self, data: FoldData) -> Builder:
        return self.many if len(data.train) >= self.many_from else self.few
