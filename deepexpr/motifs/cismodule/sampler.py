"""One chain of CisModule's Gibbs sampler.

An iteration: (1) draw Θ, q and r from their conjugate posteriors given the alignment;
(2) sum over all alignments and draw one; (3) propose to change the extent of some motifs (a
column more or fewer at an end, or a shift) or the module length, and accept by Metropolis
and Hastings with the alignment summed out, so that a wider motif may push sites away.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import gammaln

from deepexpr.motifs.cismodule import forward, seeds
from deepexpr.motifs.cismodule.sequences import SequenceSet
from deepexpr.motifs.cismodule.settings import CismoduleSettings

#: (columns added on the left, on the right): widths ±1, ±2 and shifts, each with its reverse.
EXTENT_MOVES = (
    (1, 0), (-1, 0), (0, 1), (0, -1), (2, 0), (-2, 0), (0, 2), (0, -2),
    (1, -1), (-1, 1), (2, -2), (-2, 2), (3, -3), (-3, 3),
)  # fmt: skip

#: In the burn-in, motifs without support start again after so many iterations.
_RESTART_EVERY = 10
#: A probability kept off zero, so that logarithms stay finite.
_TINY = 1e-12


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


@dataclass(frozen=True)
class Sums:
    """The sums of one parameter set, enough to draw alignments: see forward.py.

    tables : of each motif, from `word_tables`. ratios : (total,) of each. places, motifs, weights :
    where sites may end. probability : (total,) of a module ending at a letter.
    log_likelihood : with the alignment summed out, against the background alone.
    """

    parameters: Parameters
    tables: tuple[np.ndarray, ...]
    ratios: tuple[np.ndarray, ...]
    places: np.ndarray
    motifs: np.ndarray
    weights: np.ndarray
    probability: np.ndarray
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
    negligible: float = forward.NEGLIGIBLE,
) -> Sums:
    """Forward sums of all sequences (exact where `negligible` is 0).

    before, changed : sums of parameters that differ in the matrix of motif `changed` only
    (None: in no matrix), so that the other site ratios need not be made again.
    """
    widths = parameters.widths
    stale = list(range(len(widths)) if before is None else [] if changed is None else [changed])
    tables: list = list(before.tables if before else [None] * len(widths))
    ratios: list = list(before.ratios if before else [None] * len(widths))
    for k in stale:
        tables[k] = forward.word_tables(parameters.thetas[k])
        ratios[k] = np.empty(len(data.codes))
        forward.fill_site_ratios(data.words, data.log_background, tables[k], widths[k], ratios[k])
    factors = parameters.q[1:] / parameters.q[0] ** widths
    places, motifs, weights, passed_over = forward.site_places(ratios, factors, negligible)
    log_g, probability, h, scale = np.empty((4, len(data.codes)))
    forward.fill_module_sums(
        places, motifs, weights, passed_over, widths, parameters.q[0], data.starts, data.ends,
        parameters.length, log_g,
    )  # fmt: skip
    total = forward.fill_module_probabilities(
        log_g, data.starts, data.ends, parameters.length, parameters.r, h, scale, probability
    )
    return Sums(
        parameters, tuple(tables), tuple(ratios), places, motifs, weights, probability, total
    )


def draw_alignment(
    data: SequenceSet, sums: Sums, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(sites (n, 3): last letter, motif, strand 0/1; module starts (m,)), places in data.codes."""
    parameters = sums.parameters
    sites = np.empty((len(data.codes) // parameters.widths.min() + 1, 3), dtype=np.int64)
    modules = np.empty(len(data.codes) // parameters.length + 1, dtype=np.int64)
    n_sites, n_modules = forward.draw_alignment(
        rng, sums.places, sums.motifs, sums.weights, parameters.widths, data.starts, data.ends,
        parameters.length, sums.probability, sites, modules,
    )  # fmt: skip
    sites, modules = sites[:n_sites], modules[:n_modules].copy()
    for k, width in enumerate(parameters.widths):
        mine = np.flatnonzero(sites[:, 1] == k)
        share = forward.forward_shares(data.words, sums.tables[k], width, sites[mine, 0])
        sites[mine, 2] = rng.random(len(mine)) >= share
    return sites.copy(), modules


def run_chain(
    data: SequenceSet,
    matrices: list[np.ndarray],
    settings: CismoduleSettings,
    rng: np.random.Generator,
) -> Chain:
    """Run one chain from the given matrices, each (width, 4)."""
    sums = compute_sums(data, start(data, matrices, settings))
    alignment = draw_alignment(data, sums, rng)
    chain = Chain()
    for iteration in range(settings.iterations):
        updated = update_parameters(data, sums.parameters, alignment, settings, rng)
        sums = compute_sums(data, updated)
        alignment = draw_alignment(data, sums, rng)
        moved = min(settings.extent_moves, len(matrices))
        for k in rng.choice(len(matrices), size=moved, replace=False).tolist():
            sums, alignment = propose_extent(data, sums, alignment, k, settings, rng)
        if settings.module_length_step:
            sums, alignment = propose_length(data, sums, alignment, settings, rng)
        if iteration < settings.burn_in - _RESTART_EVERY and iteration % _RESTART_EVERY == 5:
            sums, alignment = restart_idle_motifs(data, sums, alignment, settings, rng)
        chain.log_posterior.append(log_posterior(sums, settings))
        chain.modules.append(len(alignment[1]))
        chain.sites.append(len(alignment[0]))
        chain.parameters.append(sums.parameters)
    return chain


def start(data: SequenceSet, matrices: list[np.ndarray], settings: CismoduleSettings) -> Parameters:
    """One module per sequence and three sites of each motif per module, at first."""
    share = min(3.0 / settings.module_length, 0.5 / len(matrices))
    q = np.array([1.0 - share * len(matrices), *[share] * len(matrices)])
    r = len(data) / data.letters
    return Parameters(tuple(matrices), q, r, settings.module_length, (0,) * len(matrices))


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
    q = np.maximum(q, _TINY)
    a, b = settings.beta_prior
    outside = data.letters - len(modules) * parameters.length
    r = float(np.clip(rng.beta(a + len(modules), b + outside), _TINY, 1.0 - _TINY))
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


def propose_extent(data, sums, alignment, k, settings, rng):
    """Metropolis-Hastings on the extent of motif k; returns the (sums, alignment) kept.

    Added columns are drawn from the letters beside the present sites; the reverse move's
    density needs the proposed alignment, which is drawn before the decision.
    """
    left, right = EXTENT_MOVES[rng.integers(len(EXTENT_MOVES))]
    theta = sums.parameters.thetas[k]
    width = len(theta) + left + right
    # At least one column stays: what is added is read beside the sites of those that do.
    if not settings.min_width <= width <= settings.max_width or max(-left, -right) >= len(theta):
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


def motif_gain(data: SequenceSet, sums: Sums, k: int) -> float:
    """Log likelihood that is lost when motif k's steps become background letters."""
    q = sums.parameters.q.copy()
    q[0] += q[k + 1] - _TINY
    q[k + 1] = _TINY
    without = compute_sums(data, replace(sums.parameters, q=q), sums)
    return sums.log_likelihood - without.log_likelihood


def matrix_cost(width: int, sites: float) -> float:
    """What a motif must gain to be believed, in nats.

    3 w / 2 x ln(sites) for its columns (Schwarz 1978), and ln(4^8) for the choice of a first
    word.
    """
    return 1.5 * width * math.log(max(sites, 2.0)) + seeds.WORD * math.log(4.0)


def restart_idle_motifs(data, sums, alignment, settings, rng):
    """Give each motif without support a new matrix, from words that the sites leave unexplained.

    Used in the burn-in only: it is part of the way to the posterior, no move of the sampler.
    """
    for k in range(len(sums.parameters.thetas)):
        sites = alignment[0]
        number = int((sites[:, 1] == k).sum())
        width = len(sums.parameters.thetas[k])
        if number > 1 and motif_gain(data, sums, k) > matrix_cost(width, number):
            continue
        others = sites[sites[:, 1] != k]
        last = others[:, 0]
        spans = np.column_stack([last - sums.parameters.widths[others[:, 1]] + 1, last + 1])
        seed = seeds.residual_seed(data.codes, spans, settings.width, rng)
        q = sums.parameters.q.copy()
        share = min(2.0 / sums.parameters.length, 0.5 * q[0])
        q[0] += q[k + 1] - share
        q[k + 1] = share
        proposed = replace(
            sums.parameters,
            thetas=_replaced(sums.parameters.thetas, k, seed),
            left=_replaced(sums.parameters.left, k, 0),
            q=q,
        )
        sums = compute_sums(data, proposed, sums, k)
        alignment = draw_alignment(data, sums, rng)
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
    draws = np.maximum(rng.standard_gamma(alpha), _TINY)
    return draws / draws.sum(axis=1, keepdims=True)


def _replaced(values: tuple, index: int, value) -> tuple:
    return (*values[:index], value, *values[index + 1 :])
