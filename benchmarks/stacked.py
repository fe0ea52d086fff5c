"""Training of all folds at once beside one after the other: genes per second.

    python benchmarks/stacked.py --output benchmarks/stacked.tsv          on this machine's CPUs
    make gpu                            --gpu, in an environment of its own

One epoch's steps of the sequence network of `--variant` on random promoters of 2 kb, for each
number of folds and batch size; compiled before the clock starts. Rows with trainer sequential are
one network under TensorFlow and under JAX. genes_per_second is by the wall clock,
genes_per_core_second by the processor time of the process: on a shared machine only the latter
says something, and over all folds together. `stacks`: in how many stacks the folds were trained, as
memory is bounded. `multiply_adds`: of one gene's forward and backward pass.

--gpu stops where JAX sees no GPU, leaves rows of TensorFlow out where that sees none, measures more
steps, and adds shares of what the card can do:

share_of_matrix_product : multiply-adds of convolutions and dense layers, of those per second that
    JAX reaches on this card in one large float32 product (by default in TensorFloat-32).
share_of_peak : the same, of the card's TensorFloat-32 peak by its data sheet.
share_of_bandwidth : bytes that the compiled step reads and writes by XLA's own count, which knows
    no cache, of the data sheet's memory bandwidth.

Then it prints what the steps of the paper's grid would take at the rates of the first batch size,
where 80 folds were measured: 4 cell lines, 2 tasks, K = 2, 5, 10, 15, 20, 18,000 genes, 30 epochs;
folds of all lines are one stack. Scoring of validation genes, making of batches and compilation are
not in it. --rehearse does the same with few genes on a CPU, in the GPU's form: it shows that all of
it runs, and no more.

All numbers of folds of a batch size are one process; a row is written when it is there, and what
fails does not keep others from being measured. Rows already in the output are replaced.
"""

from __future__ import annotations

import argparse
import importlib.util
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

