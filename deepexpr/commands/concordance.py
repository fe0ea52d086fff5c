"""Compare the contact maps of samples: HiCRep's stratum-adjusted correlation."""

from deepexpr.hichip.sections import ConcordanceSection
from deepexpr.options import OF_SAMPLE, Arguments, given, of_samples

OPTIONS = f"""
--pairs {OF_SAMPLE}...  valid pairs (4DN .pairs) of one sample each; those of a cell line are
                        replicates
--output OUTPUT         TSV: one row per pair of samples
[--qc QC]               TSV: verdict on the replicates of every cell line
"""
SETTINGS = ConcordanceSection


def run(args: Arguments) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.hichip.concordance import band_counts, compare_all, replicate_quality
    from deepexpr.hichip.pairs_format import PairsReader

    settings = given(args, ConcordanceSection)
    items = of_samples(args.pairs)
    if len(items) < 2:
        raise InputError("--pairs are not those of two samples or more.", found=args.pairs[0])
    bands, lines, genome = {}, {}, None
    for line, sample, path in items:
        with PairsReader(path) as pairs:
            genome = genome or pairs.chromosomes
            genome.require_same(pairs.chromosomes.names, pairs.chromosomes.sizes, path)
            if pairs.chromosomes.names != genome.names:
                raise InputError(
                    "The chromosomes are in another order than in the first file.",
                    where=path,
                    expected=", ".join(genome.names[:5]),
                    found=", ".join(pairs.chromosomes.names[:5]),
                    fix="Take pairs of `deepexpr pairs`, with the same chromosome sizes.",
                )
            bands[sample] = band_counts(pairs, genome, settings)
            lines[sample] = line
    assert genome is not None  # there are two files or more
    table = compare_all(bands, genome, lines)
    write_table(table, args.output)
    if args.qc:
        write_table(replicate_quality(table), args.qc)
