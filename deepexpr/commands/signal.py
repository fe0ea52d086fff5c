"""Normalise the counts of a cell line's loops over its replicates."""

from deepexpr.hichip.sections import SignalSection
from deepexpr.options import Arguments, named

OPTIONS = f"""
--loops BEDPE             called loops, with a header; of all contacts those with loop = 1 are taken
--contacts SAMPLE=TSV...  contacts of one replicate of this cell line; repeat for each
--totals TSV              QC of all samples of the assembly (sample, metric, value)
[--total-metric TOTAL_METRIC ({SignalSection().total_metric})]
                          metric of the totals that is a sample's N_i (read pairs)
--output TSV              loops with normalised counts and signal
"""


def run(args: Arguments) -> None:
    from deepexpr.files import write_table
    from deepexpr.hichip.bedpe import read_contacts
    from deepexpr.hichip.signal import loop_signal, read_called_loops, read_totals

    paths = named(args.contacts, "--contacts", "SAMPLE=TSV")
    contacts = {name: read_contacts(path) for name, path in paths.items()}
    totals = read_totals(args.totals, args.total_metric)
    table = loop_signal(read_called_loops(args.loops), contacts, totals)
    write_table(table, args.output)
