"""The verbs of the Makefile."""

from __future__ import annotations

import argparse
import os

from bootstrap.environment import ensure_environment
from bootstrap.gpu import ensure_gpu_python
from bootstrap.shell import SetupError, fail, say
from bootstrap.slurm import ensure_slurm, install_slurm_where_possible
from bootstrap.tools import ensure_browser, ensure_tools, record
from bootstrap.workflow import run_workflow

#: Verb -> overlay and results folder.
RUNS = {
    "demo": ("config/demo/config.yaml", "results"),
    "real": ("config/chr22/config.yaml", "results/chr22"),
    "human": ("config/human/config.yaml", "results/human"),
}


def main() -> int:
    """Set up, then run what the verb names."""
    parser = argparse.ArgumentParser(prog="bootstrap", description="Set up and run DeepExpression.")
    parser.add_argument("verb", choices=["setup", "setup-test", "setup-slurm", "gpu", *RUNS])
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="CPU cores to use")
    parser.add_argument("--gpu-python", help="gpu: a Python that has all; nothing is installed")
    args = parser.parse_args()
    try:
        if args.verb == "gpu":
            ensure_gpu_python(args.gpu_python)
            return 0
        testing = args.verb in ("setup-test", "setup-slurm")
        ensure_environment("test" if testing else "pipeline")
        backend = ensure_tools()
        record(backend)
        if args.verb == "setup-slurm":
            ensure_slurm()
        elif args.verb == "setup-test":
            install_slurm_where_possible()
        if args.verb in RUNS:
            overlay, results = RUNS[args.verb]
            return run_workflow(overlay, results, backend, args.cores)
    except SetupError as error:
        return fail(error)
    browser = ensure_browser() if args.verb == "setup-test" else ""
    say("Set up. Tools:")
    for line in backend.describe():
        say(f"  {line}")
    if browser:
        say(f"  {'chromium':<10} {browser}")
    return 0
