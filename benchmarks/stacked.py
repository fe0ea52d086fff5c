"""Training of all folds at once beside one after the other: genes per second.

    python benchmarks/stacked.py --output benchmarks/stacked.tsv          on this machine's CPUs
    python benchmarks/stacked.py --gpu --output benchmarks/stacked_gpu.tsv

One epoch's steps of the sequence network of `--variant` on random promoters of 2 kb, for each
number of folds and batch size; compiled before the clock starts. Rows with trainer sequential are
one network under TensorFlow and under JAX. genes_per_second is by the wall clock,
genes_per_core_second by the processor time of the process: on a shared machine only the latter
says something, and over all folds together. `stacks`: in how many stacks the folds were trained, as
memory is bounded. `multiply_adds`: of one gene's forward and backward pass.

--gpu stops where JAX sees no GPU, measures more steps, adds the share of the device's own float32
matrix-product rate that the multiply-adds of convolutions and dense layers make up, and prints
what the paper's grid would take at the rates of its batch size: 4 cell lines, 2 tasks, K = 2, 5,
10, 15, 20, 18,000 genes, 30 epochs.

All numbers of folds of a batch size are one process. Rows already in the output are replaced.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from network import training_multiply_adds
from synthetic import synthetic_dataset

from deepexpr.files import write_table

FOLDS, BATCHES, GENES = (1, 5, 10, 20), (4, 64), 256
KEY = ["variant", "trainer", "backend", "folds", "batch"]
GRID = {"lines": 4, "tasks": 2, "folds": (2, 5, 10, 15, 20), "genes": 18_000, "epochs": 30}


def fit_of(variant: str, batch: int, genes: int):
    """A request (deepexpr.model.fits.Fit) of the sequence network with that many genes."""
    from deepexpr.features.dataset import Dataset
    from deepexpr.model.config import find_variant, make_configs
    from deepexpr.model.network import Shape
    from deepexpr.model.steps import fold_data
    from deepexpr.model.variants import builder

    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset.open(synthetic_dataset(Path(folder), GENES)[0])
    shape = Shape(dataset.sequence.shape[1], dataset.bins.shape[1], 5000, "regression")
    off = {"words": False, "kmer_start": False}  # solved, not trained: the same for all trainers
    known = find_variant(variant).Network.model_fields
    model, training = make_configs(
        {"variant": variant, **{name: off[name] for name in off if name in known}},
        {"batch_size": batch, "epochs": 1},
    )
    rows = np.resize(np.arange(GENES), genes)
    data = fold_data(dataset, rows, np.arange(4), "regression", True)
    return next(builder(model, training, shape, "sequence").fits(data, 1, "benchmark"))


def sequential(variant: str, batch: int, steps: int) -> dict:
    """One network by the sequential trainer under this process' backend."""
    fit = fit_of(variant, batch, batch * steps)
    trainer, rng = fit.trainer(), np.random.default_rng(1)
    few = np.arange(batch)
    trainer.epoch(fit.train[0].take(few), fit.train[1][few], rng)
    return _timed(lambda: trainer.epoch(*fit.train, rng), batch * steps) | {"stacks": 1}


