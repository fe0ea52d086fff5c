"""Origami's two-component Bayesian mixture: which contacts are loops.

Source: younglab/origami (Weintraub et al. 2017), restated in docs/method.md, 2.5. Each contact
belongs to class 1 (loop) or 0, with Poisson counts whose rate is a group part plus a smooth
function of the distance; the prior odds come from the counts of other contacts at its anchors.
The sampler itself is in :mod:`deepexpr.hichip.sampler`.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from deepexpr.errors import InputError
from deepexpr.hichip.callers.origami import OrigamiSettings
from deepexpr.hichip.convergence import RHAT_LIMIT, STOP_BELOW, convergence
from deepexpr.hichip.modes import in_best_mode
from deepexpr.hichip.sampler import Grouping, log_likelihood, run_iterations
from deepexpr.hichip.smoothing import MIN_DISTINCT

logger = logging.getLogger(__name__)

#: Iterations per call of the compiled sampler; between two of them progress is logged.
CHUNK = 1000
#: Iterations between two looks at a chain's rates.
LOOK_EVERY = 10


@dataclass(frozen=True)
class OrigamiResult:
    """confidence : (s,) float64, mean of z. trace : (chains, iterations run, 2) float64 of
    lambda0, lambda1. in_mode : (chains,) bool, those that are averaged, as they are in the most
    likely mode (:mod:`deepexpr.hichip.modes`). kept : iterations averaged, per chain. rates : (2,)
    mean of their traces after the burn-in. total_rates : (2,) mean PETs of background and loops,
    each with its part of the distance, over the cis contacts. rhat : (3,) of lambda0, lambda1
    (split R-hat) and the largest of the confidences, which is NaN with one chain. reason : why the
    result is trivial, or ""."""

    confidence: np.ndarray
    trace: np.ndarray
    in_mode: np.ndarray
    kept: int
    rates: np.ndarray
    total_rates: np.ndarray
    rhat: np.ndarray
    reason: str


def prior_parameters(
    anchor1: np.ndarray,
    anchor2: np.ndarray,
    count: np.ndarray,
    depth1: np.ndarray,
    depth2: np.ndarray,
    mode: str,
) -> tuple[np.ndarray, np.ndarray]:
    """The Beta parameters alpha, beta of every contact's probability of being a loop.

    Parameters
    ----------
    anchor1, anchor2 : (s,) int64 anchor numbers. count : (s,) int64 PETs, at least 1.
    depth1, depth2 : (s,) reads in the two anchors (mode "chiapet").

    Returns
    -------
    alpha, beta : (s,) float64. "chiapet": 1 + contacts at the two anchors with fewer PETs;
    1 + floor(depth product / its median) + contacts with as many or more (itself twice).
    "hichip": the same over the *distinct* counts of each anchor, without the depth.
    """
    anchors, counts = np.r_[anchor1, anchor2], np.r_[count, count]
    order = np.lexsort((counts, anchors))
    anchor, value = anchors[order], counts[order]
    new_anchor = np.r_[True, anchor[1:] != anchor[:-1]]
    new_value = new_anchor | np.r_[True, value[1:] != value[:-1]]
    step = new_value if mode == "hichip" else np.ones(len(anchor), bool)
    # Rank of each entry among those of its anchor, and of the first entry equal to it.
    rank = np.cumsum(step) - 1
    start = np.maximum.accumulate(np.where(new_anchor, np.arange(len(anchor)), 0))
    equal = np.maximum.accumulate(np.where(new_value, np.arange(len(anchor)), 0))
    below = np.empty(len(anchor), np.int64)
    below[order] = rank[equal] - rank[start]
    size = np.bincount(anchor, weights=step)[anchors].astype(np.int64)
    half = len(count)
    smaller = below[:half] + below[half:]
    larger = size[:half] + size[half:] - smaller
    alpha, beta = 1.0 + smaller, 1.0 + larger
    if mode == "chiapet":
        product = np.asarray(depth1, np.float64) * np.asarray(depth2, np.float64)
        median = np.median(product)
        if not median > 0:
            raise InputError(
                "The median over contacts of the product of the anchors' depths is 0.",
                where="depth",
                expected="reads in the anchors that have contacts",
                fix="Check that depth and contacts come from the same sample, or use mode hichip.",
            )
        beta += np.floor(product / median)
    return alpha, beta


def group_contacts(
    count: np.ndarray,
    distance: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    settings: OrigamiSettings,
) -> Grouping:
    """Group contacts with equal count, distance, alpha and beta; `distance` in bp, -1 for trans."""
    cis = distance >= 0
    x = _log_distances(distance, cis, settings)
    distances, where = np.unique(x, return_inverse=True)
    order = np.lexsort((beta, alpha, cis, count, where))
    keys = np.stack([where, count, cis, alpha, beta])[:, order]
    changed = keys[:, 1:] != keys[:, :-1]
    new_group = np.r_[True, changed.any(axis=0)]
    new_cell = np.r_[True, changed[:3].any(axis=0)]
    inverse = np.empty(len(count), np.int64)
    inverse[order] = np.cumsum(new_group) - 1
    place, counts, is_cis = keys[:3, new_cell].astype(np.int64)
    cell_groups = np.r_[np.flatnonzero(new_cell[new_group]), new_group.sum()]
    size = np.bincount(inverse)
    at_place = np.add.reduceat(size, cell_groups[:-1]) * is_cis
    return Grouping(
        inverse=inverse,
        size=size,
        alpha=keys[3, new_group],
        beta=keys[4, new_group],
        cell_groups=cell_groups,
        cell_count=counts,
        log_factorial=gammaln(counts + 1.0),
        cell_distance=place,
        cell_cis=is_cis.astype(bool),
        distances=distances,
        cis_contacts=np.bincount(place, at_place, len(distances)).astype(np.int64),
    )


def _log_distances(distance: np.ndarray, cis: np.ndarray, settings: OrigamiSettings) -> np.ndarray:
    """log10(bp + 1) of every contact; for trans the place whose distance rate it takes."""
    if not cis.any():
        return np.zeros(len(distance))
    x = np.log10(np.where(cis, distance, 0) + 1.0)
    low, high = x[cis].min(), x[cis].max()
    if len(np.unique(x)) > settings.max_distances:
        step = (high - low) / settings.max_distances
        x = low + np.round((x - low) / step) * step
        logger.info("distances rounded to steps of %.2g decades", step)
    # The original takes exp of what is already a log10 (see OrigamiSettings.trans).
    x[~cis] = low if settings.trans_place == "smallest" else np.exp(low)
    return x


def fit_origami(
    count: np.ndarray,
    distance: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    settings: OrigamiSettings,
    seed: int,
) -> OrigamiResult:
    """Sample the posterior and return every contact's confidence.

    Parameters
    ----------
    count : (s,) int64 PETs, at least 1. distance : (s,) bp between the anchors, -1 for trans.
    alpha, beta : (s,) prior odds, from :func:`prior_parameters`.
    seed : each chain's generator is spawned from it.
    """
    if len(count) == 0:
        return _empty_result(settings)
    grouping = group_contacts(count, distance, alpha, beta, settings)
    reason = _trivial_reason(count, distance)
    logger.info(
        "%d contacts (%d trans) in %d groups at %d distances; %d above %d PETs left out of updates",
        len(count),
        int((distance < 0).sum()),
        len(grouping.size),
        len(grouping.distances),
        int((count > settings.count_cap).sum()),
        settings.count_cap,
    )
    if settings.trans_place == "smallest" and (distance < 0).any():
        logger.warning(
            "trans contacts read the spline at the smallest cis distance; chains may then settle "
            "in different modes, of which the most likely is taken: run several chains"
        )
    chains = [
        _Chain(np.random.default_rng(s), grouping, settings)
        for s in np.random.SeedSequence(seed).spawn(settings.chains)
    ]
    total = settings.burn_in + settings.iterations
    with ThreadPoolExecutor(max(1, settings.threads)) as pool:
        for stop in [*range(CHUNK, total, CHUNK), total]:
            list(pool.map(lambda chain, stop=stop: chain.run_to(stop), chains))
            if stop < total and not settings.stop_when_converged:
                continue
            in_mode = in_best_mode(np.array([chain.fits for chain in chains]))
            kept, used = chains[0].kept, np.flatnonzero(in_mode)
            draws = np.stack([chains[i].draws for i in used])
            trace = np.stack([chain.trace[:stop] for chain in chains])
            after = trace[used, settings.burn_in :]
            rhat = convergence(after, draws, grouping.size, kept)
            if stop < total and (rhat < STOP_BELOW).all():
                logger.info("converged: stopped after %d of %d iterations", stop, total)
                break
    confidence = draws.sum(axis=0) / (grouping.size * float(kept * len(used)))
    result = OrigamiResult(
        confidence=confidence[grouping.inverse],
        trace=trace,
        in_mode=in_mode,
        kept=kept,
        rates=after.mean(axis=(0, 1)),
        total_rates=np.mean([chains[i].total_rates for i in used], axis=0),
        rhat=rhat,
        reason=reason,
    )
    _report(result, settings)
    return result


class _Chain:
    """One chain of the sampler: its state between calls of the compiled loop.

    draws : (g,) loops drawn in each group; trace : (burn_in + iterations, 2), filled as far as
    the chain has run; kept : iterations that count in `draws`. Now and then the chain looks at its
    rates, and one of several at how well they explain the counts.
    """

    def __init__(
        self, rng: np.random.Generator, grouping: Grouping, settings: OrigamiSettings
    ) -> None:
        self._rng, self._grouping, self._settings = rng, grouping, settings
        self._rates = np.array(settings.initial_rates, np.float64)
        self._distance_rates = np.zeros((2, len(grouping.distances)))
        self._at = 0
        self.draws = np.zeros(len(grouping.size), np.int64)
        self.trace = np.empty((settings.burn_in + settings.iterations, 2))
        self.kept = 0
        self._fits: list[float] = []
        self._totals: list[np.ndarray] = []

    def run_to(self, stop: int) -> None:
        """Go on to iteration `stop` (exclusive, counted from 0)."""
        while self._at < stop:
            self._run(min(stop, self._at + LOOK_EVERY))
            if self._at > self._settings.burn_in:
                self._totals.append(self._total_rates())
                if self._settings.chains > 1:
                    self._fits.append(self._fit())
        logger.debug("iteration %d: lambda0 %.4g, lambda1 %.4g", stop, *self._rates)

    @property
    def fits(self) -> np.ndarray:
        """(n,) log likelihoods (nats) since the burn-in, of one of several chains."""
        return np.array(self._fits)

    @property
    def total_rates(self) -> np.ndarray:
        """(2,) mean PETs of background and loops at the cis contacts' distances."""
        return np.mean(self._totals, axis=0)

    def _total_rates(self) -> np.ndarray:
        total = self._rates[:, None] + self._distance_rates
        weight = self._grouping.cis_contacts
        return (total * weight).sum(axis=1) / weight.sum() if weight.any() else np.full(2, np.nan)

    def _fit(self) -> float:
        cap = self._settings.count_cap
        return log_likelihood(cap, self._grouping, self._rates, self._distance_rates)

    def _run(self, stop: int) -> None:
        settings = self._settings
        floor, pseudo = (0.001, 0.0) if settings.mode == "hichip" else (0.1, 1.0)
        plan = (self._at, stop, settings.burn_in, settings.thin, settings.count_cap)
        state = (self._rates, self._distance_rates, self.draws, self.trace)
        self.kept += run_iterations(self._rng, *plan, floor, pseudo, self._grouping, *state)
        self._at = stop


