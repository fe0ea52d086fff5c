"""``deepexpr check``: configuration, sheets and inputs, before anything runs."""

import contextlib
import logging

HELP = "Check configuration, sheets and inputs; list every problem."


def add_arguments(parser):
    add_configfile(parser)


def add_configfile(parser):
    """The option of every verb that reads the configuration."""
    parser.add_argument(
        "--configfile",
        nargs="+",
        required=True,
        metavar="FILE",
        help="configuration files, later ones laid over earlier ones",
    )


def run(args):
    from deepexpr.checks.genome import configured_problems, read_references, unit_problems
    from deepexpr.checks.inputs import load_and_check, run_time_problems
    from deepexpr.config.settings import read_config
    from deepexpr.errors import raise_all

    where = ", ".join(args.configfile)
    config, samples, units = load_and_check(read_config(args.configfile), where)
    with _only_warnings(args.debug):
        references, problems = read_references(config)
        raise_all(
            [
                *problems,
                *run_time_problems(config, samples, units),
                *unit_problems(config, samples, units, references),
                *configured_problems(config, samples),
            ]
        )
    print(
        f"No problems: {len(samples)} samples of {samples['cell_line'].nunique()} cell lines, "
        f"{len(units)} units."
    )


@contextlib.contextmanager
def _only_warnings(debug):
    """What reading the inputs counts is for the jobs' logs; what it warns of is for here."""
    logger = logging.getLogger("deepexpr")
    before = logger.level
    logger.setLevel(logging.DEBUG if debug else logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)
