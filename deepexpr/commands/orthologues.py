"""Match a table of orthologues with the genes of two assemblies."""

from deepexpr.options import Arguments

OPTIONS = """
--table TABLE            pairs of genes: two columns, or a download of Ensembl BioMart (TSV or CSV)
--genes GENES...         TSV of genes of the two assemblies, in the order of the table's columns
--assembly ASSEMBLY...   their names
--output OUTPUT          TSV: assembly and gene of either side, and relation (one-to-one, several)
"""


def run(args: Arguments) -> None:
    from deepexpr.errors import UsageError
    from deepexpr.evaluation.orthologues import match_orthologues
    from deepexpr.files import write_table
    from deepexpr.reference.genes import read_genes

    if len(args.genes) != 2 or len(set(args.assembly)) != 2 or len(args.assembly) != 2:
        raise UsageError("--genes and --assembly each take two: orthologues are of two assemblies.")
    genes = [read_genes(path)["gene"].tolist() for path in args.genes]
    write_table(match_orthologues(args.table, args.assembly, genes), args.output)
