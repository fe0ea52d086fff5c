"""Modules found by where they lie: whoever adds a variant, a caller or a figure adds one file.

A family is a package of deepexpr whose modules all do the same job, such as
``deepexpr.model.variants``. Other installed packages add members to it by an entry point in the
group of the family's name; in their ``pyproject.toml``::

    [project.entry-points."deepexpr.model.variants"]
    attention = "somewhere.attention"
"""

import importlib
import importlib.metadata
import pkgutil
from functools import cache
from types import ModuleType

from deepexpr.errors import InputError


@cache
def members(family: str) -> dict[str, str]:
    """Import path of each module of `family` by its name, in alphabetical order.

    Nothing is imported but the family itself; modules whose names begin with _ are no members.
    Raises InputError where two have one name.
    """
    path = importlib.import_module(family).__path__
    found = {m.name: f"{family}.{m.name}" for m in pkgutil.iter_modules(path) if m.name[0] != "_"}
    for entry in importlib.metadata.entry_points(group=family):
        if found.get(entry.name, entry.value) != entry.value:
            raise InputError(
                f"Two modules of {family} are called {entry.name}.",
                found=f"{found[entry.name]} and {entry.value}",
                fix="Rename one of them, or remove the package that brings it.",
            )
        found[entry.name] = entry.value
    return dict(sorted(found.items()))


def member(family: str, name: str, where: str = "") -> ModuleType:
    """The module `name` of `family`; InputError, at `where`, lists the names there are."""
    known = members(family)
    if name not in known:
        raise InputError(
            f"Unknown {family.rpartition('.')[2].removesuffix('s')} {name!r}.",
            where=where,
            expected=", ".join(known),
        )
    return importlib.import_module(known[name])
