"""Forward sums over all modules and sites, and alignments drawn from them, in numba.

Everything is relative to the background (method.md, 5's f and h divided by the background letters),
and to the path without any event. So inside a module that starts at s, with
R_k(p) = P(site of motif k ending at p) / background,
    F_s(p) = F_s(p - 1) + sum_k c_k R_k(p) F_s(p - w_k),     c_k = q_k / q0^w_k,
    g = q0^l F_s(s + l - 1),
and outside
    H(n) = H(n - 1) + rho g(n) H(n - l),                     rho = r / (1 - r)^l.
F changes only where a site may end. Places with c_k R_k below `NEGLIGIBLE` are no sites; they
enter g together, as the factor exp(sum of c_k R_k) of the module, which is exact to first
order. The others, a few in a hundred, are worked on for `LANES` module starts at once. Time is
linear in the letters.
"""

import math

import numpy as np
from numba import njit

from deepexpr.letters import window_numbers

LANES = 64
NEGLIGIBLE = 1e-4
#: Letters looked up at once by `fill_site_ratios`, in base 5 (N is the fifth letter).
WORD = 5
#: Beyond this, sums are rescaled (float64 ends near 1e308).
_HIGH = 1e100


def words_of(codes: np.ndarray) -> np.ndarray:
    """(total,) int64: the base-5 word of the WORD letters from each position on."""
    return window_numbers(np.pad(codes, (0, WORD - 1), constant_values=4), WORD, 5)


