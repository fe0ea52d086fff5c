"""Networks of two modules: proximal module, distal module, and the models made of them.

A module ends in its score: one unit for regression, two logits for classification. The joint
output of method.md, 3 (concatenation, then one linear layer) is the sum of the two modules' scores,
because a linear layer on a concatenation is the sum of one linear layer on each half. So each
module carries its own half of the output layer, and the frozen half is never touched.

Every model takes raw inputs and gives predictions in the original unit: one-hot promoters
(batch, L, 4) float32 in order A, C, G, T with zeros for N; bins (batch, B) float32, or
(batch, B, M) of M targets, log2(1 + normalised count); output (batch, 1) log10 expression, or
(batch, 2) P(-1), P(+1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from deepexpr.errors import InputError
from deepexpr.features.dataset import BINS, PROMOTER
from deepexpr.model.backend import keras
from deepexpr.model.config import NetworkSettings
from deepexpr.model.joined import COMPONENTS, UNITS
from deepexpr.model.layers import DropoutFrom, Flip, LoopTotals
from deepexpr.model.wide import word_columns
from deepexpr.model.words import WordScore

layers = keras.layers

#: Names of layers and modules in every model; inputs are called as in the dataset.
FIRST_CONVOLUTION = "first_convolution"
PROXIMAL = "proximal"
DISTAL = "distal"
BINS_FRONT = "bins_front"
BINS_HEAD = "bins_head"
SEQUENCE_SCORE = "sequence_score"
WORD_SCORE = "word_score"
#: What the rectified units beside the word score read, the units, and what they add.
WORD_UNITS = ("word_components", "word_units", "word_units_score")
FROZEN_INPUT = "frozen_score"
FROZEN_SEQUENCE = "frozen_sequence_score"
FEATURES = "features"


@dataclass(frozen=True)
class Scaling:
    """Normalisation constants, from the training genes only.

    target_mean, target_sd : log10 expression (0 and 1 for classification or without scaling).
    bins_scale : root mean square of the training genes' bins that hold loops (1 without scaling).
    totals_scale : root mean square of the loop totals of the training genes (1 without scaling).
    """

    target_mean: float = 0.0
    target_sd: float = 1.0
    bins_scale: float = 1.0
    totals_scale: float = 1.0


@dataclass(frozen=True)
class Shape:
    """Inputs and outputs: promoter length in bp, number of bins, their size in bp, task.

    others : shape of one gene's values of each further input of the dataset.
    targets : of how many HiChIP targets there are bins; more than one are channels (B, M).
    """

    length: int
    bins: int
    bin_size: int
    task: str
    others: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    targets: int = 1

    @property
    def of_bins(self) -> tuple[int, ...]:
        """Shape of one gene's bins."""
        return (self.bins,) if self.targets == 1 else (self.bins, self.targets)

    @property
    def outputs(self) -> int:
        """Units of a score: 1 (regression) or 2 logits (classification)."""
        return 2 if self.task == "classification" else 1


