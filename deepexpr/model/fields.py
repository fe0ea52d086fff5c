"""Fields that several variants have in their settings: type, range and meaning, once.

A variant names those that it reads and gives its defaults. Lengths in bp unless said.
"""

from typing import Annotated, Any, Literal

from pydantic import PositiveInt

from deepexpr.settings import Field

#: Mark of the fields that a pre-trained proximal module does not depend on.
DISTAL = {"module": "distal"}


def _count(description: str, least: int = 1, **options: Any) -> Any:
    return Annotated[int, Field(ge=least, description=description, **options)]


def _share(description: str, **options: Any) -> Any:
    return Annotated[float, Field(ge=0, lt=1, description=description, **options)]


def _switch(description: str, **options: Any) -> Any:
    return Annotated[bool, Field(description=description, **options)]


def _units(description: str, **options: Any) -> Any:
    return Annotated[tuple[PositiveInt, ...], Field(description=description, **options)]


def _rate(description: str) -> Any:
    return Annotated[float, Field(gt=0, description=description)]


Filters = _count("Filters of the first convolution.")
Kernel = _count("Width of the first convolution.")
FirstPool = _count("Average pooling right after the first convolution; 1: none.")
BothStrands = _switch(
    "The first convolution reads both strands with the same filters, and adds them."
)
KmerStart = _switch("Its filters start at words that explain the training genes.")
Words = _switch(
    "Beside the convolutions, a linear score of word counts in windows of the promoter, with "
    "weights in closed form."
)
FineWordsFrom = Annotated[
    PositiveInt | None,
    Field(
        description="From so many training genes on, words are counted in windows that flow into "
        "each other, and with gaps too (deepexpr/features/words.py); null: never."
    ),
]
Motifs = Annotated[
    Annotated[str, Field(min_length=1)] | None,
    Field(
        description="MEME file of known motifs, such as JASPAR's, whose matches in windows are "
        "counted beside the words; null: none."
    ),
]
ConvolutionFrom = Annotated[
    PositiveInt,
    Field(
        description="From so many training genes on the layers beside the word score are trained; "
        "with fewer they stay as they start, and add nothing to it. Of `enhancers` only the kind "
        "sequence, which is the network of `tuned`, heeds it."
    ),
]
TreesFrom = Annotated[
    PositiveInt | None,
    Field(
        description="From so many training genes on, boosted trees in place of the distal layers "
        "predict from the sequence score (below 1,000 genes that of the words alone), "
        "loops summed in windows, and anchors; null: never.",
        json_schema_extra=DISTAL,
    ),
]
Anchors = _switch(
    "The trees read what loops say beyond bins, where the dataset holds it "
    "(deepexpr/features/anchors.py).",
    json_schema_extra=DISTAL,
)
Blocks = _count("Densely connected blocks.", least=0)
Layers = _count("Convolutions in each block.", least=0)
Growth = _count("Maps that each convolution of a block adds.")
BlockKernel = _count("Width of these convolutions in positions.")
Pool = _count("Positions of the pooling between blocks.")
PoolType = Annotated[
    Literal["max", "average"], Field(description="Kind of the pooling between blocks.")
]
Windows = _count(
    "Average the last maps in this many equal windows of the promoter; 0: keep all positions.",
    least=0,
)
BatchNorm = _switch("Batch normalisation after every convolution.")
Momentum = _share("Momentum of the batch normalisation.")
Dense = _units("Units of the fully connected layers of the proximal module.")
Joint = _units("Units of the layers after the concatenation of both modules.")
Dropout = _share("Share of values dropped after dense layers.")
ConvDropout = _share("Share of values dropped after convolutions.")

Distal = _units("Units of the distal module.", json_schema_extra=DISTAL)
DistalDropout = _share("Share of values dropped in the distal module.", json_schema_extra=DISTAL)
BinsDropout = _share("Share of the bins dropped.", json_schema_extra=DISTAL)
ZeroStart = _switch(
    "The learnt HiChIP score starts at 0, so fine-tuning starts at the sequence score.",
    json_schema_extra=DISTAL,
)
Totals = _units(
    "The distal module also reads log2(1 + summed count) within these distances; []: none.",
    json_schema_extra=DISTAL,
)
Distance = Annotated[
    PositiveInt | None,
    Field(
        description="Only bins within this many bp of the TSS are read; null: all.",
        json_schema_extra=DISTAL,
    ),
]

Optimizer = Annotated[Literal["rmsprop", "adam", "adamw"], Field(description="Optimiser.")]
Rate = _rate("Learning rate at the start.")
Decay = Annotated[float, Field(ge=0, description="Weight decay (adamw only).")]
BatchSize = _count("Genes per step.")
Epochs = _count("Epochs at most.")
Patience = _count(
    "Epochs without a better validation loss before stopping; the best weights are kept."
)
PlateauFactor = Annotated[
    float,
    Field(
        gt=0,
        le=1,
        description="The rate is multiplied by this after plateau_patience epochs without a "
        "better validation loss; 1: never.",
    ),
]
PlateauPatience = _count("Epochs without a better validation loss before the rate is lowered.")
Shift = _count("Training promoters move by a random -shift..shift bp; what enters is N.", least=0)
Members = _count("Networks per fold, from different seeds; their predictions are averaged.")
Precision = Annotated[
    Literal["float32", "mixed_float16", "mixed_bfloat16"],
    Field(description="Keras' dtype policy of the layers."),
]
Trainer = Annotated[
    Literal["sequential", "stacked"] | None,
    Field(
        description="sequential: one fold after the other; stacked: all folds at once in one "
        "program, by Keras on JAX; null: stacked where JAX sees a GPU, else sequential."
    ),
]
#: Of a variant whose builder has no `fits`: then the configuration's check refuses stacked.
OneByOne = Annotated[
    Literal["sequential"], Field(description="Folds of this network are trained one by one.")
]
Samples = Annotated[
    str | None,
    Field(
        description="Table (TSV) of gene and log expression in further samples, which are further "
        "targets of the words, for training genes only; null: none."
    ),
]
Standardise = _switch(
    "Targets to mean 0 and variance 1, loops to mean square 1, on the training genes."
)
