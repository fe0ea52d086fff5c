"""Predicting a cell line of one assembly by the models of another assembly's cell lines.

A gene is predicted by the fold whose training genes hold neither its orthologue nor any member
of its family. A family is what orthologues, of any relation, and similar promoters
(features.families, of both assemblies together) connect. Per gene, its standing:

one-to-one : its one orthologue is a test gene of that fold; these are the genes evaluated.
none : it has no orthologue among the genes the models were trained and tested on; evaluated apart,
    in folds in turn, as nothing can be copied for it.
several : in several pairs of the table. family : some of its family is trained on in each fold
    that could predict it. Both are left out.

Orthologues resemble each other, so beside the models stands what needs none: `copy`, what the
orthologue measured in the other species (METHOD copy of schemas).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from deepexpr.errors import InputError
from deepexpr.evaluation.cross_cell_line import check_alike
from deepexpr.evaluation.orthologues import ONE_TO_ONE, SEVERAL
from deepexpr.features.dataset import Dataset
from deepexpr.features.families import find_families
from deepexpr.features.predictions import prediction_table
from deepexpr.schemas import COPY, PREDICTIONS, SPECIES_GENES

log = logging.getLogger(__name__)

#: Further standings: no orthologue; kin of training genes in every fold.
NONE, FAMILY = "none", "family"


def assign_genes(
    target: Dataset, sources: Sequence[Dataset], bundles: Sequence[Any], pairs: pd.DataFrame
) -> pd.DataFrame:
    """Which fold may predict each gene of `target`, and why none: schemas.SPECIES_GENES.

    sources : datasets of the other assembly's cell lines. bundles : all that will predict, whose
    splits say what was trained on (validation genes count). pairs : schemas.ORTHOLOGUES, in either
    order of the assemblies.
    """
    _check(target, sources, bundles)
    pairs = _turned(pairs, sources[0].assembly, target.assembly)
    splits = pd.concat([bundle.splits for bundle in bundles]).drop_duplicates()
    tested = splits[splits["role"] == "test"].drop_duplicates("gene").set_index("gene")["fold"]
    folds = sorted(splits["fold"].unique())
    blocked = _blocked(target, sources, splits[splits["role"] != "test"], pairs, folds)
    single = pairs[pairs["relation"] == ONE_TO_ONE].set_index("theirs")["ours"]
    several = set(pairs.loc[pairs["relation"] == SEVERAL, "theirs"])
    rows, turn = [], 0
    for number, gene in enumerate(target.gene.tolist()):
        orthologue = single.get(gene)
        free = [fold for fold, taken in zip(folds, blocked[number], strict=True) if not taken]
        if gene in several:
            rows.append((gene, None, SEVERAL, None))
            continue
        standing = ONE_TO_ONE if orthologue in tested.index else NONE
        if standing == ONE_TO_ONE:
            free = [fold for fold in free if fold == tested[orthologue]]
        fold = free[turn % len(free)] if free else None
        turn += standing == NONE
        rows.append((gene, orthologue, standing if free else FAMILY, fold))
    table = pd.DataFrame(rows, columns=list(SPECIES_GENES)).astype({"fold": "Int64"})
    numbers = table["standing"].value_counts()
    log.info(
        "%d genes of %s: %d with one orthologue; %d without, evaluated apart; left out: %d with "
        "several, %d whose family is trained on",
        len(table), target.cell_line,
        *(int(numbers.get(name, 0)) for name in (ONE_TO_ONE, NONE, SEVERAL, FAMILY)),
    )  # fmt: skip
    return table


def _check(target: Dataset, sources: Sequence[Dataset], bundles: Sequence[Any]) -> None:
    """Raise InputError unless bundles and measurements are of the same lines of one assembly."""
    found = {dataset.assembly for dataset in sources}
    lines = {dataset.cell_line for dataset in sources}
    trained = {bundle.info["cell_line"] for bundle in bundles}
    if len(found) > 1 or target.assembly in found or not trained <= lines:
        raise InputError(
            "The measured datasets are not those that the bundles were trained on.",
            expected=f"{', '.join(sorted(trained))}, of one assembly other than {target.assembly}",
            found=", ".join(f"{d.cell_line} ({d.assembly})" for d in sources),
            fix="Give the dataset of every cell line whose bundles are given.",
        )


def _turned(pairs: pd.DataFrame, ours: str, theirs: str) -> pd.DataFrame:
    """Pairs as ours (of the models' assembly), theirs (the target's) and relation."""
    found = {*pairs["assembly1"], *pairs["assembly2"]}
    if ours == theirs or found != {ours, theirs}:
        raise InputError(
            "The orthologues are not those of the models' and the target's assembly.",
            expected=f"two assemblies, {ours} and {theirs}",
            found=" and ".join(sorted(found)) or "no pair",
            fix="Match the table again with `deepexpr orthologues`.",
        )
    names = ("1", "2") if pairs["assembly1"].iloc[0] == ours else ("2", "1")
    columns = {f"gene{names[0]}": "ours", f"gene{names[1]}": "theirs"}
    return pairs.rename(columns=columns)[["ours", "theirs", "relation"]]


def _blocked(
    target: Dataset,
    sources: Sequence[Dataset],
    trained: pd.DataFrame,
    pairs: pd.DataFrame,
    folds: Sequence[int],
) -> np.ndarray:
    """(genes of target, folds) bool: whether any of the gene's family was trained on."""
    own = pd.concat([pd.Series(list(d.sequence), index=d.gene, dtype=object) for d in sources])
    own = own[~own.index.duplicated()]
    lengths = {len(own.iloc[0]), target.sequence.shape[1]}
    if len(lengths) > 1:
        raise InputError(
            "The promoters of the two assemblies differ in length.",
            where=str(target.path or target.cell_line),
            found=" and ".join(f"{length} bp" for length in sorted(lengths)),
        )
    family = find_families(np.concatenate([np.stack(own.to_list()), target.sequence]))
    # Genes of the pairs without a dataset join families, too: nodes of their own.
    ours = pd.Index(pd.unique(pd.concat([own.index.to_series(), pairs["ours"]])))
    theirs = pd.Index(pd.unique(pd.concat([pd.Series(target.gene), pairs["theirs"]])))
    rows = np.r_[np.arange(len(own)), len(ours) + np.arange(len(target))]
    ends = [
        np.r_[rows, ours.get_indexer(pairs["ours"])],
        np.r_[len(ours) + len(theirs) + family, len(ours) + theirs.get_indexer(pairs["theirs"])],
    ]
    size = len(ours) + len(theirs) + int(family.max()) + 1
    graph = sp.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    group = connected_components(graph, directed=False)[1]
    blocked = np.zeros((size, len(folds)), dtype=bool)
    trained = trained[trained["gene"].isin(ours)]
    position = pd.Index(folds).get_indexer(trained["fold"])
    blocked[group[ours.get_indexer(trained["gene"])], position] = True
    return blocked[group[len(ours) : len(ours) + len(target)]]


