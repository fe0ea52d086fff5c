"""Verb tomtom: the known motifs that motifs resemble."""

from __future__ import annotations

import argparse

from deepexpr.commands.numbers import at_least

HELP = "compare motifs with known ones (TomTom)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--query", required=True, metavar="MEME", help="motifs to compare")
    parser.add_argument(
        "--targets",
        default="JASPAR2018",
        metavar="MEME|RELEASE",
        help="known motifs: a MEME file or a JASPAR release (JASPAR2014 ... JASPAR2026)",
    )
    parser.add_argument(
        "--tax-group", default="vertebrates", help="JASPAR's taxonomic group; 'all' for all"
    )
    parser.add_argument(
        "--distance",
        choices=("ed", "pearson"),
        default="ed",
        help="distance of columns: Euclidean, or MEME's default pearson (engine meme only)",
    )
    parser.add_argument(
        "--engine",
        choices=("memelite", "meme"),
        default="memelite",
        help="memelite (Python), or the MEME suite's tomtom from the PATH",
    )
    parser.add_argument("--e-value", type=float, default=0.05, help="report pairs with E below it")
    parser.add_argument("--all", action="store_true", help="report all pairs, whatever their E")
    parser.add_argument(
        "--best", metavar="TSV", help="also write the best target of each query, whatever its E"
    )
    parser.add_argument("--summary", metavar="TSV", help="also write how many queries match")
    parser.add_argument(
        "--null-shuffles",
        type=at_least(0),
        default=0,
        metavar="N",
        help="for --summary: also count the matches of column-shuffled queries, mean of N repeats",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the shuffles")
    parser.add_argument("--threads", type=int, default=1, help="threads of memelite")
    parser.add_argument("--output", required=True, metavar="TSV", help="pairs of query and target")


def run(args: argparse.Namespace) -> None:
    from deepexpr.errors import InputError
    from deepexpr.files import write_table
    from deepexpr.motifs.jaspar import load_targets
    from deepexpr.motifs.meme_format import read_meme
    from deepexpr.motifs.tomtom import (
        TomtomOptions,
        best_matches,
        compare,
        known_share,
        significant,
    )

    if args.null_shuffles and not args.summary:
        raise InputError("--null-shuffles is reported in --summary.", fix="Give --summary too.")
    options = TomtomOptions(args.distance, args.engine, args.threads)
    queries = read_meme(args.query)
    targets = load_targets(args.targets, None if args.tax_group == "all" else args.tax_group)
    table = compare(queries, targets, options)
    write_table(table if args.all else significant(table, args.e_value), args.output)
    if args.best:
        write_table(best_matches(table), args.best)
    if args.summary:
        summary = known_share(
            table,
            queries,
            targets,
            options,
            e_value=args.e_value,
            shuffles=args.null_shuffles,
            seed=args.seed,
        )
        write_table(summary, args.summary)