@dataclass(frozen=True)
class TwoModules:
    """The architecture of both modules; what a variant does not set, its network does not have.

    The fields mean what deepexpr.model.fields says of those of the same name. Another proximal
    module is a subclass with its own `promoter_features`, or only `first_maps` or `summary`.

    beside_words : trees read the words' score alone, and the convolution's is added to theirs.
    as_started : the layers beside the words are not trained; their score is 0.
    """

    filters: int
    kernel: int
    blocks: int
    layers: int
    growth: int
    block_kernel: int
    pool: int
    dense: tuple[int, ...]
    distal: tuple[int, ...]
    dropout: float = 0.0
    distal_dropout: float = 0.0
    distance: int | None = None
    pool_type: str = "max"
    first_pool: int = 1
    windows: int = 0
    both_strands: bool = False
    kmer_start: bool = False
    words: bool = False
    word_blocks: str = "coarse"
    motifs: str | None = None
    joined: bool = False
    batch_norm: bool = False
    batch_norm_momentum: float = 0.9
    conv_dropout: float = 0.0
    bins_dropout: float = 0.0
    zero_start: bool = False
    totals: tuple[int, ...] = ()
    trees: bool = False
    beside_words: bool = False
    as_started: bool = False
    anchors: bool = False

    @classmethod
    def of(cls, settings: NetworkSettings) -> Self:
        """The architecture that the settings of a variant describe, by the names of its fields."""
        names = type(settings).model_fields.keys() & {f.name for f in fields(cls)}
        return cls(**{name: getattr(settings, name) for name in names})

    def promoter_features(self, promoter):
        """The proximal module up to its last hidden layer (batch, units)."""
        x = self.summary(self.first_maps(promoter))
        for i, units in enumerate(self.dense):
            x = layers.Dense(units, activation="relu", name=f"dense_{i + 1}")(x)
            x = _dropout(self.dropout, x, f"dense_dropout_{i + 1}")
        return x

    def first_maps(self, promoter):
        """Promoter (batch, L, 4) to what the first layer finds: (batch, positions, maps)."""
        return _first_maps(self, promoter)

    def summary(self, x):
        """These maps to one row of numbers: (batch, numbers)."""
        for block in range(self.blocks):
            if block > 0:
                x = _pool(self, f"pool_{block}")(x)
            x = _dense_block(self, x, block)
        return _summarise(self, x)


def build_proximal(config: TwoModules, shape: Shape) -> keras.Model:
    """Promoter (batch, L, 4) to its score (batch, outputs), in units of the scaled target."""
    promoter = keras.Input((shape.length, 4), name=PROMOTER)
    score = _sequence_score(config, shape, promoter)
    if config.words:
        counts = layers.Concatenate(name="words")(word_columns(config, shape, promoter))
        scores = [score, layers.Dense(shape.outputs, dtype="float32", name=WORD_SCORE)(counts)]
        if config.joined:
            x = counts
            sizes = ((1 + COMPONENTS, None), (UNITS, "relu"), (shape.outputs, None))
            for name, (units, activation) in zip(WORD_UNITS, sizes, strict=True):
                x = layers.Dense(units, activation=activation, dtype="float32", name=name)(x)
            scores.append(x)
        score = layers.Add(dtype="float32", name="proximal_score")(scores)
    return keras.Model(promoter, score, name=PROXIMAL)


def give_words(proximal: keras.Model, words: WordScore) -> None:
    """Set the solved weights of the word score in a model of `build_proximal`."""
    proximal.get_layer(WORD_SCORE).set_weights([words.kernel, words.bias])
    for name, weights in zip(WORD_UNITS, words.joined, strict=False):  # without units: none
        proximal.get_layer(name).set_weights(list(weights))


def build_beside_words(config: TwoModules, shape: Shape) -> keras.Model:
    """The proximal module without its word score, which is an input: [promoter, frozen score]."""
    promoter = keras.Input((shape.length, 4), name=PROMOTER)
    frozen = keras.Input((shape.outputs,), name=FROZEN_INPUT)
    score = _sequence_score(config, shape, promoter)
    joined = layers.Add(dtype="float32", name="proximal_score")([score, frozen])
    return keras.Model([promoter, frozen], joined, name=PROXIMAL)


def _sequence_score(config: TwoModules, shape: Shape, promoter):
    score = layers.Dense(
        shape.outputs,
        # Beside a word score the convolution starts with nothing to say.
        kernel_initializer="zeros" if config.words else "glorot_uniform",
        dtype="float32",
        name=SEQUENCE_SCORE,
    )
    return score(config.promoter_features(promoter))


def first_convolution(config: TwoModules):
    """The layer whose filters read letters."""
    return layers.Conv1D(config.filters, config.kernel, padding="same", name=FIRST_CONVOLUTION)


