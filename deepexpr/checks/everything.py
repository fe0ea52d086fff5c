"""Every check of a configuration and the files it names, as `deepexpr check` makes them."""

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from deepexpr.checks.blacklisted_maps import warn_of_maps
from deepexpr.checks.genome import configured_problems, read_references, unit_problems
from deepexpr.checks.inputs import load_and_check, run_time_problems
from deepexpr.checks.orthologues import orthologue_problems
from deepexpr.errors import raise_all


def check_everything(
    config: Mapping[str, Any], where: str, debug: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Samples and units of a configuration that has no problem; InputError lists all it has."""
    with only_warnings(debug):
        completed, samples, units = load_and_check(config, where)
        warn_of_maps(completed, samples, units)
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
    return samples, units


@contextlib.contextmanager
def only_warnings(debug: bool = False) -> Iterator[None]:
    """Within it only warnings are told, each once: a file may be read for several checks, and what
    reading it counts is for the jobs' logs."""
    logger, once = logging.getLogger("deepexpr"), _Once()
    before, handlers = logger.level, list(logging.getLogger().handlers)
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)
    for handler in handlers:
        handler.addFilter(once)
    try:
        yield
    finally:
        logger.setLevel(before)
        for handler in handlers:
            handler.removeFilter(once)


class _Once(logging.Filter):
    """Lets each text through once; all handlers see the record that has it first."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, logging.LogRecord] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        return self.told.setdefault(record.getMessage(), record) is record