FOLDS, GPU_FOLDS, BATCHES, GENES = (1, 5, 10, 20), (1, 5, 10, 20, 80), (4, 64), 256
KEY = ["variant", "trainer", "backend", "folds", "batch"]
GRID = {"lines": 4, "tasks": 2, "folds": (2, 5, 10, 15, 20), "genes": 18_000, "epochs": 30}
#: By a part of JAX's name of the card, in this order: dense TensorFloat-32 operations and bytes per
#: second of the vendor's data sheets; --peak for others.
PEAKS = {
    "H200": (494.7e12, 4.8e12),
    "H100 80GB HBM3": (494.7e12, 3.35e12),
    "H100 PCIe": (378e12, 2.0e12),
    "A100-SXM4-80GB": (156e12, 2.039e12),
    "A100-SXM4-40GB": (156e12, 1.555e12),
}


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
    from deepexpr.model.training import Watch

    program = Program(fit_of(variant, batch, batch))
    form, adds = program.form, training_multiply_adds(program.model)
    compiled = None if form.together else form.epoch  # in turns, one step compiles all there is
    for folds in numbers:
        fit = fit_of(variant, batch, batch * max(1, genes // (batch * folds)))
        parts = list(program.parts(list(range(folds))))
        copies = [Copy(fit, np.random.default_rng(n), Watch(fit.step)) for n in parts[0]]
        table = Genes([fit.train] * len(copies), program.names, batch)
        state = program._start(copies)
        rng = [copy.rng for copy in copies]
        batches = table.batches(range(len(copies)), rng, fit.step.shift)
        first, moved = jax.tree.map(lambda values: values[:1], batches), {}
        if form.together:
            first = batches
            compiled = jax.jit(form._run_epoch, donate_argnums=0)
            compiled = compiled.lower(state, table.tables, batches).compile()
            moved = {"step_bytes": _bytes(compiled)}
        state, _ = compiled(state, table.tables, first)

        def epoch(state=state, table=table, batches=batches, compiled=compiled):
            return jax.block_until_ready(compiled(state, table.tables, batches)[0])

        found = _timed(epoch, len(fit.train[1]) * len(copies))
        yield found | {"folds": folds, "stacks": len(parts), "multiply_adds": adds} | moved


def _bytes(compiled) -> float:
    """That one step of the epoch reads and writes: XLA counts the body of a loop once."""
    cost = compiled.cost_analysis() or {}
    cost = cost[0] if isinstance(cost, list) else cost
    return cost.get("bytes accessed", float("nan"))


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


def _measure(task, sender, gpu: bool, rehearse: bool, peak):
    """In a process of its own: send the rows of a task, each when it is there, or why there are
    none."""
    trainer, backend, variant, folds, batch, genes = task
    os.environ["KERAS_BACKEND"] = backend
    if importlib.util.find_spec(backend) is None:
        sender.send("it is not installed")
        return
    from deepexpr.model.backend import configure

    device = configure(2)
    if gpu and not rehearse and device == "CPU":
        sender.send("it sees no GPU" + (backend == "jax") * f"; {_what_hides_it()}")
        return
    if rehearse:
        from deepexpr.model import stacked as module
        from deepexpr.model.stacked_forms import SideBySide

        module.form_of_device = lambda: SideBySide
    common = {"variant": variant, "trainer": trainer, "backend": backend, "batch": batch}
    if trainer == "sequential":
        rows = iter([sequential(variant, batch, max(1, genes // batch)) | {"folds": 1}])
    else:
        rows = stacked(variant, batch, genes, folds)
    shares = Shares(1024 if rehearse else 8192, peak) if gpu and trainer == "stacked" else None
    for row in rows:
        limits = shares.of(row, batch) if shares else {}
        name = f"{device}, {shares.kind}" if shares else device
        sender.send(common | row | limits | {"device": name})
    sender.close()


def _what_hides_it() -> str:
    """What decides whether a GPU is seen, as it is set here."""
    names = ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH")
    told = [f"{name} ({os.environ.get(name, 'not set')})" for name in names]
    return (
        f"look at {told[0]}, {told[1]}, the driver (nvidia-smi; from 525 on) and {told[2]}: other "
        "CUDA libraries there come before those of the packages"
    )


class Shares:
    """What the device can do, and how much of it a row uses.

    size : of the matrices multiplied. peak : operations and bytes per second; None: by its name.
    """

    def __init__(self, size: int, peak: tuple[float, float] | None) -> None:
        import jax

        self.kind = jax.devices()[0].device_kind
        known = [of for name, of in PEAKS.items() if name in self.kind]
        self.peak = peak or (known[0] if known else (float("nan"), float("nan")))
        self.product = matrix_product_rate(size)

    def of(self, row: dict, batch: int) -> dict:
        """The three shares of a row of `stacked`."""
        done = row["multiply_adds"] * row["genes_per_second"]
        together = min(row["folds"], -(-row["folds"] // row["stacks"]))
        steps = row["genes_per_second"] / (batch * together)
        return {
            "share_of_matrix_product": round(done / self.product, 4),
            "share_of_peak": round(2 * done / self.peak[0], 4),
            "share_of_bandwidth": round(row["step_bytes"] * steps / self.peak[1], 4),
        }


def tasks(variants, batches, folds, genes: int, gpu: bool):
    """Arguments of each process."""
    for variant in variants:
        for batch in batches:
            if gpu:  # first what it is about; one by one each step is a call
                yield "stacked", "jax", variant, folds, batch, genes
                yield "sequential", "jax", variant, [1], batch, genes // 20
                yield "sequential", "tensorflow", variant, [1], batch, genes // 20
            else:
                yield "sequential", "tensorflow", variant, [1], batch, genes
                yield "sequential", "jax", variant, [1], batch, genes
                yield "stacked", "jax", variant, folds, batch, genes


def grid_hours(table: pd.DataFrame, variant: str, batch: int) -> float:
    """Hours of the sequence networks of the paper's grid at the rates of `table` (stacked)."""
    rows = table.query("variant == @variant and batch == @batch and trainer == 'stacked'")
    rows = rows.sort_values("folds")
    seconds = 0.0
    for folds in GRID["folds"]:  # of all lines together
        rate = np.interp(GRID["lines"] * folds, rows["folds"], rows["genes_per_second"])
        # Of K groups K - 1 are left for training, 8 ninths of them (0.8 : 0.1 with validation).
        seconds += (folds - 1) * 8 / 9 * GRID["genes"] * GRID["epochs"] / rate
    return GRID["lines"] * GRID["tasks"] * seconds / 3600


def _grid_text(rows: list[dict], variant: str, batch: int) -> str:
    """The hours of the grid, where its largest stack was measured: no rate is made up for it."""
    largest, own = GRID["lines"] * max(GRID["folds"]), ("stacked", variant, batch)
    if (*own, largest) in [(r["trainer"], r["variant"], r["batch"], r["folds"]) for r in rows]:
        return f"the paper's grid in {grid_hours(pd.DataFrame(rows), variant, batch):.2f} hours"
    return f"hours of the paper's grid are not known, as {largest} folds were not measured"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("--gpu", action="store_true", help="on a GPU, and the grid extrapolated")
    parser.add_argument("--rehearse", action="store_true", help="--gpu, on a CPU: does it run?")
    parser.add_argument(
        "--peak",
        nargs=2,
        type=float,
        metavar=("FLOPS", "BYTES"),
        help="of a card that is not known here: operations and bytes per second",
    )
    parser.add_argument("--variant", nargs="+", default=["paper", "tuned"])
    parser.add_argument("--batch", nargs="+", type=int, default=list(BATCHES))
    parser.add_argument("--folds", nargs="+", type=int)
    parser.add_argument("--genes", type=int, help="genes of all folds together, at least one step")
    args = parser.parse_args()
    gpu = args.gpu or args.rehearse
    folds = args.folds or list(GPU_FOLDS if args.gpu else FOLDS)
    genes = args.genes or (8 if args.rehearse else 100_000 if args.gpu else 240)
    rows, failed = [], []
    for task in tasks(args.variant, args.batch, folds, genes, gpu):
        for row in _rows_of(task, failed, gpu, args.rehearse, args.peak):
            if isinstance(row, str):
                print(f"left out: {task[1]}, {task[2]}: {row}", flush=True)
                if task[1] == "jax":  # which all of it is about
                    return 1
                continue
            rows.append(row)
            print(pd.DataFrame([row]).to_string(index=False), flush=True)
            _write(rows, args.output)
    for variant in args.variant if gpu else ():
        print(f"{variant}, batch {args.batch[0]}: {_grid_text(rows, variant, args.batch[0])}")
    for task in failed:
        print(f"failed: {task}")
    return int(bool(failed))


def _rows_of(task, failed: list, *more):
    """The rows of a task, or why it has none, by a process; one that fails is put into `failed`."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(task, sender, *more))
    process.start()
    sender.close()  # so that the end of the process is the end of the rows
    try:
        while True:
            yield receiver.recv()
    except EOFError:
        process.join()
    if process.exitcode:
        failed.append(task)


def _write(rows: list[dict], output: Path) -> None:
    table = pd.DataFrame(rows)
    table = table[[*KEY, *(name for name in table if name not in KEY)]]
    if output.exists():
        old = pd.read_csv(output, sep="\t")
        table = pd.concat([old, table]).drop_duplicates(KEY, keep="last")
    write_table(table.round({"genes_per_second": 1, "genes_per_core_second": 1}), output)


if __name__ == "__main__":
    raise SystemExit(main())
