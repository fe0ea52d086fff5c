"""Settings of CisModule, with the paper's symbols and where each default comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from deepexpr.errors import InputError
from deepexpr.setting_types import check_types


@dataclass(frozen=True)
class CismoduleSettings:
    """Hyper-parameters; all lengths in bp.

    motifs : K, number of motifs looked for.
    module_length : l, length of a module (at the start, where it is sampled).
    module_length_step : Metropolis steps of l by up to this many bp; 0 keeps l fixed.
    width : w_k at the start; min_width, max_width : where the width moves stop.
    extent_moves : motifs whose extent (width, place) is proposed to change in each iteration.
    iterations, burn_in : iterations of each chain in all, and those not averaged.
    chains : chains from different starts; the one with the highest mean log posterior is reported.
    background_order : order of the Markov background (0: letters alone, as in the paper).
    letter_prior : pseudocount of each letter of each motif column (product-Dirichlet).
    step_prior : pseudocount of each kind of step inside a module (Dirichlet on q).
    module_prior : (a, b) of the Beta prior on r; b None means one module per 10 module lengths.
    draws : alignments drawn with the final parameters for the site and module probabilities.
    """

    motifs: int = 3
    module_length: int = 150
    module_length_step: int = 0
    width: int = 10
    min_width: int = 6
    max_width: int = 18
    extent_moves: int = 4
    iterations: int = 200
    burn_in: int = 100
    chains: int = 3
    background_order: int = 3
    letter_prior: float = 0.5
    step_prior: float = 1.0
    module_prior: tuple[float, float | None] = (1.0, None)
    draws: int = 200

    def __post_init__(self) -> None:
        check_types(self, "CisModule")
        checks = {
            "motifs >= 1": self.motifs >= 1,
            "2 <= min_width <= width <= max_width": 2
            <= self.min_width
            <= self.width
            <= self.max_width,
            "max_width <= module_length": self.max_width <= self.module_length,
            "0 <= burn_in < iterations": 0 <= self.burn_in < self.iterations,
            "extent_moves >= 0": self.extent_moves >= 0,
            "chains >= 1": self.chains >= 1,
            "0 <= background_order <= 5": 0 <= self.background_order <= 5,
            "letter_prior > 0": self.letter_prior > 0,
            "step_prior > 0": self.step_prior > 0,
            "module_prior: two numbers > 0, or one and null": _is_beta_prior(self.module_prior),
            "draws >= 1": self.draws >= 1,
            "module_length_step >= 0": self.module_length_step >= 0,
        }
        broken = [rule for rule, holds in checks.items() if not holds]
        if broken:
            raise InputError("The settings of CisModule do not fit.", expected="; ".join(broken))

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> CismoduleSettings:
        """Settings from a config section; InputError names unknown keys."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise InputError(
                f"CisModule has no setting {', '.join(unknown)}.",
                expected=", ".join(sorted(known)),
            )
        values = dict(values)
        if isinstance(values.get("module_prior"), list):
            values["module_prior"] = tuple(values["module_prior"])
        return cls(**values)

    @property
    def beta_prior(self) -> tuple[float, float]:
        """(a, b) of the Beta prior on r."""
        a, b = self.module_prior
        return a, 10.0 * self.module_length * a if b is None else b


def _is_beta_prior(values: object) -> bool:
    if not isinstance(values, tuple) or len(values) != 2 or values[0] is None:
        return False
    return all(p is None or (type(p) in (int, float) and p > 0) for p in values)
