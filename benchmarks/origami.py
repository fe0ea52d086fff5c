"""Origami's model: agreement with the original R program, and cost from 10^4 to 10^6 contacts.

    python benchmarks/origami.py --output benchmarks/origami.tsv [--plot benchmarks/origami.png]

The first rows compare with the two runs of the R program in ../shared/data/origami (left out,
saying so, where that folder is absent); the others time simulated contacts between 5 kb bins
("bins") and between anchors of any size and place ("peaks", nearly every distance its own).
Each row is one fresh process; seconds are CPU seconds of one core, after compilation.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.files import write_table
from deepexpr.hichip.bedpe import ANCHORS, read_contacts, read_depth
from deepexpr.hichip.loops import call_loops
from deepexpr.hichip.origami import OrigamiSettings

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT.parent / "shared" / "data" / "origami"
CHROMOSOMES, CHROMOSOME_LENGTH, BIN, FARTHEST = 20, 100_000_000, 5000, 2_000_000


def simulate(contacts: int, anchors: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Contacts (schemas.CONTACTS) and depths; a tenth are loops, counts fall with distance."""
    rng = np.random.default_rng(seed)
    number = int(contacts * 1.3)
    sites = rng.choice(CHROMOSOMES * CHROMOSOME_LENGTH // BIN, min(400_000, contacts // 4), False)
    first = np.sort(rng.choice(sites, number))
    steps = np.round(10 ** rng.uniform(0.3, np.log10(FARTHEST / BIN), number)).astype(np.int64)
    per_chromosome = CHROMOSOME_LENGTH // BIN
    table = pd.DataFrame({"first": first, "second": first + steps}).drop_duplicates()
    table = table[table["first"] // per_chromosome == table["second"] // per_chromosome]
    table = table.sample(min(contacts, len(table)), random_state=seed).sort_index()
    # A bin's place and width as a peak are the same in all its contacts.
    jitter = rng.integers(0, 2000, CHROMOSOMES * per_chromosome + 400)
    width = rng.integers(500, 3000, len(jitter))
    columns = {}
    for side, key in (("1", "first"), ("2", "second")):
        bins = table[key].to_numpy()
        start = bins % per_chromosome * BIN + (jitter[bins] if anchors == "peaks" else 0)
        columns[f"chromosome{side}"] = [f"chr{c + 1}" for c in bins // per_chromosome]
        columns[f"start{side}"] = start
        columns[f"end{side}"] = start + (width[bins] if anchors == "peaks" else BIN)
    distance = (table["second"] - table["first"]).to_numpy() * BIN
    rate = np.where(rng.random(len(table)) < 0.1, 4.0, 0.3) + 20_000 / distance
    columns["count"] = 1 + rng.poisson(rate)
    result = pd.DataFrame(columns)
    sides = [result[ANCHORS[:3]], result[ANCHORS[3:]]]
    names = ["chromosome", "start", "end"]
    depth = pd.concat([s.set_axis(names, axis=1) for s in sides]).drop_duplicates()
    return result, depth.assign(reads=rng.poisson(200, len(depth)) + 1)


def measure_speed(contacts: int, anchors: str, mode: str, iterations: int, burn_in: int) -> dict:
    """Time one run on simulated contacts."""
    warm = OrigamiSettings(mode=mode, iterations=5, burn_in=0, chains=1)
    call_loops(*simulate(500, anchors, 2), warm, seed=1)
    table, depth = simulate(contacts, anchors, 1)
    settings = OrigamiSettings(mode=mode, iterations=iterations, burn_in=burn_in, chains=1)
    start = time.process_time()
    calls = call_loops(table, depth, settings, seed=1)
    return {
        "case": anchors,
        "mode": mode,
        "contacts": len(table),
        "iterations": iterations + burn_in,
        "seconds": round(time.process_time() - start, 2),
        "peak_gb": _peak_gb(),
        "loops": int(calls.table["loop"].sum()),
    }


def measure_agreement(seed: int, trans: str) -> dict:
    """Compare one run with the mean of the two R runs, at their 2,000 iterations."""
    contacts = read_contacts(REFERENCE / "contacts.tsv.gz")
    depth = read_depth(REFERENCE / "depth.tsv.gz")
    warm = OrigamiSettings(mode="chiapet", iterations=5, burn_in=0, chains=1)
    call_loops(contacts, depth, warm, seed)
    settings = OrigamiSettings(mode="chiapet", iterations=2000, trans=trans, chains=1)
    start = time.process_time()
    calls = call_loops(contacts, depth, settings, seed)
    seconds = time.process_time() - start
    runs = [pd.read_csv(REFERENCE / f"origami_r_run{i}.csv.gz") for i in (1, 2)]
    both = calls.table
    for i, run in enumerate(runs):
        run = run.rename(columns={"Bayes probability": f"r{i}"})[[*ANCHORS, f"r{i}"]]
        both = both.astype({"chromosome1": str, "chromosome2": str}).merge(run, on=ANCHORS)
    mean = (both["r0"] + both["r1"]) / 2
    cis = both["distance"] >= 0
    ours, theirs = both["confidence"] > 0.9, mean > 0.9
    return {
        "case": f"reference, trans {trans}, seed {seed}",
        "mode": "chiapet",
        "contacts": len(contacts),
        "iterations": 2100,
        "seconds": round(seconds, 2),
        "peak_gb": _peak_gb(),
        "loops": int(both["loop"].sum()),
        "pearson_r": round(float(np.corrcoef(both["confidence"], mean)[0, 1]), 6),
        "max_difference_cis": round(float((both["confidence"] - mean)[cis].abs().max()), 4),
        "jaccard": round(float((ours & theirs).sum() / (ours | theirs).sum()), 4),
        "matched": len(both),
    }


def _peak_gb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def _plot(table: pd.DataFrame, path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5, 4))
    for (case, mode), rows in table[table["case"].isin(["bins", "peaks"])].groupby(
        ["case", "mode"]
    ):
        per = 1e3 * rows["seconds"] / rows["iterations"]
        axes.plot(rows["contacts"], per, "o-", label=f"{case}, {mode}")
    sizes = table.loc[table["case"] == "bins", "contacts"]
    axes.plot(sizes, 1e3 * sizes / sizes.min() * 1e-3, ":", color="grey", label="linear")
    axes.set(xscale="log", yscale="log", xlabel="contacts", ylabel="ms per iteration (one core)")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    """Run the cases, each in its own process, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--plot", help="PNG of the cost against the number of contacts")
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--iterations", type=int, default=500, help="of all but the largest size")
    parser.add_argument(
        "--full-iterations",
        type=int,
        default=10_000,
        help="of the largest size, for bins in mode hichip and for peaks",
    )
    parser.add_argument("--seeds", type=int, default=3, help="seeds of the comparison")
    args = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    jobs = [
        (measure_agreement, (seed, trans))
        for trans in ("auto", "smallest")
        for seed in range(1, args.seeds + 1)
    ]
    if not REFERENCE.is_dir():
        print(f"no comparison with R: {REFERENCE} is absent")
        jobs = []
    for anchors, mode in (("bins", "hichip"), ("bins", "chiapet"), ("peaks", "chiapet")):
        for size in args.sizes:
            full = size == max(args.sizes) and (anchors, mode) != ("bins", "chiapet")
            iterations = args.full_iterations if full else args.iterations
            jobs.append((measure_speed, (size, anchors, mode, iterations, 100)))
    rows = []
    for function, arguments in jobs:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            rows.append(pool.apply(function, arguments))
        print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    write_table(table, args.output)
    if args.plot:
        _plot(table, args.plot)


if __name__ == "__main__":
    main()
