"""Training of the network: genes per second, share of the machine, memory, time against genes.

    python benchmarks/network.py steps --output benchmarks/network.steps.tsv
    python benchmarks/network.py jobs --output benchmarks/network.jobs.tsv

steps: each variant's compiled training steps as `deepexpr train` runs them, augmentation and
one-hot coding included, on the same random promoters of 2 kb and 400 bins, under TensorFlow and
JAX. The variants paper and tuned train in two steps (sequence, then distal beside its frozen
score); "both" is one gene through both. Multiply-adds are those of convolutions and dense layers:
forward, and backward by weights and, beyond the first layer, by inputs. The machine's rate is that
of NumPy's float32 product of two square matrices on as many threads.

jobs: the first of ten folds of a full network, one epoch of each step, by number of genes: seconds
from the opened dataset to the finished fold, and the largest memory of the process.

Every measurement is a process of its own that sees only --threads cores. Rows already in the
output are replaced by what is measured again.
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
from synthetic import synthetic_dataset

from deepexpr.files import write_table

BACKENDS = ("tensorflow", "jax")
ONCE = {"epochs": 1, "distal_epochs": 1, "members": 1}
VARIANTS = ("paper", "authors_code", "tuned")
AUTHORS_BATCH = 8  # their own; 64 genes take more memory than most machines have to spare
GENES = 256  # as many different ones as the largest batch needs; which they are costs nothing


def matrix_product_rate(size: int = 3072, repeats: int = 5) -> float:
    """Multiply-adds per second of a float32 product, the best of some."""
    rng = np.random.default_rng(0)
    a, b = (rng.random((size, size), np.float32) for _ in range(2))
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return size**3 / min(seconds[1:])


def measure_steps(variant: str, batches: list[int], window: float, threads: int) -> list[dict]:
    """Rows of a variant under this process' backend."""
    from deepexpr.features.dataset import Dataset
    from deepexpr.model.backend import configure, keras
    from deepexpr.model.network import Shape
    from deepexpr.model.steps import fold_data
    from deepexpr.model.variants import builder as make_builder

    configure(threads)
    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset.open(synthetic_dataset(Path(folder), GENES)[0])
    shape = Shape(dataset.sequence.shape[1], dataset.bins.shape[1], 5000, "regression")
    rows = []
    for batch in batches:
        if variant == "authors_code":
            batch = min(batch, AUTHORS_BATCH)
        model, training = _settings(variant, batch)
        builder = make_builder(model, training, shape, "full")
        start = time.perf_counter()
        few = fold_data(
            dataset, np.arange(batch), np.arange(batch, batch + 8), "regression", standardise=True
        )
        builder.train(builder.prepare(few, False), 0, "warm-up")
        started = round(time.perf_counter() - start, 1)
        chosen = getattr(builder, "few", builder)  # tuned has two recipes; these are few genes
        for (_, name), trainer in chosen.one_by_one.trainers.items():
            rate = _genes_per_second(trainer, dataset, batch, window)
            rows.append(
                {"backend": keras.backend.backend(), "variant": variant, "step": name,
                 "batch": batch, "start_seconds": started, "genes_per_second": rate,
                 "peak_gb": round(_peak_gb(), 2),
                 "training_multiply_adds": training_multiply_adds(trainer.model)}
            )  # fmt: skip
    return rows


def _settings(variant: str, batch: int):
    from deepexpr.model.config import make_configs

    sizes = {"batch_size": batch, "distal_batch_size": batch}
    return make_configs({"variant": variant}, _read_by(variant, ONCE | sizes))


def _read_by(variant: str, training: dict) -> dict:
    """Those settings of the training that the variant has."""
    from deepexpr.model.config import find_variant

    known = find_variant(variant).Training.model_fields
    return {name: value for name, value in training.items() if name in known}


def _genes_per_second(trainer, dataset, batch: int, window: float) -> float:
    """Of an epoch that lasts at least `window` seconds; shorter ones before it are the warm-up."""
    rng, steps, seconds = np.random.default_rng(1), 1, 0.0
    while seconds < window:
        if seconds > 0:
            steps = max(steps + 1, int(1.1 * steps * window / seconds))
        rows = rng.integers(0, len(dataset), batch * steps)
        examples, targets = _inputs(trainer.model, dataset, rows), dataset.expression[rows]
        start = time.perf_counter()
        trainer.epoch(examples, targets, rng)
        seconds = time.perf_counter() - start
    return batch * steps / seconds


def _inputs(model, dataset, rows):
    """What this step's model takes: promoters, bins (or what is made of them), a frozen score."""
    from deepexpr.model.examples import Examples

    arrays = {}
    for tensor in model.inputs:
        values = dataset.sequence[rows]
        if len(tensor.shape) == 2:
            values = np.zeros((len(rows), tensor.shape[1]), np.float32)
            values[:, : dataset.bins.shape[1]] = dataset.bins[rows][:, : values.shape[1]]
        arrays[tensor.name] = values
    return Examples(arrays)


def training_multiply_adds(model) -> int:
    """Multiply-adds of one gene's forward and backward pass through the layers with a kernel."""
    learnt: dict[int, bool] = {}

    def follows_weights(tensor) -> bool:
        if id(tensor) not in learnt:
            operation, node, _ = tensor._keras_history
            before = operation._inbound_nodes[node].input_tensors
            learnt[id(tensor)] = bool(getattr(operation, "trainable_variables", ())) or any(
                follows_weights(t) for t in before if t is not tensor
            )
        return learnt[id(tensor)]

    total = 0
    nodes = [node for level in model._nodes_by_depth.values() for node in level]
    for node in nodes:  # a layer that is used twice has two
        layer = node.operation
        if hasattr(layer, "_nodes_by_depth"):  # a model within the model
            total += training_multiply_adds(layer)
        elif hasattr(layer, "kernel"):
            positions = int(np.prod(node.outputs[0].shape[1:-1], initial=1))
            passes = 3 if any(follows_weights(t) for t in node.input_tensors) else 2
            total += passes * positions * int(np.prod(layer.kernel.shape))
    return total


