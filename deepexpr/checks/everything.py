"""Every check of a configuration and the files it names, as `deepexpr check` makes them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from deepexpr.checks.blacklisted_maps import warn_of_maps
from deepexpr.checks.genome import configured_problems, read_references, unit_problems
from deepexpr.checks.inputs import load_and_check, run_time_problems
from deepexpr.checks.orthologues import orthologue_problems
from deepexpr.checks.telling import only_warnings
from deepexpr.errors import raise_all
from deepexpr.model.trainers import warn_of_trainer

log = logging.getLogger(__name__)

#: Genes of an assembly, and of a fold's test set, under which `check` warns.
FEW_GENES, TEST_GENES = 50, 10


def check_everything(
    config: Mapping[str, Any], where: str, debug: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Samples and units of a configuration that has no problem; InputError lists all it has."""
    with only_warnings(debug):
        completed, samples, units = load_and_check(config, where)
        warn_of_maps(completed, samples, units)
        warn_of_trainer(completed["training"])
        references, problems = read_references(completed)
        raise_all(
            [
                *problems,
                *run_time_problems(completed, samples, units),
                *unit_problems(completed, samples, units, references),
                *configured_problems(completed, samples),
                *orthologue_problems(completed, references),
            ]
        )
        for name, reference in references.items():
            _warn_of_few_genes(name, len(reference.genes), completed["evaluation"]["folds"])
    return samples, units


def _warn_of_few_genes(name: str, genes: int, folds: Sequence[int]) -> None:
    """Say so where the genes of an assembly are too few to learn from, or for the largest K."""
    if genes < FEW_GENES:
        log.warning(
            "%s: %d gene%s in all: too few to learn from or to compare models by (a few hundred "
            "are needed)", name, genes, "s" * (genes != 1),
        )  # fmt: skip
    elif max(folds) * TEST_GENES > genes:
        log.warning(
            "%s: with %d genes, K = %d of evaluation.folds leaves fewer than %d test genes in a "
            "fold, and its scores say little: take K up to %d",
            name, genes, max(folds), TEST_GENES, genes // TEST_GENES,
        )  # fmt: skip
