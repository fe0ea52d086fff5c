"""Compare the contact maps of samples: HiCRep's stratum-adjusted correlation."""

from __future__ import annotations

import argparse

_ITEM = "CELL_LINE:SAMPLE:PATH"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.sections import ConcordanceSection
    from deepexpr.options import add_settings

    parser.add_argument(
        "--pairs",
        nargs="+",
        action="extend",
        required=True,
        metavar=_ITEM,
        help="valid pairs (4DN .pairs) of one sample each; those of a cell line are replicates",
    )
    parser.add_argument("--output", required=True, help="TSV: one row per pair of samples")
    parser.add_argument("--qc", help="TSV: verdict on the replicates of every cell line")
    add_settings(parser, ConcordanceSection)


def run(args: argparse.Namespace) -> None:
    """Bin the pairs of each sample, compare every two samples, write both tables."""
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.hichip.concordance import band_counts, compare_all, replicate_quality
    from deepexpr.hichip.pairs_format import PairsReader
    from deepexpr.hichip.sections import ConcordanceSection
    from deepexpr.options import given

    settings = given(args, ConcordanceSection)
    items = [tuple(item.split(":", 2)) for item in args.pairs]
    wrong = next((item for item in items if len(item) != 3 or not all(item)), None)
    if wrong or len({sample for _, sample, _ in items}) < max(2, len(items)):
        raise InputError(
            "--pairs are not those of two samples or more.",
            where="--pairs",
            expected=f"{_ITEM} of at least two samples, each once",
            found=" ".join(args.pairs),
        )
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
