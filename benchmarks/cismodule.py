"""CisModule: planted motifs, noise, two seeds, time against the amount of sequence.

    python benchmarks/cismodule.py --output benchmarks/cismodule.tsv --plot benchmarks/cismodule.png

planted : 500 sequences of 1 kb, three JASPAR motifs, 40 % of the sequences without a module; a
    site is found where a drawn site of the same motif lies within 2 bp. AUPRC over all sites of
    probability 0.01 or more, against all planted sites.
noise : 500 sequences of 1 kb of independent letters, one chain; how many motifs are supported.
linear : one chain on 50 to 800 kb of planted sequence; seconds of CPU per iteration, and the slope
    of log seconds on log letters.
real : distal anchors of K562's strongest loops on chr19 and chr22 (../shared/data), --real of 1 kb,
    24 motifs, two seeds; motifs of one seed that the other found too. These FASTA files have no
    soft-masked letters: what is found in the committed table (60 enhancers, 20 iterations) is
    nearly all of Alu repeats. The workflow's own genomes should be soft-masked or given peaks.
Each row is one fresh process, after compilation; seconds are CPU seconds.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.features.motif import Motif
from deepexpr.files import write_table
from deepexpr.motifs.cismodule.settings import CismoduleSettings
from deepexpr.motifs.cismodule.summary import find_modules, same_motif
from deepexpr.motifs.jaspar import load_jaspar
from deepexpr.motifs.tomtom import compare

PLANTED = ("MA0035.3", "MA0466.2", "MA0046.2")  # GATA1, CEBPB, HNF1A
LENGTH, MODULE, SITES_OF_EACH = 1000, 150, 2
NEAR = 2  # bp between the middles of a site found and one planted


def planted_motifs() -> list[Motif]:
    """The three JASPAR motifs that are planted."""
    return [motif for motif in load_jaspar() if motif.name in PLANTED]


def plant(number: int, share: float, seed: int) -> tuple[list[str], pd.DataFrame]:
    """Sequences, a `share` of them with one module of sites that do not overlap; and the sites."""
    rng = np.random.default_rng(seed)
    motifs = planted_motifs()
    widest = max(motif.width for motif in motifs)
    sequences, sites = [], []
    for i in range(number):
        codes = rng.integers(0, 4, LENGTH)
        if rng.random() < share:
            first = int(rng.integers(0, LENGTH - MODULE))
            slots = rng.permutation(MODULE // (widest + 2))[: SITES_OF_EACH * len(motifs)]
            for j, slot in enumerate(slots):
                k = j % len(motifs)
                probabilities = motifs[k].probabilities
                site = np.array([rng.choice(4, p=column) for column in probabilities])
                if rng.random() < 0.5:
                    site = 3 - site[::-1]
                start = first + int(slot) * (widest + 2)
                codes[start : start + len(site)] = site
                sites.append((f"s{i}", start, start + len(site), motifs[k].name))
        sequences.append("".join("ACGT"[c] for c in codes))
    return sequences, pd.DataFrame(sites, columns=["chromosome", "start", "end", "motif"])


def _run(sequences, settings, seed, **options):
    """(result, CPU seconds) on sequences called s0, s1, ..."""
    warm = settings.changed(iterations=2, burn_in=1, chains=1, motifs=1, draws=1)
    find_modules(["w"], [sequences[0]], warm, seed=1)
    start = time.process_time()
    result = find_modules(
        [f"s{i}" for i in range(len(sequences))], sequences, settings, seed=seed, **options
    )
    return result, time.process_time() - start


def measure_planted(seed: int, settings: CismoduleSettings) -> dict:
    """Motifs found by TomTom against those planted, and the AUPRC of the sites."""
    sequences, truth = plant(500, 0.6, seed)
    result, seconds = _run(sequences, settings, seed, min_probability=0.01)
    known = load_jaspar()
    table = compare(result.supported, known)
    best = table[table["e_value"] < 0.05]
    name_of = {}
    for target in PLANTED:
        hits = best[best["target"] == target].sort_values("p_value")
        if len(hits):
            name_of[target] = hits["query"].iloc[0]
    return {
        "case": "planted",
        "seed": seed,
        "letters": sum(map(len, sequences)),
        "motifs": settings.motifs,
        "supported": len(result.supported),
        "planted_found": len(name_of),
        "worst_e_value": max(
            float(best[(best["target"] == t) & (best["query"] == q)]["e_value"].min())
            for t, q in name_of.items()
        ),
        "site_auprc": round(_area(result.sites, truth, name_of), 4),
        "cpu_seconds": round(seconds, 1),
        "peak_gb": _peak_gb(),
    }


def _area(sites: pd.DataFrame, truth: pd.DataFrame, name_of: dict[str, str]) -> float:
    """Area under precision against recall: each planted site is found once, by the likeliest."""
    planted: dict[tuple[str, str], list[list]] = {}
    for row in truth.itertuples():
        middle = (row.start + row.end) / 2
        planted.setdefault((row.chromosome, name_of.get(row.motif, "")), []).append([middle, False])
    hits = []
    for row in sites.sort_values("probability", ascending=False).itertuples():
        middle = (row.start + row.end) / 2
        found = False
        for site in planted.get((row.chromosome, row.name), []):
            if not site[1] and abs(site[0] - middle) <= NEAR:
                site[1] = found = True
                break
        hits.append(found)
    hits = np.array(hits)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / len(truth))


def measure_noise(seed: int, settings: CismoduleSettings) -> dict:
    """Supported motifs where nothing is planted."""
    rng = np.random.default_rng(seed + 1000)
    sequences = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(500)]
    result, seconds = _run(sequences, settings, seed)
    return {
        "case": "noise",
        "iterations": settings.iterations,
        "chains": settings.chains,
        "seed": seed,
        "letters": sum(map(len, sequences)),
        "motifs": settings.motifs,
        "supported": len(result.supported),
        "sites": len(result.sites),
        "modules": len(result.modules),
        "cpu_seconds": round(seconds, 1),
        "peak_gb": _peak_gb(),
    }


def measure_linear(number: int, settings: CismoduleSettings) -> dict:
    """Seconds per iteration of one chain on `number` sequences of 1 kb."""
    sequences, _ = plant(number, 0.6, 1)
    short = settings.changed(chains=1, iterations=12, burn_in=6, draws=1)
    _, seconds = _run(sequences, short, 1)
    return {
        "case": "linear",
        "seed": 1,
        "letters": number * LENGTH,
        "motifs": settings.motifs,
        "cpu_seconds": round(seconds, 2),
        "seconds_per_iteration": round(seconds / short.iterations, 4),
        "peak_gb": _peak_gb(),
    }


def real_enhancers(number: int) -> list[str]:
    """1 kb around the middle of the distal anchors of K562's loops, most loops first."""
    import gzip
    import shutil

    import real_data

    from deepexpr.motifs import enhancers
    from deepexpr.reference.fasta import open_genome

    loops = real_data.loops()
    loops = loops[loops["chromosome1"].isin(["chr19", "chr22"])]
    # The file has no counts: an anchor's strength is the number of its loops.
    ends = [loops[[f"chromosome{i}", f"start{i}", f"end{i}"]].to_numpy().tolist() for i in (1, 2)]
    degree = pd.Series([tuple(end) for side in ends for end in side]).value_counts()
    strength = [max(degree[tuple(a)], degree[tuple(b)]) for a, b in zip(*ends, strict=True)]
    genes = real_data.promoters()
    regions = enhancers.distal_anchors(loops.assign(signal=np.array(strength, float)), genes, 1000)
    regions = enhancers.trim_to_width(regions.head(number), LENGTH)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for chromosome, rows in regions.groupby("chromosome"):
            plain = Path(folder, f"{chromosome}.fa")
            source = real_data.DATA / "reference" / f"hg38.{chromosome}.fa.gz"
            with gzip.open(source) as packed, open(plain, "wb") as handle:
                shutil.copyfileobj(packed, handle)
            with open_genome(plain) as genome:
                named = rows.assign(chromosome=genome.references[0])  # the file says 19, not chr19
                found += enhancers.fetch_sequences(named, genome)["sequence"].tolist()
    lower = str.maketrans("acgt", "NNNN")  # soft-masked repeats, where a genome has them
    return [sequence.translate(lower) for sequence in found]


