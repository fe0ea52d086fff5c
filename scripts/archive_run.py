"""Archive how the results of this run were made."""

import sys
from pathlib import Path

from deepexpr.run.archive import write_archive

with open(snakemake.log[0], "w") as sys.stderr:
    write_archive(
        snakemake.config,
        [Path(part) for part in snakemake.params.parts],
        Path(snakemake.scriptdir).parent / "envs",
        [Path(record) for record in snakemake.params.versions],
        Path(snakemake.output[0]),
    )
