"""Write both ends of every pair as BED, for peak callers."""

from deepexpr.options import Arguments

OPTIONS = """
--pairs PAIRS...  valid pairs, 4DN .pairs, of all replicates
--output BED      one row per end: its base, strand (BED6)
"""


def run(args: Arguments) -> None:
    from deepexpr.hichip.pairs_format import write_ends

    write_ends(args.pairs, args.output)
