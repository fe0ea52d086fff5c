"""Unpack and index a genome, list its chromosomes, and say what is wrong with it."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--genome", required=True, help="genome FASTA: plain, gzip or bgzip")
    parser.add_argument("--output", required=True, help="FASTA; its index OUTPUT.fai beside it")
    parser.add_argument("--sizes", required=True, help="TSV of chromosome and bp, no header")


def run(args: argparse.Namespace) -> None:
    from deepexpr.reference.genome import prepare_genome

    prepare_genome(args.genome, args.output, args.sizes)
