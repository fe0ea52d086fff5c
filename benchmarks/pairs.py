"""Pairs to contacts to bins, beside pairtools and cooler on the same file.

    python benchmarks/pairs.py --output benchmarks/pairs.tsv [--pairs 20000000]

One simulated .pairs file (flipped, sorted, a seventh of the pairs duplicates) goes through
`deepexpr pairs` and `deepexpr contacts`, and through `pairtools dedup` and `cooler cload pairs`.
Every command is one process with its defaults and one thread of its own; seconds are wall-clock,
cpu_seconds those of all its processes, peak_mb the resident memory of the largest. times_faster
compares the CPU seconds, which a machine with other work to do leaves nearly as they are.
pairtools takes exact duplicates, as this project does. The numbers of pairs and
contacts are compared: `same` says whether they agree. peak_mb of the stored table is of an older
`contacts`; pairs_scale.tsv holds the memory of 10 to 200 million pairs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import measure

from deepexpr.compression import BgzfWriter
from deepexpr.files import read_table, write_table
from deepexpr.hichip import text_kernel
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.pairs_format import header_text

#: A genome of 24 chromosomes with the lengths of the human ones, in Mb.
LENGTHS = (248, 242, 198, 190, 181, 170, 159, 145, 138, 133, 135, 133, 114, 107, 101, 90, 83, 80,
           58, 64, 46, 50, 156, 57)  # fmt: skip
GENOME = Chromosomes(
    tuple(f"chr{i}" for i in range(1, 25)), tuple(n * 1_000_000 for n in LENGTHS), "simulated"
)
RESOLUTION, FARTHEST, DUPLICATES = 5000, 2_000_000, 1 / 7
ROWS = 1 << 20


def simulate(pairs: int, path: Path, seed: int) -> None:
    """Write `pairs` pairs: three quarters cis, log-uniform in distance; the rest trans."""
    rng = np.random.default_rng(seed)
    sizes = np.array(GENOME.sizes, np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    distinct = round(pairs * (1 - DUPLICATES))
    one, two = rng.integers(0, starts[-1], (2, distinct))
    cis = rng.random(distinct) < 0.75
    two[cis] = one[cis] + (10 ** rng.uniform(1.5, 7, int(cis.sum()))).astype(np.int64)
    end = starts[np.searchsorted(starts, one, "right")] - 1
    two[cis] = np.minimum(two, end)[cis]
    strands = rng.integers(0, 4, distinct)
    again = rng.integers(0, distinct, pairs - distinct)
    low, high, strands = (
        np.append(a, a[again]) for a in (np.minimum(one, two), np.maximum(one, two), strands)
    )
    place1, place2 = (np.searchsorted(starts, p, "right") - 1 for p in (low, high))
    order = np.lexsort((strands, high, low, place2, place1))
    table = text_kernel.text_table((*GENOME.names, "+", "-", "UU"))
    plus, kind = len(GENOME), len(GENOME) + 2
    with open(path, "wb") as handle:
        writer = BgzfWriter(handle)
        writer.write(header_text(GENOME).encode())
        for start in range(0, pairs, ROWS):
            rows = order[start : start + ROWS]
            columns = [
                rows,
                place1[rows],
                low[rows] - starts[place1[rows]] + 1,
                place2[rows],
                high[rows] - starts[place2[rows]] + 1,
                plus + (strands[rows] >> 1),
                plus + (strands[rows] & 1),
                kind,
            ]
            is_text = [False, True, False, True, False, True, True, True]
            writer.write(text_kernel.format_rows(columns, is_text, table))
        writer.close()


def measure_step(tool: str, step: str, pairs: int, command: list[str]) -> dict:
    """Run `command` and return a row of the table."""
    numbers = measure(command)
    row = {
        "tool": tool,
        "step": step,
        "pairs": pairs,
        "seconds": round(numbers["seconds"], 2),
        "cpu_seconds": round(numbers["cpu"], 2),
        "pairs_per_second": round(pairs / numbers["seconds"]),
        "peak_mb": round(numbers["peak_mb"]),
    }
    print(row, flush=True)
    return row


def run_both(folder: Path, source: Path, pairs: int) -> list[dict]:
    """Measure the four commands on `source`."""
    sizes = folder / "chrom.sizes"
    sizes.write_text(
        "".join(f"{n}\t{s}\n" for n, s in zip(GENOME.names, GENOME.sizes, strict=True))
    )
    ours, theirs = folder / "ours.pairs.gz", folder / "theirs.pairs.gz"
    deepexpr = [sys.executable, "-m", "deepexpr"]
    steps = (
        ("deepexpr", "pairs", [
            *deepexpr, "pairs", "--pairs", source, "--sample", "s", "--chrom-sizes", sizes,
            "--min-distance", "0", "--output", ours, "--qc", folder / "qc.tsv",
        ]),
        ("deepexpr", "contacts", [
            *deepexpr, "contacts", "--pairs", ours, "--keep-trans", "--max-distance", 10**9,
            "--resolution", RESOLUTION, "--output", folder / "contacts.tsv.gz",
            "--depth", folder / "depth.tsv.gz",
        ]),
        ("pairtools", "dedup", [
            "pairtools", "dedup", "--max-mismatch", "0", "--mark-dups", "--output", theirs,
            "--output-dups", folder / "dups.pairs.gz", "--output-stats", folder / "stats.txt",
            source,
        ]),
        ("cooler", "cload pairs", [
            "cooler", "cload", "pairs", "-c1", "2", "-p1", "3", "-c2", "4", "-p2", "5",
            f"{sizes}:{RESOLUTION}", theirs, folder / "theirs.cool",
        ]),
    )  # fmt: skip
    return [measure_step(tool, step, pairs, command) for tool, step, command in steps]


def agree(folder: Path) -> bool:
    """Whether both sides kept as many pairs, and counted the same contacts."""
    import cooler

    ours = read_table(folder / "qc.tsv").set_index("metric")["value"]
    theirs = dict(line.split("\t")[:2] for line in (folder / "stats.txt").read_text().splitlines())
    same = [float(theirs[a]) == ours[b] for a, b in (("total_dups", "duplicates"),
                                                     ("total_nodups", "valid_pairs"))]  # fmt: skip
    pixels = cooler.Cooler(str(folder / "theirs.cool")).pixels()[:]
    pixels = pixels[pixels["bin1_id"] != pixels["bin2_id"]]
    contacts = read_table(folder / "contacts.tsv.gz", usecols=["count"])["count"]
    same.append(len(pixels) == len(contacts) and pixels["count"].sum() == contacts.sum())
    return all(same)


def main() -> None:
    """Simulate, measure, compare, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--pairs", type=int, default=20_000_000, help="simulated pairs")
    parser.add_argument("--folder", help="where to work (a new temporary folder)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        source = folder / "simulated.pairs.gz"
        simulate(args.pairs, source, args.seed)
        rows = run_both(folder, source, args.pairs)
        same = agree(folder)
    table = pd.DataFrame(rows)
    for name, tools in (
        ("deepexpr", ["deepexpr"]),
        ("pairtools + cooler", ["pairtools", "cooler"]),
    ):
        part = table[table["tool"].isin(tools)]
        seconds, cpu = part["seconds"].sum(), part["cpu_seconds"].sum()
        row = {
            "tool": name, "step": "both", "pairs": args.pairs, "seconds": seconds,
            "cpu_seconds": cpu, "pairs_per_second": round(args.pairs / seconds),
            "peak_mb": part["peak_mb"].max(),
        }  # fmt: skip
        table = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    ours, theirs = table.iloc[-2], table.iloc[-1]
    table["times_faster"] = ["NA"] * (len(table) - 2) + [
        f"{theirs['cpu_seconds'] / ours['cpu_seconds']:.2f}",
        "1",
    ]
    table["same"] = same
    print(table.to_string(index=False))
    write_table(table, args.output)


if __name__ == "__main__":
    main()
