"""The networks that can be trained, one module each (see deepexpr.plugins for those of others).

A variant has

- ``Network``, a `NetworkSettings`, and ``Training``, a `TrainingSettings`: the fields it reads;
  ``trainer: fields.OneByOne = "sequential"`` where its builder has no `fits`;
- ``build(model, training, shape, kind)``: a `Builder`, which trains its networks;
- ``CONTACTED``, True where it reads the sequences of contacted places (features.enhancers), with
  which the pipeline then makes its datasets;
- ``SEQUENCE``, the variant whose kind sequence is its own, where that is another one (for `plan`);
- ``LAYERS``, where it has layers of its own: the import path of the module that registers them.

Settings are read where no network is needed, so a module imports Keras inside functions only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol

from deepexpr.model.config import NetworkSettings, TrainingSettings, find_variant

if TYPE_CHECKING:
    from deepexpr.model.backend import keras
    from deepexpr.model.fits import Fits
    from deepexpr.model.network import Shape
    from deepexpr.model.steps import FoldData


class Builder(Protocol):
    """Trains the networks of one job, fold by fold; keeps what it compiled.

    standardise : whether the folds' targets and loops are scaled by the training genes.
    """

    standardise: bool

    def check(self) -> None:
        """Raise InputError, before anything is trained, where the network cannot be built."""

    def prepare(self, data: FoldData, pretrained: bool) -> FoldData:
        """`data` of a fold with what all members of an ensemble share."""

    def train(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> tuple[keras.Model, list[tuple]]:
        """One network in the original unit, and its history: (step, epoch, loss, validation loss).

        pretrained : the proximal module, from an earlier training of the same fold; it is not
            changed. Without it the kind "full" trains one first.
        """

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run; the trainer "stacked" needs it."""


def builder(model: NetworkSettings, training: TrainingSettings, shape: Shape, kind: str) -> Builder:
    """What trains networks of these settings; kind: "full", "sequence" or "hichip"."""
    return find_variant(model.variant).build(model, training, shape, kind)


def register_layers(name: str, where: str) -> None:
    """Import the layers that only this variant has, before a network of it is read.

    Raises InputError, at `where`, for a variant that is not installed.
    """
    if module := getattr(find_variant(name, where), "LAYERS", None):
        importlib.import_module(module)
