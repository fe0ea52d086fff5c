"""Splits are files, by gene, made once and shared by every method.

method.md, 4: K strictly disjoint groups; the group `fold` is the test set of that fold, and of the
genes in the other K - 1 groups train : validation = 0.8 : 0.1.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError, Unsupported
from deepexpr.files import read
from deepexpr.schemas import SPLITS

log = logging.getLogger(__name__)

ROLES = ("train", "validation", "test")

#: 0.8 : 0.1 of the training groups (paper, 10-fold): one gene in nine is for validation.
VALIDATION_SHARE = 0.1 / (0.8 + 0.1)


def make_splits(genes: pd.DataFrame, scheme: str, folds: int, seed: int) -> pd.DataFrame:
    """Splits of `genes` into `folds` folds: columns schemas.SPLITS, sorted by fold and gene.

    genes : columns gene (unique) and, for the scheme "chromosome", chromosome; for the scheme
        "family", family (families.find_families).
    scheme : "random"; "chromosome" or "family": whole chromosomes or gene families are held out,
        in groups of nearly equal gene number. Validation genes are drawn at random from the
        training groups, under "family" whole families.
    The result depends on the set of genes and the seed, not on the order of the rows.
    Raises InputError where there are fewer genes (or chromosomes) than folds.
    """
    table = genes.sort_values("gene", kind="stable").reset_index(drop=True)
    _check(table, scheme, folds)
    rng = np.random.default_rng(seed)
    unit = np.arange(len(table))  # what goes to validation together
    if scheme == "random":
        group = rng.permutation(len(table)) % folds
    elif scheme == "chromosome":
        group = _chromosome_groups(table["chromosome"], folds)
    else:
        unit = pd.factorize(table["family"])[0]
        group = _family_groups(unit, folds, rng)
    names = table["gene"].to_numpy()
    result = pd.concat(
        [_fold(names, group, unit, fold, rng) for fold in range(folds)], ignore_index=True
    )
    log.info(
        "%d genes in %d folds (%s), %d-%d test genes in each",
        len(table), folds, scheme, *np.sort(np.bincount(group, minlength=folds))[[0, -1]],
    )  # fmt: skip
    return result[list(SPLITS)]


def _fold(names, group, unit, fold: int, rng: np.random.Generator) -> pd.DataFrame:
    role = np.where(group == fold, "test", "train").astype(object)
    rest = np.flatnonzero(group != fold)
    if len(rest) < 2:
        raise Unsupported(
            f"Fold {fold} has {len(rest)} gene(s) left for training and validation.",
            expected="at least 2",
            fix="Use more genes or fewer folds.",
        )
    role[rest[_validation(unit[rest], rng)]] = "validation"
    return pd.DataFrame({"fold": fold, "gene": names, "role": role})


def _validation(unit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Which genes of the training groups are for validation: whole units, about the share."""
    wanted = max(1, round(len(unit) * VALIDATION_SHARE))
    names, sizes = np.unique(unit, return_counts=True)
    if len(names) == len(unit):
        return rng.choice(len(unit), size=wanted, replace=False)
    if len(names) < 2:
        raise Unsupported(
            f"The {len(unit)} genes left for training and validation are all of one family.",
            fix="Use more genes, fewer folds, or the scheme random.",
        )
    chosen = []
    for i in rng.permutation(len(names)):
        if sizes[i] <= wanted:
            chosen.append(names[i])
            wanted -= sizes[i]
    return np.flatnonzero(np.isin(unit, chosen or names[sizes.argmin()]))


