"""What genome and annotation, where they are there, say of the size of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deepexpr.checks.genome import genome_sizes, read_references
from deepexpr.errors import raise_all
from deepexpr.files import read_table
from deepexpr.run.targets import Run


@dataclass(frozen=True)
class Known:
    """Sizes by assembly, of those whose files are there.

    genome, transcriptome : million bases; genes : with a TSS, as the settings choose them, or those
    of the table of places where promoters are given.
    """

    genome: Mapping[str, float] = field(default_factory=dict)
    transcriptome: Mapping[str, float] = field(default_factory=dict)
    genes: Mapping[str, int] = field(default_factory=dict)


def known_sizes(run: Run) -> Known:
    """What the files say; InputError where genome and annotation do not fit each other."""
    assemblies = {name: run.config["assemblies"][name] for name in run.assemblies}
    references, problems = read_references(run.config)
    raise_all(problems)
    exons = {name: references[name].annotation.exons for name in references}
    return Known(
        genome={
            name: sum(genome_sizes(about["genome"]).values()) / 1e6
            for name, about in assemblies.items()
            if about["genome"] and Path(about["genome"]).is_file()
        },
        transcriptome={
            name: float((table["end"] - table["start"]).sum()) / 1e6
            for name, table in exons.items()
            if len(table)
        },
        genes={name: len(reference.genes) for name, reference in references.items()}
        | {
            name: len(read_table(about["places"], ["gene"]))
            for name, about in assemblies.items()
            if about["places"] and Path(about["places"]).is_file()
        },
    )
