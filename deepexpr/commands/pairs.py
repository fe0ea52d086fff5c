"""Join mapped mates (or take .pairs files) to valid, sorted, deduplicated 4DN pairs."""

from deepexpr.hichip.settings import PairSettings
from deepexpr.options import ALIASES, Arguments, given

OPTIONS = f"""
[--bam1 BAM1...]              BAM of mates 1, every read kept in the order of the FASTQ; one per
                              lane
[--bam2 BAM2...]              BAM of mates 2, lanes as in --bam1
[--pairs PAIRS...]            in place of BAMs: .pairs files of another tool, to filter, sort and
                              deduplicate
[--trim-stats TRIM_STATS...]  TSV of `deepexpr trim --stats`; one per lane
--sample SAMPLE               name of the sample in the QC table
--chrom-sizes CHROM_SIZES     TSV of chromosome and bp, in the order of sorting
--output OUTPUT               4DN .pairs.gz (BGZF)
--qc QC                       TSV of counts (sample, metric, value)
[--blacklist BLACKLIST]       BED of regions: pairs with an end in one are left out and counted
{ALIASES}
"""
SETTINGS = PairSettings
FLAGS = {"drop_chromosomes": "--drop-chromosome"}


def run(args: Arguments) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.pairs import pairs_from_bams, pairs_from_pairs, qc_table, sum_trim_stats
    from deepexpr.hichip.regions import read_regions

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
        sizes = chromosomes.lengths
        blacklist = read_regions(args.blacklist, names, "blacklist", aliases, sizes)
    if args.pairs:
        mates, counts = pairs_from_pairs(args.pairs, chromosomes, args.output, settings, blacklist)
    else:
        couples = list(zip(args.bam1, args.bam2, strict=True))
        mates, counts = pairs_from_bams(couples, chromosomes, args.output, settings, blacklist)
    write_table(qc_table(args.sample, stats, mates, counts), args.qc)
