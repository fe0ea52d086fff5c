"""Loop callers: each is one module of this package, or of another by an entry point.

`loops.caller` of the configuration names the module (:mod:`deepexpr.plugins`), which holds what
:class:`LoopCaller` lists. Whatever the caller, a contact is a loop above `loops.confidence`,
between two anchors of one chromosome that do not touch (:mod:`deepexpr.hichip.loops`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from deepexpr import plugins
from deepexpr.errors import InputError
from deepexpr.settings import Section


@dataclass(frozen=True)
class Calls:
    """confidence : (s,) float64 in [0, 1], that each contact is a loop. quality : metrics of the
    caller's own for the table of quality, by name. reason : why there is nothing to learn from,
    or "". columns : further columns of the table of contacts, (s,) each, by name."""

    confidence: np.ndarray
    quality: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    columns: dict[str, np.ndarray] = field(default_factory=dict)


class LoopCaller(Protocol):
    """What a caller's module holds."""

    #: The caller's rows of deepexpr/run/rates.tsv, several with blanks between them; a name without
    #: rows is not counted.
    RATE: str
    #: Its settings: fields that are keys of `loops` take their values from there, all others
    #: from `loops.caller_settings`; `threads`, where it is a field, from the rule.
    SETTINGS: type[Section]

    def threads(self, settings: Mapping[str, Any]) -> int:
        """Cores that a call with these settings of the section `loops` can use."""

    def methods(self, settings: Mapping[str, Any]) -> str:
        """How loops were called, for a paper, behind "Loops were called with"."""

    def call(
        self, contacts: pd.DataFrame, depth: pd.DataFrame, settings: Section, seed: int
    ) -> Calls:
        """Judge contacts (schemas.CONTACTS) by counts and by their anchors' depth (schemas.DEPTH).

        Rows of the confidence are those of the contacts; the same seed gives the same bytes.
        """


def find_caller(name: str) -> LoopCaller:
    """The caller's module; InputError lists those there are."""
    return plugins.member(__name__, name, "loops.caller")


def caller_settings(section: Mapping[str, Any], **more: Any) -> Section:
    """Settings of the caller that the section `loops` names; `more` where it has such fields."""
    settings = find_caller(section["caller"]).SETTINGS
    own = dict(section["caller_settings"])
    shared = {name for name in settings.model_fields if name in section}
    if shared & set(own):
        raise InputError(
            f"{', '.join(sorted(shared & set(own)))}: a key of loops itself.",
            where="loops.caller_settings",
            fix="Move it one level up, under loops.",
        )
    values = {name: section[name] for name in shared}
    values |= {name: value for name, value in more.items() if name in settings.model_fields}
    return settings.of(values | own, "loops.caller_settings")
