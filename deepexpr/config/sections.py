"""The configuration as a whole: the stages' sections put together."""

from typing import Annotated, Any, Literal

from pydantic import field_serializer

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.downloads.sections import Hosts, PackageSection, PublishedSection
from deepexpr.evaluation.sections import EvaluationSection
from deepexpr.expression.sections import ExpressionSection
from deepexpr.features.sections import EnhancerFeatures
from deepexpr.figures.sections import FigureSection
from deepexpr.hichip.sections import HichipSection, LoopSection
from deepexpr.model.config import DEFAULT_VARIANT
from deepexpr.motifs.cismodule.settings import CismoduleSection
from deepexpr.motifs.sections import (
    EnhancerSection,
    FilterSection,
    InterpretSection,
    PooledSection,
    TomtomSection,
)
from deepexpr.motifs.seqlet_settings import SeqletSection
from deepexpr.reference.sections import AssemblySection, ReferenceSection
from deepexpr.schemas import CLASSIFIERS, REGRESSORS
from deepexpr.settings import Field, Section, Unique
from deepexpr.simulate.sections import SimulateSection
from deepexpr.variants.sections import VariantSection

GeneName = Annotated[str, Field(pattern="^[A-Za-z0-9._-]+$")]
Threads = Annotated[int, Field(ge=1)]


def _only_what_was_set(value: Section) -> dict[str, Any]:
    """A section of overrides in the completed configuration: its verb knows the rest."""
    return value.model_dump(mode="json", exclude_unset=True)


class BaselineSection(Section):
    """Baselines on the same splits."""

    classification: tuple[Literal[CLASSIFIERS], ...] = CLASSIFIERS  # type: ignore[valid-type]  # names from tables
    """Classifiers; ridge and trees are the fair ones (docs/baselines.md)."""
    regression: tuple[Literal[REGRESSORS], ...] = REGRESSORS  # type: ignore[valid-type]  # names from tables
    """Regressors; ridge and trees are the fair ones (docs/baselines.md)."""
    settings: BaselineSettings = BaselineSettings()
    """Overrides of the search grids (docs/baselines.md)."""

    _set = field_serializer("settings")(_only_what_was_set)


class MotifSection(PooledSection, InterpretSection, EnhancerSection, TomtomSection, FilterSection):
    """Motifs of filters and enhancers."""

    enhancer_peaks: str | None = None
    """BED of accessible regions to trim the anchors to."""
    enhancer_motifs: int = Field(24, ge=1)
    """Motifs CisModule looks for."""
    cismodule: CismoduleSection = CismoduleSection()
    """Settings of deepexpr cismodule."""
    mask_repeats: bool = True
    """No enhancer motifs in lower-case letters of the genome, which are repeats where it is
    soft-masked."""
    attribution: SeqletSection = SeqletSection()
    """Settings of deepexpr attribution."""
    attribution_cell_lines: tuple[str, ...] | None = None
    """Cell lines with attribution motifs and interpreted genes; all if null."""
    interpret_genes: Annotated[tuple[GeneName, ...], Unique] = ()
    """Genes whose prediction is explained base by base, in each of attribution_cell_lines."""

    _set = field_serializer("cismodule", "attribution")(_only_what_was_set)


class ResourceSection(Section):
    """Threads of single jobs, and what training runs on. Memory and time are the profile's."""

    kallisto_threads: Threads = 8
    """Threads of kallisto quant."""
    bowtie_threads: Threads = 8
    """Threads of bowtie."""
    training_threads: Threads = 4
    """Threads of a training job."""
    baseline_threads: Threads = 4
    """Threads of a baseline job."""
    container: str | None = None
    """Image made from containers/ (a .sif file or docker://...), for --software-deployment-method
    conda apptainer."""
    scatter_folds: bool = False
    """Train every fold in a job of its own, which a last job gathers: for clusters with many GPUs.
    """
    protect_bundles: bool = False
    """Make trained networks read-only: a run that would train one again stops before it starts."""
    gpu: bool = False
    """Train in envs/tensorflow-gpu.yaml (envs/jax-gpu.yaml with training.trainer: stacked) under
    --use-conda, and stop where no GPU is seen; the GPU itself is asked for in the profile."""


class Config(Section):
    """Every key of config/config.yaml and its overlays. Coordinates are 0-based and half-open."""

    results: str = "results"
    """Folder for everything the pipeline makes."""
    samples: str
    """Sample sheet (TSV); one row per biological sample."""
    units: str
    """Unit sheet (TSV); one row per lane or run of a sample."""
    seed: int = Field(1, ge=0)
    """Seed of the splits and of every random step."""
    strict: bool = False
    """Stop where the data hold too little for a model (one label, too few genes for K folds), for
    loops or for enhancer motifs; else it is left out, the summary says so, and the rest is done."""
    simulate: SimulateSection | None = None
    packages: dict[str, PackageSection] = Field({})
    """Example data taken from Python packages, by package name."""
    published: dict[str, PublishedSection] = Field({})
    """Published values of genes, by cell line: compared with those that the reads give."""
    sources: dict[str, str] = Field({})
    """Where files come from that nothing downloads, by file or folder; told where one lacks."""
    assemblies: dict[str, AssemblySection] = Field(min_length=1)
    """Genome assemblies by the name the sample sheet uses."""
    reference: ReferenceSection = ReferenceSection()
    expression: ExpressionSection = ExpressionSection()
    hichip: HichipSection = HichipSection()
    loops: LoopSection = LoopSection()
    features: EnhancerFeatures = EnhancerFeatures()
    evaluation: EvaluationSection = EvaluationSection()
    model: dict[str, Any] = Field({"variant": DEFAULT_VARIANT})
    """Architecture: a variant (paper, authors_code, tuned, lstm, embedding or enhancers) to start
    from; keys beside it override single hyper-parameters (docs/network.md)."""
    training: dict[str, Any] = Field({})
    """Overrides of the variant's training hyper-parameters (docs/network.md)."""
    baselines: BaselineSection = BaselineSection()
    motifs: MotifSection = MotifSection()
    variants: VariantSection = VariantSection()
    figures: FigureSection = FigureSection()
    resources: ResourceSection = ResourceSection()
    hosts: Hosts = Hosts()
    resolved: str | None = None
    """Table of what the accessions stand for (deepexpr obtain --resolve), from which a run takes
    its downloads where it is there; RESULTS/download/resolved.tsv if null."""
