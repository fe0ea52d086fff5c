"""Joining the stages before: promoters, expression and loops of the same genes.

A gene enters the dataset if it has an expression value, or where those without one are asked for;
the log counts them.
"""

import logging
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pysam

from deepexpr.errors import InputError
from deepexpr.expression.normalise import binary_labels
from deepexpr.features.anchors import anchor_features
from deepexpr.features.bins import loop_bins
from deepexpr.features.dataset import ANCHORS, Dataset
from deepexpr.features.enhancers import enhancer_inputs, gene_contacts
from deepexpr.features.places import contacted_places
from deepexpr.features.sections import EnhancerFeatures, FeatureSection
from deepexpr.features.sequence import encode_promoters
from deepexpr.hichip.signal import joined_signal

log = logging.getLogger(__name__)

#: No gene has 10 billion reads.
LARGEST_LOG10 = 10


def build_dataset(
    genes: pd.DataFrame,
    promoters: Mapping[str, str],
    expression: pd.Series,
    *,
    cell_line: str,
    assembly: str,
    signal: pd.DataFrame | Mapping[str, pd.DataFrame] | None = None,
    binned: pd.DataFrame | None = None,
    bins: int = FeatureSection().bins,
    bin_size: int = FeatureSection().bin_size,
    promoter_window: int = 5000,
    tss_index: int = 1000,
    anchors: bool = True,
    genome: pysam.FastaFile | None = None,
    peaks: pd.DataFrame | None = None,
    contacted: EnhancerFeatures | None = None,
    unmeasured: bool = False,
    only: Collection[str] | None = None,
) -> Dataset:
    """The dataset of one cell line.

    genes : schemas.GENES. promoters : sequence by gene, gene orientation, the TSS base at index
    `tss_index`. expression : log10 value by gene. signal : schemas.SIGNAL, or None for a cell
    line without HiChIP, or such tables by target (H3K27ac, YY1 ...). binned : finished bins by
    gene, in place of `signal`. bins, bin_size (bp), promoter_window (bp): see `loop_bins`.
    anchors : with features.anchors of the `signal`, where all `genes` count, as a further input of
    networks; of several targets, of their loops together.
    genome : with the sequences of contacted places (features.enhancers) as further inputs, cut from
    it as `contacted` says; peaks : accessible places (chromosome, start, end, height) they are cut
    to.
    unmeasured : genes without a value are kept, for prediction. only : genes to keep; anchors and
    labels are the same with it and without.
    The label is +1 where the value is at least the median over the protein-coding genes that have
    a value. Raises InputError where a gene has no promoter or no gene has a value, unless
    `unmeasured`, and where `only` names genes that are not among these.
    """
    known = genes["gene"].isin(set(expression.index))
    log.info("%d of %d genes have an expression value", known.sum(), len(genes))
    if not known.any() and not unmeasured:
        raise InputError(
            "No gene of the gene table has an expression value.",
            expected=f"symbols such as {', '.join(genes['gene'].head(3))}",
            found=", ".join(map(str, expression.index[:3])),
            fix="Make both tables from one annotation.",
        )
    _warn_of_scale(expression)
    values = expression.reindex(genes["gene"]).astype(float)
    labels = _labels(values, genes["biotype"].set_axis(genes["gene"]))
    kept = _only(genes if unmeasured else genes[known], only)
    kept = kept.sort_values(["chromosome", "tss", "gene"], kind="stable").reset_index(drop=True)
    together = joined_signal([*signal.values()]) if isinstance(signal, Mapping) else signal
    others, places = {}, None
    if together is not None and anchors:
        others[ANCHORS] = _anchors(genes, kept, together, promoter_window)
    if together is not None and genome is not None:
        settings = contacted or EnhancerFeatures(bins=bins, bin_size=bin_size)
        contacts = gene_contacts(kept, together, settings, promoter_window, peaks)
        others |= enhancer_inputs(contacts, len(kept), genome, settings)
        places = contacted_places(contacts, len(kept), settings)
    return Dataset(
        gene=kept["gene"].to_numpy(str),
        chromosome=kept["chromosome"].to_numpy(str),
        tss=kept["tss"].to_numpy(np.int64),
        strand=kept["strand"].to_numpy(str),
        sequence=encode_promoters(kept["gene"], promoters),
        expression=values.loc[kept["gene"]].to_numpy(np.float32),
        label=labels.loc[kept["gene"]].to_numpy(np.int8),
        cell_line=cell_line,
        assembly=assembly,
        tss_index=tss_index,
        bin_size=bin_size,
        **(
            _loops_of_targets(kept, signal, bins, bin_size, promoter_window)
            if isinstance(signal, Mapping)
            else _loops(kept, signal, bins, bin_size, promoter_window)
            if binned is None
            else _given_bins(kept, binned)
        ),
        others=others,
        places=places,
    )


