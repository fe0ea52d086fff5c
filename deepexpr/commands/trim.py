"""Trim HiChIP mates at the ligation junction derived from the enzyme."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.settings import TrimSettings
    from deepexpr.options import add_settings

    parser.add_argument("--r1", required=True, help="FASTQ of mate 1 (plain, .gz, .bz2, .xz)")
    parser.add_argument("--r2", required=True, help="FASTQ of mate 2, in the same order")
    parser.add_argument("--out-r1", required=True, help="trimmed mate 1 (.gz, plain, or a pipe)")
    parser.add_argument("--out-r2", required=True, help="trimmed mate 2 (.gz, plain, or a pipe)")
    parser.add_argument("--stats", required=True, help="TSV of counts (metric, value)")
    add_settings(parser, TrimSettings)


def run(args: argparse.Namespace) -> None:
    from deepexpr.hichip.settings import TrimSettings
    from deepexpr.hichip.trimming import trim_files
    from deepexpr.options import given

    settings = given(args, TrimSettings)
    trim_files((args.r1, args.r2), (args.out_r1, args.out_r2), args.stats, settings)
