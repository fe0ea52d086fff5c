"""Read promoters from a one-hot array (.npy) and its table of genes."""

from deepexpr.options import Arguments

OPTIONS = """
--array ARRAY      one-hot promoters: (genes, 2001, 4)
--rows ROWS        table whose first column names the rows
[--places PLACES]  TSV of gene, chromosome, tss (0-based) and strand
--output OUTPUT    FASTA of promoters
--table TABLE      TSV of the genes
"""


def run(args: Arguments) -> None:
    from deepexpr.features.arrays import array_genes, array_promoters, read_rows
    from deepexpr.files import read_table, write_table
    from deepexpr.reference.fasta import write_fasta

    rows = read_rows(args.rows)
    promoters = array_promoters(args.array, rows)
    write_fasta(((gene, "", text) for gene, text in promoters.items()), args.output)
    columns = ("gene", "chromosome", "tss", "strand")
    places = read_table(args.places, columns) if args.places else None
    write_table(array_genes(rows, places), args.table)
