"""Count gapped k-mers (both strands merged) in the sequences of a FASTA file."""

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.options import Arguments, given

OPTIONS = """
--fasta FASTA    sequences (FASTA, may be .gz; - is stdin)
--output OUTPUT  .npz: a sparse matrix (sequences x features) with the names of both
"""
FIELDS = {BaselineSettings: ("length", "informative")}


def run(args: Arguments) -> None:
    import logging

    import numpy as np

    from deepexpr.baselines.gkm import count_gkm, vocabulary, write_gkm
    from deepexpr.reference.fasta import fasta_records

    settings = given(args, BaselineSettings)
    words = vocabulary(settings.length, settings.informative)
    rows: list[str] = []

    def letters():
        for _, name, text in fasta_records(args.fasta):
            rows.append(name)
            yield np.frombuffer(text.encode("ascii", "replace"), dtype=np.uint8)

    counts = count_gkm(letters(), settings.length, settings.informative)
    logging.getLogger(__name__).info(
        "%d sequences, %d features, %d counts above 0", *counts.shape, counts.nnz
    )
    write_gkm(args.output, counts, rows, words)