def predict_species(
    methods: Mapping[str, Sequence[Any]],
    target: Dataset,
    sources: Sequence[Dataset],
    genes: pd.DataFrame,
    standing: str,
) -> pd.DataFrame:
    """Genes of one standing by each method and by `copy`: schemas.PREDICTIONS.

    methods : opened bundles by method, of each one per cell line of the other assembly; their mean
    predicts. genes : schemas.SPECIES_GENES. Expression is copied only where an orthologue is:
    one-to-one, the mean of what the cell lines in `sources` measured (of labels the share of +1).
    """
    chosen = genes[genes["standing"] == standing]
    tables = []
    for method, bundles in methods.items():
        check_alike(bundles, target, sources[0].assembly)
        # What a bundle checks as "another genome" is what is asked for here.
        guest = replace(target, assembly=sources[0].assembly)
        about = {"method": method, "trained_on": _joined(b.info["cell_line"] for b in bundles)}
        about |= {key: bundles[0].info[key] for key in ("task", "scheme", "K")}
        for fold, own in chosen.groupby("fold"):
            rows = target.index_of(own["gene"])
            values = [bundle.predict(guest, int(fold), own["gene"]) for bundle in bundles]
            tables.append(
                prediction_table(target, rows, np.mean(values, axis=0), fold=int(fold), **about)
            )
        log.info("%s predicted by %s of %s", target.cell_line, method, about["trained_on"])
    if standing == ONE_TO_ONE and len(chosen):
        copied = about | {"method": COPY, "trained_on": _joined(d.cell_line for d in sources)}
        tables.append(_copied(target, sources, chosen, copied))
    empty = pd.DataFrame(columns=list(PREDICTIONS))
    return pd.concat(tables, ignore_index=True) if tables else empty


def _copied(target, sources: Sequence[Dataset], chosen: pd.DataFrame, about) -> pd.DataFrame:
    classes = about["task"] == "classification"
    measured = [
        pd.Series(d.label > 0 if classes else d.expression, index=d.gene, dtype=float)
        for d in sources
    ]
    mean = pd.concat(measured, axis=1).mean(axis=1)
    parts = [
        prediction_table(
            target, target.index_of(own["gene"]), mean.reindex(own["orthologue"]).to_numpy(),
            fold=int(fold), **about,
        )
        for fold, own in chosen.groupby("fold")
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