def _trivial_reason(count: np.ndarray, distance: np.ndarray) -> str:
    reasons = []
    if len(count) == 1:
        reasons.append("there is only one contact")
    elif count.min() == count.max():
        reasons.append(f"all contacts have the same count ({count[0]})")
    if (distance < 0).all():
        reasons.append("all contacts are between chromosomes, so none can be a loop")
    elif len(np.unique(distance[distance >= 0])) < MIN_DISTINCT:
        reasons.append("too few distinct distances for a spline: class means are used")
    return "; ".join(reasons)


def _empty_result(settings: OrigamiSettings) -> OrigamiResult:
    reason = "there are no contacts"
    logger.warning("no loops: %s", reason)
    return OrigamiResult(
        confidence=np.zeros(0),
        trace=np.empty((settings.chains, 0, 2)),
        in_mode=np.ones(settings.chains, bool),
        kept=0,
        rates=np.full(2, np.nan),
        total_rates=np.full(2, np.nan),
        rhat=np.full(3, np.nan),
        reason=reason,
    )


def _report(result: OrigamiResult, settings: OrigamiSettings) -> None:
    logger.info("lambda0 %.4g, lambda1 %.4g over %d kept iterations", *result.rates, result.kept)
    if result.reason:
        logger.warning("the loop model has little to learn from: %s", result.reason)
    lower = int((~result.in_mode).sum())
    if lower:
        logger.warning(
            "%d of %d chains settled in a less likely mode and are not averaged",
            lower, len(result.in_mode),
        )  # fmt: skip
    bad = bool((result.rhat > RHAT_LIMIT).any())
    logger.log(
        logging.WARNING if bad else logging.INFO,
        "R-hat over %d chain%s: lambda0 %.4f, lambda1 %.4f, largest of the confidences %s%s",
        used := int(result.in_mode.sum()),
        "s" * (used > 1),
        *result.rhat[:2],
        f"{result.rhat[2]:.4f}" if used > 1 else "unknown with one chain",
        f"; above {RHAT_LIMIT}: run more iterations" if bad else "",
    )
