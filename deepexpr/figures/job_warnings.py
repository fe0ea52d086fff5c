"""Warnings that the jobs of a run left in their logs."""

import re
from collections.abc import Iterable
from pathlib import Path

#: A line of this package's logs; other programs' warnings have other forms.
_WARNING = re.compile(r"^\d\d:\d\d:\d\d WARNING (?P<text>.+)$", re.MULTILINE)


def warnings_in(logs: Iterable[str | Path]) -> dict[str, list[str]]:
    """The files (that are there) of each warning, in the order of the logs; each text once."""
    found: dict[str, list[str]] = {}
    for log in map(Path, logs):
        if log.is_file():
            for match in _WARNING.finditer(log.read_text(errors="replace")):
                files = found.setdefault(match["text"], [])
                if str(log) not in files:
                    files.append(str(log))
    return found


def job_of(log: str | Path) -> str:
    """What a log's file name says of its job: toy.R1.count_reads of logs/expression/*.log."""
    return Path(log).stem
