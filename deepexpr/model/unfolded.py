"""Convolutions with parts of them as products of matrices, which XLA runs faster.

x (batch, *places, maps) with kernel (*width, maps, filters): padding "same", no stride or dilation.
"""

import functools
import itertools
import math
from collections.abc import Callable

from deepexpr.model.backend import jax_module, keras

ops = keras.ops


def unfolded_convolution(x, kernel):
    """All in products; under JAX's vmap of x and kernel they are batched products.

    Copies with weights of their own make a grouped convolution of a convolution, which XLA runs
    group by group. Few maps: the windows are unfolded, then one product. Many maps: one product by
    every place of the kernel, then the shifted results are added, so that no window of many maps is
    stored.
    """
    widths, places = kernel.shape[:-2], x.shape[1:-1]
    maps, filters = kernel.shape[-2:]
    if maps <= filters:
        return ops.matmul(_windows(x, widths), ops.reshape(kernel, (-1, filters)))
    kernel = ops.reshape(kernel, (-1, maps, filters))
    wide = ops.reshape(ops.transpose(kernel, (1, 0, 2)), (maps, math.prod(widths) * filters))
    parts = ops.matmul(ops.pad(x, [(0, 0), *_around(widths), (0, 0)]), wide)
    return sum(
        _cut(parts, start, places)[..., i * filters : (i + 1) * filters]
        for i, start in enumerate(_starts(widths))
    )


def direct_convolution(x, kernel):
    """Under JAX, for one copy: a convolution, whose gradient of the kernel is a product.

    XLA's own gradient of the kernel is a convolution with batch and maps exchanged, and on a CPU
    exchanging them takes longer than all arithmetic.
    """
    return _with_own_gradient()(x, kernel)


@functools.cache
def _with_own_gradient() -> Callable:
    function = jax_module().custom_vjp(_convolve)
    function.defvjp(lambda x, kernel: (_convolve(x, kernel), (x, kernel)), _gradients)
    return function


def _convolve(x, kernel):
    return ops.conv(x, kernel, padding="same", data_format="channels_last")


def _gradients(known, slopes):
    """Gradients of x and kernel, of those of the result."""
    x, kernel = known
    widths = kernel.shape[:-2]
    maps, filters = kernel.shape[-2:]
    back = ops.flip(kernel, axis=tuple(range(len(widths))))
    around = [(right, left) for left, right in _around(widths)]
    of_x = ops.conv(
        ops.pad(slopes, [(0, 0), *around, (0, 0)]),
        ops.swapaxes(back, -1, -2),
        padding="valid",
        data_format="channels_last",
    )
    # Of the two the one with fewer maps is turned, as products want the summed axis last.
    if maps <= filters:
        found = ops.matmul(_turned(x, _around(widths)), ops.reshape(slopes, (-1, filters)))
        return of_x, ops.reshape(found, kernel.shape)
    found = ops.matmul(_turned(slopes, around), ops.reshape(x, (-1, maps)))
    # The window of the slopes at the last place of the kernel is the first one of x.
    found = ops.flip(ops.reshape(found, (*widths, filters, maps)), tuple(range(len(widths))))
    return of_x, ops.swapaxes(found, -1, -2)


def _turned(x, around):
    """The windows of x, (product of widths * maps, batch * product of places)."""
    places, maps = x.shape[1:-1], x.shape[-1]
    x = ops.pad(ops.moveaxis(x, -1, 0), [(0, 0), (0, 0), *around])
    widths = [1 + sum(both) for both in around]
    cuts = [_cut(x, start, places, behind=0) for start in _starts(widths)]
    return ops.reshape(ops.concatenate(cuts, axis=0), (math.prod(widths) * maps, -1))


def _windows(x, widths):
    """x with the maps of all places of a window, (batch, *places, product of widths * maps)."""
    padded = ops.pad(x, [(0, 0), *_around(widths), (0, 0)])
    return ops.concatenate([_cut(padded, at, x.shape[1:-1]) for at in _starts(widths)], axis=-1)


def _around(widths) -> list[tuple[int, int]]:
    """Places added before and after by the padding "same"."""
    return [((width - 1) // 2, width - 1 - (width - 1) // 2) for width in widths]


def _starts(widths) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(width) for width in widths)))


def _cut(x, start: tuple[int, ...], size: tuple[int, ...], behind: int = 1):
    """The window of `size` from `start` on the axes before the last `behind`."""
    middle = [slice(first, first + length) for first, length in zip(start, size, strict=True)]
    return x[(..., *middle, *[slice(None)] * behind)]
