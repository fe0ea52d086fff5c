"""Networks that are trained as a whole, in one step."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from deepexpr.errors import InputError
from deepexpr.model.backend import keras
from deepexpr.model.config import TrainingSettings
from deepexpr.model.fits import Fit, Fits, OneByOne
from deepexpr.model.network import Shape

if TYPE_CHECKING:
    from deepexpr.model.steps import FoldData


class OneStep:
    """Trains networks without modules of their own (a deepexpr.model.variants.Builder).

    networks : makes (the model that is trained, the model in the original unit), which share their
        weights; the first gives log10 expression, or logits. kernel : width of its first
        convolution in bp.
    """

    standardise = False

    def __init__(
        self,
        networks: Callable[[], tuple[keras.Model, keras.Model]],
        kernel: int,
        training: TrainingSettings,
        shape: Shape,
        kind: str,
    ) -> None:
        self.networks = networks
        self.kernel = kernel
        self.training = training
        self.shape = shape
        self.kind = kind
        self.one_by_one = OneByOne()

    def check(self) -> None:
        """Raise InputError, before anything is trained, where the network cannot be built."""
        check_fit(self.networks, self.kernel, self.shape, self.kind)

    def prepare(self, data: FoldData, pretrained: bool) -> FoldData:
        """`data` as it is."""
        return data

    def train(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> tuple[keras.Model, list[tuple]]:
        """One network in the original unit, and its history: (step, epoch, loss, validation loss).

        pretrained : there is none, see jobs.make_job.
        """
        return self.one_by_one.run(self.fits(data, seed, label))

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run."""
        fitted, history = yield Fit(
            self,
            self.kind,
            lambda: self.networks()[0],
            self.shape.task,
            self.training,
            (data.train, data.train_targets),
            (data.validation, data.validation_targets),
            seed,
            label,
        )
        trained, final = self.networks()
        trained.set_weights(fitted.get_weights())
        return final, [(self.kind, *row) for row in history]


def check_fit(build: Callable[[], object], kernel: int, shape: Shape, kind: str) -> None:
    """Raise InputError where `build` cannot make a network of the first convolution's `kernel`."""
    if kind != "hichip" and kernel > shape.length:
        raise InputError(
            "The first convolution is wider than the promoters.",
            where="model",
            expected=f"kernel of at most {shape.length} bp",
            found=str(kernel),
        )
    try:
        build()
    except ValueError as error:
        plain = re.sub(r"\x1b\[\d+m", "", str(error))
        raise InputError(
            "The network of these settings does not fit the promoters or the bins.",
            where="model",
            found=f"{shape.length} bp, {shape.bins} bins; " + " ".join(plain.split())[:200],
            fix="Use less pooling or fewer blocks.",
        ) from error
