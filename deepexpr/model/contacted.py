"""Promoter, bins and the sequences of contacted places in one network, trained together.

The first convolution is one layer: its filters read the promoter and every contacted place. What
they find there, with the contact's strength and distance, decides by attention how much of the
contact counts; the counts so weighted are summed, as expression follows summed counts (paper,
figure 2A).
"""

from dataclasses import dataclass

import numpy as np

from deepexpr.errors import InputError
from deepexpr.features.dataset import CONTACTS, ENHANCERS, PROMOTER
from deepexpr.model import network
from deepexpr.model.attention import ATTENTION, CONTACTED
from deepexpr.model.backend import keras
from deepexpr.model.contact_layers import AttendedTotals, ContactNumbers, LogSums, Slots
from deepexpr.model.examples import Examples
from deepexpr.model.fits import Fit, Fits
from deepexpr.model.kmer_start import starting_filters
from deepexpr.model.layers import Flip
from deepexpr.model.network import Scaling, Shape, TwoModules
from deepexpr.model.steps import FoldData, TwoSteps, copy_by_name
from deepexpr.model.training import forward

layers = keras.layers

#: Name of the first step.
TOGETHER = "together"


@dataclass(frozen=True, kw_only=True)
class Contacted(TwoModules):
    """Both modules, and one of contacted places.

    judge : units that judge a contact by its sequence, strength and distance.
    attentions : how many weighted sums of contacts there are.
    """

    judge: int
    attentions: int


def build_contacted(config: Contacted, shape: Shape, convolution, with_bias: bool) -> keras.Model:
    """[Letters (batch, N, W, 4), contacts (batch, N, 2)] to their score (batch, outputs).

    convolution : the network's first one, a layer. with_bias : where no other score has one.
    """
    letters = keras.Input((*shape.others[ENHANCERS], 4), name=ENHANCERS)
    contacts = keras.Input(shape.others[CONTACTS], name=CONTACTS)
    judged = layers.Concatenate(name="contact_features")(
        [_sites(config, convolution, letters), ContactNumbers(name="contact_numbers")(contacts)]
    )
    x = layers.Dense(config.judge, activation="relu", name="contact_judge")(judged)
    x = layers.Dropout(config.dropout, name="contact_dropout")(x) if config.dropout else x
    attention = layers.Dense(
        config.attentions, activation="sigmoid", dtype="float32", name=ATTENTION
    )(x)
    totals = AttendedTotals(config.distance, dtype="float32", name="attended_totals")(
        [attention, contacts]
    )
    score = layers.Dense(
        shape.outputs,
        use_bias=with_bias,
        # From 0 it takes the direction of the summed counts; from a random sign attention may not
        # recover.
        kernel_initializer="zeros",
        dtype="float32",
        name="contacted_score",
    )(totals)
    return keras.Model([letters, contacts], score, name=CONTACTED)


def _sites(config: Contacted, convolution, letters):
    """How much each filter finds in each place, both strands: (batch, N, filters), log(1 + sum)."""
    # Side by side with N between them, so that no window of the convolution sees two places.
    row = Slots(config.kernel - 1, name="places_in_a_row")(letters)
    each = letters.shape[2] + config.kernel - 1
    pool = layers.AveragePooling1D(each, name="sites_of_places")
    rectify = layers.Activation("relu", name="contacted_relu")
    found = pool(rectify(convolution(row)))
    if config.both_strands:
        turned = Flip([1, 2], name="places_other_strand")(row)
        other = Flip([1], name="places_turned_back")(pool(rectify(convolution(turned))))
        found = layers.Add(name="places_both_strands")([found, other])
    return LogSums(each, name="sites")(found)


