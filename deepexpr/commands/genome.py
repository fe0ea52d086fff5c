"""Unpack and index a genome, list its chromosomes, and say what is wrong with it."""

from deepexpr.options import Arguments

OPTIONS = """
--genome GENOME  genome FASTA: plain, gzip or bgzip
--output OUTPUT  FASTA; its index OUTPUT.fai beside it
--sizes SIZES    TSV of chromosome and bp, no header
"""


def run(args: Arguments) -> None:
    from deepexpr.reference.genome import prepare_genome

    prepare_genome(args.genome, args.output, args.sizes)
