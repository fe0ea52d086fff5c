"""Promoters: windows around the TSS, in the gene's orientation (docs/method.md: TSS +-1,000 bp).

The TSS base stands at index `upstream` of every promoter on both strands. What lies beyond
the end of a chromosome is N, and the log counts the genes concerned.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.letters import reverse_complement
from deepexpr.reference.fasta import fetch_padded, open_genome
from deepexpr.reference.sections import PromoterSection

log = logging.getLogger(__name__)

#: The paper's window, for those who give no other.
UPSTREAM, DOWNSTREAM = PromoterSection().upstream, PromoterSection().downstream


def promoter_windows(
    genes: pd.DataFrame, upstream: int = UPSTREAM, downstream: int = DOWNSTREAM
) -> pd.DataFrame:
    """Windows chromosome, start, end, strand (0-based, half-open; may reach beyond the ends).

    On + [tss - upstream, tss + downstream); on - its mirror image, [tss - downstream + 1,
    tss + upstream + 1), so that the TSS base is at index `upstream` after reverse complement.
    """
    plus = genes["strand"] == "+"
    start = (genes["tss"] - upstream).where(plus, genes["tss"] - downstream + 1)
    return pd.DataFrame(
        {
            "chromosome": genes["chromosome"],
            "start": start,
            "end": start + upstream + downstream,
            "strand": genes["strand"],
        }
    )


def promoter_sequences(
    genes: pd.DataFrame,
    genome: str | Path,
    upstream: int = UPSTREAM,
    downstream: int = DOWNSTREAM,
) -> list[str]:
    """Promoters of `genes` (schemas.GENES), upper-case, `upstream` + `downstream` letters each."""
    windows = promoter_windows(genes, upstream, downstream)
    sequences, padded, masked = [], 0, 0
    with open_genome(genome) as handle:
        sizes = dict(zip(handle.references, handle.lengths, strict=True))
        _check_places(genes, sizes, genome)
        for chromosome, start, end, strand in windows.itertuples(index=False):
            text = fetch_padded(handle, chromosome, start, end)
            padded += start < 0 or end > sizes[chromosome]
            masked += text.count("N") * 2 > len(text)
            sequences.append(text if strand == "+" else reverse_complement(text))
    log.info("%d promoters, %d of them padded with N at a chromosome's end", len(sequences), padded)
    if masked:
        log.warning(
            "%d of %d promoters are N for the most part: the genome has gaps there, or its repeats "
            "are hard-masked (take one in small letters, such as UCSC's hg38.fa.gz)",
            masked, len(sequences),
        )  # fmt: skip
    return sequences


def promoter_records(
    genes: pd.DataFrame, sequences: list[str], upstream: int = UPSTREAM
) -> Iterator[tuple[str, str, str]]:
    """FASTA records: name = gene, description = "chromosome:tss(strand) transcript"."""
    for row, sequence in zip(genes.itertuples(index=False), sequences, strict=True):
        place = f"{row.chromosome}:{row.tss}({row.strand}) {row.transcript} tss_index={upstream}"
        yield row.gene, place, sequence


def _check_places(genes: pd.DataFrame, sizes: dict[str, int], genome: str | Path) -> None:
    size = genes["chromosome"].map(sizes)
    outside = genes[size.isna() | (genes["tss"] >= size)]
    if len(outside):
        first = outside.iloc[0]
        raise InputError(
            f"The TSS of {len(outside)} gene(s), such as {first['gene']}, is not in the genome.",
            where=str(genome),
            found=f"{first['chromosome']}:{first['tss']}",
            fix="Use the gene table made from this genome.",
        )
