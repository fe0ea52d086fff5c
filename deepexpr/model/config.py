"""What variants of the network have in common in their settings, and how settings are read.

A variant is a module of ``deepexpr.model.variants`` with a class ``Network`` (the architecture), a
class ``Training`` and ``build``; each class holds exactly the fields that the variant reads.
"""

from typing import Any

from deepexpr.errors import InputError
from deepexpr.model import fields
from deepexpr.plugins import member, members
from deepexpr.settings import Section

#: The package whose modules are the variants.
FAMILY = "deepexpr.model.variants"
#: As in the configuration.
DEFAULT_VARIANT = "paper"


class NetworkSettings(Section):
    """Architecture of a variant, which gives `variant` its own name as the default."""

    WHERE = "model"

    variant: str
    distance: fields.Distance = None

    def of_proximal(self) -> dict[str, Any]:
        """The settings, as JSON types, that a pre-trained proximal module depends on."""
        marked = {
            name
            for name, field in type(self).model_fields.items()
            if field.json_schema_extra == fields.DISTAL
        }
        return {name: value for name, value in self.to_dict().items() if name not in marked}


class TrainingSettings(Section):
    """How a network is trained. The defaults are the paper's; the rate is a choice."""

    WHERE = "training"

    optimizer: fields.Optimizer = "rmsprop"
    learning_rate: fields.Rate = 1e-3
    weight_decay: fields.Decay = 0.0
    batch_size: fields.BatchSize = 4
    epochs: fields.Epochs = 60
    patience: fields.Patience = 5
    plateau_factor: fields.PlateauFactor = 1.0
    plateau_patience: fields.PlateauPatience = 3
    shift: fields.Shift = 0
    members: fields.Members = 1
    precision: fields.Precision = "float32"
    trainer: fields.Trainer = None


class TwoStepTraining(TrainingSettings):
    """Training of the proximal module first, then of the distal module beside it, frozen.

    distal_* are the same settings for the second step, and for the kind hichip.
    """

    standardise: fields.Standardise = False
    distal_learning_rate: fields.Rate = 1e-3
    distal_weight_decay: fields.Decay = 0.0
    distal_batch_size: fields.BatchSize = 4
    distal_epochs: fields.Epochs = 60
    distal_patience: fields.Patience = 5


def variants() -> tuple[str, ...]:
    """Names of the variants there are."""
    return tuple(members(FAMILY))


def find_variant(name: str, where: str = "model.variant") -> Any:
    """The module of a variant; InputError, at `where`, lists those there are."""
    return member(FAMILY, name, where)


def make_configs(
    model: dict[str, Any], training: dict[str, Any]
) -> tuple[NetworkSettings, TrainingSettings]:
    """Settings of the variant `model["variant"]` (default DEFAULT_VARIANT) with these overrides.

    Raises InputError for an unknown variant or key, and for a value of the wrong type or range.
    """
    variant = find_variant(str(model.get("variant", DEFAULT_VARIANT)))
    return variant.Network.of(model, "model"), variant.Training.of(training, "training")


def without_words(motifs: str | None, samples: str | None) -> list[InputError]:
    """What model.motifs and training.samples, where given, need of a network that has no words."""
    beside = {
        "model.motifs": (motifs, "Known motifs are counted beside the words"),
        "training.samples": (samples, "Further samples are targets of the words"),
    }
    return [
        InputError(
            f"{what}, and the network has none.",
            where=key,
            fix=f"Set model.words: true, or leave out {key}.",
        )
        for key, (path, what) in beside.items()
        if path is not None
    ]


def settings_problems(
    model: dict[str, Any], training: dict[str, Any], where: str
) -> list[InputError]:
    """What `make_configs` would refuse of the sections model and training of the file `where`."""
    name = str(model.get("variant", DEFAULT_VARIANT))
    try:
        variant = find_variant(name, f"{where}, key model.variant")
    except InputError as error:
        return [error]
    return [
        *variant.Network.problems(model, where, "model"),
        *variant.Training.problems(training, where, "training"),
    ]
