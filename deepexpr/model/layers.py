"""Layers that Keras lacks; registered, so that a saved model finds them again."""

import numpy as np

from deepexpr.features.motif_scans import scan_windows
from deepexpr.features.words import Block, summed_bins, word_windows
from deepexpr.letters import other_strand_numbers
from deepexpr.model.backend import keras


@keras.saving.register_keras_serializable("deepexpression")
class LoopTotals(keras.layers.Layer):
    """Loops summed within distances of the TSS: (batch, B) to (batch, len(reach)), both log2.

    Bins hold log2(1 + count). A gene's expression follows its summed count (paper, figure 2A),
    which a dense layer on logarithms of single bins learns only from many genes.

    reach : numbers of bins on each side of the TSS, which lies between bins B/2 - 1 and B/2;
        more than B/2 means all bins.
    """

    def __init__(self, reach: list[int], **options) -> None:
        super().__init__(**options)
        self.reach = list(reach)

    def call(self, bins):
        """log2(1 + the sum of the counts in reach)."""
        counts = keras.ops.exp(bins * np.log(2.0)) - 1.0
        members = keras.ops.convert_to_tensor(self._members(bins.shape[-1]), dtype=counts.dtype)
        return keras.ops.log1p(keras.ops.matmul(counts, members)) / np.log(2.0)

    def _members(self, bins: int) -> np.ndarray:
        distance = np.abs(np.arange(bins) + 0.5 - bins / 2)
        return (distance[:, None] < np.array(self.reach)).astype(np.float32)

    def compute_output_shape(self, input_shape):
        """(batch, number of totals)."""
        return (*input_shape[:-1], len(self.reach))

    def get_config(self) -> dict:
        """Keras' settings and `reach`."""
        return super().get_config() | {"reach": self.reach}


@keras.saving.register_keras_serializable("deepexpression")
class LoopWindows(keras.layers.Layer):
    """`features.words.loop_windows` as a layer: bins (batch, B), log2, to (batch, p) float32;
    (batch, M, B) of M targets to (batch, M, p).

    bin_size : bp.
    """

    def __init__(self, bin_size: int, **options) -> None:
        super().__init__(**options)
        self.bin_size = bin_size

    def call(self, bins):
        """log2(1 + sums), and the root of the number of bins with loops."""
        ops = keras.ops
        windows = summed_bins(bins.shape[-1], self.bin_size)
        place = np.arange(bins.shape[-1])[:, None]
        first, last = np.array(windows).T
        members = ((place >= first) & (place < last)).astype(np.float32)
        counts = ops.exp(bins * np.log(2.0)) - 1.0
        sums = ops.log1p(ops.matmul(counts, ops.convert_to_tensor(members))) / np.log(2.0)
        filled = ops.sum(ops.cast(bins > 0, "float32"), axis=-1, keepdims=True)
        return ops.concatenate([sums, ops.sqrt(filled)], axis=-1)

    def compute_output_shape(self, input_shape):
        """(batch, number of sums + 1)."""
        return (*input_shape[:-1], len(summed_bins(input_shape[-1], self.bin_size)) + 1)

    def get_config(self) -> dict:
        """Keras' settings and `bin_size`."""
        return super().get_config() | {"bin_size": self.bin_size}


