"""Ten thousand real genes: the best fair baseline in closed form, and networks beside it.

    python benchmarks/real_genes.py words   --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py fine    --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py motifs  --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py shuffled --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py loops   --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py differences --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py tuned --work DIR --output benchmarks/real_genes.tsv --line K562
    python benchmarks/real_genes.py lstm --work DIR --output benchmarks/real_genes.tsv \
        --line K562 --group 0 [--without-words]
    python benchmarks/real_genes.py samples --work DIR --output benchmarks/real_genes.tsv
    python benchmarks/real_genes.py paper --work DIR --output benchmarks/real_genes.tsv \
        --line K562 --group 0
    python benchmarks/real_genes.py network --work DIR --output benchmarks/real_genes.tsv \
        --recipe plain --group 0 --seed 1
    python benchmarks/real_genes.py together --work DIR --output benchmarks/real_genes.tsv \
        --recipe plain --seed 1

Each group of chromosomes is held out once; a tenth of the other genes (drawn by seed) is kept for
checking, and only these genes choose epochs and weights of combinations. Every experiment is a row
of the table and a file of held-out predictions in DIR; finished ones are not done again.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import asdict, replace
from pathlib import Path

# One core: the others of a shared machine are not ours.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import numpy as np
from real_genes_data import BIN, GROUPS, MOTIFS, RealGenes, real_genes
from real_genes_loops import (
    SCORED,
    linear,
    measure_differences,
    measure_loops,
    measure_sequence_auc,
)
from real_genes_net import Recipe, predict, train, word_codes
from real_genes_rows import COLUMNS, LINES, WITH_LOOPS, add_row, file_of, keep, scores, targets
from real_genes_tuned import TRAINING, measure_variant

from deepexpr.features.meme_format import read_meme
from deepexpr.features.motif_scans import block_spread, matrices_of, motif_scans
from deepexpr.features.words import WORD_BLOCKS, loop_windows, window_words
from deepexpr.model.joined import find_join
from deepexpr.model.samples import join_scores
from deepexpr.model.words import (
    decompose,
    ridge_by_factors,
    solve_words,
    standardisation,
    standardised,
)

RECIPES = {
    "plain": Recipe(),
    "faster": Recipe(rate=2.5e-3, dropout_dense=0.15, ema=0.99),
    "apart": Recipe(apart=True, rate=1.5e-3, dropout=0.2),
    "apart, further": Recipe(apart=True, rate=1.5e-3, dropout=0.2, further=0.5),
    "further": Recipe(further=0.5),
    "residual": Recipe(residual=2),
    "residual, further": Recipe(residual=2, further=0.5),
    "wide": Recipe(filters=160, width=128),
    "pool 20": Recipe(pool=20),
    "no shifts": Recipe(shift=0),
    "decay 0.1": Recipe(decay=0.1),
    "dropout 0.3": Recipe(dropout=0.3, dropout_dense=0.5),
}
#: What each solution of words gives: names in the table.
NAMES = {
    "words": ("words",),
    **{
        what: (base, f"{base}, 131 samples", f"{base}, 131 samples, joined")
        for what, base in SCORED.items()
    },
}
CHOICES = ("words", *SCORED, "loops", "differences", *TRAINING, "network", "together")
#: Shares of a network beside the words that are tried.
WEIGHTS = np.linspace(0, 1, 21)


def parts(genes: RealGenes, group: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers of the genes trained on, checked on and held out."""
    known = np.flatnonzero(genes.group != group)
    order = np.random.default_rng(seed).permutation(known)
    number = len(known) // 10
    return np.sort(order[number:]), np.sort(order[:number]), np.flatnonzero(genes.group == group)


def words(genes: RealGenes, counts, blocks, group: int) -> tuple[np.ndarray, np.ndarray]:
    """Left-out predictions (n, COLUMNS) of all genes by the words of `tuned` and ridge with loops.

    Rows of the other groups: from the genes of these groups without the gene; of `group`: from
    all genes of the other groups. Second: the same for the loops' columns with the words' score.
    """
    y = targets(genes)
    result, shared = np.full(y.shape, np.nan), {}
    for column, line in enumerate(LINES):
        known = np.flatnonzero((genes.group != group) & np.isfinite(y[:, column]))
        test = np.flatnonzero((genes.group == group) & np.isfinite(y[:, column]))
        name = (group, known.tobytes())  # lines with the same genes share the costly part
        if name not in shared:
            shared = {name: decompose(counts[known], blocks)}
        values = y[known, column]
        found = solve_words(counts[known], blocks, values, "regression", shared[name])
        result[known, column] = found.left_out[:, 0]
        result[test, column] = found.of(counts[test])[:, 0]
        for i, (_, loops, of) in enumerate(WITH_LOOPS):
            if of == line:
                x = np.column_stack([result[:, column], loop_windows(genes.bins[loops], BIN)])
                predicted = linear(x[known], y[known, column])
                result[known, len(LINES) + i] = predicted(x[known])
                result[test, len(LINES) + i] = predicted(x[test])
    return result


