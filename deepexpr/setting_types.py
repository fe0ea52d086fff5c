"""Types of the settings a user writes, checked where a settings class is made."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from deepexpr.errors import InputError


def check_types(settings: Any, what: str) -> None:
    """Raise InputError where a field of a dataclass is not of the type that it is declared with.

    Looks at int, float and tuple[int, ...] (lists too); fields of other types are passed over.
    what : whose settings these are, for the message.
    """
    kinds = {
        "int": ("a whole number", _whole),
        "float": ("a number", _number),
        "tuple[int, ...]": ("a list of whole numbers", _wholes),
    }
    for field in dataclasses.fields(settings):
        expected, fine = kinds.get(field.type, ("", None))
        value = getattr(settings, field.name)
        if fine and not fine(value):
            raise InputError(
                f"A setting of {what} has a wrong type: {field.name}.",
                expected=expected,
                found=repr(value),
            )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return _whole(value) or (isinstance(value, float) and math.isfinite(value))


def _wholes(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_whole, value))
