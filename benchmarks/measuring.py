"""One command, timed: wall-clock seconds and the peak memory of its largest process.

The command is started by a small process of its own, because the peak that the system reports
for a child is never below the memory its parent had when it was started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

_LAUNCH = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[2:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
numbers = {"seconds": time.perf_counter() - start, "peak_mb": usage.ru_maxrss / 1024,
           "cpu": usage.ru_utime + usage.ru_stime}
json.dump(numbers, open(sys.argv[1], "w"))
sys.exit(code)
"""


def measure(command: list[str]) -> dict[str, float]:
    """Run `command`; {"seconds": wall-clock, "cpu": seconds of all cores, "peak_mb"}.

    Ends the benchmark with the command's output if it fails.
    """
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with tempfile.NamedTemporaryFile("r") as numbers, tempfile.TemporaryFile() as log:
        launcher = [sys.executable, "-S", "-c", _LAUNCH, numbers.name]
        code = subprocess.call(
            [*launcher, *map(str, command)], stdout=log, stderr=log, env=environment
        )
        if code:
            log.seek(0)
            sys.exit(f"{' '.join(map(str, command))} failed:\n{log.read().decode()[-3000:]}")
        return json.load(numbers)
