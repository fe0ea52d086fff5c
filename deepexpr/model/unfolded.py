"""Convolutions as products of matrices, which many copies at once turn into one batched product.

Copies with weights of their own make a grouped convolution of a convolution, which XLA runs group
by group; of a product it makes a batched product, which CPUs and GPUs do well.
"""

import itertools
import math

from deepexpr.model.backend import keras

ops = keras.ops


def unfold_convolutions(model: keras.Model) -> None:
    """Let the plain convolutions of `model` compute as products; others stay as they are."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            unfold_convolutions(layer)
        elif isinstance(layer, keras.layers.Conv1D | keras.layers.Conv2D) and _is_plain(layer):
            layer.convolution_op = convolution


def _is_plain(layer) -> bool:
    ones = (1,) * layer.rank
    return (
        layer.padding == "same"
        and layer.groups == 1
        and layer.data_format == "channels_last"
        and (tuple(layer.strides), tuple(layer.dilation_rate)) == (ones, ones)
    )


def convolution(x, kernel):
    """x (batch, *places, maps) with kernel (*width, maps, filters), padding "same", stride 1.

    Few maps: the windows are unfolded, then one product. Many maps: one product by every place of
    the kernel, then the shifted results are added, so that no window of many maps is stored.
    """
    widths, places = kernel.shape[:-2], x.shape[1:-1]
    maps, filters = kernel.shape[-2:]
    around = [((width - 1) // 2, width - 1 - (width - 1) // 2) for width in widths]
    x = ops.pad(x, [(0, 0), *around, (0, 0)])
    kernel = ops.reshape(ops.cast(kernel, x.dtype), (-1, maps, filters))
    if maps <= filters:
        windows = [_cut(x, start, places) for start in _starts(widths)]
        return ops.matmul(ops.concatenate(windows, axis=-1), ops.reshape(kernel, (-1, filters)))
    wide = ops.reshape(ops.transpose(kernel, (1, 0, 2)), (maps, math.prod(widths) * filters))
    parts = ops.matmul(x, wide)
    return sum(
        _cut(parts, start, places)[..., i * filters : (i + 1) * filters]
        for i, start in enumerate(_starts(widths))
    )


def _starts(widths) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(width) for width in widths)))


def _cut(x, start: tuple[int, ...], size: tuple[int, ...]):
    """The window of `size` from `start` on the axes between batch and maps."""
    middle = [slice(first, first + length) for first, length in zip(start, size, strict=True)]
    return x[(slice(None), *middle, slice(None))]
