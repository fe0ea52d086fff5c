"""Forward sums over all modules and sites, and alignments drawn from them, in numba.

Everything is relative to the background (spec §5's f and h divided by the product of the
background letters), so inside a module
    f_i = q0 f_{i-1} + sum_k q_k R_k(i) f_{i-w_k},      R_k(i) = P(site ending at i) / background,
and outside
    h_n = (1 - r) h_{n-1} + r g_n h_{n-l},              g_n = f_l of the module ending at n.
f is computed for `LANES` module starts at once: they read neighbouring letters, so the
inner loop is a vector operation. Time is linear in the letters x module length x motifs.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

LANES = 64
#: Rows of f kept at a time: a power of two larger than the widest motif.
_RING = 64
MAX_WIDTH = _RING - 1
#: Beyond these, f is rescaled (float64 ends near 1e308); checked every `_CHECK` steps, in
#: which f changes by less than 4^(2 x _CHECK).
_HIGH, _LOW, _CHECK = 1e120, 1e-120, 16


@njit(nogil=True, cache=True)
def site_ratio(codes, inverse_background, end, theta, width):
    """(forward, reverse) likelihood ratio of a site whose last letter is at `end`.

    theta : (>= width, 5), the column for N is 0, so no site holds an N.
    """
    forward, reverse = 1.0, 1.0
    first = end - width + 1
    for j in range(width):
        letter = codes[first + j]
        weight = inverse_background[first + j]
        forward *= theta[j, letter] * weight
        opposite = 4 if letter == 4 else 3 - letter
        reverse *= theta[width - 1 - j, opposite] * weight
    return forward, reverse


@njit(nogil=True, cache=True)
def fill_site_ratios(codes, inverse_background, theta, width, out):
    """out[i] = mean over the strands of the ratio of a site ending at i; 0 where none fits."""
    for end in range(len(codes)):
        if end < width - 1 or codes[end] == 4:
            out[end] = 0.0
            continue
        forward, reverse = site_ratio(codes, inverse_background, end, theta, width)
        out[end] = 0.5 * (forward + reverse)


@njit(nogil=True, cache=True, fastmath={"contract"})
def _module_block(ratios, widths, q, first, lanes, length, ring, log_scale):
    """log_scale[b] + log ring[length, b] is log f_length of the module starting at first + b."""
    for b in range(LANES):
        ring[0, b] = 1.0
        log_scale[b] = 0.0
    for i in range(1, length + 1):
        row = ring[i % _RING]
        before = ring[(i - 1) % _RING]
        for b in range(LANES):
            row[b] = q[0] * before[b]
        for k in range(len(widths)):
            if widths[k] > i:
                continue
            source = ring[(i - widths[k]) % _RING]
            weights = ratios[k, first + i - 1 : first + i - 1 + lanes]
            for b in range(lanes):
                row[b] += q[k + 1] * weights[b] * source[b]
        if i % _CHECK == 0:
            for b in range(lanes):
                if row[b] > _HIGH or row[b] < _LOW:
                    factor = 1.0 / row[b]
                    log_scale[b] -= math.log(factor)
                    for back in range(min(i + 1, _RING)):
                        ring[(i - back) % _RING, b] *= factor


@njit(nogil=True, cache=True)
def fill_module_sums(ratios, widths, q, starts, ends, length, log_g):
    """log_g[n] = log g of the module whose last letter is at n (-inf where none fits)."""
    ring = np.empty((_RING, LANES))
    log_scale = np.empty(LANES)
    log_g[:] = -np.inf
    last = length % _RING
    for s in range(len(starts)):
        stop = ends[s] - length + 1
        for first in range(starts[s], stop, LANES):
            lanes = min(LANES, stop - first)
            _module_block(ratios, widths, q, first, lanes, length, ring, log_scale)
            for b in range(lanes):
                log_g[first + b + length - 1] = log_scale[b] + math.log(ring[last, b])


@njit(nogil=True, cache=True)
def fill_outside_sums(log_g, starts, ends, length, r, log_h):
    """log_h[n] = log h up to and with the letter at n; returns the log sum of all sequences.

    log_h[starts[s] - 1] = 0 (that position is padding).
    """
    total = 0.0
    log_start, log_stay = math.log(r), math.log1p(-r)
    for s in range(len(starts)):
        log_h[starts[s] - 1] = 0.0
        for n in range(starts[s], ends[s]):
            stay = log_stay + log_h[n - 1]
            if n - starts[s] + 1 < length:
                log_h[n] = stay
                continue
            module = log_start + log_g[n] + log_h[n - length]
            high, low = max(stay, module), min(stay, module)
            log_h[n] = high + math.log1p(math.exp(low - high))
        total += log_h[ends[s] - 1]
    return total


@njit(nogil=True, cache=True)
def _draw_sites(
    rng, ratios, codes, inverse_background, thetas, widths, q, first, length, f, out, n
):
    """Draw the sites of the module at `first`; append (end, motif, strand) to out from row n."""
    motifs = len(widths)
    f[0] = 0.0
    log_q0 = math.log(q[0])
    for i in range(1, length + 1):
        high = log_q0 + f[i - 1]
        total = 1.0
        for k in range(motifs):
            weight = q[k + 1] * ratios[k, first + i - 1]
            if widths[k] <= i and weight > 0.0:
                term = math.log(weight) + f[i - widths[k]]
                if term > high:
                    total = total * math.exp(high - term) + 1.0
                    high = term
                else:
                    total += math.exp(term - high)
        f[i] = high + math.log(total)
    i = length
    while i > 0:
        u = rng.random()
        chosen = -1
        for k in range(motifs):
            weight = q[k + 1] * ratios[k, first + i - 1]
            if widths[k] <= i and weight > 0.0:
                u -= math.exp(math.log(weight) + f[i - widths[k]] - f[i])
                if u < 0.0:
                    chosen = k
                    break
        if chosen < 0:
            i -= 1
            continue
        end = first + i - 1
        forward, reverse = site_ratio(
            codes, inverse_background, end, thetas[chosen], widths[chosen]
        )
        out[n, 0] = end
        out[n, 1] = chosen
        out[n, 2] = 0 if rng.random() * (forward + reverse) < forward else 1
        n += 1
        i -= widths[chosen]
    return n


@njit(nogil=True, cache=True)
def draw_alignment(
    rng, codes, inverse_background, starts, ends, ratios, thetas, widths, q, r, length, log_g, log_h
):
    """One alignment given the sums: (sites (n, 3), module starts (m,)), both int64.

    sites : position of the last letter, motif, strand (0 forward, 1 reverse).
    """
    narrowest = widths[0]
    for k in range(1, len(widths)):
        narrowest = min(narrowest, widths[k])
    sites = np.empty((len(codes) // narrowest + 1, 3), dtype=np.int64)
    modules = np.empty(len(codes) // length + 1, dtype=np.int64)
    f = np.empty(length + 1)
    n_sites, n_modules = 0, 0
    log_start = math.log(r)
    for s in range(len(starts)):
        n = ends[s] - 1
        while n - starts[s] + 1 >= length:
            module = math.exp(log_start + log_g[n] + log_h[n - length] - log_h[n])
            if rng.random() < module:
                first = n - length + 1
                modules[n_modules] = first
                n_modules += 1
                n_sites = _draw_sites(
                    rng, ratios, codes, inverse_background, thetas, widths, q, first, length, f,
                    sites, n_sites,
                )  # fmt: skip
                n -= length
            else:
                n -= 1
    return sites[:n_sites].copy(), modules[:n_modules].copy()