def _labels(values: pd.Series, biotypes: pd.Series) -> pd.Series:
    """`binary_labels` of the genes that have a value, 0 of the others."""
    labels = pd.Series(0, index=values.index, dtype="int8")
    known = values.notna()
    if known.any():
        labels[known] = binary_labels(values[known], biotypes[known])
    return labels


def _only(genes: pd.DataFrame, names: Collection[str] | None) -> pd.DataFrame:
    """The rows of these genes; InputError names those that are not there."""
    if names is None:
        return genes
    lacking = sorted(set(names) - set(genes["gene"]))
    if lacking or not names:
        raise InputError(
            f"{len(lacking)} gene(s) to keep cannot be: {', '.join(lacking[:5])}."
            if lacking
            else "The list of genes to keep names none.",
            expected=f"some of {len(genes)} genes, such as {', '.join(genes['gene'].head(3))}",
            fix="Name genes of the gene table (--genes); those without an expression value are "
            "kept with --unmeasured.",
        )
    return genes[genes["gene"].isin(set(names))]


def _warn_of_scale(expression: pd.Series) -> None:
    """Log10 of a count is below 10: no library has so many reads."""
    if expression.max() >= LARGEST_LOG10:
        log.warning(
            "the largest expression is %.4g: values are taken as log10, and no count has such a "
            "logarithm; give log10 values (verb expression)", expression.max(),
        )  # fmt: skip


def _given_bins(genes: pd.DataFrame, binned: pd.DataFrame) -> dict[str, Any]:
    """Bins as given. Their counts are summed; how many loops they hold is taken to be the number
    of bins that are not empty, as single loops are not known."""
    lacking = [gene for gene in genes["gene"] if gene not in binned.index]
    if lacking:
        raise InputError(
            f"{len(lacking)} gene(s) have no bins, such as {', '.join(lacking[:3])}.",
            fix="Give the table of genes whose rows the array has.",
        )
    values = binned.loc[genes["gene"]].to_numpy(np.float32)
    counts = (2.0 ** values.astype(np.float64) - 1).sum(axis=1, keepdims=True)
    number = (values > 0).sum(axis=1, keepdims=True)
    log.info("%d of %d genes have a bin with loops", int((number > 0).sum()), len(genes))
    return {
        "bins": values,
        "loop_count": counts.astype(np.float32),
        "loop_number": number.astype(np.int32),
    }


def _anchors(genes, kept, signal: pd.DataFrame, promoter_window: int) -> np.ndarray:
    """Of the genes `kept`, where all `genes` of the table may lie at partners."""
    row = pd.Series(np.arange(len(genes)), index=genes["gene"])
    return anchor_features(genes, signal, promoter_window)[row[kept["gene"]]]


def _loops_of_targets(
    genes: pd.DataFrame, signals: Mapping[str, pd.DataFrame], bins: int, bin_size: int, window: int
) -> dict[str, Any]:
    """Bins of each target as a channel; counts and numbers of loops are of all together."""
    found = [_loops(genes, signal, bins, bin_size, window) for signal in signals.values()]
    return {
        "bins": np.stack([each["bins"] for each in found], axis=2),
        "loop_count": sum(each["loop_count"] for each in found),
        "loop_number": sum(each["loop_number"] for each in found),
        "targets": tuple(signals),
    }


def _loops(
    genes: pd.DataFrame,
    signal: pd.DataFrame | None,
    bins: int,
    bin_size: int,
    promoter_window: int,
) -> dict[str, Any]:
    if signal is None:
        log.info("no HiChIP: the dataset has sequence only")
        return {}
    binned, count, number = loop_bins(
        genes, signal, bins=bins, bin_size=bin_size, promoter_window=promoter_window
    )
    log.info("%d of %d genes have a loop", int((number > 0).sum()), len(genes))
    return {
        "bins": binned,
        "loop_count": count.reshape(-1, 1),
        "loop_number": number.reshape(-1, 1),
    }