def word_tables(theta: np.ndarray) -> np.ndarray:
    """(strand, chunk, 5^WORD): probability of each word in the chunk's columns of a motif.

    theta : (width, 4). Columns beyond the motif take any letter; N fits no column.
    """
    chunks = -(-len(theta) // WORD)
    tables = np.empty((2, chunks, 5**WORD))
    for strand, matrix in enumerate((theta, theta[::-1, ::-1])):
        columns = np.ones((chunks * WORD, 5))
        columns[: len(theta)] = np.hstack([matrix, np.zeros((len(theta), 1))])
        for chunk in range(chunks):
            table = np.ones(1)
            for column in columns[chunk * WORD : (chunk + 1) * WORD]:
                table = (table[:, None] * column).ravel()
            tables[strand, chunk] = table
    return tables


@njit(nogil=True, cache=True)
def fill_site_ratios(words, log_background, tables, width, out):
    """out[p] = mean over the strands of the likelihood ratio of a site ending at p.

    log_background : (total + 1,) cumulated log P of the background letters.
    """
    chunks = tables.shape[1]
    out[: width - 1] = 0.0
    for first in range(len(words) - width + 1):
        forward, reverse = 1.0, 1.0
        for chunk in range(chunks):
            word = words[first + chunk * WORD]
            forward *= tables[0, chunk, word]
            reverse *= tables[1, chunk, word]
            if forward + reverse == 0.0:
                break
        ratio = 0.5 * (forward + reverse)
        if ratio > 0.0:
            ratio *= math.exp(log_background[first] - log_background[first + width])
        out[first + width - 1] = ratio


def forward_shares(
    words: np.ndarray, tables: np.ndarray, width: int, last: np.ndarray
) -> np.ndarray:
    """P(forward strand | a site of the motif ends there), for each of `last`."""
    both = np.ones((2, len(last)))
    for chunk in range(tables.shape[1]):
        both *= tables[:, chunk][:, words[last - width + 1 + chunk * WORD]]
    return both[0] / both.sum(axis=0)


@njit(nogil=True, cache=True)
def count_site_places(ratio, factor, negligible, number, passed_over):
    """Add one motif: number[p] += 1 where c R(p) is above `negligible`, else passed_over[p] += c R.

    ratio : (total,) R of the motif. factor : its c.
    """
    floor = negligible / factor
    for p in range(len(ratio)):
        if ratio[p] > floor:
            number[p] += 1
        else:
            passed_over[p] += factor * ratio[p]


@njit(nogil=True, cache=True)
def fill_site_places(ratio, factor, negligible, k, slot, places, motifs, weights):
    """Write motif k's places; slot[p] is the next free row of place p."""
    floor = negligible / factor
    for p in range(len(ratio)):
        if ratio[p] > floor:
            at = slot[p]
            places[at], motifs[at], weights[at] = p, k, factor * ratio[p]
            slot[p] += 1


def site_places(ratios, factors, negligible):
    """(places, motifs, weights c_k R_k(p), passed_over): all possible sites, by place.

    ratios : (total,) array of each motif. passed_over : (total + 1,), cumulated sum of the
    weights that are not above `negligible`.
    """
    number, rest = np.zeros(len(ratios[0]), dtype=np.int64), np.zeros(len(ratios[0]))
    for ratio, factor in zip(ratios, factors, strict=True):
        count_site_places(ratio, factor, negligible, number, rest)
    slot = np.cumsum(number) - number
    places, motifs = np.empty((2, number.sum()), dtype=np.int64)
    weights = np.empty(len(places))
    for k, (ratio, factor) in enumerate(zip(ratios, factors, strict=True)):
        fill_site_places(ratio, factor, negligible, k, slot, places, motifs, weights)
    return places, motifs, weights, np.concatenate([[0.0], np.cumsum(rest)])


@njit(nogil=True, cache=True)
def _finish_lanes(row, log_scale, first, done, upto, length, log_empty, log_g):
    """Write log g of the lanes done..upto-1, whose modules are complete."""
    for b in range(done, upto):
        log_g[first + b + length - 1] = math.log(row[b]) + log_scale[b] + log_empty


@njit(nogil=True, cache=True, fastmath={"contract"})
def _add_site(row, source, weight, low, high):
    for b in range(low, high):
        row[b] += weight * source[b]


@njit(nogil=True, cache=True)
def _rescale(rows, row_place, n, oldest, lanes, log_scale):
    """Divide each large lane by its F in row n, in the rows still read; returns the largest F."""
    for b in range(lanes):
        if rows[n, b] > 1e10:
            log_scale[b] += math.log(rows[n, b])
            factor = 1.0 / rows[n, b]
            back = n
            while back >= 0:
                rows[back, b] *= factor
                if row_place[back] < oldest:
                    break
                back -= 1
    return rows[n, :lanes].max()


@njit(nogil=True, cache=True)
def _module_block(
    places, motifs, weights, at, widths, first, lanes, length, log_empty, rows, row_place, log_g
):
    """log g of the modules that start at first .. first + lanes - 1; `at` is the first site place.

    rows : (more than the places that can come, LANES) F after each place; row_place: where.
    """
    widest = widths.max()
    log_scale = np.zeros(LANES)
    rows[0, :] = 1.0
    row_place[0] = first - 1
    n, done, bound = 0, 0, 1.0  # no F is above bound: it never shrinks along a row
    while at < len(places) and places[at] <= first + lanes + length - 2:
        place = places[at]
        complete = min(lanes, max(done, place - first - length + 1))
        if complete > done:
            _finish_lanes(rows[n], log_scale, first, done, complete, length, log_empty, log_g)
            done = complete
        n += 1
        row = rows[n]
        row[:] = rows[n - 1]
        row_place[n] = place
        while at < len(places) and places[at] == place:
            before = place - widths[motifs[at]]
            source = n - 1
            while source > 0 and row_place[source] > before:
                source -= 1
            if before >= first - 1:
                high = min(lanes, before - first + 2)
                _add_site(row, rows[source], weights[at], done, high)
                bound *= 1.0 + weights[at]
            at += 1
        if bound > _HIGH:
            bound = _rescale(rows, row_place, n, place - widest, lanes, log_scale)
    _finish_lanes(rows[n], log_scale, first, done, lanes, length, log_empty, log_g)


@njit(nogil=True, cache=True)
def fill_module_sums(places, motifs, weights, passed_over, widths, q0, starts, ends, length, log_g):
    """log_g[n] = log g of the module whose last letter is at n (-inf where none fits)."""
    rows = np.empty((LANES + length + 1, LANES))
    row_place = np.empty(LANES + length + 1, dtype=np.int64)
    log_empty = length * math.log(q0)
    log_g[:] = -np.inf
    at = 0
    for s in range(len(starts)):
        stop = ends[s] - length + 1
        for first in range(starts[s], stop, LANES):
            while at < len(places) and places[at] < first:
                at += 1
            _module_block(
                places, motifs, weights, at, widths, first, min(LANES, stop - first), length,
                log_empty, rows, row_place, log_g,
            )  # fmt: skip
        for n in range(starts[s] + length - 1, ends[s]):
            log_g[n] += passed_over[n + 1] - passed_over[n + 1 - length]


@njit(nogil=True, cache=True)
def fill_module_probabilities(log_g, starts, ends, length, r, h, scale, probability):
    """probability[n] = P(a module ends at n | no module reaches beyond n); returns sum log h.

    h, scale : work space; h times e^scale is H.
    """
    log_rho = math.log(r) - length * math.log1p(-r)
    total = 0.0
    for s in range(len(starts)):
        value, now = 1.0, 0.0
        h[starts[s] - 1], scale[starts[s] - 1] = 1.0, 0.0
        for n in range(starts[s], ends[s]):
            probability[n] = 0.0
            if n - starts[s] + 1 >= length:
                exponent = log_rho + log_g[n] + scale[n - length] - now
                if exponent > 200.0:
                    value *= math.exp(-exponent)
                    now += exponent
                    exponent = 0.0
                module = math.exp(exponent) * h[n - length]
                value += module
                probability[n] = module / value
                if value > _HIGH:
                    now += math.log(value)
                    value = 1.0
            h[n], scale[n] = value, now
        total += math.log(value) + now + (ends[s] - starts[s]) * math.log1p(-r)
    return total


@njit(nogil=True, cache=True)
def _draw_sites(rng, places, motifs, weights, at, widths, first, length, f, out, n):
    """Draw the sites of the module at `first`; append (last letter, motif) to out."""
    while at > 0 and places[at - 1] >= first:
        at -= 1
    f[0] = 0.0
    stop = at
    for i in range(1, length + 1):
        high, total = f[i - 1], 1.0
        while stop < len(places) and places[stop] == first + i - 1:
            width = widths[motifs[stop]]
            if width <= i:
                term = math.log(weights[stop]) + f[i - width]
                if term > high:
                    total = total * math.exp(high - term) + 1.0
                    high = term
                else:
                    total += math.exp(term - high)
            stop += 1
        f[i] = high + math.log(total)
    i = length
    j = stop - 1
    while i > 0:
        while j >= at and places[j] > first + i - 1:
            j -= 1
        if j < at:
            break
        i = places[j] - first + 1  # no site can end between: background letters
        u = rng.random()
        chosen = -1
        while j >= at and places[j] == first + i - 1:
            width = widths[motifs[j]]
            if chosen < 0 and width <= i:
                u -= math.exp(math.log(weights[j]) + f[i - width] - f[i])
                if u < 0.0:
                    chosen = motifs[j]
            j -= 1
        if chosen < 0:
            i -= 1
            continue
        out[n, 0] = first + i - 1
        out[n, 1] = chosen
        n += 1
        i -= widths[chosen]
    return n


@njit(nogil=True, cache=True)
def draw_alignment(
    rng, places, motifs, weights, widths, starts, ends, length, probability, sites, modules
):
    """Draw modules, then their sites; fills sites (n, :2) (last letter, motif) and module starts.

    Returns (number of sites, number of modules).
    """
    f = np.empty(length + 1)
    n_sites, n_modules = 0, 0
    for s in range(len(starts)):
        n = ends[s] - 1
        while n - starts[s] + 1 >= length:
            if rng.random() >= probability[n]:
                n -= 1
                continue
            first = n - length + 1
            modules[n_modules] = first
            n_modules += 1
            at = np.searchsorted(places, first)
            n_sites = _draw_sites(
                rng, places, motifs, weights, at, widths, first, length, f, sites, n_sites
            )
            n -= length
    return n_sites, n_modules
