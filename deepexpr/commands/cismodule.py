"""Find motifs and their modules in sequences (CisModule)."""

import logging
from pathlib import Path

from deepexpr.errors import InputError, Unsupported
from deepexpr.motifs.cismodule.settings import CismoduleSettings
from deepexpr.options import Arguments, given
from deepexpr.settings import Field, Section

logger = logging.getLogger(__name__)

_LOWER_TO_N = str.maketrans("acgt", "NNNN")


class ListedSection(Section):
    """Which sites and modules are written."""

    min_probability: float = Field(0.5, ge=0, le=1)
    """Of the sites and modules listed (0-1)."""


OPTIONS = """
--fasta FASTA       enhancer sequences
[--mask-lowercase]  no sites in lower-case (repeat) letters
[--leave-out]       where the data hold too little for this, write tables without rows, instead of
                    an error
[--seed N (1)]      seed of the chains
[--threads N (1)]   chains run at once
--output DIR        folder for motifs.meme (supported motifs), motifs.tsv (all), sites.bed,
                    modules.bed, trace.tsv
"""
SETTINGS = CismoduleSettings
SHOWN = ("motifs", "module_length", "iterations", "burn_in", "chains")
FIELDS = {ListedSection: ("min_probability",)}


def run(args: Arguments) -> None:
    from deepexpr.motifs.cismodule.output import write_result
    from deepexpr.motifs.cismodule.summary import find_modules, nothing_found
    from deepexpr.reference.fasta import read_fasta

    settings = given(args, CismoduleSettings)
    if args.fasta != "-" and Path(args.fasta).is_file() and not Path(args.fasta).stat().st_size:
        logger.warning("%s holds no sequence: nothing to look for", args.fasta)
        write_result(nothing_found(), args.output)
        return
    records = read_fasta(args.fasta)
    sequences = list(records.values())
    if args.mask_lowercase:
        sequences = mask_repeats(sequences, args.fasta)
    try:
        result = find_modules(
            list(records),
            sequences,
            settings,
            seed=args.seed,
            threads=args.threads,
            min_probability=given(args, ListedSection).min_probability,
        )
    except Unsupported as error:
        if not args.leave_out:
            raise
        logger.warning("left out: %s", error.problem)
        result = nothing_found()
    write_result(result, args.output)


def mask_repeats(sequences: list[str], where: str) -> list[str]:
    """The sequences with N in place of lower-case letters; InputError where nothing remains."""
    masked = [sequence.translate(_LOWER_TO_N) for sequence in sequences]
    total = sum(map(len, masked))
    kept = total - sum(sequence.count("N") for sequence in masked)
    logger.info("%d of %d letters are kept, lower-case ones (repeats) are not", kept, total)
    if not kept:
        raise InputError(
            "Every letter is lower-case, so all of it would be masked as repeats.",
            where=where,
            expected="a genome with repeats in lower-case letters and the rest in upper-case ones",
            fix="Set motifs.mask_repeats to false, or use a soft-masked genome.",
        )
    return masked
