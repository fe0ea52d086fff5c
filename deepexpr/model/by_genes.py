"""Several recipes of one variant: the number of training genes decides, fold by fold."""

from collections.abc import Mapping
from dataclasses import replace

from deepexpr.model.backend import keras
from deepexpr.model.fits import Fits
from deepexpr.model.steps import FoldData
from deepexpr.model.variants import Builder


class ByGenes:
    """Trains each fold by the recipe for its number of training genes.

    recipes : by the number of training genes from which on it is taken, the least of them 1: what
        it is in words, and a deepexpr.model.variants.Builder. All have the same `standardise`.
    """

    def __init__(self, recipes: Mapping[int, tuple[str, Builder]]) -> None:
        self.recipes = dict(sorted(recipes.items()))
        self.standardise = self._chosen(1)[1].standardise

    def check(self) -> None:
        """Raise InputError, before anything is trained, where a network cannot be built."""
        for _, made in self.recipes.values():
            made.check()

    def prepare(self, data: FoldData, pretrained: bool = False) -> FoldData:
        """`data` with what all members of an ensemble share; it names the recipe."""
        name, made = self._chosen(len(data.train))
        return made.prepare(replace(data, recipe=name), pretrained)

    def train(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> tuple[keras.Model, list[tuple]]:
        """As the chosen recipe trains."""
        return self._chosen(len(data.train))[1].train(data, seed, label, pretrained)

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run."""
        return self._chosen(len(data.train))[1].fits(data, seed, label, pretrained)

    def _chosen(self, genes: int) -> tuple[str, Builder]:
        return self.recipes[max((n for n in self.recipes if n <= genes), default=1)]
