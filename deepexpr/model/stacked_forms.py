"""The two ways in which the copies of a stack take their steps; the steps are the same.

On a GPU starting operations costs more than their arithmetic: all copies take a step in the same
operations, and an epoch is one program. On a CPU XLA runs the same step six times slower as the
body of a loop (`lax.scan`): there each copy's step is a call of its own, compiled once for all.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from deepexpr.model.allocation import keep_freed_memory
from deepexpr.model.backend import jax_module
from deepexpr.model.unfolded import direct_convolution, unfolded_convolution

#: Weights, other variables and the optimizer's, each a list of arrays.
State = tuple[list, ...]


class InTurns:
    """The copies of a stack step one after the other; a state is a list of theirs.

    step : (state, tables, batch of one copy) -> state, loss.
    scores : (weights, others, tables, rows of one copy) -> (size, outputs).
    convolution : the form of a convolution that is fast here. leave_at : copies that have stopped
        leave the stack when at most this share of it goes on. together : whether the maps of all
        copies are there at once.
    """

    convolution = staticmethod(direct_convolution)
    leave_at = 1.0
    together = False

    def __init__(self, step: Callable, scores: Callable) -> None:
        self.jax = jax_module()
        keep_freed_memory()
        self._step = self.jax.jit(step, donate_argnums=0)
        self._scores = self.jax.jit(scores)

    def start(self, states: Sequence[State]) -> list:
        """The copies' states on the device."""
        return [self.jax.tree.map(self.jax.numpy.array, state) for state in states]

    def epoch(self, state: list, tables, batches: dict[str, Any]) -> tuple[list, np.ndarray]:
        """The state after all steps, and the loss of each (steps, copies), 0 where there is none.

        batches : of deepexpr.model.stacked_data.Genes.batches.
        """
        there = batches.get("there")
        own = {name: values for name, values in batches.items() if name != "there"}
        steps, losses = len(batches["rows"]["targets"]), {}
        for step in range(steps):
            for copy in range(len(state)):
                if there is None or there[step, copy]:
                    batch = self.jax.tree.map(lambda v, at=(step, copy): v[at], own)
                    state[copy], losses[step, copy] = self._step(state[copy], tables, batch)
        found = np.zeros((steps, len(state)))
        for at, loss in losses.items():
            found[at] = loss
        return state, found

    def scores(self, state: list, tables, rows: dict[str, np.ndarray]) -> np.ndarray:
        """Scores (copies, batches * size, outputs) of rows (batches, copies, size)."""
        batches = len(next(iter(rows.values())))
        found = [
            [
                self._scores(*own[:2], tables, {name: r[batch, copy] for name, r in rows.items()})
                for batch in range(batches)
            ]
            for copy, own in enumerate(state)
        ]
        return np.stack([np.concatenate([np.asarray(part) for part in own]) for own in found])

    def weights(self, state: list, places: Sequence[int]) -> Iterator[list[np.ndarray]]:
        """Copies of weights and other variables of the copies at `places`."""
        for place in places:
            yield [np.array(values) for values in [*state[place][0], *state[place][1]]]

    def lower(self, state: list, places: Sequence[int], rate: int, factor: float) -> list:
        """The learning rate, number `rate` of the optimizer's variables, times `factor` there."""
        for place in places:
            optimizer = state[place][2]
            optimizer[rate] = optimizer[rate] * factor
        return state

    def only(self, state: list, places: Sequence[int]) -> list:
        """The stack of the copies at `places`."""
        return [state[place] for place in places]


class SideBySide:
    """All copies take a step together; a state is one copy's with the copies on axis 0.

    The arguments and methods are those of `InTurns`.
    """

    convolution = staticmethod(unfolded_convolution)
    #: A smaller stack has to be compiled.
    leave_at = 0.5
    together = True

    def __init__(self, step: Callable, scores: Callable) -> None:
        self.jax = jax_module()
        self._one_step, self._one_batch = step, scores
        self._epoch = self.jax.jit(self._run_epoch, donate_argnums=0)
        self._scores = self.jax.jit(self._run_scores)

    def start(self, states: Sequence[State]) -> State:
        """As there."""
        numpy = self.jax.numpy
        return self.jax.tree.map(lambda *same: numpy.asarray(np.stack(same)), *states)

    def epoch(self, state: State, tables, batches: dict[str, Any]) -> tuple[State, np.ndarray]:
        """As there."""
        state, losses = self._epoch(state, tables, batches)
        return state, np.asarray(losses, np.float64)

    def scores(self, state: State, tables, rows: dict[str, np.ndarray]) -> np.ndarray:
        """As there."""
        return np.asarray(self._scores(state[0], state[1], tables, rows))

    def weights(self, state: State, places: Sequence[int]) -> Iterator[list[np.ndarray]]:
        """As there."""
        weights = [np.asarray(values) for values in [*state[0], *state[1]]] if places else []
        for place in places:
            yield [values[place].copy() for values in weights]

    def lower(self, state: State, places: Sequence[int], rate: int, factor: float) -> State:
        """As there."""
        optimizer = list(state[2])
        optimizer[rate] = optimizer[rate].at[np.array(places)].multiply(factor)
        return (*state[:2], optimizer)

    def only(self, state: State, places: Sequence[int]) -> State:
        """As there."""
        kept = np.array(places)
        return self.jax.tree.map(lambda values: values[kept], state)

    def _run_epoch(self, state, tables, batches):
        def one(state, batch):
            after, loss = self._one_step(state, tables, batch)
            if "there" in batch:  # a copy that has no genes left for the step stays as it is
                choose = self.jax.numpy.where
                after = self.jax.tree.map(
                    lambda new, old: choose(batch["there"], new, old), after, state
                )
            return after, loss

        return self.jax.lax.scan(self.jax.vmap(one), state, batches)

    def _run_scores(self, weights, others, tables, rows):
        def batch(_, rows):
            one = self.jax.vmap(self._one_batch, in_axes=(0, 0, None, 0))
            return None, one(weights, others, tables, rows)

        _, scores = self.jax.lax.scan(batch, None, rows)  # (batches, copies, size, outputs)
        scores = self.jax.numpy.swapaxes(scores, 0, 1)
        return scores.reshape(scores.shape[0], -1, scores.shape[-1])


def form_of_device() -> type[InTurns | SideBySide]:
    """The form that is fast on JAX's device."""
    return InTurns if jax_module().default_backend() == "cpu" else SideBySide