def stacked(variant: str, batch: int, genes: int, numbers: list[int]):
    """Of each of `numbers` of networks, in stacks as `deepexpr train` makes them."""
    import jax

    from deepexpr.model.stacked import Copy, Program
    from deepexpr.model.stacked_data import Genes
    from deepexpr.model.stacked_forms import InTurns
    from deepexpr.model.training import Watch

    program = Program(fit_of(variant, batch, batch))
    turns = isinstance(program.form, InTurns)  # then one step compiles all that there is
    adds = training_multiply_adds(program.model)
    for folds in numbers:
        fit = fit_of(variant, batch, batch * max(1, genes // (batch * folds)))
        parts = list(program.parts(list(range(folds))))
        copies = [Copy(fit, np.random.default_rng(n), Watch(fit.step)) for n in parts[0]]
        table = Genes([fit.train] * len(copies), program.names, batch)
        state = program._start(copies)
        rng = [copy.rng for copy in copies]
        batches = table.batches(range(len(copies)), rng, fit.step.shift)
        first = jax.tree.map(lambda values: values[:1], batches) if turns else batches
        state, _ = program.form.epoch(state, table.tables, first)

        def epoch(state=state, table=table, batches=batches):
            return jax.block_until_ready(program.form.epoch(state, table.tables, batches)[0])

        found = _timed(epoch, len(fit.train[1]) * len(copies))
        yield found | {"folds": folds, "stacks": len(parts), "multiply_adds": adds}


def _timed(work, genes: int) -> dict:
    wall, core = time.perf_counter(), time.process_time()
    work()
    wall, core = time.perf_counter() - wall, time.process_time() - core
    return {"genes_per_second": genes / wall, "genes_per_core_second": genes / core}


def matrix_product_rate(size: int = 8192, repeats: int = 10) -> float:
    """Multiply-adds per second of a float32 product on JAX's device, the best of some."""
    import jax

    a = jax.random.normal(jax.random.key(0), (size, size))
    product = jax.jit(lambda a: a @ a)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        product(a).block_until_ready()
        seconds.append(time.perf_counter() - start)
    return size**3 / min(seconds)


def _measure(task, results):
    trainer, backend, variant, folds, batch, genes, gpu = task
    os.environ["KERAS_BACKEND"] = backend
    from deepexpr.model.backend import configure

    device = configure(2, require_gpu=gpu)
    common = {"variant": variant, "trainer": trainer, "backend": backend, "batch": batch}
    if trainer == "sequential":
        found = [sequential(variant, batch, max(1, genes // batch)) | {"folds": 1}]
    else:
        found = list(stacked(variant, batch, genes, folds))
    rows = [common | row | {"device": device} for row in found]
    if gpu:
        rate = matrix_product_rate()
        for row in rows:
            if "multiply_adds" in row:
                done = row["multiply_adds"] * row["genes_per_second"]
                row["share_of_matrix_product"] = done / rate
    results.put(rows)


def tasks(variants, batches, folds, genes: int, gpu: bool):
    """Arguments of each process."""
    for variant in variants:
        for batch in batches:
            backends = ("jax",) if gpu else ("tensorflow", "jax")
            for backend in backends:
                yield "sequential", backend, variant, [1], batch, genes, gpu
            yield "stacked", "jax", variant, folds, batch, genes, gpu


def grid_hours(table: pd.DataFrame, variant: str, batch: int) -> float:
    """Hours of the sequence networks of the paper's grid at the rates of `table` (stacked)."""
    rows = table.query("variant == @variant and batch == @batch and trainer == 'stacked'")
    rows = rows.sort_values("folds")
    seconds = 0.0
    for folds in GRID["folds"]:
        rate = np.interp(folds, rows["folds"], rows["genes_per_second"])
        # Of K groups K - 1 are left for training, 8 ninths of them (0.8 : 0.1 with validation).
        seconds += (folds - 1) * 8 / 9 * GRID["genes"] * GRID["epochs"] / rate
    return GRID["lines"] * GRID["tasks"] * seconds / 3600


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", required=True)
    parser.add_argument("--gpu", action="store_true", help="on a GPU, and the grid extrapolated")
    parser.add_argument("--variant", nargs="+", default=["paper", "tuned"])
    parser.add_argument("--batch", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--folds", nargs="+", type=int, default=list(FOLDS))
    parser.add_argument("--genes", type=int, help="genes of all folds together, at least one step")
    args = parser.parse_args()
    genes = args.genes or (200_000 if args.gpu else 240)
    context, rows = multiprocessing.get_context("spawn"), []
    for task in tasks(args.variant, args.batch, args.folds, genes, args.gpu):
        results = context.Queue()
        process = context.Process(target=_measure, args=(task, results))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{task} failed")
        rows += results.get()
        print(pd.DataFrame(rows).tail(len(args.folds)).to_string(), flush=True)
        _write(rows, Path(args.output))
    if args.gpu:
        for variant in args.variant:
            hours = grid_hours(pd.DataFrame(rows), variant, args.batch[0])
            print(f"{variant}, batch {args.batch[0]}: the paper's grid in {hours:.2f} hours")


def _write(rows: list[dict], output: Path) -> None:
    table = pd.DataFrame(rows)
    table = table[[*KEY, *(name for name in table if name not in KEY)]]
    if output.exists():
        old = pd.read_csv(output, sep="\t")
        table = pd.concat([old, table]).drop_duplicates(KEY, keep="last")
    write_table(table.round({"genes_per_second": 1, "genes_per_core_second": 1}), output)


if __name__ == "__main__":
    main()
