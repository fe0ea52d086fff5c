"""A convolutional network that trains on one core in minutes, measured by real_genes.py.

The first convolution is a look-up: a filter of 12 letters is three tables of the values of all
words of 4 letters (N is a fifth letter of value 0), so 12 x 4 products per position and filter
become 3 additions, and ReLU and average pooling are done before anything is stored. The rest is
JAX. Promoters are read as they stand on the strand. Outputs are the lines, and for some lines a
second one which adds what the line's own loops say.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numba
import numpy as np

CHUNK, LETTERS = 4, 5
WORDS = LETTERS**CHUNK


@dataclass(frozen=True)
class Recipe:
    """One network and how it is trained.

    filters, chunks, pool : first convolution (chunks of 4 letters) and its average pooling.
    width, kernel2, pool2 : second convolution. width3 : third. residual : dilated residual
    layers after the second. hidden : dense layer. apart : lines with loops have a sequence score of
    their own; else they share that of the line without, which then gives way to the loops.
    further : weight of the outputs for further lines.
    """

    filters: int = 96
    chunks: int = 3
    pool: int = 10
    width: int = 96
    kernel2: int = 5
    pool2: int = 5
    width3: int = 128
    residual: int = 0
    hidden: int = 64
    dropout: float = 0.15
    dropout_dense: float = 0.3
    shift: int = 10
    rate: float = 1e-3
    decay: float = 0.02
    batch: int = 64
    epochs: int = 14
    ema: float = 0.995
    further: float = 0.0
    apart: bool = False


@numba.njit(fastmath=True, cache=True, nogil=True, inline="always")
def _filtered(codes, first, tables, bias, x):
    """x (F,) = bias + the filters' values at the 4 * chunks letters from position `first` on."""
    x[:] = bias
    for c in range(len(tables)):
        s = first + 4 * c
        if 0 <= s < len(codes):
            row = tables[c, codes[s]]
            for f in range(len(x)):
                x[f] += row[f]