class Together(TwoSteps):
    """Trains promoter, bins and contacted places in one step, beside the word score.

    The kind "sequence" is that of two modules: there is nothing but the promoter.
    """

    def __init__(self, modules: Contacted, training, shape: Shape, kind: str) -> None:
        super().__init__(modules, training, shape, kind)
        self.contacted = modules

    def check(self) -> None:
        """Raise InputError where the dataset lacks the places, or the network cannot be built."""
        if self.kind != "sequence" and not {ENHANCERS, CONTACTS} <= self.shape.others.keys():
            raise InputError(
                "The dataset does not hold the sequences of contacted places.",
                where="model.variant enhancers",
                expected=f"a dataset with the inputs {ENHANCERS} and {CONTACTS}",
                found=", ".join(self.shape.others) or "no further input",
                fix="Make it by `deepexpr dataset`, with loops (--signal or --target-signal) and "
                "the --genome.",
            )
        super().check()

    @property
    def alone(self) -> bool:
        """The HiChIP score always stands beside that of the contacted places."""
        return False

    def prepare(self, data: FoldData, pretrained: bool = False) -> FoldData:
        """`data` with the word score. Raises InputError for a pre-trained module: its filters know
        promoters alone."""
        if pretrained:
            raise InputError(
                "These filters are trained on promoters and contacted places together.",
                where="--pretrained",
                fix="Leave it out.",
            )
        return super().prepare(data)

    def fits(
        self, data: FoldData, seed: int, label: str, pretrained: keras.Model | None = None
    ) -> Fits:
        """What `train` does, for a trainer to run; nothing is pre-trained."""
        if self.kind == "sequence":
            return (yield from super().fits(data, seed, label))
        trained, history = yield Fit(
            self,
            TOGETHER,
            self._trained,
            self.shape.task,
            self.training,
            (self._read(data, "train"), data.train_targets),
            (self._read(data, "validation"), data.validation_targets),
            seed,
            f"{label} {TOGETHER}",
            self.config.words and self.kind == "full",
            self._first_filters(data, seed) if self.config.kmer_start else None,
        )
        proximal = None
        if self.kind == "full":
            proximal = network.build_proximal(self.config, self.shape)
            copy_by_name(trained.get_layer(network.PROXIMAL), proximal)
            if data.words is not None:
                network.give_words(proximal, data.words.final)  # type: ignore[arg-type]  # nothing is pre-trained
        contacted = self._contacted(None)
        contacted.set_weights(trained.get_layer(CONTACTED).get_weights())
        frozen = (proximal, contacted)
        distal, rows = yield from self.fit_distal(data, frozen, seed, label)
        model = assemble(proximal, contacted, distal, self.shape, data.scaling)
        return model, [(TOGETHER, *row) for row in history] + rows

    def beside_frozen(self, data: FoldData, part: str, frozen, front: keras.Model) -> Examples:
        """What the HiChIP score reads beside the scores of promoter and contacted places."""
        proximal, contacted = frozen
        examples = super().beside_frozen(data, part, proximal, front)
        score = examples.arrays[network.FROZEN_SEQUENCE] + forward(contacted, getattr(data, part))
        return examples.changed(**{network.FROZEN_SEQUENCE: score})

    def _contacted(self, proximal: keras.Model | None) -> keras.Model:
        """The module of contacted places; with the promoter's filters, or with a copy's."""
        if proximal is None:
            convolution = network.first_convolution(self.config)
        else:
            convolution = proximal.get_layer(network.FIRST_CONVOLUTION)
        return build_contacted(self.contacted, self.shape, convolution, self.kind == "hichip")

    def _trained(self) -> keras.Model:
        """The network of the first step, from what `_read` gives to the score."""
        inputs, scores, proximal = [], [], None
        if self.kind == "full":
            made = network.build_beside_words if self.config.words else network.build_proximal
            proximal = made(self.config, self.shape)
            inputs = [keras.Input(t.shape[1:], name=t.name) for t in proximal.inputs]
            scores = [proximal(inputs if len(inputs) > 1 else inputs[0])]
        contacted = self._contacted(proximal)
        places = [keras.Input(t.shape[1:], name=t.name) for t in contacted.inputs]
        scores.append(contacted(places))
        score = layers.Add(dtype="float32", name="score")(scores) if proximal else scores[0]
        return keras.Model([*inputs, *places], score)

    def _read(self, data: FoldData, part: str) -> Examples:
        """What `_trained` reads of the genes of `part`."""
        examples: Examples = getattr(data, part)
        if data.words is None or self.kind != "full":
            return examples
        return examples.changed(**{network.FROZEN_INPUT: getattr(data.words, part)})

    def _first_filters(self, data: FoldData, seed: int):
        """Sets the filters' start: at words of contacted places, and half of them of promoters."""

        def prepare(model: keras.Model) -> None:
            full = self.kind == "full"
            found = model.get_layer(network.PROXIMAL if full else CONTACTED)
            layer = found.get_layer(network.FIRST_CONVOLUTION)
            width, letters, filters = layer.kernel.shape
            told = _places(data)
            own = (filters // 2 if told else filters) if full else 0
            shares = np.diff(np.linspace(0, filters - own, len(told) + 1, dtype=int)).tolist()
            if full:
                told.append((data.train.arrays[PROMOTER], data.train_targets))
                shares.append(own)
            starts = [
                starting_filters(*words, (width, letters, share), seed + number)
                for number, (words, share) in enumerate(zip(told, shares, strict=True))
            ]
            if starts:
                joined = [np.concatenate(both, axis=-1) for both in zip(*starts, strict=True)]
                layer.set_weights(joined)

        return prepare


def _places(data: FoldData) -> list[tuple[np.ndarray, np.ndarray]]:
    """Letters (m, W) of the training genes' contacts, and what words in them may go with, (m,):
    the contact's strength, unless all are alike (loops without counts), and its gene's target."""
    arrays = data.train.arrays
    strength = arrays[CONTACTS][:, :, 0]
    gene, slot = np.nonzero(strength > 0)
    if not len(gene):
        return []
    letters, values = arrays[ENHANCERS][gene, slot], strength[gene, slot]
    by_target = (letters, data.train_targets[gene])
    return [by_target] if np.isclose(values, values[0]).all() else [(letters, values), by_target]


def assemble(
    proximal: keras.Model | None,
    contacted: keras.Model,
    distal: keras.Model,
    shape: Shape,
    scaling: Scaling,
) -> keras.Model:
    """One model from raw inputs to the original unit, as `network.assemble`; trees read the sum of
    both frozen scores."""
    inputs, scores = [], []
    if proximal is not None:
        inputs.append(keras.Input((shape.length, 4), name=PROMOTER))
        scores.append(proximal(inputs[-1]))
    places = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in contacted.inputs]
    scores.append(contacted(places))
    before = scores[0]
    if proximal is not None:
        before = layers.Add(dtype="float32", name="frozen_scores")(scores)
    given, own = [], []
    for tensor in distal.inputs:
        if tensor.name == network.FROZEN_SEQUENCE:
            given.append(before)
            continue
        own.append(keras.Input(tensor.shape[1:], name=tensor.name))
        given.append(own[-1])
    hichip = distal(given if len(given) > 1 else given[0])
    score = layers.Add(dtype="float32", name="joint_score")([before, hichip])
    output = network.in_original_unit(score, shape, scaling)
    return keras.Model([*inputs, *own, *places], output, name="deepexpression")