@keras.saving.register_keras_serializable("deepexpression")
class TreeScore(keras.layers.Layer):
    """A score by decision trees, the mean over them of the value in a gene's leaf.

    Of features (batch, p) alone: (batch, outputs). Of [features, score], where the score
    (batch, outputs) is a column before the features (two logits: their difference): what to add to
    that score to have the trees' in its place. Trees have steps and no gradient; so the sum's
    gradient by what the score is made of is the score's own.

    trees, nodes, depth : how many trees and nodes there are, and how many steps the longest way
    from a root to a leaf has. Whatever the weights say, no more steps are made, and none out of
    the nodes or columns: a saved model may be a stranger's.
    """

    #: By name: the nodes' column, threshold (up to it to the left), children (of a leaf: itself)
    #: and value. Numbers of nodes and columns as floats, as not all backends keep whole numbers on
    #: the device.
    NODES = ("feature", "threshold", "left", "right", "value")
    #: Trees of a dozen leaves have fewer levels.
    DEEPEST = 64

    def __init__(self, trees: int, nodes: int, depth: int, outputs: int, **options) -> None:
        super().__init__(**options)
        if depth > self.DEEPEST:
            raise ValueError(f"trees of {depth} levels")
        self.trees, self.nodes, self.depth, self.outputs = trees, nodes, depth, outputs

    def build(self, input_shape) -> None:
        """The weights: the roots' numbers, then NODES."""
        sizes = {"roots": self.trees} | dict.fromkeys(self.NODES, self.nodes)
        self._arrays = {
            name: self.add_weight(
                shape=(size,), initializer="zeros", trainable=False, dtype="float32", name=name
            )
            for name, size in sizes.items()
        }

    def call(self, inputs):
        """(batch, outputs)."""
        if not isinstance(inputs, list | tuple):
            return self._as_outputs(self._mean(inputs))
        features, score = inputs
        own = score if self.outputs == 1 else score[:, 1:] - score[:, :1]
        value = self._as_outputs(self._mean(keras.ops.concatenate([own, features], axis=1)))
        return value - keras.ops.stop_gradient(score)

    def _mean(self, x):
        """All trees at once, one step after the other."""
        ops = keras.ops
        node = ops.zeros_like(x[:, :1], dtype="int32") + self._numbers("roots", self.nodes)
        feature = self._numbers("feature", x.shape[-1])
        left, right = (self._numbers(side, self.nodes) for side in ("left", "right"))
        threshold, value = (ops.convert_to_tensor(self._arrays[n]) for n in ("threshold", "value"))
        for _ in range(self.depth):
            found = ops.take_along_axis(x, ops.take(feature, node), axis=1)
            below = found <= ops.take(threshold, node)
            node = ops.where(below, ops.take(left, node), ops.take(right, node))
        return ops.mean(ops.take(value, node), axis=1, keepdims=True)

    def _numbers(self, name: str, size: int):
        return keras.ops.clip(keras.ops.cast(self._arrays[name], "int32"), 0, size - 1)

    def _as_outputs(self, value):
        return value if self.outputs == 1 else keras.ops.concatenate([-value, value], axis=1) / 2

    def compute_output_shape(self, input_shape):
        """(batch, outputs)."""
        first = input_shape[0] if isinstance(input_shape[0], list | tuple) else input_shape
        return (first[0], self.outputs)

    def get_config(self) -> dict:
        """Keras' settings and those of the layer."""
        own = {name: getattr(self, name) for name in ("trees", "nodes", "depth", "outputs")}
        return super().get_config() | own


@keras.saving.register_keras_serializable("deepexpression")
class Flip(keras.layers.Layer):
    """The input with some axes reversed; a layer, so that it has a name of its own when saved.

    axes : numbers of the axes, batch axis 0. Axes 1 and 2 of a one-hot promoter in order A, C, G,
        T give its reverse complement.
    """

    def __init__(self, axes: list[int], **options) -> None:
        super().__init__(**options)
        self.axes = list(axes)

    def call(self, x):
        """The reversed input; axis by axis, as Keras 3.11 takes no list of them on TensorFlow."""
        for axis in self.axes:
            x = keras.ops.flip(x, axis)
        return x

    def compute_output_shape(self, input_shape):
        """That of the input."""
        return input_shape

    def get_config(self) -> dict:
        """Keras' settings and `axes`."""
        return super().get_config() | {"axes": self.axes}


@keras.saving.register_keras_serializable("deepexpression")
class DropoutFrom(keras.layers.Dropout):
    """Dropout of the columns from number `first` on; those before it always stay."""

    def __init__(self, rate: float, first: int, **options) -> None:
        super().__init__(rate, **options)
        self.first = first

    def call(self, x, training=False):
        """Input and output (batch, columns)."""
        dropped = super().call(x[:, self.first :], training=training)
        return keras.ops.concatenate([x[:, : self.first], dropped], axis=1)

    def get_config(self) -> dict:
        """Keras' settings and `first`."""
        return super().get_config() | {"first": self.first}


