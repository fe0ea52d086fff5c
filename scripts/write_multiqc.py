"""Put the QC of all HiChIP samples into sections for MultiQC."""

import sys

from deepexpr.hichip.multiqc import write_sections

with open(snakemake.log[0], "w") as sys.stderr:
    write_sections(snakemake.input, snakemake.output.trimming, snakemake.output.pairs)
