"""``deepexpr plan``: jobs, core-hours, GPU-hours and disk of a configuration."""

from deepexpr.commands.check import add_configfile

HELP = "estimate jobs, core-hours, GPU-hours and disk of a configuration"


def add_arguments(parser):
    add_configfile(parser)


def run(args):
    from deepexpr.config.inputs import load_and_check
    from deepexpr.config.plan import assumption_lines, plan_table
    from deepexpr.config.settings import read_config

    where = ", ".join(args.configfile)
    table = plan_table(*load_and_check(read_config(args.configfile), where))
    print(table.to_string(index=False, float_format=lambda value: f"{value:,.1f}"))
    print("Assumed where no file says otherwise:")
    for line in assumption_lines():
        print(f"  {line}")