def fine_words(genes: RealGenes, counts, blocks, group: int, spread) -> tuple[np.ndarray, ...]:
    """As `words`, less the columns with loops, by `fine` words of all genes; and from `samples`.

    Second: further samples are targets of the training genes too (0, the mean, where unknown), and
    a line's prediction is a ridge on the left-out scores of all targets. Targets of the same genes
    share the words' penalty, which the lines choose. Third: with rectified units beside that ridge.
    """
    y = targets(genes)
    alone, shared, joined = (np.full(y.shape, np.nan) for _ in range(3))
    known = np.isfinite(y[:, : len(LINES)])
    for same in np.unique(known, axis=1).T:
        columns = [c for c in range(len(LINES)) if (known[:, c] == same).all()]
        train = np.flatnonzero((genes.group != group) & same)
        test = np.flatnonzero((genes.group == group) & same)
        centre, scale = standardisation(counts[train], blocks, spread)
        samples = genes.samples[train]
        samples = (samples - np.nanmean(samples, 0)) / np.nanstd(samples, 0)
        values = np.column_stack([y[np.ix_(train, columns)], np.nan_to_num(samples)])
        z = standardised(counts[train], centre, scale)
        weights, left_out, penalty = ridge_by_factors(z, values, len(columns))
        print(f"group {group}, {[LINES[c] for c in columns]}: penalty {penalty:.3g}", flush=True)
        held = standardised(counts[test], centre, scale) @ weights + values.mean(axis=0)
        for i, column in enumerate(columns):
            alone[train, column], alone[test, column] = left_out[:, i], held[:, i]
            share, added, score = join_scores(left_out, values[:, i])
            shared[train, column], shared[test, column] = score, held @ share + added
            join = find_join(left_out, share, values[:, i] - added)
            joined[train, column] = score + join.left_out
            joined[test, column] = shared[test, column] + join.of(held)
    return alone, shared, joined


def network(genes: RealGenes, group: int, seed: int, recipe: Recipe, log) -> tuple:
    """Predictions (n, COLUMNS) of the genes not trained on, NaN elsewhere, and the epochs."""
    rows, check, test = parts(genes, group, seed)
    y = targets(genes)
    lines = y[:, : len(LINES)]
    mean, sd = np.nanmean(lines[rows], 0), np.nanstd(lines[rows], 0)
    scaled = ((lines - mean) / sd).astype(np.float32)
    further = genes.further
    further = (further - np.nanmean(further[rows], 0)) / np.nanstd(further[rows], 0)
    loops, heads = {}, []
    for _, name, line in WITH_LOOPS:
        sums = loop_windows(genes.bins[name], BIN)
        loops[name] = ((sums - sums[rows].mean(0)) / (sums[rows].std(0) + 1e-6)).astype(np.float32)
        heads.append((name, LINES.index(line)))
    codes, heads = word_codes(genes.sequence), tuple(heads)
    weights, state, history = train(
        codes, scaled, further.astype(np.float32), loops, heads, rows, check, recipe, seed,
        lambda p: float(np.mean(scores(p, y[check]))), log,
    )  # fmt: skip
    held = np.concatenate([check, test])
    result = np.full(y.shape, np.nan)
    result[held] = predict(
        weights, state, codes[held], {k: v[held] for k, v in loops.items()}, recipe, heads
    )
    return result, history


def together(genes: RealGenes, base: np.ndarray, networks: dict[int, np.ndarray], group: int):
    """Predictions (n, COLUMNS) of the held-out genes, and the networks' mean weight per column.

    base : of `words`; networks : by seed. Each seed's weight beside the words is the best on the
    genes that its network checked itself on and whose words' scores are left-out; then the mean.
    """
    y, columns = targets(genes), len(COLUMNS)
    weights = np.zeros((len(networks), columns))
    for i, (seed, found) in enumerate(networks.items()):
        _, check, _ = parts(genes, group, seed)
        for column in range(columns):
            reached = [
                scores(
                    (share * found + (1 - share) * base)[check][:, [column]], y[check][:, [column]]
                )
                for share in WEIGHTS
            ]
            weights[i, column] = WEIGHTS[int(np.argmax(reached))]
    mixed = [
        share * found + (1 - share) * base
        for share, found in zip(weights, networks.values(), strict=True)
    ]
    return np.mean(mixed, axis=0), weights.mean(axis=0)


