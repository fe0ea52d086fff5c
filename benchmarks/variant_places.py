"""Planted sites of the demo's enhancers, broken one by one, and controls: which change more?

    python benchmarks/variant_places.py --demo FOLDER --work DIR --output TABLE

FOLDER holds a finished run of the demo (results/) and its truth (resources/demo/); DIR what
enhancers.py trained there (LINE.KIND/bundle). Each planted site within a place that some gene
contacts is broken at its motif's most telling letter; its control is the same change of letter in
the same place, outside all planted sites, as near as can be. Both are scored for every gene that
contacts the place, as the verb `variants` does, the window as it is. A row for each line, kind and
motif ("all" together): AUROC of broken sites by the largest effect among their genes, and the share
of (gene, place) in which the site's effect is larger than its control's; of planted contacts alone
too, as the others are called but were not planted for the gene.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from enhancers import LINES, make_demo, planted_contacts
from sklearn.metrics import roc_auc_score

from deepexpr.cli import main as deepexpr
from deepexpr.features.dataset import Dataset
from deepexpr.features.meme_format import read_meme
from deepexpr.files import read, write_table
from deepexpr.reference.fasta import read_fasta
from deepexpr.schemas import PLACE_VARIANTS
from deepexpr.simulate.planting import broken_letter


def control(text: str, start: int, end: int, place: int, letter: str, taken: np.ndarray) -> int:
    """Nearest place in [start, end) with that letter, outside planted sites; -1 where none."""
    free = [i for i in range(start, end) if text[i] == letter and not taken[i]]
    return min(free, key=lambda i: abs(i - place), default=-1)


def variants_of(truth: Path, dataset: Dataset, genome: dict[str, str]) -> pd.DataFrame:
    """Two rows for each planted site in a contacted place: the site's and its control's.

    truth : folder of the simulation's truth.
    """
    columns = ["chromosome", "start", "end", "enhancer", "first", "last", "lines"]
    where = pd.read_csv(truth / "enhancers.bed", sep="\t", names=columns)
    chromosome = where.set_index("enhancer")["chromosome"]
    sites = pd.read_csv(truth / "enhancer_motifs.tsv", sep="\t")
    motifs = {motif.name: motif for motif in read_meme(truth / "motifs.meme")}
    taken = {name: np.zeros(len(text), bool) for name, text in genome.items()}
    for site in sites.itertuples():
        taken[chromosome[site.enhancer]][site.position - 2 : site.position + site.width + 2] = True
    rows = []
    for site in sites.itertuples():
        name = chromosome[site.enhancer]
        place, letter, other = broken_letter(site, motifs[site.motif])
        if genome[name][place] != letter:
            raise SystemExit(f"{site}: the genome has another letter")
        here = dataset.places[(dataset.chromosome == name)].reshape(-1, 2)
        here = np.unique(here[(here[:, 0] <= place) & (place < here[:, 1])], axis=0)
        if len(here) != 1:
            continue
        found = control(genome[name], *here[0].tolist(), place, letter, taken[name])
        if found >= 0:
            for at, planted in ((place, True), (found, False)):
                rows.append((name, at, letter, other, site.tf, planted, abs(found - place)))
    columns = ["chromosome", "start", "reference", "alternate", "tf", "planted", "apart"]
    return pd.DataFrame(rows, columns=columns)


def write_vcf(table: pd.DataFrame, path: Path) -> None:
    """A VCF of these rows; ids say which they are."""
    lines = ["##fileformat=VCFv4.2", "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"]
    for row in table.itertuples():
        place = f"{row.chromosome}\t{row.start + 1}\t{row.Index}"
        lines.append(f"{place}\t{row.reference}\t{row.alternate}\t.\t.\t.")
    path.write_text("\n".join(lines) + "\n")


def scored(work: Path, line: str, kind: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table of the verb, and which variant each row is."""
    vcf, output = work / f"{line}.{kind}.vcf", work / f"{line}.{kind}.places.tsv"
    write_vcf(table, vcf)
    command = ["variants", "--bundle", work / f"{line}.{kind}/bundle", "--dataset",
               work / f"{line}.h5", "--genome", work / "genome.fa", "--vcf", vcf, "--places",
               output, "--shift", 0, "--no-strands", "--background", 0, "--p-value", 0,
               "--threads", 1]  # fmt: skip
    if deepexpr([str(word) for word in command]):
        raise SystemExit(f"{output}: not made")
    found = read(PLACE_VARIANTS, output)
    return found.join(table[["tf", "planted"]], on=found["id"].astype(int).rename("number"))


def true_contacts(demo: Path, line: str, dataset: Dataset) -> set[tuple[str, int]]:
    """(gene, start of the place) of planted contacts."""
    loops = pd.read_csv(demo / "resources/demo/truth/loops.tsv", sep="\t")
    known = planted_contacts(dataset, loops[loops["cell_line"] == line])
    gene, slot = np.nonzero(known == 1)
    return {*zip(dataset.gene[gene].tolist(), dataset.places[gene, slot, 0].tolist(), strict=True)}


def measure(found: pd.DataFrame, **names: str) -> list[dict]:
    """A row for each motif and for all: AUROC over variants, and the share of won pairs."""
    rows = []
    number = found["id"].astype(int)
    found = found.assign(number=number, pair=number // 2, size=found["effect"].abs())
    for tf, some in [("all", found), *found.groupby("tf")]:
        best = some.groupby("number").agg(size=("size", "max"), planted=("planted", "first"))
        keys = ["pair", "gene", "place_start"]
        pairs = some.pivot_table(index=keys, columns="planted", values="size")
        won = (pairs[True] > pairs[False]) + 0.5 * (pairs[True] == pairs[False])
        rows.append(
            {**names, "motif": tf, "sites": len(best) // 2, "pairs": len(pairs),
             "auroc": roc_auc_score(best["planted"], best["size"]), "pairs_won": won.mean(),
             "median_site": best.loc[best["planted"], "size"].median(),
             "median_control": best.loc[~best["planted"], "size"].median()}
        )  # fmt: skip
    return rows


def main() -> None:
    """Measure every bundle that is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--output", required=True)
    args = parser.parse_args()
    rows: list[dict] = []
    for line in LINES:
        dataset = Dataset.open(make_demo(args.demo, args.work, line))
        genome = {k: v.upper() for k, v in read_fasta(args.work / "genome.fa").items()}
        table = variants_of(args.demo / "resources/demo/truth", dataset, genome)
        print(line, f"{len(table) // 2} sites; control apart {table['apart'].median()} bp, most "
              f"{table['apart'].max()}")  # fmt: skip
        true = true_contacts(args.demo, line, dataset)
        for kind in ("full", "hichip"):
            if (args.work / f"{line}.{kind}/bundle").is_dir():
                found = scored(args.work, line, kind, table)
                names = {"cell_line": line, "kind": kind}
                rows += measure(found, **names, contacts="all")
                places = zip(found["gene"], found["place_start"], strict=True)
                planted = found[[place in true for place in places]]
                rows += measure(planted, **names, contacts="planted")
    write_table(pd.DataFrame(rows).round(5), args.output)
    print(pd.DataFrame(rows).round(3).to_string())


if __name__ == "__main__":
    main()