@numba.njit(fastmath=True, cache=True, nogil=True)
def _forward(codes, shift, tables, bias, pool, out):
    """out (n, L // pool, F) += mean of ReLU; codes (n, L) int16 of the word that starts there."""
    n, length = codes.shape
    chunks, _, filters = tables.shape
    half = chunks * 2
    x = np.empty(filters, np.float32)
    for i in range(n):
        for t in range(length // pool):
            acc = out[i, t]
            acc[:] = 0
            for p in range(t * pool, (t + 1) * pool):
                q = p + shift[i] - half
                _filtered(codes[i], q, tables, bias, x)
                for f in range(filters):
                    acc[f] += max(x[f], np.float32(0.0))
            for f in range(filters):
                acc[f] /= pool


@numba.njit(fastmath=True, cache=True, nogil=True)
def _backward(codes, shift, tables, bias, pool, grad, grad_tables, grad_bias):
    """Adds to grad_tables and grad_bias what grad (n, L // pool, F) asks for."""
    n, length = codes.shape
    chunks, _, filters = tables.shape
    half = chunks * 2
    x = np.empty(filters, np.float32)
    for i in range(n):
        for t in range(length // pool):
            g = grad[i, t]
            for p in range(t * pool, (t + 1) * pool):
                q = p + shift[i] - half
                _filtered(codes[i], q, tables, bias, x)
                for f in range(filters):
                    x[f] = g[f] if x[f] > 0 else np.float32(0.0)
                    grad_bias[f] += x[f]
                for c in range(chunks):
                    s = q + 4 * c
                    if 0 <= s < length:
                        row = grad_tables[c, codes[i, s]]
                        for f in range(filters):
                            row[f] += x[f]


def word_codes(sequence: np.ndarray) -> np.ndarray:
    """(n, L) int16: the word of 4 letters that starts at each position, N and the end being 4."""
    digit = np.full(256, 4, np.int16)
    digit[np.frombuffer(b"ACGT", np.uint8)] = range(4)
    letters = np.pad(digit[sequence], ((0, 0), (0, CHUNK - 1)), constant_values=4)
    length = sequence.shape[1]
    return sum(letters[:, i : i + length] * LETTERS ** (CHUNK - 1 - i) for i in range(CHUNK))


def _members() -> np.ndarray:
    """(WORDS, 16) float32: one-hot letters of every word; N is zeros."""
    digits = (np.arange(WORDS)[:, None] // LETTERS ** np.arange(CHUNK)[::-1]) % LETTERS
    return np.eye(5, 4, dtype=np.float32)[digits].reshape(WORDS, CHUNK * 4)


def _start(recipe, positions, lines, further, loops, rng):
    """Weights: dict of float32 arrays."""

    def dense(fan_in, *shape):
        return (rng.standard_normal(shape) * math.sqrt(2 / fan_in)).astype(np.float32)

    r, f = recipe, recipe.filters
    flat = positions // r.pool2 // 2 * r.width3
    p = {
        "c2": dense(f * r.kernel2, r.kernel2 * f, r.width),
        "c3": dense(r.width * 3, 3 * r.width, r.width3),
        "d1": dense(flat, flat, r.hidden), "d1b": np.zeros(r.hidden, np.float32),
        "out": dense(r.hidden, r.hidden, lines) * 0.5, "outb": np.zeros(lines, np.float32),
    }  # fmt: skip
    for i in range(r.residual):
        p[f"r{i}"] = dense(r.width * 3, 3 * r.width, r.width) * 0.5
        p |= {f"nr{i}g": np.ones(r.width, np.float32), f"nr{i}b": np.zeros(r.width, np.float32)}
    for name, width in (("n1", f), ("n2", r.width), ("n3", r.width3)):
        p |= {f"{name}g": np.ones(width, np.float32), f"{name}b": np.zeros(width, np.float32)}
    if further:
        p |= {
            "fur": dense(r.hidden, r.hidden, further) * 0.5,
            "furb": np.zeros(further, np.float32),
        }
    for name, width in loops.items():
        p |= {
            f"l1_{name}": dense(width, width, 32), f"l1b_{name}": np.zeros(32, np.float32),
            f"ls_{name}": dense(r.hidden, r.hidden, 16),
            f"l2_{name}": dense(48, 48, 16), f"l2b_{name}": np.zeros(16, np.float32),
            f"l3_{name}": np.zeros((16, 1), np.float32),
        }  # fmt: skip
        if r.apart:
            p |= {f"own_{name}": dense(r.hidden, r.hidden) * 0.5, f"ownb_{name}": np.float32(0)}
    return p


def _norm(p, state, name, x, training, new):
    axes = tuple(range(x.ndim - 1))
    if training:
        mean, var = x.mean(axes), x.var(axes)
        new[name] = jnp.stack([mean, var])
    else:
        mean, var = state[name]
    return (x - mean) * jax.lax.rsqrt(var + 1e-3) * p[f"{name}g"] + p[f"{name}b"]


def _drop(x, rate, key):
    if key is None or rate == 0:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def _conv(x, weights, kernel, dilation=1):
    half = kernel // 2 * dilation
    padded = jnp.pad(x, ((0, 0), (half, half), (0, 0)))
    length = x.shape[1]
    shifted = [padded[:, i * dilation : i * dilation + length] for i in range(kernel)]
    return jnp.concatenate(shifted, -1) @ weights


def _pool(x, size):
    n, length, width = x.shape
    return x[:, : length // size * size].reshape(n, length // size, size, width).mean(2)


def apply(p, state, x, loops, recipe, heads, key=None):
    """(lines (n, l), with loops (n, h), further (n, m) or None), new statistics."""
    r, training, new = recipe, key is not None, {}
    keys = list(jax.random.split(key, 8)) if training else [None] * 8
    x = _drop(_norm(p, state, "n1", x, training, new), r.dropout, keys[0])
    x = _pool(jax.nn.relu(_conv(x, p["c2"], r.kernel2)), r.pool2)
    x = _norm(p, state, "n2", x, training, new)
    for i in range(r.residual):
        y = jax.nn.relu(_norm(p, state, f"nr{i}", x, training, new))
        x = x + _conv(y, p[f"r{i}"], 3, 2**i)
    x = _drop(x, r.dropout, keys[1])
    x = _pool(jax.nn.relu(_conv(x, p["c3"], 3)), 2)
    x = _norm(p, state, "n3", x, training, new)
    x = _drop(x.reshape(len(x), -1), r.dropout_dense, keys[2])
    h = _drop(jax.nn.relu(x @ p["d1"] + p["d1b"]), r.dropout_dense, keys[3])
    lines = h @ p["out"] + p["outb"]
    joint = []
    for i, (name, line) in enumerate(heads):
        u = _drop(jax.nn.relu(loops[name] @ p[f"l1_{name}"] + p[f"l1b_{name}"]), 0.2, keys[4 + i])
        s = jax.nn.relu(h @ p[f"ls_{name}"])
        z = jax.nn.relu(jnp.concatenate([u, s], -1) @ p[f"l2_{name}"] + p[f"l2b_{name}"])
        own = h @ p[f"own_{name}"] + p[f"ownb_{name}"] if r.apart else lines[:, line]
        joint.append(own + (z @ p[f"l3_{name}"])[:, 0])
    further = h @ p["fur"] + p["furb"] if "fur" in p else None
    return (lines, jnp.stack(joint, -1) if joint else lines[:, :0], further), new


def _mse(predicted, y):
    """Mean over known values per column."""
    known = jnp.isfinite(y)
    error = jnp.where(known, predicted - jnp.where(known, y, 0), 0) ** 2
    return (error.sum(0) / jnp.maximum(known.sum(0), 1)).mean()


@partial(jax.jit, static_argnames=("recipe", "heads"))
def _step(p, moments, state, x, loops, y, yf, key, rate, count, recipe, heads):
    """One AdamW step; gradient of x as well."""

    def loss(p, x):
        (lines, joint, further), new = apply(p, state, x, loops, recipe, heads, key)
        total = _mse(lines, y)
        if heads:
            total += _mse(joint, y[:, jnp.array([line for _, line in heads])])
        if further is not None:
            total += recipe.further * _mse(further, yf)
        return total, new

    (value, new), (grads, gx) = jax.value_and_grad(loss, (0, 1), has_aux=True)(p, x)
    p, moments = _adamw(p, moments, grads, rate, count, recipe.decay)
    state = {k: state[k] * 0.9 + new[k] * 0.1 for k in state}
    return p, moments, state, gx, value


@jax.jit
def _adamw(p, moments, grads, rate, count, decay):
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, moments[0], grads)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, moments[1], grads)
    a, b = 1 - 0.9**count, 1 - 0.999**count
    p = jax.tree.map(
        lambda w, m, v: w - rate * ((m / a) / (jnp.sqrt(v / b) + 1e-7) + decay * w * (w.ndim > 1)),
        p, first, second,
    )  # fmt: skip
    return p, (first, second)


@jax.jit
def _mean(average, new, keep):
    return jax.tree.map(lambda a, b: keep * a + (1 - keep) * b, average, new)


_infer = jax.jit(apply, static_argnames=("recipe", "heads"))


def predict(weights, state, codes, loops, recipe, heads):
    """(n, lines + heads) float32, in units of the scaled targets."""
    filters, bias, p = weights
    tables = _tables(filters)
    results = []
    for rows in np.array_split(np.arange(len(codes)), max(1, len(codes) // 256)):
        part = codes[rows]
        x = np.empty((len(part), part.shape[1] // recipe.pool, recipe.filters), np.float32)
        _forward(part, np.zeros(len(part), np.int64), tables, bias, recipe.pool, x)
        here = {name: values[rows] for name, values in loops.items()}
        (lines, joint, _), _ = _infer(p, state, x, here, recipe=recipe, heads=heads)
        results.append(np.concatenate([np.asarray(lines), np.asarray(joint)], 1))
    return np.concatenate(results)


_MEMBERS = _members()


def _tables(filters):
    return np.ascontiguousarray(np.einsum("wk,ckf->cwf", _MEMBERS, filters, optimize=True))


def train(codes, y, yf, loops, heads, train_rows, check_rows, recipe, seed, score, log=print):
    """Train; returns (weights, state, history). score(predictions of check_rows) is maximised.

    codes : (n, L) int16. y : (n, lines) float32, scaled, NaN unknown. yf : (n, m). loops : by
    name (n, k) float32, scaled. heads : ((name of loops, line), ...).
    """
    r, rng = recipe, np.random.default_rng(seed)
    positions = codes.shape[1] // r.pool
    further = yf.shape[1] if r.further else 0
    p = _start(r, positions, y.shape[1], further, {n: loops[n].shape[1] for n, _ in heads}, rng)
    filters = rng.standard_normal((r.chunks, CHUNK * 4, r.filters)) * math.sqrt(2 / (12 * r.chunks))
    first = {"w": jnp.asarray(filters, jnp.float32), "b": jnp.zeros(r.filters, jnp.float32)}
    names = ["n1", "n2", "n3", *(f"nr{i}" for i in range(r.residual))]
    state = {k: jnp.stack([jnp.zeros(len(p[f"{k}g"])), jnp.ones(len(p[f"{k}g"]))]) for k in names}
    zeros = lambda tree: (jax.tree.map(jnp.zeros_like, tree), jax.tree.map(jnp.zeros_like, tree))  # noqa: E731
    p = jax.tree.map(jnp.asarray, p)
    moments, moments1, key = zeros(p), zeros(first), jax.random.key(seed)
    average, count, best, history = (p, first, state), 0, None, []
    steps = len(train_rows) // r.batch
    total = steps * r.epochs
    for epoch in range(r.epochs):
        began, losses = time.process_time(), []
        order = rng.permutation(train_rows)
        for i in range(steps):
            rows = order[i * r.batch : (i + 1) * r.batch]
            count += 1
            warm = min(1.0, count / 100)
            rate = r.rate * warm * 0.5 * (1 + math.cos(math.pi * count / total))
            part = codes[rows]
            shift = rng.integers(-r.shift, r.shift + 1, len(rows))
            tables, bias = _tables(np.asarray(first["w"])), np.asarray(first["b"])
            x = np.empty((len(rows), positions, r.filters), np.float32)
            _forward(part, shift, tables, bias, r.pool, x)
            here = {name: values[rows] for name, values in loops.items()}
            p, moments, state, gx, value = _step(
                p, moments, state, x, here, y[rows], yf[rows], jax.random.fold_in(key, count),
                rate, count, recipe=r, heads=heads,
            )  # fmt: skip
            grad_tables, grad_bias = np.zeros_like(tables), np.zeros_like(bias)
            _backward(
                part, shift, tables, bias, r.pool, np.asarray(gx) / np.float32(r.pool),
                grad_tables, grad_bias,
            )  # fmt: skip
            grad = np.einsum("wk,cwf->ckf", _MEMBERS, grad_tables, optimize=True)
            grads = {"w": jnp.asarray(grad), "b": jnp.asarray(grad_bias)}
            first, moments1 = _adamw(first, moments1, grads, rate, count, r.decay)
            losses.append(value)
            keep = min(r.ema, (1 + count) / (10 + count))
            average = _mean(average, (p, first, state), keep)
        weights = (np.asarray(average[1]["w"]), np.asarray(average[1]["b"]), average[0])
        here = {name: values[check_rows] for name, values in loops.items()}
        reached = score(predict(weights, average[2], codes[check_rows], here, r, heads))
        loss = float(np.mean([float(v) for v in losses]))
        history.append((epoch, loss, reached, time.process_time() - began))
        log(f"  epoch {epoch} loss {loss:.3f} check {reached:.4f} {history[-1][3]:.1f} CPU-s")
        if best is None or reached > best[0]:
            best = (reached, weights, average[2])
    return best[1], best[2], history
