"""Write the table of plotted values of figure N from results files."""

import argparse
import logging

logger = logging.getLogger(__name__)


OPTIONS = """
--output TSV        the table
[--figure FILE...]  draw it too, as `deepexpr figure` does from the table: .pdf, .png, .svg, .html
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from deepexpr.figures.inputs import add_options, option
    from deepexpr.figures.registry import FIGURES

    parser.add_argument("number", metavar="N", help=f"the figure: {', '.join(FIGURES)}")
    add_options(parser)
    by_figure = (
        " ".join(
            [f"{spec.name}:", *map(option, spec.needs), *(f"[{option(n)}]" for n in spec.takes)]
        )
        for spec in FIGURES.values()
    )
    parser.epilog = "Options by figure (those in brackets may be left out): " + "; ".join(by_figure)


def run(args: argparse.Namespace) -> None:
    from deepexpr.figures.inputs import Inputs
    from deepexpr.figures.registry import find
    from deepexpr.figures.render import check_endings, render
    from deepexpr.files import write_table

    spec = find(args.number)
    check_endings(args.figure)
    inputs = Inputs.from_arguments(args)
    inputs.require(spec.name, spec.needs)
    table = spec.build()(inputs)
    write_table(table, args.output)
    logger.info("figure %s: %d rows", spec.name, len(table))
    if args.figure:
        render(spec.name, args.output, args.figure)
