"""Symbols of genes: filled in where some transcripts lack them, refused where they are none."""

import logging

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.reference.chromosomes import natural_rank

log = logging.getLogger(__name__)

#: Share of transcripts that lie for the most part in another one above which genes cannot be
#: single transcripts. Genes within genes are rarer, also where genomes are dense.
_NESTED = 0.02

#: What stands where there is no symbol. NA is not among them: it may be a name.
_NO_SYMBOL = ("", "-", "--", ".", "n/a")


def stated_symbols(genes: pd.Series) -> pd.Series:
    """Symbols (str), missing where a mark such as "-" stands for none: it joins no genes."""
    marks = [name for name in genes.unique().tolist() if str(name).strip() in _NO_SYMBOL]
    return genes.mask(genes.isin(marks)) if marks else genes


def fill_symbols(transcripts: pd.DataFrame) -> pd.DataFrame:
    """`gene` of every transcript: its own, else that of others of its gene_id, else gene_label.

    Adds the column `named`: whether a symbol is stated for the gene.
    """
    gene = stated_symbols(transcripts["gene"])
    if not gene.isna().any():
        return transcripts.assign(named=True)
    stated = transcripts.assign(gene=gene)[gene.notna()]
    symbols = stated.groupby("gene_id")["gene"].agg(["first", "nunique"])
    lacking = gene.isna() & transcripts["gene_id"].isin(symbols.index)
    several = lacking & transcripts["gene_id"].map(symbols["nunique"]).gt(1)
    if several.any():
        log.warning(
            "%d transcripts without a symbol are of genes that have several, such as %s; the "
            "first is taken",
            several.sum(), transcripts.loc[several, "gene_id"].iloc[0],
        )  # fmt: skip
    filled = gene.where(gene.notna(), transcripts["gene_id"].map(symbols["first"]))
    named = filled.notna()
    return transcripts.assign(gene=filled.where(named, transcripts["gene_label"]), named=named)


def check_gene_names(transcripts: pd.DataFrame, path: str) -> None:
    """Refuse an annotation whose genes are its transcripts over again.

    That is so where no transcript has a symbol other than its own name, and transcripts lie in
    each other as those of one gene do. Raises InputError; a plain genePred, which has no place
    for symbols, is warned of.
    """
    if transcripts["gene"].iloc[0] != transcripts["transcript"].iloc[0]:
        return
    same = (transcripts["gene"] == transcripts["transcript"]) & (
        ~transcripts["named"] | (transcripts["gene_label"] == transcripts["transcript"])
    )
    if not same.all() or transcripts["whole_gene"].all():
        return
    nested = _nested(transcripts)
    if not nested.any() or nested.mean() < _NESTED:
        return
    problem = (
        f"Genes are transcripts here: every one of the {len(transcripts)} genes has the name of "
        f"its transcript, and {nested.sum()} overlap on a strand, such as "
        f"{transcripts.loc[nested, 'transcript'].iloc[0]}."
    )
    fix = "Use an annotation with symbols (refGene in place of genePred or a browser's GTF)."
    if transcripts["symbols_possible"].all():
        raise InputError(
            problem, where=path, expected="gene_id or gene_name shared by a gene's transcripts",
            fix=fix,
        )  # fmt: skip
    log.warning("%s: %s %s", path, problem, fix)


def _nested(transcripts: pd.DataFrame) -> pd.Series:
    """Whether a transcript shares half of the shorter one's span with one that starts before."""
    table = transcripts[["chromosome", "strand", "start", "end"]].assign(
        rank=natural_rank(transcripts["chromosome"])
    )
    table = table.sort_values(["rank", "strand", "start", "end"])
    groups = table.groupby(["rank", "strand"], sort=False)
    length = table["end"] - table["start"]
    reach = groups["end"].cummax().groupby([table["rank"], table["strand"]]).shift()
    before = groups[["start", "end"]].shift()
    # The first of a strand has nothing before it: NaN, which is no overlap.
    in_earlier = (np.minimum(table["end"], reach) - table["start"]) * 2 >= length
    overlap = np.minimum(table["end"], before["end"]) - table["start"]
    nested = in_earlier | (overlap * 2 >= np.minimum(length, before["end"] - before["start"]))
    return nested.reindex(transcripts.index)