def _family_groups(family: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Families in random order, largest first, each to the fold with the fewest genes so far."""
    sizes = np.bincount(family)
    if sizes.max() > -(-len(family) // folds):
        raise Unsupported(
            f"One family has {sizes.max()} of the {len(family)} genes, more than one of {folds} "
            "equal folds can hold.",
            expected=f"families of at most {-(-len(family) // folds)} genes",
            fix="Use fewer folds (K), or the scheme random."
            if len(family) // sizes.max() > 1
            else "Use the scheme random.",
        )
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    fold_of = np.empty(len(sizes), dtype=np.int64)
    fold_of[order] = _filled(sizes[order], folds)
    return fold_of[family]


def _chromosome_groups(chromosome: pd.Series, folds: int) -> np.ndarray:
    """Largest chromosome first, each to the fold that has the fewest genes so far."""
    sizes = chromosome.value_counts().rename_axis("name").reset_index(name="size")
    sizes = sizes.sort_values(["size", "name"], ascending=[False, True])
    fold_of = dict(zip(sizes["name"], _filled(sizes["size"], folds), strict=True))
    return chromosome.map(fold_of).to_numpy()


def _filled(sizes: Iterable[int], folds: int) -> list[int]:
    """Fold of each unit: in the given order, to the fold that has the fewest genes so far."""
    load, chosen = np.zeros(folds, dtype=np.int64), []
    for size in sizes:
        chosen.append(int(load.argmin()))
        load[chosen[-1]] += size
    return chosen


def _check(genes: pd.DataFrame, scheme: str, folds: int) -> None:
    if folds < 2:
        raise InputError(f"{folds} fold(s) cannot be split.", expected="2 or more")
    if genes["gene"].duplicated().any():
        repeated = genes.loc[genes["gene"].duplicated(), "gene"].unique()
        raise InputError(f"{len(repeated)} gene name(s) repeat: {', '.join(repeated[:5])}.")
    units = {"genes": len(genes)}
    if scheme == "chromosome":
        units["chromosomes"] = genes["chromosome"].nunique()
    for what, number in units.items():
        if number < folds:
            raise Unsupported(
                f"{number} {what} cannot be split into {folds} folds.",
                expected=f"at least {folds} {what}",
                found=f"{number} {what}",
                fix=(f"Use at most {number} folds (K)." if number > 1 else "Use more genes.")
                + (" Or use the scheme random." if what == "chromosomes" else ""),
            )


def read_splits(path: str | Path) -> pd.DataFrame:
    """Read and check a splits file (schemas.SPLITS): one role per fold and gene."""
    splits = read(SPLITS, path)
    if splits.empty:
        raise Unsupported(
            "The splits hold no gene: there were too few for so many folds.",
            where=str(path),
            fix="Use fewer folds (K) or more genes, and make them again.",
        )
    fold = pd.to_numeric(splits["fold"], errors="coerce")
    if (bad := ~(fold.ge(0) & (fold % 1 == 0))).any():
        row = int(bad.to_numpy().argmax())
        raise InputError(
            "A fold is not a number.",
            where=f"{path}, line {row + 2}",
            expected="0, 1, 2, ...",
            found=repr(str(splits["fold"].iloc[row])),
        )
    splits["fold"] = fold.astype(np.int64)
    unknown = sorted(set(splits["role"]) - set(ROLES))
    if unknown:
        raise InputError(
            f"Unknown role(s) {', '.join(map(repr, unknown))}.",
            where=str(path),
            expected=", ".join(ROLES),
        )
    if splits.duplicated(["fold", "gene"]).any():
        row = int(splits.duplicated(["fold", "gene"]).to_numpy().argmax())
        raise InputError(
            f"Gene {splits['gene'][row]} stands twice in fold {splits['fold'][row]}.",
            where=f"{path}, line {row + 2}",
        )
    test = splits[splits["role"] == "test"]
    if test["gene"].duplicated().any():
        gene = test.loc[test["gene"].duplicated(), "gene"].iloc[0]
        raise InputError(
            f"Gene {gene} is a test gene of more than one fold.",
            where=str(path),
            fix="Make the splits again; the folds must be disjoint.",
        )
    return splits


def fold_roles(splits: pd.DataFrame, fold: int) -> dict[str, np.ndarray]:
    """Genes of one fold by role: {"train": (n,) str, "validation": ..., "test": ...}."""
    rows = splits[splits["fold"] == fold]
    if rows.empty:
        raise InputError(
            f"The splits have no fold {fold}.",
            found=f"folds {', '.join(map(str, sorted(splits['fold'].unique())))}",
        )
    return {role: rows.loc[rows["role"] == role, "gene"].to_numpy(dtype=str) for role in ROLES}


def restrict_splits(splits: pd.DataFrame, genes: np.ndarray) -> pd.DataFrame:
    """The rows of `splits` whose gene is in `genes` (a dataset may lack some); counts are logged.

    Raises InputError where a role of a fold is left without genes.
    """
    kept = splits[splits["gene"].isin(set(map(str, genes)))]
    log.info("%d of %d genes of the splits used", kept["gene"].nunique(), splits["gene"].nunique())
    left = kept.groupby(["fold", "role"]).size()
    for fold in sorted(splits["fold"].unique()):
        for role in ROLES:
            if left.get((fold, role), 0) == 0:
                raise Unsupported(
                    f"Fold {fold} has no {role} gene in this dataset.",
                    fix="Make the splits from the genes of the dataset, or use fewer folds.",
                )
    return kept.reset_index(drop=True)
