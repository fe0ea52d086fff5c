"""Check configuration, sheets and inputs; list every problem."""

from deepexpr.options import CONFIGFILE, Arguments, configfiles

OPTIONS = CONFIGFILE


def run(args: Arguments) -> None:
    from deepexpr.checks.everything import check_everything
    from deepexpr.config.settings import read_config

    files = configfiles(args)
    samples, units = check_everything(read_config(files), ", ".join(files), args.debug)
    lines = samples["cell_line"].nunique()
    print(
        f"No problems: {len(samples)} samples of {lines} cell line{'s' * (lines != 1)}, "
        f"{len(units)} units."
    )
