"""One chain of CisModule's Gibbs sampler.

An iteration: (1) draw Θ, q and r from their conjugate posteriors given the alignment;
(2) sum over all alignments and draw one; (3) propose to change the extent of one motif (a
column more or fewer at an end, or a shift) or the module length, and accept by Metropolis
and Hastings with the alignment summed out, so that a wider motif may push sites away.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import gammaln

from deepexpr.motifs.cismodule import forward
from deepexpr.motifs.cismodule.sequences import SequenceSet
from deepexpr.motifs.cismodule.settings import CismoduleSettings

#: (columns added on the left, on the right): widths ±1 and shifts, each with its reverse.
EXTENT_MOVES = (
    (1, 0), (-1, 0), (0, 1), (0, -1), (1, -1), (-1, 1), (2, -2), (-2, 2), (3, -3), (-3, 3),
)  # fmt: skip


@dataclass(frozen=True)
class Parameters:
    """thetas: K matrices (w_k, 4). q: (K + 1,) with q0 first. r, length: of modules.

    left : (K,) columns added on the left since the start; a motif's place, told from its width.
    """

    thetas: tuple[np.ndarray, ...]
    q: np.ndarray
    r: float
    length: int
    left: tuple[int, ...]

    @property
    def widths(self) -> np.ndarray:
        return np.array([len(theta) for theta in self.thetas], dtype=np.int64)


@dataclass
class Sums:
    """The sums of one parameter set, enough to draw alignments: see forward.py."""

    parameters: Parameters
    padded: list[np.ndarray]
    ratios: np.ndarray
    log_g: np.ndarray
    log_h: np.ndarray
    log_likelihood: float


@dataclass
class Chain:
    """What a chain leaves: one entry per iteration, and the parameters of each."""

    log_posterior: list[float] = field(default_factory=list)
    modules: list[int] = field(default_factory=list)
    sites: list[int] = field(default_factory=list)
    parameters: list[Parameters] = field(default_factory=list)


def compute_sums(
    data: SequenceSet,
    parameters: Parameters,
    before: Sums | None = None,
    changed: int | None = None,
) -> Sums:
    """Forward sums; with `before`, only motif `changed`'s site ratios are made again (None: all)."""
    padded = [np.hstack([theta, np.zeros((len(theta), 1))]) for theta in parameters.thetas]
    widths = parameters.widths
    if before is None:
        ratios = np.empty((len(widths), len(data.codes)))
        stale = range(len(widths))
    else:
        ratios = before.ratios.copy()
        stale = range(len(widths)) if changed is None else [changed]
    for k in stale:
        forward.fill_site_ratios(
            data.codes, data.inverse_background, padded[k], widths[k], ratios[k]
        )
    log_g, log_h = np.empty(len(data.codes)), np.empty(len(data.codes))
    forward.fill_module_sums(
        ratios, widths, parameters.q, data.starts, data.ends, parameters.length, log_g
    )
    total = forward.fill_outside_sums(
        log_g, data.starts, data.ends, parameters.length, parameters.r, log_h
    )
    return Sums(parameters, padded, ratios, log_g, log_h, total)


