"""Split genes into K disjoint folds with train, validation and test roles."""

from deepexpr.evaluation.sections import SchemeSection
from deepexpr.options import Arguments, given

OPTIONS = """
--genes GENES              TSV of genes (gene, chromosome, ...)
[--expression EXPRESSION]  TSV of expression; only genes with a value in it are split
[--promoters PROMOTERS]    FASTA of promoters, named by gene, for family
[--families FAMILIES]      write the family of every gene here (TSV), for family
--folds N                  number of folds K, 2 or more
[--leave-out]              where the data hold too little for this, write splits without rows,
                           instead of an error
[--seed N (1)]             seed of the random groups
--output OUTPUT            TSV of fold, gene and role
"""
FIELDS = {SchemeSection: ("scheme",)}


def run(args: Arguments) -> None:
    import logging

    import pandas as pd

    from deepexpr.errors import Unsupported, UsageError
    from deepexpr.expression.tables import read_expression
    from deepexpr.features.families import family_table
    from deepexpr.features.splits import make_splits
    from deepexpr.files import write_table
    from deepexpr.reference.fasta import read_fasta
    from deepexpr.reference.genes import read_genes
    from deepexpr.schemas import SPLITS

    scheme = given(args, SchemeSection).scheme
    by_family = scheme == "family"
    if by_family != bool(args.promoters) or (args.families and not by_family):
        raise UsageError("The scheme family needs --promoters; no other takes them or --families.")
    genes = read_genes(args.genes)
    if args.expression:
        genes = genes[genes["gene"].isin(set(read_expression(args.expression).index))]
    if by_family:
        families = family_table(genes["gene"], read_fasta(args.promoters))
        genes = genes.merge(families, on="gene")
        if args.families:
            write_table(families, args.families)
    try:
        splits = make_splits(genes, scheme, args.folds, args.seed)
    except Unsupported as error:
        if not args.leave_out:
            raise
        logging.getLogger(__name__).warning("left out: %s", error.problem)
        splits = pd.DataFrame(columns=list(SPLITS))
    write_table(splits, args.output)
