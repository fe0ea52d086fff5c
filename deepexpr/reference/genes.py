"""One promoter per gene: from many transcripts to genes with one TSS each.

Which rule is used changes which promoter a model sees, so it is an option, and the chosen
transcript stands in the table.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.files import read
from deepexpr.reference.chromosomes import natural_key
from deepexpr.schemas import GENES

log = logging.getLogger(__name__)

TSS_RULES = ("most_upstream", "longest", "canonical")
PROTEIN_CODING = "protein_coding"


def select_genes(
    transcripts: pd.DataFrame,
    rule: str = "most_upstream",
    biotypes: Sequence[str] = (PROTEIN_CODING,),
) -> pd.DataFrame:
    """Genes with unique symbols and one TSS each: columns schemas.GENES.

    transcripts : as in `Annotation.transcripts`; start, end 0-based, half-open.
    biotypes : biotypes of genes to keep; "any" keeps all. Of such a gene, only transcripts whose
        own biotype is among them compete for the TSS (a retained intron does not), unless it
        has none.
    A symbol that stands at several loci (transcripts of one strand that overlap form a locus)
    keeps the one with most competing transcripts; equal ones: whole chromosomes before
    scaffolds in natural order (so X before Y), then the smallest start, then the strand +.
    Of the transcripts of that locus the rule takes one; equal ones: the other two of
    (most upstream, longest in the genome), then the name.
    most_upstream : the 5'-most start. longest : the longest span in the genome.
    canonical : MANE Select, else Ensembl canonical / RefSeq Select, else APPRIS principal; a gene
        without such a tag takes most_upstream, and they are counted in the log.
    tss is the 0-based position of the first transcribed base: start on +, end - 1 on -.
    Rows are sorted by chromosome, tss and gene.
    """
    if rule not in TSS_RULES:
        raise InputError(f"Unknown TSS rule {rule!r}.", expected=", ".join(TSS_RULES))
    candidates = _of_biotype(transcripts, biotypes)
    candidates = _one_locus_each(candidates)
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


def _one_locus_each(transcripts: pd.DataFrame) -> pd.DataFrame:
    locus = _loci(transcripts)
    rank = {name: i for i, name in enumerate(sorted(set(locus["chromosome"]), key=natural_key))}
    groups = locus.groupby(["gene", "chromosome", "strand", "locus"], sort=True)
    table = groups.agg(size=("start", "size"), first=("start", "min")).reset_index()
    table["rank"] = table["chromosome"].map(rank)
    table = table.sort_values(
        ["gene", "size", "rank", "first", "strand"], ascending=[True, False, True, True, True]
    )
    best = table.drop_duplicates("gene")
    several = table["gene"].nunique() - (table["gene"].value_counts() == 1).sum()
    if several:
        log.info("%d symbols stand at several loci; the one with most transcripts is kept", several)
    return locus.merge(best[["gene", "chromosome", "strand", "locus"]])


def _loci(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Number the sets of transcripts of one symbol that overlap on one strand."""
    import pyranges

    names = {"chromosome": "Chromosome", "start": "Start", "end": "End", "strand": "Strand"}
    with warnings.catch_warnings():
        # pyranges 0.1 calls pandas in ways that pandas 3 will drop; both are pinned.
        warnings.simplefilter("ignore", DeprecationWarning)
        ranges = pyranges.PyRanges(transcripts.rename(columns=names))
        clustered = ranges.cluster(strand=True, by="gene").df
    back = {new: old for old, new in names.items()}
    clustered = clustered.rename(columns={**back, "Cluster": "locus"})
    return clustered.astype({"chromosome": str, "strand": str}).reset_index(drop=True)


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
