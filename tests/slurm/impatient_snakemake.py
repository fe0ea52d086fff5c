"""Snakemake whose SLURM executor looks at the queue every second.

As it is, the executor waits ten seconds longer each time it finds no job finished, which is right
for a cluster of many users and a third of a test's time. Jobs start Snakemake as they always do.
"""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda _: 1, lambda _self, _seconds: None)

if __name__ == "__main__":
    sys.exit(main())
