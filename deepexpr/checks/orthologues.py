"""A table of orthologues beside the annotations: what it would say when a run matches it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepexpr.checks.genome import Reference
from deepexpr.errors import InputError
from deepexpr.evaluation.orthologues import match_orthologues


def orthologue_problems(
    config: Mapping[str, Any], references: Mapping[str, Reference]
) -> Iterator[InputError]:
    """Why the table of evaluation.cross_species cannot be read, or names no gene of both.

    Warns where it names few. Nothing is said of assemblies whose genes are not known here.
    """
    across = config["evaluation"]["cross_species"]
    if not across or not Path(across["orthologues"]).is_file():
        return
    if not set(across["assemblies"]) <= references.keys():
        return
    genes = [references[name].genes["gene"] for name in across["assemblies"]]
    try:
        match_orthologues(across["orthologues"], across["assemblies"], genes)
    except InputError as error:
        yield error.of(
            across["orthologues"], "configuration, key evaluation.cross_species.orthologues"
        )
