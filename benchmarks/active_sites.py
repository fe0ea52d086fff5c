"""Where enhancers act by their letters: the network that reads them, bins alone, and an oracle.

    python benchmarks/active_sites.py --run FOLDER --work DIR --output benchmarks/active_sites

FOLDER holds a run of config/enhancers (results/enhancers, resources/enhancers) with the datasets
and splits at least. Of each line and fold, r on test genes without promoters: `enhancers`; the same
with N for every letter of the places; `tuned` (boosted trees on bins and anchors) and ridge on the
sums of loops in windows, both bins alone; ridge on words of the contacted places, weighted by the
counts, and the Lasso on the same words; and an oracle, the log of the counts times the number of
the active factor's sites, which lacks nothing but the promoter's part and the noise. --full: also
with promoters, beside the baselines `trees` and `ridge`. --scheme chromosome-K4: with whole
chromosomes held out, so that no test gene's enhancer is a training gene's; r and contacts alone,
not without letters. Its splits are made by `snakemake
results/enhancers/features/demo/splits/chromosome-K4.tsv --configfile config/enhancers/config.yaml`.
Then, as enhancers.py and variant_places.py have them: AUROC of contacts with a site of the active
factor among a fold's contacts; which planted motifs the filters match; and AUROC of broken sites
against controls, motif by motif: those of factors that are not active should tell nothing. Finished
networks in DIR are kept. Writes OUTPUT.tsv, OUTPUT_contacts.tsv, OUTPUT_motifs.tsv and
OUTPUT_variants.tsv, line by line.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from enhancers import LINES, name_motifs, rank_contacts, scores, train, without_letters
from sklearn.linear_model import LassoCV, LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from variant_places import measure, scored, variants_of

from deepexpr.cli import main as deepexpr
from deepexpr.features.dataset import CONTACTS, ENHANCERS, Dataset
from deepexpr.features.splits import fold_roles, read_splits
from deepexpr.features.words import loop_windows
from deepexpr.files import write_table
from deepexpr.model.kmer_start import count_words
from deepexpr.reference.fasta import read_fasta
from deepexpr.simulate.settings import ACTIVE_IN

USUAL = "random-K5"
PENALTIES = np.logspace(0, 6, 25)
#: Of the Lasso, relative to features of variance 1.
SHRINKAGES = np.geomspace(0.25, 0.01, 15)


def site_numbers(dataset: Dataset, loops: pd.DataFrame) -> np.ndarray:
    """(n, N) the active factor's sites of each contact, NaN in empty slots.

    loops : the truth's of the line. A place is known by its distance from the TSS.
    """
    known = {}
    for row in loops.itertuples():
        known |= {(row.gene, start + 2500): row.activity for start in (row.start1, row.start2)}
    contacts = dataset.others[CONTACTS]
    sign = np.where(dataset.strand == "+", 1, -1)[:, None]
    middle = dataset.tss[:, None] + sign * contacts[:, :, 1].astype(np.int64)
    found = [
        [known.get((gene, place), np.nan) for place in row]
        for gene, row in zip(dataset.gene.tolist(), middle.tolist(), strict=True)
    ]
    return np.where(contacts[:, :, 0] > 0, found, np.nan)


def plain_scores(dataset: Dataset, splits: Path, sites: np.ndarray, line: str) -> list[dict]:
    """Rows of the oracle, both ridges and the Lasso, fitted on a fold's training and validation
    genes. The Lasso has the words and the sum of the counts; its penalty is chosen in 3 folds."""
    counts = np.exp2(dataset.others[CONTACTS][:, :, 0].astype(float)) - 1
    gene, slot = np.nonzero(counts > 0)
    words = np.zeros((len(dataset.gene), 4**6))
    found = count_words(dataset.others[ENHANCERS][gene, slot], 6)
    np.add.at(words, gene, counts[gene, slot, None] * found)
    windows = loop_windows(dataset.bins, dataset.bin_size)
    letters = np.log2(1 + words[:, words.any(axis=0)])
    total = np.log2(1 + counts.sum(axis=1))[:, None]
    lasso = LassoCV(alphas=SHRINKAGES, cv=3, max_iter=2000, tol=1e-3)
    known = np.log2(1 + np.nansum(counts * sites, axis=1))[:, None]
    tried = {
        "ridge on bins": (windows, RidgeCV(PENALTIES)),
        "ridge on words of places": (np.hstack([windows, letters]), RidgeCV(PENALTIES)),
        "lasso on words of places": (np.hstack([total, letters]), lasso),
        "oracle": (known, LinearRegression()),
    }
    rows, table = [], read_splits(splits)
    for fold in sorted(table["fold"].unique()):
        roles = {role: dataset.index_of(g) for role, g in fold_roles(table, fold).items()}
        fitted, test = np.concatenate([roles["train"], roles["validation"]]), roles["test"]
        y = dataset.expression
        for name, (x, model) in tried.items():
            made = make_pipeline(StandardScaler(), model).fit(x[fitted], y[fitted])
            r = np.corrcoef(made.predict(x[test]), y[test])[0, 1]
            rows.append({"cell_line": line, "kind": "hichip", "network": name, "fold": fold,
                         "genes": len(test), "r": r})  # fmt: skip
    return rows


def baseline(dataset: Path, splits: Path, method: str, folder: Path) -> Path:
    """Folder of a baseline's predictions; fitted unless they are there."""
    if not (folder / "predictions.tsv").is_file():
        command = ["baseline", "--dataset", dataset, "--splits", splits, "--task", "regression",
                   "--method", method, "--output", folder,
                   "--settings", json.dumps({"inner_folds": 3})]  # fmt: skip
        if deepexpr([str(word) for word in command]):
            raise SystemExit(f"{folder}: not fitted")
    return folder


