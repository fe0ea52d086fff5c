"""Join mapped mates (or take .pairs files) to valid, sorted, deduplicated 4DN pairs."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.settings import PairSettings
    from deepexpr.options import add_aliases, add_settings

    parser.add_argument(
        "--bam1",
        nargs="+",
        action="extend",
        default=[],
        help="BAM of mates 1, every read kept in the order of the FASTQ; one per lane",
    )
    parser.add_argument(
        "--bam2", nargs="+", action="extend", default=[], help="BAM of mates 2, lanes as in --bam1"
    )
    parser.add_argument(
        "--pairs",
        nargs="+",
        action="extend",
        default=[],
        help="in place of BAMs: .pairs files of another tool, to filter, sort and deduplicate",
    )
    parser.add_argument(
        "--trim-stats",
        nargs="+",
        action="extend",
        default=[],
        help="TSV of `deepexpr trim --stats`; one per lane",
    )
    parser.add_argument("--sample", required=True, help="name of the sample in the QC table")
    parser.add_argument(
        "--chrom-sizes", required=True, help="TSV of chromosome and bp, in the order of sorting"
    )
    parser.add_argument("--output", required=True, help="4DN .pairs.gz (BGZF)")
    parser.add_argument("--qc", required=True, help="TSV of counts (sample, metric, value)")
    add_settings(parser, PairSettings, drop_chromosomes="--drop-chromosome")
    add_aliases(parser)
    parser.add_argument(
        "--blacklist", help="BED of regions: pairs with an end in one are left out and counted"
    )


def run(args: argparse.Namespace) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.pairs import pairs_from_bams, pairs_from_pairs, qc_table, sum_trim_stats
    from deepexpr.hichip.regions import read_regions
    from deepexpr.hichip.settings import PairSettings
    from deepexpr.options import given

    if len(args.bam1) != len(args.bam2) or bool(args.bam1) == bool(args.pairs):
        raise InputError(
            "Give as many --bam1 as --bam2, or --pairs.",
            found=f"{len(args.bam1)} --bam1, {len(args.bam2)} --bam2, {len(args.pairs)} --pairs",
        )
    settings = given(args, PairSettings)
    chromosomes = read_chromosomes(args.chrom_sizes, args.aliases)
    stats = sum_trim_stats(args.trim_stats)
    blacklist = None
    if args.blacklist:
        names, aliases = chromosomes.names, chromosomes.aliases
        blacklist = read_regions(args.blacklist, names, "blacklist", aliases)
    if args.pairs:
        mates, counts = pairs_from_pairs(args.pairs, chromosomes, args.output, settings, blacklist)
    else:
        couples = list(zip(args.bam1, args.bam2, strict=True))
        mates, counts = pairs_from_bams(couples, chromosomes, args.output, settings, blacklist)
    write_table(qc_table(args.sample, stats, mates, counts), args.qc)
