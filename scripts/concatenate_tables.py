"""Put tables of the same columns under one another."""

import sys

import pandas as pd

from deepexpr.files import read_table, write_table

with open(snakemake.log[0], "w") as sys.stderr:
    tables = [read_table(path) for path in snakemake.input]
    write_table(pd.concat(tables, ignore_index=True), snakemake.output[0])