def _first_maps(config: TwoModules, promoter):
    convolution = first_convolution(config)
    rectify = layers.Activation("relu", name="first_relu")
    if not config.both_strands and config.first_pool == 1:
        return normalise_and_rectify(config, convolution(promoter), "first")
    # Normalising after the pooling costs first_pool times less, most of a small network.
    pool = layers.AveragePooling1D(config.first_pool, name="first_pool")
    x = pool(rectify(convolution(promoter)))
    if config.both_strands:
        turned = Flip([1, 2], name="other_strand")(promoter)
        other = pool(rectify(convolution(turned)))
        x = layers.Add(name="both_strands")([x, Flip([1], name="turned_back")(other)])
    x = _batch_norm(config, "first")(x) if config.batch_norm else x
    return _dropout(config.conv_dropout, x, "first_dropout")


def _dense_block(config: TwoModules, x, block: int):
    for i in range(config.layers):
        name = f"block_{block + 1}_{i + 1}"
        y = layers.Conv1D(config.growth, config.block_kernel, padding="same", name=name)(x)
        y = normalise_and_rectify(config, y, name)
        x = layers.Concatenate(name=f"{name}_joined")([x, y])
    return x


def normalise_and_rectify(config: TwoModules, x, name: str):
    """Maps, normalised if the network is, rectified, some dropped; of the same shape."""
    if config.batch_norm:
        x = _batch_norm(config, name)(x)
    x = layers.Activation("relu", name=f"{name}_relu")(x)
    return _dropout(config.conv_dropout, x, f"{name}_dropout")


def _batch_norm(config: TwoModules, name: str) -> layers.Layer:  # type: ignore[name-defined]  # Keras loads lazily
    return layers.BatchNormalization(momentum=config.batch_norm_momentum, name=f"{name}_norm")


def _pool(config: TwoModules, name: str) -> layers.Layer:  # type: ignore[name-defined]  # Keras loads lazily
    kind = layers.MaxPooling1D if config.pool_type == "max" else layers.AveragePooling1D
    return kind(config.pool, name=name)


