"""Draw figure N from its table of plotted values."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.figures.registry import FIGURES

    parser.add_argument("number", metavar="N", help=f"the figure: {', '.join(FIGURES)}")
    parser.add_argument(
        "--table", required=True, metavar="TSV", help="its plotted values (`deepexpr table N`)"
    )
    parser.add_argument(
        "--output", required=True, nargs="+", metavar="FILE",
        help="files to write: .pdf, .png (300 dpi) or .svg (editable text); .html for tables",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    from deepexpr.figures.render import render

    render(args.number, args.table, args.output)
