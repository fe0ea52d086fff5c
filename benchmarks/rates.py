"""Core-seconds and memory of the heavy steps at several sizes, for `deepexpr plan`.

nice -n 15 python benchmarks/rates.py PART ... [--repeats 3]

Seconds are CPU time of the processes, not of the clock, so that other work on the machine counts
little; each command runs --repeats times and the least of them counts, with the machine's load
beside it: what else runs slows a command (shared caches), and nothing makes it faster. One core:
libraries get one thread. In deepexpr/run/rates.tsv (or --output) the rows of a PART's steps are
replaced as soon as the PART is done, and `plan` fits a line through each step's sizes. Sizes are
as small as they may be for the slope to stand out from the start of a process. The part `models`
stands for all that train or fit on real genes, with sizes chosen for ten minutes or so altogether;
ridge, totals, words, evaluation, interpret and the steps from reads to loops are by themselves.

Real reads (hg38 chr22 HiChIP; chr19 RNA) are repeated to the sizes wanted: each copy under new
names, and for pairs moved along the chromosome, so that copies are no duplicates. Steps behind
the loops are in rates_models.py, on real genes.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shlex
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import rates_models
from measuring import measure
from real_data import DATA

from deepexpr.files import read_table, write_table
from deepexpr.run.rates import COLUMNS

TABLE = Path(__file__).resolve().parents[1] / "deepexpr/run/rates.tsv"
DEEPEXPR = f"{shlex.quote(sys.executable)} -m deepexpr"


def measured(command: str, *outputs: str) -> tuple[float, float, float]:
    """Core-seconds, MB of the largest process and MB written of a shell command that succeeds."""
    found = measure(["bash", "-o", "pipefail", "-c", command])
    sizes = [Path(path).stat().st_size for path in outputs]
    return found["cpu"], found["peak_mb"], sum(sizes) / 1e6 if sizes else float("nan")


def fastq_copies(sources: list[Path], copies: int, target: Path) -> int:
    """Write all reads of `sources` `copies` times, each under its own name; return how many."""
    if not target.exists():
        with gzip.open(target, "wt", compresslevel=1) as out:
            for copy in range(copies):
                for source in sources:
                    with gzip.open(source, "rt") as handle:
                        for number, line in enumerate(handle):
                            first = number % 4 == 0
                            out.write(f"@c{copy}.{line[1:]}" if first else line)
    with gzip.open(target, "rt") as handle:
        return sum(1 for _ in handle) // 4


def hichip_reads(data: Path, work: Path, copies: int) -> tuple[Path, Path, float]:
    """Both mates of the four samples together, `copies` times, and millions of pairs."""
    paths = []
    for mate in "12":
        sources = sorted((data / "reads/hichip").glob(f"*_R{mate}.fastq.gz"))
        paths.append(work / f"hichip.{copies}.R{mate}.fastq.gz")
        number = fastq_copies(sources, copies, paths[-1])
    return *paths, number / 1e6


def trim_command(r1: Path, r2: Path, out: str) -> str:
    return (
        f"{DEEPEXPR} trim --r1 {r1} --r2 {r2} --enzyme MboI --out-r1 {out}.R1.fastq.gz"
        f" --out-r2 {out}.R2.fastq.gz --stats {out}.tsv"
    )


def part_trim(data: Path, work: Path):
    for copies in (1, 4):
        r1, r2, amount = hichip_reads(data, work, copies)
        out = f"{work}/trim.{copies}"
        written = (f"{out}.R1.fastq.gz", f"{out}.R2.fastq.gz")
        yield "trim", "million read pairs", amount, trim_command(r1, r2, out), *written


def index_command(data: Path, work: Path, name: str) -> str:
    fasta = work / f"{name}.fa"
    fasta.write_bytes(gzip.decompress((data / f"reference/hg38.{name}.fa.gz").read_bytes()))
    return f"bowtie-build --threads 1 -q {fasta} {work}/{name}"


def part_index(data: Path, work: Path):
    for name, length in (("chr19", 58.617616), ("chr22", 50.818468)):
        command = index_command(data, work, name)
        parts = [f"{work}/{name}.{p}.ebwt" for p in ("1", "2", "3", "4", "rev.1", "rev.2")]
        yield "index_bowtie", "million bases", length, command, *parts


def map_command(work: Path, copies: int, mate: int) -> str:
    reads = work / f"trim.{copies}.R{mate}.fastq.gz"
    return (
        f"bowtie -n 1 -M 1 --best --strata -p 1 --reorder -S -x {work}/chr22 -q {reads}"
        f" | samtools view -b -1 -o {work}/{copies}.R{mate}.bam -"
    )


def part_map(data: Path, work: Path):
    if not (work / "chr22.1.ebwt").exists():
        measured(index_command(data, work, "chr22"))
    for copies in (1, 2):
        r1, r2, amount = hichip_reads(data, work, copies)
        if not (work / f"trim.{copies}.R1.fastq.gz").exists():
            measured(trim_command(r1, r2, f"{work}/trim.{copies}"))
        bam = f"{work}/{copies}.R1.bam"
        yield "map", "million mates", amount, map_command(work, copies, 1), bam


def moved_pairs(work: Path, copies: int) -> tuple[str, float]:
    """BAM of both mates, `copies` times: each pair moved by up to 1 Mb, both mates alike."""
    for mate in (1, 2):
        if not (work / f"1.R{mate}.bam").exists():
            measured(map_command(work, 1, mate))
    stem, total = f"{work}/moved.{copies}", 0
    rng = np.random.default_rng(1)
    with pysam.AlignmentFile(f"{work}/1.R1.bam", check_sq=False) as first:
        header = first.header
        with (
            pysam.AlignmentFile(f"{stem}.R1.bam", "wb1", header=header) as out1,
            pysam.AlignmentFile(f"{stem}.R2.bam", "wb1", header=header) as out2,
        ):
            for copy in range(copies):
                total += _write_moved(work, copy, rng, out1, out2)
    return stem, total / 1e6


def _write_moved(work: Path, copy: int, rng, out1, out2) -> int:
    number = 0
    with (
        pysam.AlignmentFile(f"{work}/1.R1.bam", check_sq=False) as first,
        pysam.AlignmentFile(f"{work}/1.R2.bam", check_sq=False) as second,
    ):
        for one, two in zip(first, second, strict=True):
            step = int(rng.integers(0, 1_000_000)) if copy else 0
            for read, out in ((one, out1), (two, out2)):
                read.query_name = f"c{copy}.{read.query_name}"
                if not read.is_unmapped:
                    read.reference_start = min(read.reference_start + step, 50_800_000)
                out.write(read)
            number += 1
    return number


def pairs_command(work: Path, stem: str) -> str:
    return (
        f"{DEEPEXPR} pairs --bam1 {stem}.R1.bam --bam2 {stem}.R2.bam --trim-stats {work}/trim.1.tsv"
        f" --sample S --chrom-sizes {work}/sizes --min-distance 1000 --drop-chromosome chrM"
        f" --output {stem}.pairs.gz --qc {stem}.qc.tsv"
    )


def part_pairs(data: Path, work: Path):
    (work / "sizes").write_text("chr22\t50818468\n")
    for copies in (1, 4):
        stem, amount = moved_pairs(work, copies)
        command = pairs_command(work, stem)
        yield "pairs", "million read pairs", amount, command, f"{stem}.pairs.gz"
        contacts = (
            f"{DEEPEXPR} contacts --pairs {stem}.pairs.gz --resolution 5000"
            f" --max-distance 2000000 --output {stem}.contacts.tsv.gz --depth {stem}.depth.tsv.gz"
        )
        yield "contacts", "million read pairs", amount, contacts, f"{stem}.contacts.tsv.gz"


def part_kallisto(data: Path, work: Path):
    index, folder = work / "kallisto.idx", data / "reads/rna"
    fasta = folder / "Homo_sapiens.GRCh38.cdna.all.chr19_ERCC_phix.fa.gz"
    with gzip.open(fasta, "rt") as handle:
        bases = sum(len(line.strip()) for line in handle if line[0] != ">") / 1e6
    yield "index_kallisto", "million bases", bases, f"kallisto index -i {index} {fasta}", str(index)
    for copies in (10, 50):
        paths = [work / f"rna.{copies}.R{mate}.fastq.gz" for mate in "12"]
        for mate, path in zip("12", paths, strict=True):
            amount = fastq_copies(sorted(folder.glob(f"ENCSR653DFZ*R{mate}*")), copies, path)
        command = (
            f"kallisto quant --plaintext -t 1 -i {index} -o {work}/quant {paths[0]} {paths[1]}"
        )
        yield "kallisto", "million read pairs", amount / 1e6, command


PARTS = {name.removeprefix("part_"): part for name, part in globals().items() if "part_" in name}
PARTS |= rates_models.PARTS
#: One word for many parts.
TOGETHER = {"models": rates_models.TOGETHER}
#: Parts that are measured once, without a run before: most of each is a start of a minute, or few
#: use it.
ONCE = ("training_stacked", "training_lstm", "training_embedding", "training_enhancers")


def _how(args: argparse.Namespace, several: list[tuple[float, float, float]]) -> str:
    """On which machine, how loaded it is, how often, and how far apart the repeats are."""
    seconds = [one[0] for one in several]
    return (
        f"{args.machine}, load {os.getloadavg()[1]:.1f}; CPU time, least of {len(several)}"
        f" ({min(seconds):.1f} to {max(seconds):.1f} s); benchmarks/rates.py"
    )


def main() -> None:
    """Measure some parts; the rows of each go into the table when it is done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", nargs="+", choices=[*PARTS, *TOGETHER])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, help="files between (default: none stays)")
    parser.add_argument("--output", type=Path, default=TABLE)
    parser.add_argument("--machine", default="2-core virtual machine, one core, no GPU")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    parts = dict.fromkeys(one for part in args.part for one in TOGETHER.get(part, [part]))
    with tempfile.TemporaryDirectory() as temporary:
        args.work = args.work or Path(temporary)
        args.work.mkdir(parents=True, exist_ok=True)
        begin = time.monotonic()
        for part in parts:
            _measure(part, args)
            print(f"{part}: done after {time.monotonic() - begin:.0f} s in all", flush=True)


def _measure(part: str, args: argparse.Namespace) -> None:
    rows: list[tuple] = []
    for step, unit, amount, command, *outputs in PARTS[part](args.data, args.work):
        if not rows and part not in ONCE:
            measured(command)  # compiled code is cached, files are in memory
        repeats = 1 if part in ONCE else args.repeats
        several = [measured(command, *outputs) for _ in range(repeats)]
        rows.append((step, unit, amount, *np.min(several, axis=0), _how(args, several)))
        print(*rows[-1], sep="\t", flush=True)
    table = pd.DataFrame(rows, columns=COLUMNS)
    if args.output.exists():
        kept = read_table(args.output, COLUMNS)
        kept = kept[~kept["step"].isin(table["step"])]
        table = pd.concat([kept, table], ignore_index=True)
    digits = {"core_seconds": 2, "peak_mb": 0, "output_mb": 2}
    write_table(table.round(digits).sort_values("step", kind="stable"), args.output)


if __name__ == "__main__":
    main()