def _summarise(config: TwoModules, x):
    if config.windows:
        positions = x.shape[1]
        if positions < config.windows:
            raise InputError(
                f"{config.windows} windows do not fit in the {positions} positions left after "
                "pooling.",
                where="model",
                fix="Use fewer windows or less pooling.",
            )
        x = layers.AveragePooling1D(positions // config.windows, name="windows")(x)
    return layers.Flatten(name="flatten")(x)


def _dropout(rate: float, x, name: str):
    return layers.Dropout(rate, name=name)(x) if rate else x


def build_distal(
    config: TwoModules, shape: Shape, scaling: Scaling, with_bias: bool
) -> keras.Model:
    """Bins (batch, B) to their score (batch, outputs), in units of the scaled target.

    Two models in one: `bins_front`, which has no weights, and `bins_head`, which is trained.
    with_bias : whether the score has a bias of its own. Beside a frozen sequence score it has
        none: the bias of the joint output layer is the frozen one. Only there can it start at 0.
    """
    bins = keras.Input(shape.of_bins, name=BINS)
    front = bins_front(config, shape, scaling)
    head = bins_head(config, shape, front.output.shape[-1], with_bias)
    return keras.Model(bins, head(front(bins)), name=DISTAL)


def bins_front(config: TwoModules, shape: Shape, scaling: Scaling) -> keras.Model:
    """Bins (batch, B) to scaled features (batch, totals + central bins).

    Of several targets, (batch, B, M), the features of each in turn: (batch, M * totals + M * bins).
    """
    bins = keras.Input(shape.of_bins, name=BINS)
    x = central_bins(config.distance, shape, bins)
    several = shape.targets > 1
    if several:
        x = layers.Permute((2, 1), name="targets_first")(x)
    features = layers.Rescaling(1.0 / scaling.bins_scale, name="bins_scaling")(x)
    features = layers.Flatten(name="bins_of_targets")(features) if several else features
    if config.totals:
        reach = [-(-distance // shape.bin_size) for distance in config.totals]
        totals = LoopTotals(reach, name="loop_totals")(x)
        totals = layers.Rescaling(1.0 / scaling.totals_scale, name="totals_scaling")(totals)
        totals = layers.Flatten(name="totals_of_targets")(totals) if several else totals
        features = layers.Concatenate(name="bins_features")([totals, features])
    return keras.Model(bins, features, name=BINS_FRONT)


def bins_head(config: TwoModules, shape: Shape, features: int, with_bias: bool) -> keras.Model:
    """The trained part of the distal module: features (batch, features) to the score."""
    inputs = keras.Input((features,), name=FEATURES)
    x = inputs
    if config.bins_dropout:
        kept = len(config.totals) * shape.targets
        x = DropoutFrom(config.bins_dropout, kept, name="bins_dropout")(x)
    for i, units in enumerate(config.distal):
        x = layers.Dense(units, activation="relu", name=f"distal_{i + 1}")(x)
        x = _dropout(config.distal_dropout, x, f"distal_dropout_{i + 1}")
    score = layers.Dense(
        shape.outputs,
        use_bias=with_bias,
        kernel_initializer="zeros" if config.zero_start and not with_bias else "glorot_uniform",
        dtype="float32",
        name="hichip_score",
    )(x)
    return keras.Model(inputs, score, name=BINS_HEAD)


def central_bins(distance: int | None, shape: Shape, bins):
    """The bins within `distance` bp of the TSS, on both sides; all where it is None."""
    if distance is None:
        return bins
    kept = 2 * -(-distance // shape.bin_size)
    crop = (shape.bins - kept) // 2
    if crop < 0:
        raise InputError(
            f"The bins reach only {shape.bins * shape.bin_size // 2} bp from the TSS.",
            where="distance",
            expected=f"at most {shape.bins * shape.bin_size // 2} bp",
            found=f"{distance} bp",
        )
    if crop == 0:
        return bins
    if shape.targets > 1:
        return layers.Cropping1D(crop, name="central_bins")(bins)
    x = layers.Reshape((shape.bins, 1), name="bins_column")(bins)
    x = layers.Cropping1D(crop, name="central_bins")(x)
    return layers.Flatten(name="bins_row")(x)


def assemble(
    proximal: keras.Model | None,
    distal: keras.Model | None,
    shape: Shape,
    scaling: Scaling,
    beside_words: bool = False,
) -> keras.Model:
    """One model from raw inputs to the original unit; shares the modules' weights.

    Inputs: the promoter, and what the distal module reads, as far as these modules are given.
    beside_words : as in `TwoModules`; the proximal module's second output is the words' score.
    """
    inputs, scores, read = [], [], None
    if proximal is not None:
        inputs.append(keras.Input((shape.length, 4), name=PROMOTER))
        if beside_words and distal is not None:
            outputs = [proximal.output, proximal.get_layer(WORD_SCORE).output]
            score, read = keras.Model(proximal.input, outputs, name=PROXIMAL)(inputs[-1])
        else:
            score = read = proximal(inputs[-1])
        scores.append(score)
    if distal is not None:
        given = []
        for tensor in distal.inputs:
            if tensor.name != FROZEN_SEQUENCE:  # which trees read beside the loops
                inputs.append(keras.Input(tensor.shape[1:], name=tensor.name))
            given.append(read if tensor.name == FROZEN_SEQUENCE else inputs[-1])
        scores.append(distal(given if len(given) > 1 else given[0]))
    both = len(scores) == 2
    score = layers.Add(dtype="float32", name="joint_score")(scores) if both else scores[0]
    output = in_original_unit(score, shape, scaling)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], output, name="deepexpression")


def in_original_unit(score, shape: Shape, scaling: Scaling):
    """Softmax of the logits, or the standardised score back in log10 expression."""
    if shape.task == "classification":
        return layers.Softmax(dtype="float32", name="probability")(score)
    return layers.Rescaling(
        scaling.target_sd, scaling.target_mean, dtype="float32", name="expression"
    )(score)
