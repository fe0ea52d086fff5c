"""Genes to score that are in no dataset: promoters from FASTA or BED, bins from a table."""

import itertools
import logging
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepexpr.errors import InputError
from deepexpr.features.predictions import mean_of_folds
from deepexpr.features.sequence import encode_bytes
from deepexpr.files import read_table
from deepexpr.letters import reverse_complement
from deepexpr.model.bundle import Bundle
from deepexpr.model.examples import Examples
from deepexpr.reference.bed import BedRow, bed_rows
from deepexpr.reference.fasta import fetch_padded, open_genome, read_fasta

log = logging.getLogger(__name__)


def promoters_from_fasta(path: str | Path, length: int) -> tuple[list[str], np.ndarray]:
    """Names and promoters, uint8 (n, length), of a FASTA file, in the gene's orientation."""
    records = read_fasta(path)
    return _encoded(list(records), list(records.values()), length, str(path))


def promoters_from_bed(
    bed: str | Path, genome: str | Path, length: int, tss_index: int
) -> tuple[list[str], np.ndarray]:
    """Names and promoters, uint8 (n, length), of the intervals of a BED file.

    An interval of `length` bp is the promoter; one of 1 bp is the TSS, around which the window
    is cut so that the TSS base has the index `tss_index` in the gene's orientation. Column 4 is
    the name (default chromosome:start-end), column 6 the strand; without one, or with ``.``, an
    interval is read on +, with a warning of how many there are. A strand in another column is an
    error. Beyond the ends of a chromosome stands N. Coordinates are 0-based and half-open.
    """
    names, sequences, unstranded = [], [], 0
    with open_genome(genome) as fasta:
        sizes = dict(zip(fasta.references, fasta.lengths, strict=True))
        for row in bed_rows(bed):
            chromosome, start, end, _, where = row
            name, strand = _name_and_strand(row)
            unstranded += strand == "."
            if chromosome not in sizes:
                raise InputError(
                    f"The genome has no chromosome {chromosome!r}.",
                    where=where,
                    expected=", ".join(list(sizes)[:5]),
                    fix="Use the genome build of the BED file, with the same names.",
                )
            if end - start == 1:
                before = tss_index if strand != "-" else length - 1 - tss_index
                start = start - before
                end = start + length
            if start >= sizes[chromosome] or end <= 0:
                raise InputError(
                    "The promoter lies beyond the end of its chromosome.",
                    where=where,
                    expected=f"within the {sizes[chromosome]} bp of {chromosome}",
                    found=f"{start}-{end}",
                    fix="Use the genome build of the BED file.",
                )
            sequence = fetch_padded(fasta, chromosome, start, end)
            names.append(name)
            sequences.append(reverse_complement(sequence) if strand == "-" else sequence)
    if unstranded:
        log.warning(
            "%d of %d promoters of %s have no strand and are read on +: those of genes on - are "
            "another sequence. The strand, + or -, stands in column 6.",
            unstranded, len(names), bed,
        )  # fmt: skip
    return _encoded(names, sequences, length, str(bed))


def _name_and_strand(row: BedRow) -> tuple[str, str]:
    name = row.fields[3] if len(row.fields) > 3 else f"{row.chromosome}:{row.start}-{row.end}"
    strand = row.fields[5] if len(row.fields) > 5 else "."
    elsewhere = [i + 1 for i, field in enumerate(row.fields) if i > 2 and field in ("+", "-")]
    if elsewhere and strand not in ("+", "-"):
        raise InputError(
            f"The strand stands in column {elsewhere[0]}.",
            where=row.where,
            expected="chromosome, start, end, name, score and strand: the strand in column 6",
            found="\t".join(row.fields)[:60],
            fix="Put a 0 in column 5 and the strand in column 6.",
        )
    if strand not in ("+", "-", "."):
        raise InputError(
            "The strand is not possible.",
            where=row.where,
            expected="+, - or . in column 6",
            found=repr(strand),
        )
    return name, strand


def _encoded(
    names: list[str], sequences: list[str], length: int, where: str
) -> tuple[list[str], np.ndarray]:
    if not names:
        raise InputError("There is nothing to predict.", where=where)
    wrong = [i for i, sequence in enumerate(sequences) if len(sequence) != length]
    if wrong:
        raise InputError(
            f"{len(wrong)} promoter(s) have another length than the bundle's.",
            where=f"{where}, {names[wrong[0]]}",
            expected=f"{length} bp",
            found=f"{len(sequences[wrong[0]])} bp",
            fix="Cut the promoters as `deepexpr promoters` does, or give 1-bp TSS in BED.",
        )
    return names, encode_bytes(sequences)


def bins_of(path: str | Path, names: list[str], bins: int) -> np.ndarray:
    """Bins (n, bins) float32 of the genes `names`, from a TSV: gene, then one column per bin."""
    table = read_table(path, ("gene",))
    values = table.drop(columns="gene")
    missing = sorted(set(names) - set(table["gene"]))
    problem = None
    if table["gene"].duplicated().any():
        problem = f"Gene {table.loc[table['gene'].duplicated(), 'gene'].iloc[0]} stands twice."
    elif missing:
        problem = f"{len(missing)} gene(s) have no bins, such as {', '.join(missing[:3])}."
    elif not _in_order(values.columns):
        problem = f"The bins are not in order: {', '.join(values.columns[:3])} ..."
    elif values.shape[1] != bins:
        problem = f"There are {values.shape[1]} bins for each gene."
    elif not _are_signals(values.apply(pd.to_numeric, errors="coerce").to_numpy(float)):
        problem = "Some bins are not finite numbers of 0 or more."
    if problem:
        raise InputError(
            problem, where=str(path), expected=f"gene and {bins} bins for each gene to predict"
        )
    return values.set_index(table["gene"]).loc[names].to_numpy(np.float32)


def _in_order(names: Sequence[str]) -> bool:
    """Whether bins whose names end in numbers are numbered upwards."""
    ends = [re.search(r"-?\d+$", name) for name in names]
    numbers = [int(end.group()) for end in ends if end]
    return len(numbers) < len(ends) or all(a < b for a, b in itertools.pairwise(numbers))


def warn_of_unknown(sequence: np.ndarray, where: str) -> None:
    """Warn of promoters, uint8 (n, length), of which half of the letters or more are N."""
    unknown = (sequence == ord("N")).mean(axis=1) >= 0.5
    if unknown.any():
        log.warning(
            "%d of %d promoters of %s are N for the most part, so their predictions say little",
            unknown.sum(), len(unknown), where,
        )  # fmt: skip


def _are_signals(values: np.ndarray) -> bool:
    """Whether all can be log2(1 + count)."""
    return bool(np.isfinite(values).all() and (values >= 0).all())


def predict_table(
    bundle: Bundle,
    names: list[str],
    examples: Examples,
    fold: int | None,
    strands: bool,
    sequence_only: bool,
) -> pd.DataFrame:
    """The table of `mean_of_folds`, of the folds of the bundle or of one."""
    values = bundle.predict_examples(examples, fold, strands=strands, sequence_only=sequence_only)
    return mean_of_folds(names, values)
