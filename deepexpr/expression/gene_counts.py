"""From transcripts to genes, and from samples to one table.

A gene whose transcripts were never in the index cannot be counted. It is left out, and
counted in the log, instead of getting a zero that looks like a measurement.
"""

import logging

import pandas as pd

from deepexpr.errors import InputError
from deepexpr.reference.transcriptome import match_identifiers

log = logging.getLogger(__name__)

#: Tables of fewer genes may be alike by chance.
_FEWEST = 100
#: Shares of a sample's counts on targets of no gene.
WARN_OF_LOST, REFUSE_LOST = 0.02, 0.95
#: Share of the genes that two tables could share below which they are of different names.
LEAST_KNOWN = 0.1


def sum_by_gene(abundance: pd.Series, transcripts: pd.DataFrame) -> pd.Series:
    """Gene-level counts: the sum of est_counts over each gene's transcripts (method.md, 1).

    abundance : counts by target, as from `read_abundance`.
    transcripts : columns transcript and gene. Versions (`.N`) and GENCODE's "|" names may differ.
    Targets that match no transcript are left out, and warned of where they hold more than
    WARN_OF_LOST of the counts; above REFUSE_LOST that is an InputError.
    """
    match = match_identifiers(abundance.index, transcripts["transcript"])
    if not match:
        raise InputError(
            "No target of kallisto is a known transcript.",
            where=str(abundance.name or "abundance.tsv"),
            expected=f"names such as {', '.join(transcripts['transcript'].head(3))}",
            found=", ".join(map(str, abundance.index[:3])),
            fix="Use the transcript table made from the annotation of this index's FASTA.",
        )
    gene_of = transcripts.drop_duplicates("transcript").set_index("transcript")["gene"]
    genes = abundance.index.map(match).map(gene_of)
    lost = abundance[genes.isna()]
    share = lost.sum() / abundance.sum()
    if share > REFUSE_LOST:
        raise InputError(
            f"{share:.1%} of the counts are on targets of no known gene.",
            where=str(abundance.name or "abundance.tsv"),
            expected=f"targets such as {', '.join(transcripts['transcript'].head(3))}",
            found=", ".join(map(str, lost.sort_values(ascending=False).index[:3])),
            fix="Use the annotation that belongs to the FASTA of this index.",
        )
    log.log(
        logging.WARNING if share > WARN_OF_LOST else logging.INFO,
        "%s: %d of %d targets matched; the rest hold %.2f %% of %.0f counts%s",
        abundance.name, len(abundance) - len(lost), len(abundance),
        100 * share, abundance.sum(),
        f" (most of them {lost.idxmax()})" if share else "",
    )  # fmt: skip
    return abundance.groupby(genes).sum().rename_axis("gene")


def warn_of_loci(transcripts: pd.DataFrame) -> None:
    """Name symbols whose transcripts lie on several chromosomes or strands, summed all the same."""
    places = transcripts[["gene", "chromosome", "strand"]].drop_duplicates()["gene"]
    several = places[places.duplicated()].unique()
    if len(several):
        log.warning(
            "%d symbol(s) stand at several places, and the counts of all are summed for the "
            "promoter of one, such as %s",
            len(several), ", ".join(map(str, several[:3])),
        )  # fmt: skip


def _warn_of_kinds(samples: dict[str, pd.Series]) -> None:
    """Samples that are one table under two names, and TPM beside counts."""
    names = list(samples)
    for i, name in enumerate(names):
        for other in names[:i]:
            if len(samples[name]) >= _FEWEST and samples[name].equals(samples[other]):
                log.warning(
                    "%s and %s have the same counts of all %d genes: are they one table under two "
                    "names?", other, name, len(samples[name]),
                )  # fmt: skip
                break
    whole = [name for name in names if (samples[name] % 1 == 0).all()]
    tpm = [name for name in names if name not in whole and _is_tpm(samples[name])]
    if tpm and len(tpm) < len(names):
        others = [name for name in names if name not in tpm]
        log.warning(
            "The values of %s add up to a million, as TPM do, and those of %s do not: give counts "
            "of all, or TPM of all",
            ", ".join(tpm[:3]), ", ".join(others[:3]),
        )  # fmt: skip


def _is_tpm(values: pd.Series) -> bool:
    return len(values) >= _FEWEST and abs(values.sum() - 1e6) < 1e3


def few_are_known(shared: int, possible: int) -> bool:
    """Whether so few genes are shared of those that could be that the names are of other kinds."""
    return shared < LEAST_KNOWN * possible


def _require_known(name: str, counts: pd.Series, genes: pd.Series) -> None:
    shared, possible = int(genes.isin(counts.index).sum()), min(len(genes), len(counts))
    if shared and few_are_known(shared, possible):
        raise InputError(
            f"Only {shared} of the {len(genes)} genes were counted in {name}.",
            expected=f"symbols such as {', '.join(genes.head(3))}",
            found=", ".join(map(str, counts.index[:3])),
            fix="Use counts and genes of one species and one kind of symbol; deepexpr check tells "
            "which column would fit.",
        )


def count_table(samples: dict[str, pd.Series], genes: pd.DataFrame) -> pd.DataFrame:
    """Counts of the genes of `genes` (schemas.GENES): column gene, then one per sample.

    samples : gene-level counts by sample. Genes that a sample could not count are left out of
        the table, and the log says how many. Raises InputError where next to no gene is known.
    """
    _warn_of_kinds(samples)
    for name, counts in samples.items():
        _require_known(name, counts, genes["gene"])
    table = pd.DataFrame({name: counts.reindex(genes["gene"]) for name, counts in samples.items()})
    measured = table.notna().all(axis=1)
    if not measured.any():
        raise InputError(
            "No gene of the gene table was counted in every sample.",
            expected=f"symbols such as {', '.join(genes['gene'].head(3))}",
            found=", ".join(f"{name}: {', '.join(map(str, s.index[:2]))}" for name, s in
                            samples.items()),
            fix="Use counts and genes of one species and one kind of symbol.",
        )  # fmt: skip
    for name in table if len(samples) > 1 else ():
        only = table[name].isna() & table.drop(columns=name).notna().all(axis=1)
        if only.any():
            log.warning(
                "%d gene(s) are left out as %s alone does not have them, such as %s",
                only.sum(), name, ", ".join(only.index[only][:3]),
            )  # fmt: skip
    missing = len(table) - int(measured.sum())
    level = logging.WARNING if missing else logging.INFO
    log.log(
        level, "%d of %d genes were counted in %s",
        measured.sum(), len(table),
        f"all {len(samples)} samples" if len(samples) > 1 else next(iter(samples)),
    )  # fmt: skip
    return table[measured].rename_axis("gene").reset_index()
