"""How long `deepexpr check` takes on a sheet of many units: python benchmarks/check.py --help.

Half of the samples are RNA-seq, half HiChIP; every unit has two gzip FASTQ of its own. The time is
that of the whole command, start of Python included: of the processor, mean of the repeats, and on
the wall, best and worst (longer where other work shares the machine).
"""

import argparse
import csv
import gzip
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """samples: samples.tsv
units: units.tsv
assemblies: {toy: {genome: genome.fa, annotation: genes.tsv}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=200, help="units in the sheet")
    parser.add_argument("--reads", type=int, default=20_000, help="reads in each FASTQ")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", default="benchmarks/check.tsv")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bytes_read = make_project(Path(folder), args.units, args.reads)
        seconds = [check(folder) for _ in range(args.repeats)]
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = usage.ru_utime + usage.ru_stime
    row = {
        "units": args.units, "files": 2 * args.units, "gigabytes": f"{bytes_read / 1e9:.2f}",
        "cpu_seconds": f"{cpu / args.repeats:.2f}",
        "best_seconds": f"{min(seconds):.2f}", "worst_seconds": f"{max(seconds):.2f}",
    }  # fmt: skip
    with open(args.output, "w", newline="") as handle:
        writer = csv.DictWriter(handle, row, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)
    print(row)


def make_project(folder: Path, units: int, reads: int) -> int:
    """Configuration, sheets and files; returns the bytes of all FASTQ."""
    draw = random.Random(1)
    shared = [packed_reads(draw, "run", reads, mate) for mate in (1, 2)]
    samples, rows = ["sample\tcell_line\tassay\tassembly\tenzyme"], ["sample\tunit\tfq1\tfq2"]
    for i in range(units):
        assay, enzyme = (("rna", ""), ("hichip", "MboI"))[i % 2]
        samples.append(f"S{i}\tLine{i // 2}\t{assay}\ttoy\t{enzyme}")
        rows.append(f"S{i}\tlane1\tS{i}_R1.fastq.gz\tS{i}_R2.fastq.gz")
        for mate in (1, 2):  # the first reads are the unit's own: copies are refused
            own = packed_reads(draw, f"unit{i}", 200, mate)
            (folder / f"S{i}_R{mate}.fastq.gz").write_bytes(own + shared[mate - 1])
    (folder / "samples.tsv").write_text("\n".join(samples) + "\n")
    (folder / "units.tsv").write_text("\n".join(rows) + "\n")
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "genome.fa").write_text(">chr1\nACGT\n")
    (folder / "genes.tsv").write_text("NM_1\tchr1\t+\t0\t4\tG\n")
    return sum(path.stat().st_size for path in folder.glob("S*.gz"))


def packed_reads(draw: random.Random, name: str, number: int, mate: int) -> bytes:
    """FASTQ of random reads, gzipped."""
    records = []
    for i in range(number):
        bases = "".join(draw.choices("ACGT", k=75))
        if i % 5 == 0:
            bases = f"{bases[:40]}GATCGATC{bases[48:]}"  # a ligation junction of MboI
        qualities = "".join(draw.choices("FFFFFFF:,#", k=75))
        records.append(f"@{name}.{i} {mate}\n{bases}\n+\n{qualities}\n")
    return gzip.compress("".join(records).encode(), 6)


def check(folder: str) -> float:
    """Seconds of the command; it must find nothing wrong."""
    command = [sys.executable, "-m", "deepexpr", "check", "--configfile", "config.yaml"]
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