def columns_of(genes: RealGenes, what: str) -> tuple[np.ndarray, list[int]]:
    """What closed forms read of the promoters: coarse or fine words, these beside known motifs, or
    beside the same motifs with their columns shuffled."""
    counts, widths = window_words(
        genes.sequence, WORD_BLOCKS["coarse" if what == "words" else "fine"]
    )
    if what in ("words", "fine"):
        return counts, widths
    motifs = read_meme(MOTIFS)
    if what == "shuffled":
        rng = np.random.default_rng(1)
        motifs = [
            replace(one, probabilities=rng.permutation(one.probabilities, axis=0)) for one in motifs
        ]
    scans, more = motif_scans(genes.sequence, matrices_of(motifs))
    return np.hstack([counts, scans]), widths + more


def measure_words(genes: RealGenes, what: str, groups: list[int], work: Path, output: Path):
    """Rows of closed forms on the promoters: coarse words with the ridge on loops, or others."""
    counts, widths = columns_of(genes, what)
    y = targets(genes)
    for group in groups:
        paths = [file_of(work, name, group, 0) for name in NAMES[what]]
        if all(path.is_file() for path in paths):
            continue
        began = time.process_time()
        if what == "words":
            solved: tuple = (words(genes, counts, widths, group),)
        else:
            spread = block_spread("fine", widths, what != "fine")
            solved = fine_words(genes, counts, widths, group, spread)
        for name, path, found in zip(NAMES[what], paths, solved, strict=True):
            keep(path, found)
            minutes, test = (time.process_time() - began) / 60, genes.group == group
            add_row(output, name, group, 0, scores(found[test], y[test]), 0, minutes)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=CHOICES)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--recipe", action="append", choices=list(RECIPES))
    parser.add_argument("--group", action="append", type=int, choices=range(GROUPS))
    parser.add_argument("--line", action="append", choices=LINES[:4])
    parser.add_argument("--seed", action="append", type=int)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--without-words", action="store_true", help="of variants that have words")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    genes = real_genes()
    y = targets(genes)
    groups = args.group or list(range(GROUPS))
    if args.what in NAMES:
        measure_words(genes, args.what, groups, args.work, args.output)
        return
    if args.what == "loops":
        measure_sequence_auc(genes, groups, args.work, args.output)
        measure_loops(genes, groups, args.work, args.output)
        return
    if args.what == "differences":
        measure_differences(genes, groups, args.work, args.output)
        return
    if args.what in TRAINING:
        lines, words = args.line or ["K562", "GM12878"], not args.without_words
        measure_variant(args.what, genes, lines, groups, args.work, args.output, args.epochs, words)
        return
    seeds = args.seed or [1]
    if args.what == "together":
        for name in args.recipe or ["plain"]:
            for group in groups:
                files = {seed: file_of(args.work, name, group, seed) for seed in seeds}
                files["words"] = file_of(args.work, "words", group, 0)
                if not all(path.is_file() for path in files.values()):
                    print(f"{name}, group {group}: not all trained", flush=True)
                    continue
                networks = {seed: np.load(files[seed]) for seed in seeds}
                mixed, shares = together(genes, np.load(files["words"]), networks, group)
                test, note = genes.group == group, "weights " + " ".join(f"{w:.2f}" for w in shares)
                add_row(
                    args.output, f"words and {name}", group, "+".join(map(str, seeds)),
                    scores(mixed[test], y[test]), 0, 0.0, note,
                )  # fmt: skip
        return
    for seed in seeds:
        for group in groups:
            for name in args.recipe or ["plain"]:
                path, began = file_of(args.work, name, group, seed), time.process_time()
                if path.is_file():
                    continue
                recipe = replace(RECIPES[name], epochs=args.epochs or RECIPES[name].epochs)
                print(name, group, seed, asdict(recipe), flush=True)
                log = lambda text: print(text, flush=True)  # noqa: E731
                found, history = network(genes, group, seed, recipe, log)
                keep(path, found)
                minutes, test = (time.process_time() - began) / 60, genes.group == group
                reached = scores(found[test], y[test])
                add_row(args.output, name, group, seed, reached, len(history), minutes)


if __name__ == "__main__":
    main()