def measure_real(seed: int, number: int, settings: CismoduleSettings) -> tuple[dict, list]:
    """One run on real enhancers, and its supported motifs as (name, matrix)."""
    sequences = real_enhancers(number)
    result, seconds = _run(sequences, settings, seed)
    known = compare(result.supported, load_jaspar())
    row = {
        "case": "real",
        "seed": seed,
        "letters": sum(map(len, sequences)),
        "motifs": settings.motifs,
        "supported": len(result.supported),
        "sites": len(result.sites),
        "modules": len(result.modules),
        "known": int(known.loc[known["e_value"] < 0.05, "query"].nunique()),
        "consensus": ", ".join(motif.consensus for motif in result.supported),
        "cpu_seconds": round(seconds, 1),
        "peak_gb": _peak_gb(),
    }
    return row, [motif.probabilities for motif in result.supported]


def _peak_gb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def fresh(function, *arguments):
    """The result of a call in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def agree(rows: list[dict], motifs: list[list[np.ndarray]]) -> None:
    """Add to each of two runs how many of its motifs the other has too."""
    for row, own, other in zip(rows, motifs, reversed(motifs), strict=True):
        row["also_other_seed"] = sum(any(same_motif(a, b) for b in other) for a in own)


def plot(table: pd.DataFrame, path: str) -> None:
    """Seconds per iteration against the letters."""
    from matplotlib.figure import Figure

    from deepexpr.figures import style

    rows = table[table["case"] == "linear"].sort_values("letters")
    slope = rows["slope"].iloc[0]
    with style.styled():
        figure = Figure(figsize=(style.ONE_COLUMN, 2.6), layout="constrained")
        axis = figure.subplots()
        x, y = rows["letters"] / 1e3, 1e3 * rows["seconds_per_iteration"]
        axis.plot(x, y, "o", color=style.BLUE, label=f"measured (log-log slope {slope:.2f})")
        axis.plot(x, np.polyval(np.polyfit(x, y, 1), x), color=style.GREY, label="straight line")
        axis.set(xlim=(0, None), ylim=(0, None), xlabel="Sequence, kb", ylabel="ms per iteration")
        axis.legend()
        axis.grid()
        style.save(figure, [path])


def main() -> None:
    """Run the parts asked for, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", required=True, help="TSV of the measurements")
    parser.add_argument("--plot", help="PNG of the time against the amount of sequence")
    parser.add_argument("--parts", nargs="*", default=["planted", "noise", "linear", "real"])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--real", type=int, default=200, help="real enhancers")
    parser.add_argument("--real-iterations", type=int, default=60)
    parser.add_argument("--noise-iterations", type=int, default=60)
    parser.add_argument("--join", nargs="*", default=[], help="only join tables of earlier parts")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    three = CismoduleSettings(motifs=3, module_length=MODULE, iterations=60, burn_in=30, chains=2)
    length = args.real_iterations
    many = three.changed(
        motifs=24, module_length=200, iterations=length, burn_in=length // 2, chains=1
    )
    rows = [row for path in args.join for row in pd.read_csv(path, sep="\t").to_dict("records")]
    parts = [] if args.join else args.parts
    seeds = range(1, args.seeds + 1)
    jobs = [(measure_planted, (s, three)) for s in seeds if "planted" in parts]
    length = args.noise_iterations
    one = three.changed(chains=1, iterations=length, burn_in=length // 2)
    jobs += [(measure_noise, (s, one)) for s in seeds if "noise" in parts]
    jobs += [(measure_linear, (n, three)) for n in (50, 100, 200, 400, 800) if "linear" in parts]
    for function, arguments in jobs:
        rows.append(fresh(function, *arguments))
        print(rows[-1], flush=True)
    if "real" in parts:
        found = [fresh(measure_real, seed, args.real, many) for seed in (1, 2)]
        agree([row for row, _ in found], [motifs for _, motifs in found])
        rows += [row for row, _ in found]
        print(*rows[-2:], sep="\n", flush=True)
    linear = [row for row in rows if row["case"] == "linear"]
    if len(linear) > 1:
        logs = [
            np.log([row[key] for row in linear]) for key in ("letters", "seconds_per_iteration")
        ]
        for row in linear:
            row["slope"] = round(float(np.polyfit(*logs, 1)[0]), 2)
    table = pd.DataFrame(rows)
    write_table(table, args.output)
    if args.plot and linear:
        plot(table, args.plot)


if __name__ == "__main__":
    main()
