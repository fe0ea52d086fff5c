"""Draw figure N from its table of plotted values."""

import argparse

OPTIONS = """
--table TSV       its plotted values (`deepexpr table N`)
--output FILE...  files to write: .pdf, .png (300 dpi) or .svg (editable text); .html for tables
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.figures.registry import FIGURES

    parser.add_argument("number", metavar="N", help=f"the figure: {', '.join(FIGURES)}")


def run(args: argparse.Namespace) -> None:
    from deepexpr.figures.render import render

    render(args.number, args.table, args.output)
