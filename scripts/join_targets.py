"""The loops of all targets of a cell line as one table of signal."""

import sys

from deepexpr.files import read, write_table
from deepexpr.hichip.signal import joined_signal
from deepexpr.schemas import SIGNAL

with open(snakemake.log[0], "w") as sys.stderr:
    tables = [read(SIGNAL, path) for path in snakemake.input]
    write_table(joined_signal(tables), snakemake.output[0])
