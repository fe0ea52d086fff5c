"""Compare motifs with known ones (TomTom)."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.motifs.sections import TomtomSection
    from deepexpr.options import add_settings

    parser.add_argument("--query", required=True, metavar="MEME", help="motifs to compare")
    add_settings(parser, TomtomSection)
    parser.add_argument(
        "--tax-group", default="vertebrates", help="JASPAR's taxonomic group; 'all' for all"
    )
    parser.add_argument("--all", action="store_true", help="report all pairs, whatever their E")
    parser.add_argument(
        "--best", metavar="TSV", help="also write the best target of each query, whatever its E"
    )
    parser.add_argument("--summary", metavar="TSV", help="also write how many queries match")
    parser.add_argument("--seed", type=int, default=1, help="seed of the shuffles")
    parser.add_argument("--threads", type=int, default=1, help="threads of memelite")
    parser.add_argument("--output", required=True, metavar="TSV", help="pairs of query and target")


def run(args: argparse.Namespace) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.motifs.meme_format import read_meme
    from deepexpr.motifs.sections import TomtomSection
    from deepexpr.motifs.tomtom import (
        TomtomOptions,
        best_matches,
        compare,
        known_share,
        significant,
    )
    from deepexpr.options import given

    if args.null_shuffles and not args.summary:
        raise InputError("--null-shuffles is reported in --summary.", fix="Give --summary too.")
    settings, options = given(args, TomtomSection), given(args, TomtomOptions)
    queries = read_meme(args.query)
    targets = load_targets(settings.targets, None if args.tax_group == "all" else args.tax_group)
    table = compare(queries, targets, options)
    write_table(table if args.all else significant(table, settings.e_value), args.output)
    if args.best:
        write_table(best_matches(table), args.best)
    if args.summary:
        summary = known_share(
            table,
            queries,
            targets,
            options,
            e_value=settings.e_value,
            shuffles=settings.null_shuffles,
            seed=args.seed,
        )
        write_table(summary, args.summary)
