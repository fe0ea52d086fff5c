"""Running Snakemake so that a person can follow it: one line per finished job."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import resource
import subprocess
import sys
import time
from collections import deque
from pathlib import Path

from bootstrap.environment import VENV
from bootstrap.shell import ROOT, SetupError, say
from bootstrap.tools import Backend

FINISHED = re.compile(r"Finished jobid: \d+ \(Rule: (\S+?)\)")
STEPS = re.compile(r"^(\d+) of (\d+) steps \((\d+)%\) done")
ERROR = re.compile(
    r"^(Error in rule|RuleException|WorkflowError|MissingInputException|.*Exception)"
)
#: Lines of Snakemake's own that end an error.
NEXT = re.compile(r"^(\[\w{3} \w{3} |Select jobs|Execute |\d+ of \d+ steps|Trying to restart)")


def snakemake_command(overlay: str | None, backend: Backend, cores: int) -> list[str]:
    """Snakemake with the local profile, an overlay and the backend of the tools."""
    command = [str(VENV / "bin" / "snakemake"), "--profile", "profiles/local"]
    command += ["--cores", str(cores)]
    if overlay:
        command += ["--configfile", overlay]
    return command + (["--use-conda"] if backend.use_conda else [])


def run_workflow(overlay: str, results: str, backend: Backend, cores: int) -> int:
    """Run the pipeline on `overlay`, then write its report; return the exit code."""
    environment = {**os.environ, "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    environment.setdefault("PYTHONWARNINGS", "ignore")
    command = snakemake_command(overlay, backend, cores)
    started = time.monotonic()
    with _alone():
        _unlock(command, environment)
        code, jobs = _follow(command, environment, started)
    if code:
        return code
    report = ROOT / results / "report.html"
    if jobs or not report.is_file():
        say("Writing the report ...")
        _write_report([*command, "--report", str(report)], environment)
    _say_result(results, jobs, time.monotonic() - started, backend)
    return 0


@contextlib.contextmanager
def _alone():
    """Hold this folder for one run; SetupError where another holds it."""
    path = ROOT / ".snakemake" / "bootstrap.lock"
    path.parent.mkdir(exist_ok=True)
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SetupError("Another run is going on in this folder; wait for it.") from error
        yield


def _unlock(command: list[str], environment: dict[str, str]) -> None:
    """Remove the lock that a killed run left; no other run is here to hold it."""
    locks = ROOT / ".snakemake" / "locks"
    if locks.is_dir() and any(locks.iterdir()):
        say("The last run was stopped in the middle; going on from there.")
        subprocess.run(
            [*command, "--unlock"], cwd=ROOT, env=environment, capture_output=True, check=False
        )


def _follow(command: list[str], environment: dict[str, str], started: float) -> tuple[int, int]:
    """Print a line per finished job; return the exit code and the number of jobs run."""
    rule, jobs, tail, failed, shown = "", 0, deque(maxlen=60), False, False
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        for line in process.stdout:
            tail.append(line)
            shown = bool(ERROR.match(line)) or (shown and not NEXT.match(line))
            failed = failed or shown
            if shown:
                sys.stdout.write(line)
                sys.stdout.flush()
            if match := FINISHED.search(line):
                rule = match.group(1)
            elif match := STEPS.match(line):
                jobs, total, percent = map(int, match.groups())
                minutes, seconds = divmod(int(time.monotonic() - started), 60)
                say(f"[{jobs:>3}/{total}] {percent:>3} %  {minutes:>2}:{seconds:02d}  {rule}")
    code = process.returncode
    if code and not failed:
        sys.stdout.write("".join(tail))
    return code, jobs


def _write_report(command: list[str], environment: dict[str, str]) -> None:
    result = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, errors="replace", check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if result.returncode:
        raise SetupError(f"The report could not be written.\n{result.stdout[-3000:]}")


def _say_result(results: str, jobs: int, seconds: float, backend: Backend) -> None:
    say("")
    if jobs:
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        say(f"Done: {jobs} steps in {seconds / 60:.1f} minutes, largest process {peak:.1f} GB.")
    else:
        say(f"Nothing to do: everything is up to date ({seconds:.0f} s).")
    folder = Path(results)
    for path, what in (
        (folder / "report.html", "report: open it in a browser"),
        (folder / "summary.html", "the run in ten lines"),
        (folder / "figures", "every figure and the table behind it"),
        (folder / "evaluation", "metrics, tests of significance"),
        (folder / "models", "trained networks, one bundle per cell line, task and K"),
    ):
        say(f"  {path!s:<28} {what}")
    say("Tools:")
    for line in backend.describe():
        say(f"  {line}")
