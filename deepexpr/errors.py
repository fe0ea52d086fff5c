"""The one error a user is meant to see.

Every failure that the user can mend is an :class:`InputError`: it says what was
expected, what was found, where, and what to do. The command line prints it without
a traceback and exits with 1; anything else is a bug and keeps its traceback.
"""

from dataclasses import KW_ONLY, dataclass, replace
from typing import Self


@dataclass(eq=False, repr=False)
class InputError(Exception):
    """Data, a sheet or a setting that cannot be used as it is.

    Parameters
    ----------
    problem : one sentence: what is wrong, with the offending text in it.
    where : file and, if known, the line, row and column, or the config key.
    expected, found : what should stand there and what does.
    fix : what the user can do about it.
    """

    problem: str
    _: KW_ONLY
    where: str | None = None
    expected: str | None = None
    found: str | None = None
    fix: str | None = None

    def __post_init__(self) -> None:
        super().__init__(str(self))

    def at(self, where: str) -> Self:
        """The same problem, at the place that the user knows it by."""
        return replace(self, where=where)

    def or_else(self, fix: str | None) -> Self:
        """The same problem with a further way out, where there is one."""
        further = " ".join(filter(None, (self.fix, fix)))
        return replace(self, fix=further)

    def of(self, path: str, place: str) -> Self:
        """The same problem of the file `path`, with the line it names, which stands at `place`."""
        named = self.where if self.where and self.where.startswith(path) else path
        return self.at(f"{named} ({place})")

    def __str__(self) -> str:
        details = [(name, getattr(self, name)) for name in ("where", "expected", "found", "fix")]
        lines = [f"  {name}: {text}" for name, text in details if text]
        return "\n".join([self.problem, *lines])


class UsageError(InputError):
    """Options of the command line that do not fit each other; the exit code is 2."""


class Unsupported(InputError):
    """Sound data that hold too little for this one thing; a run can leave it out and go on."""


def raise_all(problems: list[InputError]) -> None:
    """Raise one InputError that holds all `problems`, if there are any; equal ones once."""
    problems = list({str(problem): problem for problem in problems}.values())
    if len(problems) == 1:
        raise problems[0]
    if problems:
        listed = "\n\n".join(f"{i}. {problem}" for i, problem in enumerate(problems, 1))
        raise InputError(f"{len(problems)} problems were found.\n\n{listed}")