def measure_line(run: Path, work: Path, line: str, args) -> dict[str, list[dict]]:
    """The rows of a line, by the suffix of their table."""
    features, truth = run / "results/enhancers/features", run / "resources/enhancers/truth"
    splits = features / f"demo/splits/{args.scheme}.tsv"
    scheme, usual, full = args.scheme.partition("-")[0], args.scheme == USUAL, args.full
    before = "" if usual else f"{args.scheme}."
    path, blank = work / f"{line}.h5", work / f"{line}.blank.h5"
    shutil.copyfile(features / line / "dataset.h5", path)
    dataset = Dataset.open(path)
    without_letters(dataset, blank)
    loops = pd.read_csv(truth / "loops.tsv", sep="\t").query("cell_line == @line")
    sites = site_numbers(dataset, loops)
    names = {"cell_line": line, "kind": "hichip"}
    found: dict[str, list[dict]] = {"": plain_scores(dataset, splits, sites, line)}
    for kind in ("hichip", "full") if full else ("hichip",):
        for network, data, variant, name in (
            ("tuned", path, "tuned", f"{line}.tuned.{kind}"),
            ("no letters", blank, "enhancers", f"{line}.blank.{kind}"),
            ("enhancers", path, "enhancers", f"{line}.{kind}"),
        ):
            if network == "no letters" and not usual:
                continue
            made = train(data, splits, scheme, kind, work / f"{before}{name}", variant)
            found[""] += scores(made, cell_line=line, kind=kind, network=network)
    for method in ("trees", "ridge") if full else ():
        made = baseline(path, splits, method, work / f"{before}{line}.{method}")
        found[""] += scores(made, cell_line=line, kind="full", network=method)
    own = work / f"{before}{line}.hichip"
    true = np.where(np.isfinite(sites), sites > 0, np.nan)
    found["_contacts"] = rank_contacts(own, dataset, true, **names, network="enhancers")
    if not usual:
        return found
    other, blanks = work / f"{line}.blank.hichip", Dataset.open(blank)
    found["_contacts"] += rank_contacts(other, blanks, true, **names, network="no letters")
    genome = {k: v.upper() for k, v in read_fasta(work / "genome.fa").items()}
    table = variants_of(truth, dataset, genome)
    motifs = pd.read_csv(truth / "motifs.tsv", sep="\t").query("where == 'enhancer'")
    active = dict(zip(motifs["motif"], motifs["tf"], strict=True))[ACTIVE_IN[line]]
    found["_variants"] = [
        {**row, "active": active} for row in measure(scored(work, line, "hichip", table), **names)
    ]
    found["_motifs"] = [
        {**row, "active": active} for row in name_motifs(own, dataset, motifs, line)
    ]
    return found


def main() -> None:
    """Measure the lines that are asked for; their rows take the place of earlier ones."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--line", nargs="+", default=LINES)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--scheme", default=USUAL)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # The index is made beside it.
    shutil.copyfile(args.run / "resources/enhancers/genome.fa", args.work / "genome.fa")
    for line in args.line:
        for suffix, rows in measure_line(args.run, args.work, line, args).items():
            path = Path(f"{args.output}{suffix}.tsv")
            table = pd.DataFrame(rows).round(4).assign(splits=args.scheme)
            if path.is_file():
                kept = pd.read_csv(path, sep="\t")
                mine = (kept["cell_line"] == line) & (kept["splits"] == args.scheme)
                table = pd.concat([kept[~mine], table])
            write_table(table.sort_values("cell_line", kind="stable"), path)


if __name__ == "__main__":
    main()
