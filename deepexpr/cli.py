"""The command line: one verb per step, each in ``deepexpr/commands/``.

A command module has its help as its docstring (one line), what it takes in the form of
`deepexpr.options.add_verb`, and ``run(args)``.
Heavy libraries are imported inside ``run`` so that ``--help`` answers at once.
Exit codes: 0 done, 1 wrong data, 2 wrong usage.
"""

import argparse
import gc
import importlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence

from deepexpr import __version__
from deepexpr.errors import InputError, UsageError
from deepexpr.options import add_verb

#: New objects between two searches for garbage, and how many of these before older ones are looked
#: through; Python's 700 suits programs that make little. Loading pandas and matplotlib makes some
#: hundred thousand objects that all stay, and was a quarter slower by these searches.
_GARBAGE = (10_000, 10, 10)

#: In the order of the data flow.
VERBS = (
    "simulate", "init", "check", "plan", "obtain", "genome", "promoters", "import-promoters",
    "transcriptome", "reads", "expression", "trim", "pairs", "ends", "contacts", "concordance",
    "call-loops", "signal", "import-loops", "import-contacts", "differential", "dataset", "splits",
    "gkm", "train", "predict", "cross", "orthologues", "cross-species", "baseline", "evaluate",
    "interpret", "variants", "attribution", "filters", "tomtom", "enhancers", "cismodule", "table",
    "figure",
)  # fmt: skip


class _DefaultsShown(argparse.ArgumentDefaultsHelpFormatter):
    """Help texts with defaults, but for options that have none or are off."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, False, "") or action.default == []:
            return action.help
        return super()._get_help_string(action)


def build_parser(names: Sequence[str] = VERBS) -> argparse.ArgumentParser:
    """The parser of these verbs: a job calls one, and starts without importing the others."""
    parser = argparse.ArgumentParser(
        prog="deepexpr", description="Gene expression from promoter sequence and HiChIP loops."
    )
    parser.add_argument("--version", action="version", version=f"deepexpr {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in names:
        command = importlib.import_module(f"deepexpr.commands.{verb.replace('-', '_')}")
        sub = verbs.add_parser(
            verb,
            help=command.__doc__,
            description=command.__doc__,
            formatter_class=_DefaultsShown,
        )
        add_verb(sub, command)
        sub.add_argument("--debug", action="store_true", help="show tracebacks and debug messages")
        sub.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    gc.set_threshold(*_GARBAGE)
    argv = sys.argv[1:] if argv is None else argv
    parser = build_parser(argv[:1] if argv[:1] and argv[0] in VERBS else VERBS)
    args = parser.parse_args(argv)
    for name, least in (("seed", 0), ("threads", 1)):
        value = getattr(args, name, None)
        if value is not None and value < least:
            parser.error(f"argument --{name}: {value} is less than {least}")
    logging.basicConfig(
        level=logging.DEBUG if args.debug else logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
        force=True,
    )
    # A line per glyph table otherwise, one about fonts where a home is new, and of each device that
    # JAX does not find.
    for name in ("fontTools", "matplotlib.font_manager", "jax"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        args.run(args)
    except InputError as error:
        return _fail(args, error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        # Errors of libraries have a text and no number.
        text = error.strerror or str(error) or type(error).__name__
        return _fail(args, InputError(f"{text}.", where=str(error.filename or "")))
    return 0


def _fail(args: argparse.Namespace, error: Exception) -> int:
    if args.debug:
        traceback.print_exc()
    print(f"deepexpr {args.verb}: error: {error}", file=sys.stderr)
    return 2 if isinstance(error, UsageError) else 1
