"""Unpack and index a genome, list its chromosomes, and say what is wrong with it."""

import argparse

OPTIONS = """
--genome GENOME  genome FASTA: plain, gzip or bgzip
--output OUTPUT  FASTA; its index OUTPUT.fai beside it
--sizes SIZES    TSV of chromosome and bp, no header
"""


def run(args: argparse.Namespace) -> None:
    from deepexpr.reference.genome import prepare_genome

    prepare_genome(args.genome, args.output, args.sizes)
