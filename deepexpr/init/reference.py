"""What genome and annotation say of an assembly: its name, aliases, biotypes, number of genes."""

import itertools
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deepexpr.checks.genome import genome_sizes, read_references
from deepexpr.checks.inputs import name_problems
from deepexpr.config.settings import complete_config
from deepexpr.errors import InputError
from deepexpr.files import require_file
from deepexpr.init.names import clean
from deepexpr.reference.aliases import AUTO, Aliases, bare_name
from deepexpr.reference.annotation import annotation_names
from deepexpr.reference.builds import fitting_builds
from deepexpr.reference.sections import PROTEIN_CODING

#: Genes from which ten folds leave enough in each; below, five, and two where there are few.
MANY, FEW = 1000, 50


@dataclass(frozen=True)
class Assembly:
    """One assembly of the configuration. known : its name is that of a build, by its lengths.

    aliases, biotypes : other than the defaults where the annotation needs it. genes : with a TSS.
    """

    name: str
    genome: str
    annotation: str
    known: bool
    aliases: str | None
    biotypes: str
    genes: int

    @property
    def folds(self) -> int:
        """K that the number of genes allows."""
        return 10 if self.genes >= MANY else 5 if self.genes >= FEW else 2


def look_at_reference(genome: str, annotation: str, name: str | None = None) -> Assembly:
    """The assembly of a genome and an annotation, called `name` if given.

    Other names of chromosomes (chr1 and 1) and annotations without biotypes are tried in turn, the
    names first where the two spell any of theirs apart: half of a genome may be named alike.
    Raises the InputError of the first try where none goes.
    """
    require_file(genome, "genome")
    require_file(annotation, "annotation")
    sizes = genome_sizes(genome)
    builds = fitting_builds(sizes)
    if any(size.startswith("chr") for size in sizes):
        builds.sort(key=lambda build: not build.islower())  # UCSC's hg38 before GRCh38
    stem = Path(genome).name.removesuffix(".gz").rpartition(".")[0] or Path(genome).name
    chosen = name or (builds[0] if builds else clean(stem))
    first: InputError | None = None
    spellings = (AUTO, None) if _spelt_apart(annotation, sizes) else (None, AUTO)
    for biotypes, aliases in itertools.product((PROTEIN_CODING, "any"), spellings):
        try:
            genes = _number_of_genes(chosen, genome, annotation, aliases, biotypes)
        except InputError as error:
            first = first or error
        else:
            known = chosen in builds
            return Assembly(chosen, genome, annotation, known, aliases, biotypes, genes)
    raise first or AssertionError("no try was made")


def _spelt_apart(annotation: str, sizes: Iterable[str]) -> bool:
    """Whether the annotation names any of the genome's chromosomes with or without chr."""
    known = Aliases(sizes, bare_name)
    return any(known[name] != name for name in annotation_names(annotation))


def _number_of_genes(name, genome, annotation, aliases, biotypes) -> int:
    """Genes with a TSS under these settings; InputError where there are none."""
    config = complete_config(
        {
            "samples": "-",
            "units": "-",
            "assemblies": {name: {"genome": genome, "annotation": annotation, "aliases": aliases}},
            "reference": {"biotypes": [biotypes]},
        }
    )
    logger = logging.getLogger("deepexpr")
    before = logger.level
    logger.setLevel(logging.ERROR)  # tries that fail are not told
    try:
        problems = name_problems(config)
        references, more = ({}, []) if problems else read_references(config)
    finally:
        logger.setLevel(before)
    for problem in [*problems, *more]:
        raise problem
    return len(references[name].genes)
