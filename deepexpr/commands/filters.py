"""Turn a network's first-layer filters into motifs."""

import logging

from deepexpr.motifs.sections import FilterSection
from deepexpr.options import Arguments, given

OPTIONS = """
--bundle DIR...
               trained network with a sequence module; of several the first that was trained
--fasta FASTA  promoters, or places that it reads, to scan, all of one length
[--fold N]     the fold whose network is read (default: the bundle's first); its first member
[--table TSV]  also write a table of all filters
--output MEME  motifs of the filters that fired
"""
FIELDS = {FilterSection: ("alpha",)}

log = logging.getLogger(__name__)


def run(args: Arguments) -> None:
    from deepexpr.features.bundles import first_trained
    from deepexpr.features.meme_format import write_meme
    from deepexpr.features.sequence import encode_bytes
    from deepexpr.files import write_table
    from deepexpr.model.bundle import Bundle
    from deepexpr.motifs.filters import filter_motifs, filter_pwms, filter_table
    from deepexpr.reference.fasta import read_fasta
    from deepexpr.schemas import UNTRAINED

    bundle = Bundle.open(first_trained(args.bundle))
    fold = bundle.folds[0] if args.fold is None else args.fold
    if UNTRAINED in bundle.info.get("recipes", {}).get(str(fold), ""):
        log.warning("genes were few, so these filters were not trained: they are where they began")
    weights = bundle.first_filters(fold)
    sequences = encode_bytes(list(read_fasta(args.fasta).values()))
    found = filter_pwms(weights, sequences, given(args, FilterSection).alpha)
    write_meme(filter_motifs(found), args.output)
    if args.table:
        write_table(filter_table(found, fold), args.table)
