"""One promoter per gene: from many transcripts to genes with one TSS each.

Which rule is used changes which promoter a model sees, so it is an option, and the chosen
transcript stands in the table.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.reference.chromosomes import is_whole, natural_rank
from deepexpr.reference.sections import PromoterSection
from deepexpr.schemas import GENES

log = logging.getLogger(__name__)


def select_genes(
    transcripts: pd.DataFrame,
    rule: str = PromoterSection().tss_rule,
    biotypes: Sequence[str] = PromoterSection().biotypes,
) -> pd.DataFrame:
    """Genes with unique symbols and one TSS each: columns schemas.GENES.

    transcripts : as in `Annotation.transcripts`; start, end 0-based, half-open.
    biotypes : biotypes of genes to keep; "any" keeps all. Of such a gene, only transcripts whose
        own biotype is among them compete for the TSS (a retained intron does not), unless it
        has none.
    Transcripts whose start is a readthrough's or was not found (column incomplete, if there) do
    not compete while another transcript of the gene does; by `canonical` a tagged one does.
    A symbol that stands at several loci (transcripts of one strand that overlap form a locus)
    keeps one on a whole chromosome before one on a scaffold or haplotype, then the one with most
    competing transcripts; equal ones: natural order (so X before Y), then the smallest start,
    then the strand +.
    Of the transcripts of that locus the rule takes one; equal ones: the other two of
    (most upstream, longest in the genome), then the name.
    most_upstream : the 5'-most start. longest : the longest span in the genome.
    canonical : MANE Select, else Ensembl canonical / RefSeq Select, else APPRIS principal; a gene
        without such a tag takes most_upstream, and they are counted in the log.
    tss is the 0-based position of the first transcribed base: start on +, end - 1 on -.
    Rows are sorted by chromosome, tss and gene.
    """
    candidates = _of_biotype(transcripts, biotypes)
    candidates = _one_locus_each(_complete(candidates, rule))
    plus = candidates["strand"] == "+"
    tss = np.where(plus, candidates["start"], candidates["end"] - 1)
    ranked = candidates.assign(
        tss=tss,
        upstream=np.where(plus, tss, -tss),
        shortness=candidates["start"] - candidates["end"],
        tag=_canonical_order(candidates) if rule == "canonical" else 0,
    )
    order = ["shortness", "upstream"] if rule == "longest" else ["upstream", "shortness"]
    ranked = ranked.sort_values(["gene", "tag", *order, "transcript"], kind="stable")
    genes = ranked.drop_duplicates("gene").assign(biotype=lambda table: table["gene_biotype"])
    log.info(
        "%d genes with one TSS each (%s) from %d of %d transcripts",
        len(genes), rule, len(candidates), len(transcripts),
    )  # fmt: skip
    genes = genes.sort_values(["chromosome", "tss", "gene"], kind="stable")
    return genes[list(GENES)].reset_index(drop=True)


def tell_of_several_loci(transcripts: pd.DataFrame) -> None:
    """Warn of symbols at several loci of whole chromosomes: their counts are summed to one gene.

    Copies on haplotypes and scaffolds are the same gene, and X and Y share the pseudoautosomal.
    """
    whole = {name: is_whole(name) for name in transcripts["chromosome"].unique()}
    here = transcripts[transcripts["chromosome"].map(whole)]
    loci = _loci(here).groupby(here["gene"]).nunique()
    several = loci.index[loci > 1]
    if len(several):
        log.warning(
            "%d symbols stand at several loci, such as %s: the counts of all are summed, and the "
            "promoter is that of one",
            len(several), several[0],
        )  # fmt: skip


def read_genes(path: str | Path) -> pd.DataFrame:
    """Read and check a gene table (schemas.GENES; further columns are kept)."""
    genes = read(GENES, path)
    if genes.empty:
        raise InputError("The gene table has no rows.", where=str(path))
    repeated = genes.loc[genes["gene"].duplicated(), "gene"].unique()
    if len(repeated):
        raise InputError(
            f"{len(repeated)} gene name(s) repeat: {', '.join(repeated[:5])}.",
            where=f"{path}, line {int(genes['gene'].duplicated().to_numpy().argmax()) + 2}",
            fix="Keep one row per gene.",
        )
    if genes["tss"].dtype.kind != "i" or (genes["tss"] < 0).any():
        raise InputError(
            "The column tss holds something else than positions.",
            where=str(path),
            expected="0-based integers",
        )
    strands = sorted(set(genes["strand"]) - {"+", "-"})
    if strands:
        raise InputError(f"Unknown strand {strands[0]!r}.", where=str(path), expected="+ or -")
    return genes


def _of_biotype(transcripts: pd.DataFrame, biotypes: Sequence[str]) -> pd.DataFrame:
    if "any" in biotypes:
        return transcripts
    wanted = set(biotypes)
    genes = transcripts[transcripts["gene_biotype"].isin(wanted)]
    if genes.empty:
        found = transcripts["gene_biotype"].value_counts()
        raise InputError(
            f"No gene has the biotype {' or '.join(biotypes)}.",
            expected=f"one or more of {', '.join(found.index[:8])}; or any",
        )
    fits = genes["biotype"].isin(wanted)
    lonely = ~fits.groupby(genes["gene"]).transform("any")
    log.info(
        "%d of %d genes are %s",
        genes["gene"].nunique(), transcripts["gene"].nunique(), " or ".join(biotypes),
    )  # fmt: skip
    return genes[fits | lonely]


def _complete(transcripts: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Leave out transcripts of unsure start where the gene has others."""
    if "incomplete" not in transcripts:
        return transcripts
    unsure = transcripts["incomplete"] > 0
    if rule == "canonical":
        unsure &= transcripts["canonical"] == 0
    out = unsure & (~unsure).groupby(transcripts["gene"]).transform("any")
    if out.any():
        log.info(
            "%d of %d transcripts are readthroughs or begin where their start was not found, and "
            "do not compete for the TSS",
            out.sum(), len(transcripts),
        )  # fmt: skip
    return transcripts[~out]


