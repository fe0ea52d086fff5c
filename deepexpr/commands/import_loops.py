"""Read tables of loops that another program called, as a cell line's signal."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.hichip.sections import CutoffSection
    from deepexpr.options import add_aliases, add_options

    parser.add_argument(
        "--table",
        action="append",
        required=True,
        metavar="SAMPLE=PATH",
        help="loops of one replicate: BEDPE with counts, Origami's CSV, cLoops2, WashU text or "
        "another table whose header names the anchors; repeat for each",
    )
    parser.add_argument(
        "--value-column",
        action="append",
        default=[],
        metavar="SAMPLE=NAME",
        help="column of the counts of a sample, where the header leaves it open",
    )
    parser.add_argument("--chrom-sizes", required=True, help="chromosomes of the genome")
    add_aliases(parser)
    add_options(parser, CutoffSection)
    parser.add_argument(
        "--output", required=True, metavar="TSV", help="loops with their counts and signal"
    )


def run(args: argparse.Namespace) -> None:
    from deepexpr.files import write_table
    from deepexpr.hichip.chromosomes import read_chromosomes
    from deepexpr.hichip.loop_tables import imported_signal, read_loop_table
    from deepexpr.hichip.sections import CutoffSection
    from deepexpr.options import given, named

    cutoff = given(args, CutoffSection).confidence
    columns = named(args.value_column, "--value-column", "SAMPLE=NAME")
    tables = {
        name: read_loop_table(path, columns.get(name), cutoff)
        for name, path in named(args.table, "--table", "SAMPLE=PATH").items()
    }
    genome = read_chromosomes(args.chrom_sizes, args.aliases)
    if genome.aliases:
        tables = {
            name: genome.aliases.rename_anchors(table, f"loops of {name}")
            for name, table in tables.items()
        }
    write_table(imported_signal(tables, genome.lengths, args.chrom_sizes), args.output)
