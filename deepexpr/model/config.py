"""Frozen settings of the network and its training, by variant.

``paper`` is spec §3 as printed, with its gaps filled by the [choice] values; ``authors_code`` is
the authors' published script (spec §7); ``tuned`` is this project's recipe, which learns from
some hundred genes. Any field of a variant may be overridden; an unknown key is an error.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from deepexpr.errors import InputError
from deepexpr.files import reading

OPTIMIZERS = ("rmsprop", "adam", "adamw")
PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the network. The defaults are the paper's (spec §3); lengths in bp unless said.

    filters, kernel : first convolution.
    first_pool : average pooling right after the first convolution; 1 = none.
    blocks, layers, growth, block_kernel : dense blocks, convolutions in each, maps that each
        convolution adds, its width in positions.
    pool, pool_type : non-overlapping pooling between blocks, "max" or "average".
    windows : average the last maps in this many equal windows of the promoter; 0 = keep all
        positions.
    both_strands : the first convolution reads both strands with the same filters, and adds them.
    kmer_start : its filters start at words that explain the training genes (see kmer_start).
    words : beside the convolutions, a linear score of word counts in windows of the promoter, with
        weights in closed form (see deepexpr.model.words).
    profiles : sum the positions (or windows) with this many learnt weightings, shared by all maps;
        0 = every position of every map has its own weights.
    batch_norm, batch_norm_momentum : batch normalisation after every convolution.
    dense : units of the fully connected layers of the proximal module.
    distal : units of the distal module; joint : units after the concatenation (authors_code only).
    dropout, conv_dropout, distal_dropout, bins_dropout : share of values dropped after dense
        layers, after convolutions, after distal layers and of the bins themselves.
    zero_start : the learnt HiChIP score starts at 0, so fine-tuning starts at the sequence score.
    totals : the distal module also reads log2(1 + summed count) within these distances; () = none.
    distance : only bins within this many bp of the TSS are read; None = all.
    """

    variant: str = "paper"
    filters: int = 128
    kernel: int = 8
    first_pool: int = 1
    blocks: int = 3
    layers: int = 4
    growth: int = 12
    block_kernel: int = 4
    pool: int = 4
    pool_type: str = "max"
    windows: int = 0
    both_strands: bool = False
    kmer_start: bool = False
    words: bool = False
    profiles: int = 0
    batch_norm: bool = False
    batch_norm_momentum: float = 0.9
    dense: tuple[int, ...] = (80, 40, 40)
    distal: tuple[int, ...] = (80, 40)
    joint: tuple[int, ...] = ()
    dropout: float = 0.5
    conv_dropout: float = 0.0
    distal_dropout: float = 0.5
    bins_dropout: float = 0.0
    zero_start: bool = False
    totals: tuple[int, ...] = ()
    distance: int | None = None


@dataclass(frozen=True)
class TrainingConfig:
    """How the network is trained. The defaults are the paper's; the rate is a [choice].

    optimizer, learning_rate, weight_decay (adamw only), batch_size, epochs (at most).
    patience : epochs without a better validation loss before stopping; best weights are kept.
    plateau_factor, plateau_patience : the rate is multiplied by the factor after that many
        epochs without a better validation loss; factor 1 = never.
    shift : training promoters are moved by a random -shift..shift bp; what enters is N.
    reverse_complement : half of the training promoters are read on the other strand.
    standardise : targets to mean 0, variance 1, loops to mean square 1, on the training genes.
    members : networks per fold, from different seeds; their predictions are averaged.
    two_steps : pre-train the proximal module, freeze it, learn the HiChIP score.
    distal_* : the same settings for the second step (and for the kind hichip).
    precision : Keras dtype policy of the layers.
    """

    optimizer: str = "rmsprop"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    batch_size: int = 4
    epochs: int = 60
    patience: int = 5
    plateau_factor: float = 1.0
    plateau_patience: int = 3
    shift: int = 0
    reverse_complement: bool = False
    standardise: bool = False
    members: int = 1
    two_steps: bool = True
    distal_learning_rate: float = 1e-3
    distal_weight_decay: float = 0.0
    distal_batch_size: int = 4
    distal_epochs: int = 60
    distal_patience: int = 5
    precision: str = "float32"