def draw_alignment(
    data: SequenceSet, sums: Sums, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(sites (n, 3): last letter, motif, strand; module starts (m,)), positions in data.codes."""
    widths = sums.parameters.widths
    thetas = np.zeros((len(widths), widths.max(), 5))
    for k, padded in enumerate(sums.padded):
        thetas[k, : len(padded)] = padded
    return forward.draw_alignment(
        rng, data.codes, data.inverse_background, data.starts, data.ends, sums.ratios, thetas,
        widths, sums.parameters.q, sums.parameters.r, sums.parameters.length, sums.log_g, sums.log_h,
    )  # fmt: skip


def run_chain(
    data: SequenceSet,
    seeds: list[np.ndarray],
    settings: CismoduleSettings,
    rng: np.random.Generator,
) -> Chain:
    """Run one chain from the given matrices, each (width, 4)."""
    sums = compute_sums(data, start(data, seeds, settings))
    alignment = draw_alignment(data, sums, rng)
    chain = Chain()
    for _ in range(settings.iterations):
        updated = update_parameters(data, sums.parameters, alignment, settings, rng)
        sums = compute_sums(data, updated)
        alignment = draw_alignment(data, sums, rng)
        sums, alignment = propose_extent(data, sums, alignment, settings, rng)
        if settings.module_length_step:
            sums, alignment = propose_length(data, sums, alignment, settings, rng)
        chain.log_posterior.append(log_posterior(sums, settings))
        chain.modules.append(len(alignment[1]))
        chain.sites.append(len(alignment[0]))
        chain.parameters.append(sums.parameters)
    return chain


def start(data: SequenceSet, seeds: list[np.ndarray], settings: CismoduleSettings) -> Parameters:
    """One module per sequence and three sites of each motif per module, at first."""
    share = min(3.0 / settings.module_length, 0.5 / len(seeds))
    q = np.array([1.0 - share * len(seeds), *[share] * len(seeds)])
    r = len(data) / data.letters
    return Parameters(tuple(seeds), q, r, settings.module_length, (0,) * len(seeds))


def update_parameters(
    data: SequenceSet,
    parameters: Parameters,
    alignment: tuple[np.ndarray, np.ndarray],
    settings: CismoduleSettings,
    rng: np.random.Generator,
) -> Parameters:
    """Θ, q and r drawn from their posteriors given the alignment."""
    sites, modules = alignment
    thetas = []
    for k, width in enumerate(parameters.widths):
        counts = letter_counts(data, sites[sites[:, 1] == k], width, 0, width)
        thetas.append(_dirichlet_rows(counts + settings.letter_prior, rng))
    steps = np.bincount(sites[:, 1], minlength=len(thetas)).astype(float)
    inside = len(modules) * parameters.length - float(steps @ parameters.widths)
    q = rng.dirichlet(np.concatenate([[inside], steps]) + settings.step_prior)
    q = np.maximum(q, 1e-12)
    a, b = settings.beta_prior
    outside = data.letters - len(modules) * parameters.length
    r = float(np.clip(rng.beta(a + len(modules), b + outside), 1e-12, 1.0 - 1e-12))
    return replace(parameters, thetas=tuple(thetas), q=q / q.sum(), r=r)


def letter_counts(
    data: SequenceSet, sites: np.ndarray, width: int, first: int, last: int
) -> np.ndarray:
    """(last - first, 4) letters in columns first..last-1 of the sites, in the motif's orientation.

    Columns below 0 or from `width` on lie beside the sites; Ns and padding count for nothing.
    """
    end, strand = sites[:, 0], sites[:, 2]
    begin = end - width + 1
    counts = np.empty((last - first, 4))
    for column in range(first, last):
        letters = data.codes[np.where(strand == 0, begin + column, end - column)].astype(np.int64)
        oriented = np.where((strand == 1) & (letters < 4), 3 - letters, letters)
        counts[column - first] = np.bincount(oriented, minlength=5)[:4]
    return counts


def propose_extent(data, sums, alignment, settings, rng):
    """Metropolis-Hastings on the extent of one motif; returns the (sums, alignment) kept.

    Added columns are drawn from the letters beside the present sites; the reverse move's
    density needs the proposed alignment, which is drawn before the decision.
    """
    k = int(rng.integers(len(sums.parameters.thetas)))
    left, right = EXTENT_MOVES[rng.integers(len(EXTENT_MOVES))]
    theta = sums.parameters.thetas[k]
    width = len(theta) + left + right
    if not settings.min_width <= width <= settings.max_width:
        return sums, alignment
    sites = alignment[0][alignment[0][:, 1] == k]
    log_ratio = 0.0
    kept = theta[max(0, -left) : len(theta) - max(0, -right)]
    parts = [kept]
    for side, number in (("left", left), ("right", right)):
        if number > 0:
            first = -number if side == "left" else len(theta)
            counts = letter_counts(data, sites, len(theta), first, first + number)
            columns = _dirichlet_rows(counts + settings.letter_prior, rng)
            log_ratio += _prior(columns, settings) - _log_dirichlet(columns, counts, settings)
            parts = [columns, *parts] if side == "left" else [*parts, columns]
    proposed = replace(
        sums.parameters,
        thetas=_replaced(sums.parameters.thetas, k, np.vstack(parts)),
        left=_replaced(sums.parameters.left, k, sums.parameters.left[k] + left),
    )
    new_sums = compute_sums(data, proposed, sums, k)
    new_alignment = draw_alignment(data, new_sums, rng)
    new_sites = new_alignment[0][new_alignment[0][:, 1] == k]
    for side, number in (("left", -left), ("right", -right)):
        if number > 0:
            columns = theta[:number] if side == "left" else theta[-number:]
            first = -number if side == "left" else width
            counts = letter_counts(data, new_sites, width, first, first + number)
            log_ratio += _log_dirichlet(columns, counts, settings) - _prior(columns, settings)
    log_ratio += new_sums.log_likelihood - sums.log_likelihood
    if math.log(max(rng.random(), 1e-300)) < log_ratio:
        return new_sums, new_alignment
    return sums, alignment


def propose_length(data, sums, alignment, settings, rng):
    """Metropolis step on the module length, uniform prior up to the shortest sequence."""
    step = int(rng.integers(1, settings.module_length_step + 1)) * int(rng.choice((-1, 1)))
    length = sums.parameters.length + step
    shortest = int((data.ends - data.starts).min())
    if not settings.max_width <= length <= shortest:
        return sums, alignment
    new_sums = compute_sums(data, replace(sums.parameters, length=length), sums, 0)
    if math.log(max(rng.random(), 1e-300)) < new_sums.log_likelihood - sums.log_likelihood:
        return new_sums, draw_alignment(data, new_sums, rng)
    return sums, alignment


def log_posterior(sums: Sums, settings: CismoduleSettings) -> float:
    """Log likelihood (alignment summed out, against the background alone) plus the log priors.

    Uniform priors on widths and module length are left out.
    """
    parameters = sums.parameters
    a, b = settings.beta_prior
    total = sums.log_likelihood + sum(_prior(theta, settings) for theta in parameters.thetas)
    alpha = np.full(len(parameters.q), settings.step_prior)
    total += gammaln(alpha.sum()) - gammaln(alpha).sum()
    total += ((alpha - 1.0) * np.log(parameters.q)).sum()
    total += gammaln(a + b) - gammaln(a) - gammaln(b)
    total += (a - 1.0) * math.log(parameters.r) + (b - 1.0) * math.log1p(-parameters.r)
    return float(total)


def _prior(columns: np.ndarray, settings: CismoduleSettings) -> float:
    return _log_dirichlet(columns, np.zeros_like(columns), settings)


def _log_dirichlet(columns, counts, settings) -> float:
    """Log density of the rows of `columns` under Dirichlet(counts + letter_prior), summed."""
    alpha = counts + settings.letter_prior
    densities = gammaln(alpha.sum(axis=1)) - gammaln(alpha).sum(axis=1)
    return float((densities + ((alpha - 1.0) * np.log(columns)).sum(axis=1)).sum())


def _dirichlet_rows(alpha: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One draw per row, kept off zero so that logarithms stay finite."""
    draws = np.maximum(rng.standard_gamma(alpha), 1e-12)
    return draws / draws.sum(axis=1, keepdims=True)


def _replaced(values: tuple, index: int, value) -> tuple:
    return (*values[:index], value, *values[index + 1 :])
