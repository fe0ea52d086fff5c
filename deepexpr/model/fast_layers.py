"""Layers of any Keras model in forms that XLA runs faster; what they compute stays the same.

Densely connected layers read the same maps again and again: here each map is convolved once, with
the kernels of all layers that read it, and the sums wait until it is their layer's turn. Poolings
that do not overlap are comparisons, or means, of slices. For Keras on JAX.
"""

import contextlib
import functools
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from deepexpr.model.backend import jax_module, keras

ops, layers = keras.ops, keras.layers


@contextlib.contextmanager
def fast_layers(model: keras.Model, convolution: Callable) -> Iterator[None]:
    """While this lasts the layers of `model` compute in these forms; for the tracing of a step.

    convolution : of deepexpr.model.unfolded, for those without stride and dilation. Layers of other
        kinds stay as they are.
    """
    changed = []
    try:
        # A layer that two parts of a network share is found in both, and in no chain.
        for layer, form in {id(found[0]): found for found in _forms(model, convolution)}.values():
            layer.call = form
            changed.append(layer)
        yield
    finally:
        for layer in changed:
            del layer.call


def _forms(model: keras.Model, convolution: Callable) -> Iterator[tuple[Any, Callable]]:
    """(layer, what takes the place of its `call`)."""
    plain = [layer for layer in model.layers if _is_plain_convolution(layer)]
    for chain in chains(plain):
        block = _Block(chain, convolution)
        for place, link in enumerate(chain):
            yield link.layer, partial(block.call, place)
            if link.joined is not None:
                yield link.joined, partial(block.join, place)
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _forms(layer, convolution)
        elif _is_plain_pooling(layer):
            yield layer, partial(_pool, layer.pool_mode, tuple(layer.pool_size))


@dataclass(frozen=True)
class Link:
    """One convolution of a chain.

    joined : the layer that joins what the convolution before reads, and new maps; None for the
        first of a chain. activation : applied to what is joined.
    """

    layer: Any
    joined: Any = None
    activation: Callable | None = None


def chains(convolutions: list) -> list[list[Link]]:
    """Convolutions in chains: each reads what the one before reads, and other maps after it."""
    readers: dict[tuple, list] = {}
    for layer in convolutions:
        for maps, activation in _reads(layer):
            readers.setdefault(_key(layer, maps, activation), []).append(layer)
    after: dict[int, Link] = {}
    for layer in convolutions:
        for maps, activation in _reads(layer):
            joined, last = maps._keras_history.operation, len(maps.shape) - 1
            if isinstance(joined, layers.Concatenate) and joined.axis in (-1, last):
                before = readers.get(_key(layer, joined.input[0], activation), [])
                alone = all(map(_is_alone, (*before, joined, layer)))
                if len(before) == 1 and alone and len(joined.input) == 2:
                    after[id(before[0])] = Link(layer, joined, activation)
    behind = {id(link.layer) for link in after.values()}
    found = [[Link(layer)] for layer in convolutions if id(layer) not in behind]
    for chain in found:
        while id(chain[-1].layer) in after:
            chain.append(after[id(chain[-1].layer)])
    return found


def _reads(layer) -> list[tuple[Any, Any]]:
    """(maps, activation on the way from them): what a convolution reads, as it is and before."""
    found = [(layer.input, None)]
    operation = layer.input._keras_history.operation
    if isinstance(operation, layers.Activation) and _is_alone(operation):
        found.append((operation.input, operation.activation))
    return found


def _key(layer, maps, activation) -> tuple:
    """Equal where two convolutions of these maps can be one."""
    return id(maps), activation, tuple(layer.kernel_size), layer.compute_dtype


class _Block:
    """Densely connected convolutions; the sums that are known wait for the layer's turn."""

    def __init__(self, chain: list[Link], convolution: Callable) -> None:
        self.chain, self.convolution = chain, convolution
        self.known: dict[int, Any] = {}
        self.new: dict[int, Any] = {}

    def join(self, place: int, parts):
        """In place of the `call` of what joins the maps that layer `place` reads."""
        self.new[place] = parts[1]
        return ops.concatenate(parts, axis=-1)

    def call(self, place: int, x):
        """In place of the `call` of layer `place`."""
        layer = self.chain[place].layer
        result = self._convolve(place, x)
        if layer.use_bias:
            result = result + layer.bias
        return result if layer.activation is None else layer.activation(result)

    def _convolve(self, place: int, x):
        kernels = [ops.cast(link.layer.kernel, x.dtype) for link in self.chain[place:]]
        maps, own = kernels[0].shape[-2:]
        first, known = 0, 0
        if place > 0:
            x, known, activation = (
                ops.cast(self.new.pop(place), x.dtype),
                self.known.pop(place),
                self.chain[place].activation,
            )
            x = x if activation is None else activation(x)
            first = maps - x.shape[-1]
        parts = [kernel[..., first:maps, :] for kernel in kernels]
        sums = known + self.convolution(x, ops.concatenate(parts, axis=-1))
        if len(parts) > 1:
            self.known[place + 1] = sums[..., own:]
        return sums[..., :own]


def _is_plain_convolution(layer) -> bool:
    if not isinstance(layer, layers.Conv1D | layers.Conv2D):
        return False
    ones = (1,) * layer.rank
    return (
        layer.padding == "same"
        and layer.groups == 1
        and layer.data_format == "channels_last"
        and (tuple(layer.strides), tuple(layer.dilation_rate)) == (ones, ones)
    )


def _is_plain_pooling(layer) -> bool:
    kinds = (
        layers.MaxPooling1D, layers.MaxPooling2D, layers.AveragePooling1D, layers.AveragePooling2D
    )  # fmt: skip
    return (
        isinstance(layer, kinds)
        and layer.padding == "valid"
        and layer.data_format == "channels_last"
        and tuple(layer.strides) == tuple(layer.pool_size)
    )


def _is_alone(layer) -> bool:
    """Whether the layer is used once."""
    return len(layer._inbound_nodes) == 1


def _pool(mode: str, sizes: tuple[int, ...], x):
    """x (batch, *places, maps) in windows of `sizes`; what is left over at the end is not read."""
    whole = [length // size for length, size in zip(x.shape[1:-1], sizes, strict=True)]
    kept = [slice(n * size) for n, size in zip(whole, sizes, strict=True)]
    split = itertools.chain.from_iterable(zip(whole, sizes, strict=True))
    x = ops.reshape(x[(slice(None), *kept)], (-1, *split, x.shape[-1]))
    for axis in reversed(range(2, 2 + 2 * len(sizes), 2)):
        x = ops.mean(x, axis) if mode == "average" else _maximum()(axis, x.shape[axis], x)
    return x


@functools.cache
def _maximum() -> Callable:
    """Largest values along an axis of a length, (axis, length, x); the gradient goes to the first.

    The gradient of XLA's max pooling is slow on a CPU.
    """

    def forward(axis, length, x):
        best, place = ops.take(x, 0, axis), 0
        for i in range(1, length):
            value = ops.take(x, i, axis)
            place = ops.where(value > best, i, place)
            best = ops.maximum(best, value)
        return best, place

    def backward(axis, length, place, slopes):
        here = ops.expand_dims(place, axis) == ops.reshape(
            ops.arange(length), [-1] + [1] * (slopes.ndim - axis)
        )
        return (ops.where(here, ops.expand_dims(slopes, axis), 0),)

    function = jax_module().custom_vjp(
        lambda axis, length, x: forward(axis, length, x)[0], nondiff_argnums=(0, 1)
    )
    function.defvjp(forward, backward)
    return function