_MODEL_VARIANTS: dict[str, dict[str, Any]] = {
    "paper": {},
    "authors_code": {
        "layers": 12, "pool": 2, "pool_type": "average", "batch_norm": True,
        "batch_norm_momentum": 0.99, "dense": (40,), "joint": (80, 40), "conv_dropout": 0.5,
    },
    "tuned": {
        "filters": 32, "kernel": 12, "both_strands": True, "kmer_start": True, "words": True,
        "first_pool": 20,
        "blocks": 1, "layers": 2, "growth": 12, "windows": 5, "pool_type": "average",
        "batch_norm": True, "dense": (32,), "dropout": 0.2, "distal_dropout": 0.0,
        "bins_dropout": 0.8, "zero_start": True, "totals": (25_000, 100_000, 1_000_000),
    },
}  # fmt: skip

_TRAINING_VARIANTS: dict[str, dict[str, Any]] = {
    "paper": {},
    "authors_code": {
        "batch_size": 8, "learning_rate": 1e-5, "epochs": 5000, "patience": 15,
        "two_steps": False,
    },
    "tuned": {
        "optimizer": "adamw", "learning_rate": 3e-3, "weight_decay": 0.01, "batch_size": 32,
        "patience": 10, "plateau_factor": 0.5, "plateau_patience": 4, "shift": 20,
        "standardise": True, "distal_learning_rate": 3e-3, "distal_weight_decay": 0.05,
        "distal_batch_size": 32, "distal_patience": 10,
    },
}  # fmt: skip

#: Fields that the network of the authors' script reads; the others would change nothing.
_AUTHORS_FIELDS = frozenset(
    {"variant", "filters", "kernel", "blocks", "layers", "growth", "block_kernel", "pool",
     "batch_norm_momentum", "dense", "distal", "joint", "dropout", "conv_dropout",
     "distal_dropout", "distance"}
)  # fmt: skip

VARIANTS = tuple(_MODEL_VARIANTS)
DEFAULT_VARIANT = "tuned"

#: Fields of ModelConfig that the pre-trained proximal module does not depend on.
DISTAL_FIELDS = frozenset(
    {"distal", "joint", "distal_dropout", "bins_dropout", "zero_start", "totals", "distance"}
)


def read_options(text: str | None) -> dict[str, Any]:
    """Options given as JSON text, or as the path of a JSON or YAML file; None gives {}."""
    if text is None:
        return {}
    source = text if text.lstrip().startswith("{") else _read_file(text)
    try:
        options = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise InputError(f"Not readable as JSON or YAML: {error}.", where=text) from error
    if not isinstance(options, dict):
        raise InputError(
            "The settings are not a mapping of names to values.",
            where=text,
            expected='for example {"variant": "tuned", "filters": 64}',
        )
    return options


def _read_file(path: str) -> str:
    if not Path(path).is_file():
        raise InputError(
            "The settings are neither JSON text nor a file.",
            where=path,
            expected='for example {"variant": "tuned"}, or a path to a JSON or YAML file',
        )
    with reading(path, "file of settings") as handle:
        return handle.read()


def make_configs(
    model: dict[str, Any], training: dict[str, Any]
) -> tuple[ModelConfig, TrainingConfig]:
    """Configs of the variant `model["variant"]` (default ``tuned``) with the given overrides.

    Raises InputError for an unknown variant or key, and for a value of the wrong type or range.
    """
    variant = model.get("variant", DEFAULT_VARIANT)
    if variant not in VARIANTS:
        raise InputError(
            f"Unknown variant {variant!r}.", where="model", expected=", ".join(VARIANTS)
        )
    base = _MODEL_VARIANTS[variant] | {"variant": variant}
    model_config = _fill(ModelConfig, base | model, "model")
    training_config = _fill(TrainingConfig, _TRAINING_VARIANTS[variant] | training, "training")
    _check_model(model_config)
    _check_training(training_config)
    _check_read(model_config, training_config, _fill(ModelConfig, base, "model"))
    if training_config.two_steps == (variant == "authors_code"):
        raise InputError(
            f"two_steps cannot be {training_config.two_steps} with the variant {variant}.",
            where="training",
            expected="false with authors_code, whose network has no modules to train apart; "
            "true with the others",
        )
    return model_config, training_config


