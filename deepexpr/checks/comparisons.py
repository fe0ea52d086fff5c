"""Comparisons of loops that the settings ask for and that cannot be made."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from deepexpr.config.entries import sample_entries, sample_pools
from deepexpr.errors import InputError
from deepexpr.hichip.sections import compared_lines


def comparison_problems(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    """Comparisons of loops that cannot be made: of whom there is one sample, or no contacts."""
    entries = samples["sample"].map(sample_entries(units))
    pools = sample_pools(samples, units)
    counted = samples[(samples["assay"] == "hichip") & ~entries.isin(["loops", "bins"])]
    imported = set(samples.loc[entries == "loops", "cell_line"])
    seen: set[frozenset[str]] = set()
    for text in config["loops"]["differential"]:
        lines = compared_lines(text)
        own = {line: counted[counted["cell_line"] == line] for line in lines}
        where = f"configuration, key loops.differential, {text}"
        if frozenset(lines) in seen:
            yield InputError(
                "Two cell lines are compared twice; the other order only turns the sign.",
                where=where,
                fix="Keep one of them.",
            )
        seen.add(frozenset(lines))
        if len(lines) != 2 or len(own) != 2 or any(rows.empty for rows in own.values()):
            yield InputError(
                "Not two cell lines whose loops are called here.",
                where=where,
                expected="FIRST:SECOND, some of " + ", ".join(dict.fromkeys(counted["cell_line"])),
                found="; ".join([text, *_imported(imported & set(lines))]),
                fix="Correct the names.",
            )
        elif several := [line for line in lines if pools[own[line]["sample"].iloc[0]] != line]:
            yield InputError(
                f"Loops of {' and '.join(several)} are called by target, and cannot be compared.",
                where=where,
                fix="Make a cell line of each target, or remove the comparison.",
            )
        elif len(set(pd.concat(own.values())["assembly"])) > 1:
            yield InputError("The two cell lines are of different assemblies.", where=where)
        elif any(len(rows) < 2 for rows in own.values()):
            yield InputError(
                "Loops of cell lines without replicates cannot be compared.",
                where=where,
                expected="two HiChIP samples or more of either",
                found=", ".join(f"{line}: {len(rows)}" for line, rows in own.items()),
                fix="Add replicates, or remove the comparison: how much counts differ between "
                "replicates cannot be known from one.",
            )


def _imported(lines: set[str]) -> list[str]:
    """What is said of cell lines whose loops cannot be compared, as they come as tables."""
    return [
        f"loops of {line} are imported (column loops), without the contacts of its replicates"
        for line in sorted(lines)
    ]
