"""What a trainer is asked for: a network, its data and its seed; and who runs that one by one.

A builder (deepexpr.model.variants) says as a generator which networks it wants trained, one after
the other as each depends on the one before. Run one by one the generators of the folds follow each
other; `deepexpr.model.stacked` runs them side by side, with the same requests.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepexpr.model.backend import keras
from deepexpr.model.config import TrainingSettings
from deepexpr.model.examples import Examples
from deepexpr.model.training import Trainer


@dataclass(frozen=True, eq=False)
class Fit:
    """One network to be trained from fresh weights, as `deepexpr.model.training.Trainer` does.

    owner, name : requests with the same two have the same network and settings, and may be trained
        by one compiled program.
    """

    owner: object
    name: str
    build: Callable[[], keras.Model]
    task: str
    step: TrainingSettings
    train: tuple[Examples, np.ndarray]
    validation: tuple[Examples, np.ndarray]
    seed: int
    label: str
    keep_start: bool = False
    prepare: Callable[[keras.Model], None] | None = None

    @property
    def key(self) -> tuple[int, str]:
        """Equal where one program trains both."""
        return id(self.owner), self.name

    def trainer(self) -> Trainer:
        """A trainer of this network and of those with the same key."""
        return Trainer(self.build, self.task, self.step, self.keep_start)


#: Of one fit: the model with the weights of its best epoch, which the next fit may change, and
#: (epoch, loss, validation loss) of each epoch.
Fitted = tuple[keras.Model, list[tuple[int, float, float]]]
#: Asks for fits, is sent what came of each, and returns a network in the original unit with its
#: history: (step, epoch, loss, validation loss).
Fits = Generator[Fit, Fitted, tuple[keras.Model, list[tuple]]]


class OneByOne:
    """Answers requests at once, with one compiled network for each key.

    trainers : key -> its trainer, as far as there were requests.
    """

    def __init__(self) -> None:
        self.trainers: dict[tuple[int, str], Trainer] = {}

    def run(self, fits: Fits) -> tuple[keras.Model, list[tuple]]:
        """What `fits` returns, all its requests answered."""
        answer: Any = None
        while True:
            try:
                fit = fits.send(answer)
            except StopIteration as done:
                return done.value
            if fit.key not in self.trainers:
                self.trainers[fit.key] = fit.trainer()
            trainer = self.trainers[fit.key]
            history = trainer.fit(fit.train, fit.validation, fit.seed, fit.label, fit.prepare)
            answer = trainer.model, history
