"""The values behind a figure, from results."""

from __future__ import annotations

import argparse
import logging

HELP = "Write the table of plotted values of figure N from results files."

#: Options that take one file.
SINGLE = (
    "tests", "genes", "transcripts", "chrom_sizes", "tomtom", "filters", "bundle", "benchmark",
    "interpretation",
)  # fmt: skip

#: Options that take several files, and several NAME=file.
MANY = ("dataset", "metrics", "cross", "versions")
NAMED = (
    "signal", "qc", "loop_qc", "run_info", "history", "search", "trace", "motif_summary",
)  # fmt: skip

logger = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options by role; the list at the end says which a figure needs."""
    from deepexpr.figures.registry import FIGURES

    parser.add_argument("number", metavar="N", help=f"the figure: {', '.join(FIGURES)}")
    parser.add_argument("--output", required=True, metavar="TSV", help="the table")
    parser.add_argument(
        "--figure", nargs="+", default=[], metavar="FILE",
        help="draw it too, as `deepexpr figure` does from the table: .pdf, .png, .svg, .html",
    )  # fmt: skip
    many = {"nargs": "+", "default": [], "action": "extend"}
    named = {**many, "metavar": "NAME=TSV"}
    parser.add_argument(
        "--dataset",
        metavar="H5",
        help="dataset files, one per cell line (`deepexpr dataset`)",
        **many,
    )
    parser.add_argument("--metrics", metavar="TSV", help="metrics (`deepexpr evaluate`)", **many)
    parser.add_argument(
        "--cross", metavar="TSV", help="metrics of predictions across cell lines", **many
    )
    parser.add_argument(
        "--tests", metavar="TSV", help="tests between methods (`deepexpr evaluate`)"
    )
    parser.add_argument("--signal", help="CELL_LINE=loops with counts (`deepexpr signal`)", **named)
    parser.add_argument("--qc", help="CELL_LINE=HiChIP counts of its samples", **named)
    parser.add_argument("--loop-qc", help="CELL_LINE=counts of its loops", **named)
    parser.add_argument("--run-info", help="SAMPLE=kallisto's run_info.json", **named)
    parser.add_argument(
        "--versions",
        metavar="TXT",
        help="TOOL.txt: what the tool says its version is",
        **many,
    )
    parser.add_argument("--history", help="RUN=training history (`deepexpr train`)", **named)
    parser.add_argument("--search", help="RUN=search table (`deepexpr baseline`)", **named)
    parser.add_argument("--trace", help="RUN=trace.tsv (`deepexpr cismodule`)", **named)
    parser.add_argument(
        "--interpretation", metavar="DIR", help="folder of one gene (`deepexpr interpret`)"
    )
    parser.add_argument(
        "--benchmark", metavar="DIR", help="folder of Snakemake's benchmark files, *.STEP.tsv"
    )
    parser.add_argument("--genes", metavar="TSV", help="genes (`deepexpr promoters --table`)")
    parser.add_argument("--transcripts", metavar="TSV", help="transcripts, for gene bodies (bp)")
    parser.add_argument(
        "--chrom-sizes", metavar="TSV", help="chromosomes and their lengths, where the axis ends"
    )
    parser.add_argument("--tomtom", metavar="TSV", help="matches (`deepexpr tomtom`)")
    parser.add_argument(
        "--motif-summary",
        help="MOTIFS=how many match (`deepexpr tomtom --summary`), such as 'K562 filters'",
        **named,
    )
    parser.add_argument("--filters", metavar="MEME", help="motifs that were matched")
    parser.add_argument(
        "--jaspar", default="JASPAR2018", metavar="NAME|MEME", help="motifs that were searched"
    )
    parser.add_argument("--e-value", type=float, default=0.05, help="largest E of a match")
    parser.add_argument("--bundle", metavar="DIR", help="a trained bundle (`deepexpr train`)")
    parser.add_argument(
        "--gene", metavar="NAME", help="gene of figure 2C (left out: that with the strongest loops)"
    )
    parser.add_argument(
        "--cell-line",
        default="",
        metavar="NAME",
        help="cell line to name in the heading",
    )
    parser.add_argument(
        "--full-reach", type=int, default=1_000_000, metavar="BP",
        help="how far from the TSS all bins reach, to either side",
    )  # fmt: skip
    parser.add_argument("--title", default="", help="name of the run, for the summary")
    parser.add_argument("--warning", help="sentences the summary must show", **many)
    parser.epilog = "Options by figure (those in brackets may be left out): " + "; ".join(
        f"{spec.name}: {_options(spec)}" for spec in FIGURES.values()
    )


def run(args: argparse.Namespace) -> None:
    """Build the table of one figure and write it."""
    from pathlib import Path

    from deepexpr.figures.inputs import Inputs, named_paths
    from deepexpr.figures.registry import find
    from deepexpr.figures.render import check_endings, render
    from deepexpr.files import write_table

    spec = find(args.number)
    check_endings(args.figure)
    inputs = Inputs(
        **{name: tuple(map(Path, getattr(args, name))) for name in MANY},
        **{name: named_paths(getattr(args, name), _option(name)) for name in NAMED},
        **{name: Path(value) if (value := getattr(args, name)) else None for name in SINGLE},
        jaspar=args.jaspar,
        e_value=args.e_value,
        gene=args.gene,
        cell_line=args.cell_line,
        full_reach=args.full_reach,
        title=args.title,
        warning=tuple(args.warning),
    )
    inputs.require(spec.name, spec.needs)
    table = spec.build()(inputs)
    write_table(table, args.output)
    logger.info("figure %s: %d rows", spec.name, len(table))
    if args.figure:
        render(spec.name, args.output, args.figure)


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _options(spec) -> str:
    needed = [_option(name) for name in spec.needs]
    return " ".join([*needed, *(f"[{_option(name)}]" for name in spec.takes)])
