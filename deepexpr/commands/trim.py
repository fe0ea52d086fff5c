"""Trim HiChIP mates at the ligation junction derived from the enzyme."""

from deepexpr.hichip.settings import TrimSettings
from deepexpr.options import Arguments, given

OPTIONS = """
--r1 R1          FASTQ of mate 1 (plain, .gz, .bz2, .xz)
--r2 R2          FASTQ of mate 2, in the same order
--out-r1 OUT_R1  trimmed mate 1 (.gz, plain, or a pipe)
--out-r2 OUT_R2  trimmed mate 2 (.gz, plain, or a pipe)
--stats STATS    TSV of counts (metric, value)
"""
SETTINGS = TrimSettings


def run(args: Arguments) -> None:
    from deepexpr.hichip.trimming import trim_files

    settings = given(args, TrimSettings)
    trim_files((args.r1, args.r2), (args.out_r1, args.out_r2), args.stats, settings)