def _one_locus_each(transcripts: pd.DataFrame) -> pd.DataFrame:
    locus = transcripts.assign(locus=_loci(transcripts))
    groups = locus.groupby(["gene", "chromosome", "strand", "locus"], sort=True)
    table = groups.agg(size=("start", "size"), first=("start", "min")).reset_index()
    table["rank"] = natural_rank(table["chromosome"])
    whole = {name: is_whole(name) for name in table["chromosome"].unique()}
    table["whole"] = table["chromosome"].map(whole)
    table = table.sort_values(
        ["gene", "whole", "size", "rank", "first", "strand"],
        ascending=[True, False, False, True, True, True],
    )
    best = table.drop_duplicates("gene")
    several = table["gene"].nunique() - (table["gene"].value_counts() == 1).sum()
    if several:
        log.info(
            "%d symbols stand at several loci; the one on a whole chromosome with most "
            "transcripts is kept",
            several,
        )
    return locus.merge(best[["gene", "chromosome", "strand", "locus"]])


def _loci(transcripts: pd.DataFrame) -> pd.Series:
    """Number of the locus of each transcript: one symbol's that overlap or touch on a strand."""
    keys = ["gene", "chromosome", "strand"]
    table = transcripts[[*keys, "start", "end"]].sort_values([*keys, "start", "end"])
    reach = table.groupby(keys, sort=False)["end"].cummax()
    reach = reach.groupby([table[key] for key in keys], sort=False).shift()
    return (~(table["start"] <= reach)).cumsum().reindex(transcripts.index)


def _canonical_order(transcripts: pd.DataFrame) -> pd.Series:
    rank = transcripts["canonical"].replace(0, transcripts["canonical"].max() + 1)
    tagged = (transcripts["canonical"] > 0).groupby(transcripts["gene"]).any()
    if not tagged.any():
        raise InputError(
            "The annotation tags no transcript as canonical.",
            expected="tags MANE_Select, Ensembl_canonical, RefSeq Select or appris_principal",
            fix="Use the TSS rule most_upstream or longest, or an annotation with tags.",
        )
    log.info("%d of %d genes have a canonical transcript", tagged.sum(), len(tagged))
    return rank