def _check_read(model: ModelConfig, training: TrainingConfig, base: ModelConfig) -> None:
    """Raise InputError for settings that the variant would ignore."""
    names = {field.name for field in dataclasses.fields(ModelConfig)}
    authors = model.variant == "authors_code"
    unread = names - _AUTHORS_FIELDS if authors else {"joint"}
    changed = sorted(name for name in unread if getattr(model, name) != getattr(base, name))
    if authors and training.standardise:
        changed.append("standardise")
    if changed:
        raise InputError(
            f"The variant {model.variant} does not read {', '.join(changed)}.",
            where="model, training",
            fix="Leave it out, or choose another variant.",
        )


def to_dict(config: ModelConfig | TrainingConfig) -> dict[str, Any]:
    """The config as JSON-ready values (tuples become lists)."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def _fill(kind: type, values: dict[str, Any], where: str):
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise InputError(
            f"Unknown key(s) {', '.join(unknown)}.", where=where, expected=", ".join(fields)
        )
    return kind(**{name: _convert(fields[name], value, where) for name, value in values.items()})


def _convert(field: dataclasses.Field, value: Any, where: str) -> Any:
    text = str(field.type)
    if text.startswith("tuple") and isinstance(value, list | tuple):
        if all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in value):
            return tuple(value)
    elif text == "bool":
        if isinstance(value, bool):
            return value
    elif text == "str":
        if isinstance(value, str):
            return value
    elif "None" in text and value is None:
        return None
    elif text.startswith("int") and isinstance(value, int) and not isinstance(value, bool):
        return value
    elif text == "float" and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)  # YAML 1.1 reads 1e-3 as text
        except ValueError:
            pass
    raise InputError(f"{field.name} cannot be {value!r}.", where=where, expected=text)


def _check_model(config: ModelConfig) -> None:
    positive = ("filters", "kernel", "first_pool", "growth", "block_kernel", "pool")
    _require(config, positive, lambda v: v > 0, "1 or more", "model")
    _require(
        config, ("blocks", "layers", "windows", "profiles"), lambda v: v >= 0, "0 or more", "model"
    )
    shares = ("dropout", "conv_dropout", "distal_dropout", "bins_dropout", "batch_norm_momentum")
    _require(config, shares, lambda v: 0 <= v < 1, "at least 0, below 1", "model")
    _require(config, ("pool_type",), lambda v: v in ("max", "average"), "max or average", "model")
    _require(config, ("distance",), lambda v: v is None or v > 0, "1 bp or more", "model")
    if config.variant == "authors_code":
        _require(config, ("distal",), len, "one layer or more", "model")


def _check_training(config: TrainingConfig) -> None:
    positive = (
        "learning_rate", "batch_size", "epochs", "patience", "plateau_patience", "members",
        "distal_learning_rate", "distal_batch_size", "distal_epochs", "distal_patience",
    )  # fmt: skip
    _require(config, positive, lambda v: 0 < v < math.inf, "above 0, and finite", "training")
    decays = ("weight_decay", "distal_weight_decay", "shift")
    _require(config, decays, lambda v: 0 <= v < math.inf, "0 or more, and finite", "training")
    _require(config, ("plateau_factor",), lambda v: 0 < v <= 1, "above 0, at most 1", "training")
    _require(config, ("optimizer",), lambda v: v in OPTIMIZERS, ", ".join(OPTIMIZERS), "training")
    _require(config, ("precision",), lambda v: v in PRECISIONS, ", ".join(PRECISIONS), "training")


def _require(config, names, test, expected: str, where: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not test(value):
            raise InputError(f"{name} cannot be {value!r}.", where=where, expected=expected)