@keras.saving.register_keras_serializable("deepexpression")
class WordCounts(keras.layers.Layer):
    """How often each word occurs in windows of a promoter, as variance-stabilised square roots.

    (batch, L, 4) one-hot to (batch, windows * words) float32, sqrt(count + 3/8) (Anscombe 1948:
    a count then varies about equally whether the word is rare or common). Words are in the order
    of base 4 (A, C, G, T); a word lies in a window with all its letters; one with N counts nowhere.

    word : letters, an even number. edges : positions, 0-based, that bound the windows; `soft` ones
    flow into each other (features.words.word_windows).
    both_strands : a word and its reverse complement share one count, under the smaller code.
    gap : letters of any kind, N too, between the halves of a word.
    """

    def __init__(
        self, word: int, edges: list[int], both_strands: bool, gap: int = 0, soft: bool = False,
        **options,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.word = word
        self.edges = list(edges)
        self.both_strands = both_strands
        self.gap = gap
        self.soft = soft

    def call(self, promoter):
        """Counts by products: a word is its left half followed by its right half."""
        half, across = self.word // 2, self.word // 2 + self.gap
        halves = self._occurrences(promoter, half)
        counts = []
        for start, weights in self._windows(promoter.shape[1]):
            left = halves[:, start : start + len(weights)]
            right = halves[:, start + across : start + across + len(weights)]
            if self.soft:
                left = left * weights[:, None]
            pairs = keras.ops.matmul(keras.ops.transpose(left, (0, 2, 1)), right)
            counts.append(self._merged(keras.ops.reshape(pairs, (-1, 4**self.word))))
        return keras.ops.sqrt(keras.ops.concatenate(counts, axis=1) + 0.375)

    def _windows(self, length: int) -> list[tuple[int, np.ndarray]]:
        edges = tuple(edge / length for edge in self.edges)
        return word_windows(Block(self.word, edges, self.both_strands, self.gap, self.soft), length)

    @staticmethod
    def _occurrences(promoter, word: int):
        """(batch, L, 4) to (batch, L - word + 1, 4**word): 1 where the word starts."""
        found = promoter
        for i in range(1, word):
            found = found[:, :-1, :, None] * promoter[:, i:, None, :]
            found = keras.ops.reshape(found, (-1, promoter.shape[1] - i, 4 ** (i + 1)))
        return found

    def _merged(self, counts):
        if not self.both_strands:
            return counts
        own, other = self._strands()
        palindrome = keras.ops.convert_to_tensor((own == other).astype(np.float32))
        first = keras.ops.take(counts, own, axis=1)
        return first + keras.ops.take(counts, other, axis=1) * (1 - palindrome)

    def _strands(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes of the words kept, and of their reverse complements."""
        codes, other = np.arange(4**self.word), other_strand_numbers(self.word)
        return codes[codes <= other], other[codes <= other]

    def compute_output_shape(self, input_shape):
        """(batch, windows * words)."""
        words = len(self._strands()[0]) if self.both_strands else 4**self.word
        windows = len(self.edges) if self.soft else len(self.edges) - 1
        return (input_shape[0], windows * words)

    def get_config(self) -> dict:
        """Keras' settings and those of the layer."""
        own = ("word", "edges", "both_strands", "gap", "soft")
        return super().get_config() | {name: getattr(self, name) for name in own}


@keras.saving.register_keras_serializable("deepexpression")
class MotifScans(keras.layers.Layer):
    """How strongly known motifs match in windows of a promoter (features.motif_scans).

    (batch, L, 4) one-hot to (batch, windows * motifs) float32. Its weights, which are given and not
    trained, are `kernel` and `least` of features.motif_scans.Matrices. width : of the kernel.
    motifs : how many.
    """

    #: Motifs looked for together: their maps of all places are there at once.
    PART = 64

    def __init__(self, width: int, motifs: int, **options) -> None:
        super().__init__(**options)
        self.width = width
        self.motifs = motifs

    def build(self, input_shape) -> None:
        """Kernel (width, 4, motifs) and least scores (motifs,)."""
        given = {"trainable": False, "initializer": "zeros"}
        self.kernel = self.add_weight(shape=(self.width, 4, self.motifs), name="kernel", **given)
        self.least = self.add_weight(shape=(self.motifs,), name="least", **given)

    def call(self, promoter):
        """Bits above the least score of a match, summed over places and strands."""
        windows = keras.ops.convert_to_tensor(scan_windows(promoter.shape[1]))
        parts = []
        for first in range(0, self.motifs, self.PART):
            kernel, least = self.kernel[:, :, first : first + self.PART], self.least[first:]
            least = least[: kernel.shape[2]]
            strands = [kernel, keras.ops.flip(kernel, axis=(0, 1))]
            found = keras.ops.conv(promoter, keras.ops.concatenate(strands, axis=2), padding="same")
            found = keras.ops.relu(found - keras.ops.concatenate([least, least]))
            sums = keras.ops.matmul(windows, found)
            parts.append(sums[:, :, : least.shape[0]] + sums[:, :, least.shape[0] :])
        sums = keras.ops.concatenate(parts, axis=2)
        return keras.ops.sqrt(keras.ops.reshape(sums, (-1, sums.shape[1] * self.motifs)) + 0.375)

    def compute_output_shape(self, input_shape):
        """(batch, windows * motifs)."""
        return (input_shape[0], len(scan_windows(input_shape[1])) * self.motifs)

    def get_config(self) -> dict:
        """Keras' settings and those of the layer."""
        return super().get_config() | {"width": self.width, "motifs": self.motifs}
