"""Hundreds of millions of pairs: time, peak memory and temporary disk of pairs, contacts and loops.

    nice python benchmarks/pairs_scale.py --output benchmarks/pairs_scale.tsv [--pairs 200000000]

Pairs of a genome as large as man's (benchmarks/pairs.py) are simulated batch by batch, in no order,
and go through `deepexpr pairs`, `deepexpr contacts` (5 kb bins, up to 2 Mb, as the pipeline does)
and `deepexpr call-loops` with the caller coverage and with Origami's (100 iterations after 20,
which tell the cost of one: --origami-iterations), or --callers alone. With --loops-only the
contacts are counted from the drawn pairs, to the same bytes, without two files between. Every
command is one process; peak_mb is its resident memory, temporary_mb the most that the folder grew
by while it ran, beyond what it left there, looked at twice a second. --others N also gives one file
of N pairs to pairs and contacts, pairtools (sort, dedup) and cooler (cload pairs), one after the
other.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import measure
from pairs import GENOME, RESOLUTION

from deepexpr.compression import BgzfWriter
from deepexpr.files import write_table
from deepexpr.hichip import text_kernel
from deepexpr.hichip.anchors import bins
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.contacts import count_contacts, write_contacts
from deepexpr.hichip.pairs_format import COLUMNS
from deepexpr.hichip.runs import Tally
from deepexpr.hichip.settings import ContactSettings, PairSettings

ROWS = 1 << 20
#: Shares of the pairs: cis, repeats of a pair in the same batch (duplicates), and of cis pairs
#: those between two of the hot spots, so that there are loops.
CIS, DUPLICATES, LOOPS = 0.75, 0.14, 0.02
HOT_SPOTS, REACH = 100_000, 5
VERB = (sys.executable, "-m", "deepexpr")
CONTACTS, DEPTH = "contacts.tsv.gz", "depth.tsv.gz"


def draw(pairs: int, seed: int) -> Iterator[tuple[list[np.ndarray], list[np.ndarray], np.ndarray]]:
    """Pairs batch by batch, unordered; distances of cis pairs are log-uniform.

    Chromosomes and 0-based positions of both ends of pairs that are distinct, and (n,) which of
    these each pair of the batch is: the last ones are duplicates.
    """
    rng = np.random.default_rng(seed)
    sizes = np.array(GENOME.sizes, np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    hot = np.sort(rng.integers(0, starts[-1], HOT_SPOTS))
    for begin in range(0, pairs, ROWS):
        number = min(ROWS, pairs - begin)
        distinct = number - round(number * DUPLICATES)
        one, two = rng.integers(0, starts[-1], (2, distinct))
        cis = rng.random(distinct) < CIS
        two[cis] = one[cis] + (10 ** rng.uniform(1.5, 7, int(cis.sum()))).astype(np.int64)
        loop = np.flatnonzero(rng.random(distinct) < LOOPS * CIS)
        spot = rng.integers(0, HOT_SPOTS - REACH, len(loop))
        one[loop], two[loop] = hot[spot], hot[spot + 1 + spot % REACH]
        shift = rng.integers(-1500, 1500, (2, len(loop)))
        one[loop], two[loop] = one[loop] + shift[0], two[loop] + shift[1]
        one, two = np.clip(one, 0, starts[-1] - 1), np.clip(two, 0, starts[-1] - 1)
        again = np.append(np.arange(distinct), rng.integers(0, distinct, number - distinct))
        strands = rng.integers(0, 4, distinct)
        places = [np.searchsorted(starts, end, "right") - 1 for end in (one, two)]
        positions = [end - starts[place] for end, place in zip((one, two), places, strict=True)]
        yield places, positions, (again << 2) | strands[again]


def simulate(pairs: int, path: Path, seed: int) -> None:
    """Write `pairs` pairs as .pairs."""
    table = text_kernel.text_table((*GENOME.names, "+", "-", "UU", "."))
    plus = len(GENOME)
    with open(path, "wb") as handle:
        writer = BgzfWriter(handle)
        lines = ["## pairs format v1.0"]
        lines += [f"#chromsize: {n} {s}" for n, s in zip(GENOME.names, GENOME.sizes, strict=True)]
        writer.write("\n".join([*lines, "#columns: " + " ".join(COLUMNS), ""]).encode())
        for places, positions, again in draw(pairs, seed):
            ends = []
            for place, position in zip(places, positions, strict=True):
                ends += [place[again >> 2], position[again >> 2] + 1]
            sides = [plus + ((again >> 1) & 1), plus + (again & 1)]
            rows = [np.full(len(again), plus + 3), *ends, *sides, np.full(len(again), plus + 2)]
            is_text = [True, True, False, True, False, True, True, True]
            writer.write(text_kernel.format_rows(rows, is_text, table))
        writer.close()


def count_drawn(pairs: int, contacts: Path, depth: Path, seed: int) -> None:
    """Write what `pairs` and `contacts` make of simulated pairs, without these as text between."""
    settings = ContactSettings()

    def batches() -> Iterator[PairBatch]:
        for places, positions, _ in draw(pairs, seed):
            place, position = np.stack(places, axis=1), np.stack(positions, axis=1)
            near = np.abs(position[:, 1] - position[:, 0]) < PairSettings().min_distance
            kept = ~near | (place[:, 1] != place[:, 0])
            yield PairBatch(place[kept].astype(np.int32), position[kept] + 1, np.empty(0))

    with Tally(contacts.parent) as tally:
        anchors = bins(GENOME, settings.resolution)
        write_contacts(count_contacts(batches(), anchors, settings, tally), contacts, depth)


class Disk:
    """The most bytes that files of a folder held while a block ran, unnamed ones included."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.most = folder, 0
        self._over = threading.Event()

    def __enter__(self) -> Disk:
        self._before = self._held()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            self.most = max(self.most, self._held() - self._before)

    def _held(self) -> int:
        total, seen = 0, set()
        for path in self._folder.rglob("*"):
            with contextlib.suppress(OSError):
                total += path.stat().st_size
        for link in self._open():  # an unnamed file is somebody's only
            with contextlib.suppress(OSError):
                target = os.readlink(link)
                if target.startswith(str(self._folder)) and target.endswith("(deleted)"):
                    # Processes, and maps of one process, may have it open twice.
                    status = link.stat()
                    total += 0 if status.st_ino in seen else status.st_size
                    seen.add(status.st_ino)
        return total

    @staticmethod
    def _open() -> Iterator[Path]:
        """What all processes have open; any may end meanwhile."""
        for process in os.listdir("/proc"):
            folder = Path("/proc") / process / "fd"
            with contextlib.suppress(OSError):
                yield from [folder / name for name in os.listdir(folder)]


