"""Trimming the real HiChIP samples, beside cutadapt.

    python benchmarks/trimming.py --output benchmarks/trimming.tsv

Both cut both mates at MboI's junction, one thread, gzip level 1 out, reads shorter than 20 dropped
with their mate: `deepexpr trim`, and cutadapt with the full junction, no errors, no indels. Every
sequence is compared: where cutadapt cut, this project keeps the same and the restored half site;
where it did not, a partial junction at the end may be cut, and nothing else (`differing` reads).
The samples are small beside a library of today, so each is timed 32 times over: else Python's
start decides, which the row of all samples once shows (some two seconds, most of them numba's).
Then all samples together, one to eight times over: the memory must stay flat. The real reads are
those of ../shared/data. Seconds are CPU seconds of whole processes, one process each; peak_mb is
the largest process.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import islice
from pathlib import Path

import pandas as pd
from measuring import measure
from xopen import xopen

from deepexpr.files import read_table, write_table

ROOT = Path(__file__).resolve().parents[1]
READS = ROOT.parent / "shared" / "data" / "reads" / "hichip"
JUNCTION, LEFT, MIN_LENGTH = "GATCGATC", "GATC", 20
TIMES = (1, 2, 4, 8)
TIMED = 32  # copies of a sample behind one another, for the speed


def trim_command(reads: list[Path], out: list[Path], stats: Path, min_length: int) -> list:
    """`deepexpr trim` with the options of this benchmark."""
    return [
        sys.executable, "-m", "deepexpr", "trim", "--r1", reads[0], "--r2", reads[1],
        "--enzyme", "MboI", "--min-length", min_length,
        "--out-r1", out[0], "--out-r2", out[1], "--stats", stats,
    ]  # fmt: skip


def cutadapt_command(reads: list[Path], out: list[Path], min_length: int) -> list:
    """cutadapt of the same: both mates, full junctions only, exact."""
    return [
        "cutadapt", "-j", 1, "-Z", "-a", JUNCTION, "-A", JUNCTION, "-e", 0, "--no-indels",
        "-O", len(JUNCTION), "-m", min_length, "-o", out[0], "-p", out[1], *reads,
    ]  # fmt: skip


def count_differing(raw: Path, ours: Path, theirs: Path) -> tuple[int, int, int]:
    """(reads, cut by cutadapt, differing) of files without a minimum length."""
    reads = full = differing = 0
    with xopen(raw) as a, xopen(ours) as b, xopen(theirs) as c:
        sequences = (islice(handle, 1, None, 4) for handle in (a, b, c))
        for read, kept, their in zip(*sequences, strict=True):
            read, kept, their = read.strip(), kept.strip(), their.strip()
            reads += 1
            full += their != read
            ends = [read] + [read[:-n] for n in (1, 2, 3) if read.endswith(JUNCTION[: 4 + n])]
            differing += kept != their + LEFT if their != read else kept not in ends
    return reads, full, differing


def repeat(reads: list[Path], times: int, folder: Path) -> list[Path]:
    """Files that hold `reads` so many times (gzip files may be put behind one another)."""
    copies = [folder / f"x{times}_{i}.fq.gz" for i in (1, 2)]
    for source, copy in zip(reads, copies, strict=True):
        copy.write_bytes(source.read_bytes() * times)
    return copies


def measure_sample(name: str, reads: list[Path], folder: Path) -> dict:
    """Both programs: speed on many copies of the sample, sequences on the sample itself."""
    ours, theirs = ([folder / f"{tool}{i}.fq.gz" for i in (1, 2)] for tool in ("o", "t"))
    stats = folder / "stats.tsv"
    row = measure_speed(name, reads, TIMED, folder)
    measure(trim_command(reads, ours, stats, 1))
    measure(cutadapt_command(reads, theirs, 0))
    compared = [count_differing(*files) for files in zip(reads, ours, theirs, strict=True)]
    total, full, differing = (sum(numbers) for numbers in zip(*compared, strict=True))
    counts = read_table(stats).set_index("metric")["value"]
    assert full == counts["r1_full_junctions"] + counts["r2_full_junctions"]
    return row | {"compared": total, "full_junctions": full, "differing": differing}


def measure_speed(case: str, reads: list[Path], times: int, folder: Path) -> dict:
    """Both programs on `times` copies of the reads: CPU seconds, memory, their ratio."""
    ours, theirs = ([folder / f"{tool}{i}.fq.gz" for i in (1, 2)] for tool in ("o", "t"))
    stats = folder / "stats.tsv"
    copies = repeat(reads, times, folder)
    one = measure(trim_command(copies, ours, stats, MIN_LENGTH))
    two = measure(cutadapt_command(copies, theirs, MIN_LENGTH))
    number = 2 * int(read_table(stats)["value"].iloc[0])
    return {
        "case": case,
        "reads": number,
        "seconds": round(one["cpu"], 2),
        "reads_per_second": round(number / one["cpu"]),
        "peak_mb": round(one["peak_mb"]),
        "cutadapt_seconds": round(two["cpu"], 2),
        "cutadapt_peak_mb": round(two["peak_mb"]),
        "times_faster": round(two["cpu"] / one["cpu"], 2),
    }


def main() -> None:
    """Measure, compare, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    args = parser.parse_args()
    if not READS.is_dir():
        sys.exit(f"The real reads are not here: {READS}")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = sorted(READS.glob("*_R1.fastq.gz"))
        pairs = [[r1, Path(str(r1).replace("_R1.", "_R2."))] for r1 in samples]
        measure(trim_command(pairs[0], [folder / "1.gz", folder / "2.gz"], folder / "s", 1))
        for reads in pairs:
            rows.append(measure_sample(reads[0].name.split("_")[1], reads, folder))
            print(rows[-1], flush=True)
        everything = [folder / f"all_{i}.fq.gz" for i in (1, 2)]
        for i, path in enumerate(everything):
            path.write_bytes(b"".join(reads[i].read_bytes() for reads in pairs))
        for times in TIMES:
            rows.append(measure_speed("all samples", everything, times, folder))
            print(rows[-1], flush=True)
    write_table(pd.DataFrame(rows), args.output)


if __name__ == "__main__":
    main()