def measure_job(variant: str, genes: int, threads: int) -> dict:
    """One fold of a full network on `genes` genes, under this process' backend."""
    from deepexpr.features.dataset import Dataset
    from deepexpr.features.splits import read_splits
    from deepexpr.model.backend import configure, keras
    from deepexpr.model.config import make_configs
    from deepexpr.model.crossvalidation import run_job
    from deepexpr.model.jobs import make_job

    configure(threads)
    with tempfile.TemporaryDirectory() as folder:
        path, splits = synthetic_dataset(Path(folder), genes)
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from what is held now
        job = make_job(
            Dataset.open(path), read_splits(splits), "regression", "full",
            *make_configs({"variant": variant}, _read_by(variant, ONCE)), seed=0, scheme="random",
        )  # fmt: skip
        start = time.perf_counter()
        run_job(job, Path(folder) / "job", [0])
        seconds = time.perf_counter() - start
    return {
        "backend": keras.backend.backend(), "variant": variant, "genes": genes,
        "seconds": round(seconds, 1), "peak_gb": round(_peak_gb(), 2),
    }  # fmt: skip


def _peak_gb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def in_process(backend: str, threads: int, function, *arguments):
    """The function's result in a fresh process of this backend and so many cores."""
    os.environ.update(KERAS_BACKEND=backend, OMP_NUM_THREADS=str(threads))
    os.environ.update(OPENBLAS_NUM_THREADS=str(threads))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def steps(args: argparse.Namespace) -> pd.DataFrame:
    """Genes per second of every backend, variant and batch, and their share of the machine."""
    rate = in_process("tensorflow", args.threads, matrix_product_rate)
    print(f"matrix product: {rate / 1e9:.1f} billion multiply-adds per second", flush=True)
    rows = []
    for backend in args.backends:
        for variant in args.variants:
            arguments = (variant, args.batches, args.window, args.threads)
            new = in_process(backend, args.threads, measure_steps, *arguments)
            print(*new, sep="\n", flush=True)
            rows += new
    table = pd.concat([pd.DataFrame(rows), both_steps(pd.DataFrame(rows))], ignore_index=True)
    speed = table["genes_per_second"] * table["training_multiply_adds"]
    return table.assign(
        genes_per_second=table["genes_per_second"].round(1),
        share_of_matrix_product=(speed / rate).round(4),
        matrix_product_rate=f"{rate:.4g}",
        threads=args.threads,
    )


def both_steps(table: pd.DataFrame) -> pd.DataFrame:
    """One gene through the sequence step and the distal step."""
    rows = []
    for (backend, variant, batch), group in table.groupby(["backend", "variant", "batch"]):
        if len(group) > 1:
            rows.append(
                {"backend": backend, "variant": variant, "step": "both", "batch": batch,
                 "start_seconds": group["start_seconds"].iloc[0],
                 "genes_per_second": 1 / (1 / group["genes_per_second"]).sum(),
                 "training_multiply_adds": group["training_multiply_adds"].sum()}
            )  # fmt: skip
    return pd.DataFrame(rows)


def jobs(args: argparse.Namespace) -> pd.DataFrame:
    """Seconds and memory by number of genes, and the slope of their logarithms."""
    tables = []
    for backend in args.backends:
        for variant in args.variants:
            rows = []
            for genes in args.genes:
                rows.append(
                    in_process(backend, args.threads, measure_job, variant, genes, args.threads)
                )
                print(rows[-1], flush=True)
            table = pd.DataFrame(rows)
            logs = np.log(table[["genes", "seconds"]].to_numpy(float))
            slope = np.polyfit(logs[:, 0], logs[:, 1], 1)[0] if len(table) > 1 else np.nan
            tables.append(table.assign(log_log_slope=round(slope, 2), threads=args.threads))
    return pd.concat(tables, ignore_index=True)


def main() -> None:
    """Measure, put the rows into the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("steps", "jobs"))
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS)
    parser.add_argument("--variants", nargs="+", choices=VARIANTS)
    parser.add_argument("--batches", nargs="+", type=int, default=[4, 64], help="steps")
    parser.add_argument("--window", type=float, default=5.0, help="seconds timed of each step")
    parser.add_argument(
        "--genes", nargs="+", type=int, default=[2250, 4500, 9000, 18_000], help="jobs"
    )
    args = parser.parse_args()
    args.backends = args.backends or (BACKENDS if args.what == "steps" else BACKENDS[:1])
    args.variants = args.variants or (VARIANTS if args.what == "steps" else VARIANTS[2:])
    table = steps(args) if args.what == "steps" else jobs(args)
    if args.output.exists():
        kept = pd.read_csv(args.output, sep="\t")
        measured = set(zip(table["backend"], table["variant"], strict=True))
        pairs = pd.Series(list(zip(kept["backend"], kept["variant"], strict=True)))
        table = pd.concat([kept[~pairs.isin(measured)], table], ignore_index=True)
    print(table.to_string(index=False))
    write_table(table, args.output)


if __name__ == "__main__":
    main()