def step(tool: str, name: str, pairs: int, folder: Path, command: list, outputs: list) -> dict:
    """Run one command and return its row."""
    with Disk(folder) as disk:
        numbers = measure(command)
    kept = sum(path.stat().st_size for path in outputs)
    row = {
        "tool": tool, "step": name, "pairs": pairs, "seconds": round(numbers["seconds"], 1),
        "cpu_seconds": round(numbers["cpu"], 1), "peak_mb": round(numbers["peak_mb"]),
        "output_mb": round(kept / 1e6), "temporary_mb": max(0, round((disk.most - kept) / 1e6)),
    }  # fmt: skip
    print(row, flush=True)
    return row


def run_ours(folder: Path, source: Path, pairs: int) -> list[dict]:
    """Pairs and contacts by this project."""
    sizes = folder / "chrom.sizes"
    text = (f"{n}\t{s}\n" for n, s in zip(GENOME.names, GENOME.sizes, strict=True))
    sizes.write_text("".join(text))
    valid, qc = folder / "valid.pairs.gz", folder / "qc.tsv"
    contacts, depth = folder / CONTACTS, folder / DEPTH
    steps = [
        ("pairs", [*VERB, "pairs", "--pairs", source, "--sample", "s", "--chrom-sizes", sizes,
                   "--output", valid, "--qc", qc], [valid, qc]),
        ("contacts", [*VERB, "contacts", "--pairs", valid, "--output", contacts, "--depth", depth],
         [contacts, depth]),
    ]  # fmt: skip
    return [step("deepexpr", name, pairs, folder, *rest) for name, *rest in steps]


def call_loops(folder: Path, pairs: int, iterations: int, callers: list[str]) -> list[dict]:
    """Loops of the contacts in the folder by each of the callers."""
    call = [*VERB, "call-loops", "--contacts", folder / CONTACTS, "--depth", folder / DEPTH]
    output = ["--output", folder / "o.bedpe", "--qc", folder / "o.tsv"]
    own = {
        "coverage": ("coverage", []),
        "origami": (f"origami, {iterations + 20} iterations",
                    ["--iterations", iterations, "--burn-in", 20, "--chains", 1]),
    }  # fmt: skip
    return [
        step(
            "deepexpr", f"loops, {own[caller][0]}", pairs, folder,
            [*call, "--threads", 1, "--caller", caller, *own[caller][1], *output],
            [folder / "o.bedpe"],
        )
        for caller in callers
    ]  # fmt: skip


def run_others(folder: Path, source: Path, pairs: int) -> list[dict]:
    """pairtools and cooler, the same way."""
    ordered, unique = folder / "sorted.pairs.gz", folder / "unique.pairs.gz"
    cool = folder / "theirs.cool"
    steps = (
        ("pairtools", "sort", ["pairtools", "sort", "--tmpdir", folder, "-o", ordered, source],
         [ordered]),
        ("pairtools", "dedup", ["pairtools", "dedup", "--max-mismatch", "0", "-o", unique, ordered],
         [unique]),
        ("cooler", "cload pairs", ["cooler", "cload", "pairs", "-c1", 2, "-p1", 3, "-c2", 4, "-p2",
                                   5, f"{folder / 'chrom.sizes'}:{RESOLUTION}", unique, cool],
         [cool]),
    )  # fmt: skip
    return [step(tool, name, pairs, folder, *rest) for tool, name, *rest in steps]


def main() -> None:
    """Simulate, measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--pairs", type=int, default=200_000_000, help="simulated pairs")
    parser.add_argument("--others", type=int, default=0, help="pairs for pairtools and cooler")
    parser.add_argument("--origami-iterations", type=int, default=100)
    parser.add_argument("--callers", nargs="+", default=["coverage", "origami"])
    parser.add_argument("--loops-only", action="store_true", help="contacts straight from the draw")
    parser.add_argument("--folder", help="where to work (a new temporary folder in it)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulation")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name).resolve()  # unnamed files are told by their whole path
        source, rows = folder / "simulated.pairs.gz", []
        if args.loops_only:
            count_drawn(args.pairs, folder / CONTACTS, folder / DEPTH, args.seed)
        else:
            simulate(args.pairs, source, args.seed)
            rows += run_ours(folder, source, args.pairs)
        rows += call_loops(folder, args.pairs, args.origami_iterations, args.callers)
        if args.others:
            simulate(args.others, source, args.seed)
            rows += run_ours(folder, source, args.others)
            rows += run_others(folder, source, args.others)
    write_table(pd.DataFrame(rows), args.output)


if __name__ == "__main__":
    main()
