"""All folds in one program: their weights on a leading axis, one compiled epoch for all of them.

A cross-validation trains many copies of one small network on overlapping genes in small batches;
one after the other, starting operations takes longer than their arithmetic. Here one step (Keras'
stateless calls under JAX) is compiled once and taken by all copies, on a GPU vectorised over them
and scanned over an epoch (deepexpr.model.stacked_forms). The genes lie on the device once, letters
as bytes; each copy has its own row numbers. Start, batches, shifts and the stopping rule are those
of `deepexpr.model.training.Trainer`, copy by copy.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepexpr.errors import InputError
from deepexpr.model.backend import device_bytes, jax_module, keras
from deepexpr.model.examples import input_names
from deepexpr.model.fast_layers import fast_layers
from deepexpr.model.fits import Fit, Fits, Fitted
from deepexpr.model.stacked_data import Genes, read_inputs
from deepexpr.model.stacked_forms import form_of_device
from deepexpr.model.training import Watch, forward_batch, mean_loss, require_finite

log = logging.getLogger(__name__)

#: Share of the device's memory that the copies of one stack may take, and bytes where the device
#: does not say how many it has (a CPU).
DEVICE_SHARE, CPU_BYTES = 0.5, 4 << 30
#: Maps of a step that are there at once, in multiples of the layers' outputs: forward, backward,
#: and what a convolution unfolds.
MAPS = 4


class Stacks:
    """Trains the networks that runs ask for, with one program for those that are equal.

    together : whether they are trained side by side on this device, or in turns.
    """

    def __init__(self) -> None:
        self.together = form_of_device().together
        self._programs: dict[tuple[int, str], Program] = {}

    def run(self, runs: Sequence[Fits]) -> Iterator[tuple[int, tuple[keras.Model, list[tuple]]]]:
        """The number of each of `runs` and what it returns, as soon as it is done."""
        waiting: dict[int, Fit] = {}

        def go_on(number: int, answer: Fitted | None) -> Iterator[tuple[int, tuple]]:
            try:
                waiting[number] = runs[number].send(answer)  # type: ignore[arg-type]  # None starts
            except StopIteration as done:
                yield number, done.value

        for number in range(len(runs)):
            yield from go_on(number, None)
        while waiting:
            key = next(iter(waiting.values())).key
            same = [number for number, fit in waiting.items() if fit.key == key]
            if key not in self._programs:
                self._programs[key] = Program(waiting[same[0]])
            program = self._programs[key]
            for part in program.parts(same):
                for place, answer in program.fit([waiting.pop(number) for number in part]):
                    yield from go_on(part[place], answer)


@dataclass
class Copy:
    """What the host keeps of one copy of the stack while it is trained."""

    fit: Fit
    rng: np.random.Generator
    watch: Watch
    history: list[tuple[int, float, float]] = field(default_factory=list)
    best: list[np.ndarray] | None = None


class Program:
    """One network, compiled for any number of copies.

    fit : one of those that it will train (deepexpr.model.fits.Fit.key).
    """

    def __init__(self, fit: Fit) -> None:
        if keras.backend.backend() != "jax":
            raise InputError(
                "The trainer stacked needs Keras on JAX.",
                where="training.trainer",
                expected="KERAS_BACKEND=jax",
                found=f"Keras runs on {keras.backend.backend()}",
            )
        log.info("%s: its step is compiled for all networks of its shape", fit.label)
        self.jax = jax_module()
        self.step, self.task = fit.step, fit.task
        self.trainer = fit.trainer()
        self.model, self.optimizer = self.trainer.model, self.trainer.optimizer
        self.names = input_names(self.model)
        rate = self.optimizer.learning_rate
        self.rate = next(i for i, v in enumerate(self.optimizer.variables) if v is rate)
        self.scores_of = forward_batch(self.model)
        self.form = form_of_device()(self._one_step, self._one_batch)

    def parts(self, numbers: list[int]) -> Iterator[list[int]]:
        """`numbers` in parts of about one size that fit in the device's memory."""
        most = max(1, int((self._budget() - self.shared_bytes()) // self.copy_bytes()))
        for part in np.array_split(numbers, math.ceil(len(numbers) / most)):
            yield part.tolist()

    def copy_bytes(self) -> int:
        """Memory that each copy adds: weights with all that belongs to them, and the maps of its
        batch where all copies' are there at once."""
        floats = sum(math.prod(v.shape) for v in self.model.variables)
        state = sum(math.prod(v.shape) for v in self.optimizer.variables)
        return 4 * (3 * floats + 2 * state) + (self._map_bytes() if self.form.together else 0)

    def shared_bytes(self) -> int:
        """Memory that a stack takes whatever its copies: the maps of the one that steps."""
        return 0 if self.form.together else self._map_bytes()

    def _map_bytes(self) -> int:
        """Of a step, or of the genes that are scored at once, whose maps are there but once."""
        maps = sum(math.prod(layer.output.shape[1:]) for layer in self.model.layers)
        return 4 * maps * max(MAPS * self.step.batch_size, self.scores_of)

    def _budget(self) -> float:
        known = device_bytes()
        return DEVICE_SHARE * known if known else CPU_BYTES

    def fit(self, fits: list[Fit]) -> Iterator[tuple[int, Fitted]]:
        """Train them; of each, as soon as it has stopped, its place and the model with its best
        weights.

        The model is the same object each time: what is to last is copied before the next. Raises
        InputError where one diverged, when the others are done.
        """
        if len(fits) > 1:
            how = "side by side" if self.form.together else "in turns"
            log.info("%d networks %s: %s to %s", len(fits), how, fits[0].label, fits[-1].label)
        copies = [Copy(f, np.random.default_rng(f.seed), Watch(self.step)) for f in fits]
        train = Genes([f.train for f in fits], self.names, self.step.batch_size)
        validation = Genes([f.validation for f in fits], self.names, self.scores_of)
        diverged = None
        for place in self._train(copies, train, validation):
            copy = copies[place]
            try:
                require_finite(copy.history, copy.fit.label)
            except InputError as error:
                diverged = diverged or error
                continue
            assert copy.best is not None  # there is one where a loss is finite
            for variable, value in zip(self._weights(), copy.best, strict=True):
                variable.assign(value)
            yield place, (self.model, copy.history)
        if diverged:
            raise diverged

    def _weights(self) -> list:
        return [*self.model.trainable_variables, *self.model.non_trainable_variables]

    def _train(self, copies: list[Copy], train: Genes, validation: Genes) -> Iterator[int]:
        """The number of each copy when it has stopped."""
        state = self._start(copies)
        live = list(range(len(copies)))  # numbers of the copies in the stack, in its order
        running = set(live)
        if self.trainer.keep_start:
            values = self._losses(state, live, validation)
            losses = self._losses(state, live, train)
            for number in live:
                copies[number].history.append((0, losses[number], values[number]))
                copies[number].watch.look(0, values[number])
            self._keep(state, live, copies, running)
        for epoch in range(1, self.step.epochs + 1):
            batches = train.batches(live, [copies[n].rng for n in live], self.step.shift)
            state, of_steps = self.form.epoch(state, train.tables, batches)
            mean = train.mean(live, of_steps)
            values = self._losses(state, live, validation)
            better, lower, stopped = set(), [], []
            for number in sorted(running):
                copies[number].history.append((epoch, mean[number], values[number]))
                verdict = copies[number].watch.look(epoch, values[number])
                if verdict == "best":
                    better.add(number)
                elif verdict == "stop":
                    stopped.append(number)
                elif verdict == "reduce":
                    lower.append(live.index(number))
            self._keep(state, live, copies, better)
            yield from stopped
            running.difference_update(stopped)
            if not running:
                return
            state = self._lower(state, lower)
            state, live = self._without_stopped(state, live, running)
        yield from sorted(running)

    def _start(self, copies: list[Copy]) -> Any:
        """Weights, other variables and the optimizer's of all copies, as the form keeps them."""
        states = []
        for copy in copies:
            self.trainer.reset(copy.fit.seed)
            if copy.fit.prepare is not None:
                copy.fit.prepare(self.model)
            groups = (
                self.model.trainable_variables,
                self.model.non_trainable_variables,
                self.optimizer.variables,
            )
            states.append(tuple([keras.ops.convert_to_numpy(v) for v in group] for group in groups))
        return self.form.start(states)

    def _keep(self, state, live: list[int], copies: list[Copy], better: set[int]) -> None:
        places = [place for place, number in enumerate(live) if number in better]
        for place, weights in zip(places, self.form.weights(state, places), strict=True):
            copies[live[place]].best = weights

    def _lower(self, state, places: list[int]):
        if not places or self.step.plateau_factor == 1:
            return state
        return self.form.lower(state, places, self.rate, self.step.plateau_factor)

    def _without_stopped(self, state, live: list[int], running: set[int]):
        """The copies that have stopped are left out, all at once if that needs a compilation."""
        if len(running) > self.form.leave_at * len(live):
            return state, live
        kept = [place for place, number in enumerate(live) if number in running]
        return self.form.only(state, kept), [live[place] for place in kept]

    def _losses(self, state, live: list[int], genes: Genes) -> dict[int, float]:
        """Loss of each copy on its genes, dropout off."""
        rows = genes.in_order(live, self.scores_of)
        found = self.form.scores(state, genes.tables, rows)
        return {
            number: mean_loss(self.task, found[place][: genes.size(number)], genes.targets[number])
            for place, number in enumerate(live)
        }

    def _one_batch(self, weights, others, tables, rows):
        """Scores (size, outputs) of one copy, dropout off."""
        inputs = read_inputs(self.jax, tables, rows, None, self.names)
        with fast_layers(self.model, self.form.convolution):
            scores, _ = self.model.stateless_call(weights, others, inputs, training=False)
        return scores

    def _one_step(self, state, tables, batch: dict[str, Any]):
        """One step of one copy: its state after it, and its loss."""
        weights, others, optimizer = state
        inputs = read_inputs(self.jax, tables, batch["rows"], batch.get("shifts"), self.names)
        targets = tables["targets"][batch["rows"]["targets"]]

        def loss_of(weights):
            with fast_layers(self.model, self.form.convolution):
                scores, changed, extra = self.model.stateless_call(
                    weights, others, inputs, training=True, return_losses=True
                )
            loss = keras.ops.mean(self.trainer.loss_function(targets, scores)) + sum(extra)
            return self.optimizer.scale_loss(loss), (loss, changed)

        slopes, (loss, changed) = self.jax.grad(loss_of, has_aux=True)(weights)
        after = self.optimizer.stateless_apply(optimizer, slopes, weights)
        return (after[0], changed, after[1]), loss
