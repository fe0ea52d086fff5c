"""`deepexpr promoters`: genome and annotation to genes and their promoters."""

from __future__ import annotations

import argparse

HELP = "Cut the promoters of genes (one TSS each) from a genome."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--genome", required=True, help="genome FASTA, plain or bgzip")
    parser.add_argument(
        "--annotation",
        required=True,
        help="GTF, GFF3, UCSC refGene/genePred, or a table of accession, chromosome, strand, "
        "start, end, symbol; told by content",
    )
    parser.add_argument(
        "--output", required=True, help="FASTA of promoters, in the gene's orientation"
    )
    parser.add_argument(
        "--assembly",
        help="name of the build, such as hg38; the genome's chromosomes must have its lengths",
    )
    parser.add_argument("--table", help="TSV of the genes, in the order of the FASTA")
    parser.add_argument(
        "--tss-rule",
        choices=("most_upstream", "longest", "canonical"),
        default="most_upstream",
        help="which transcript's start is the gene's TSS",
    )
    parser.add_argument(
        "--biotype",
        nargs="+",
        default=["protein_coding"],
        help="biotypes of genes to keep; any keeps all",
    )
    parser.add_argument("--upstream", type=int, default=1000, help="bp before the TSS")
    parser.add_argument(
        "--downstream", type=int, default=1000, help="bp from the TSS on, the TSS base included"
    )
    parser.add_argument(
        "--chromosomes", nargs="+", help="use only genes on these; default: all of the genome"
    )


def run(args: argparse.Namespace) -> None:
    """Read the annotation, choose the genes, cut the promoters."""
    from deepexpr.files import write_table
    from deepexpr.reference.annotation import read_annotation
    from deepexpr.reference.builds import check_build
    from deepexpr.reference.chromosomes import restrict_chromosomes
    from deepexpr.reference.fasta import chromosome_sizes, write_fasta
    from deepexpr.reference.genes import select_genes
    from deepexpr.reference.promoters import promoter_records, promoter_sequences

    sizes = chromosome_sizes(args.genome)
    if args.assembly:
        check_build(args.assembly, sizes, args.genome)
    annotation = read_annotation(args.annotation, sizes, args.genome)
    transcripts = annotation.transcripts
    if args.chromosomes:
        transcripts = restrict_chromosomes(transcripts, args.chromosomes)
    genes = select_genes(transcripts, args.tss_rule, args.biotype)
    sequences = promoter_sequences(genes, args.genome, args.upstream, args.downstream)
    write_fasta(promoter_records(genes, sequences, args.upstream), args.output)
    if args.table:
        write_table(genes, args.table)
