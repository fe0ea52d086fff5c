"""Trimming and mapping side by side: no partner waits for one that is gone."""

import gzip
import os
import signal
import subprocess
import sys
import time

import pytest
from workflow_copy import ROOT

SCRIPT = ROOT / "scripts" / "run_together.sh"
#: Seconds after which a command has waited for one that is gone; far less than these sleep.
WAIT = 120


def wait_for(state):
    deadline = time.monotonic() + WAIT
    while not state():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def start(*commands, **options):
    return subprocess.Popen(
        ["bash", str(SCRIPT), *commands],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def test_both_ends_of_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    process = start("seq 100000 > pipe", "cat pipe > out", cwd=tmp_path)
    process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert len((tmp_path / "out").read_text().splitlines()) == 100_000


@pytest.mark.parametrize(
    "commands",
    [
        ("exit 7", "cat pipe"),  # the writer never opens the pipe
        ("seq 9 > pipe", "exit 7"),  # the reader never opens it
        ("seq 9 > pipe; exit 7", "cat pipe", "sleep 900"),  # the writer fails after its data
        ("yes > pipe", "head -c 100000 pipe | (cat; exit 7)"),  # within a pipeline
        ("sleep 900 | sleep 900", "exit 7"),  # children of the others end, too
        # A signal is lost, as between a fork and its exec: it is sent again.
        (
            "trap 'trap - TERM' TERM; touch ready; while true; do sleep 1; done",
            "until test -e ready; do sleep 0.1; done; exit 7",
        ),
    ],
)
def test_the_first_that_fails_ends_the_others(tmp_path, commands):
    os.mkfifo(tmp_path / "pipe")
    process = start(*commands, cwd=tmp_path)
    process.communicate(timeout=WAIT)
    assert process.returncode in (7, 141)  # 141: `yes` may be the first to notice


def test_being_killed_ends_all(tmp_path):
    process = start("sleep 900 & echo $! > child; wait", cwd=tmp_path)
    wait_for(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text().strip())
    child = int((tmp_path / "child").read_text())
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WAIT)
    assert process.returncode == 143

    def ended():
        state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True)
        return not state.stdout.strip() or state.stdout.strip().startswith(b"Z")

    wait_for(ended)


def test_trimming_names_a_reader_that_ended(tmp_path):
    reads = "".join(f"@r{i}\n{'ACGTGATCGATCTTGACC' * 4}\n+\n{'I' * 72}\n" for i in range(60_000))
    for mate in (1, 2):
        (tmp_path / f"{mate}.fq.gz").write_bytes(gzip.compress(reads.encode(), 1))
        os.mkfifo(tmp_path / f"p{mate}")
    trim = (
        f"{sys.executable} -m deepexpr trim --r1 1.fq.gz --r2 2.fq.gz --enzyme MboI"
        " --min-length 1 --out-r1 p1 --out-r2 p2 --stats stats.tsv"
    )
    # The reader ends well, as `head` does: it is the trimming that must fail, and say so.
    process = start(trim, "head -c 10 p1 > one", "cat p2 > two", cwd=tmp_path,
                    env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    text, _ = process.communicate(timeout=WAIT)
    assert process.returncode == 1
    assert "reads the trimmed reads ended before they did" in text
    assert "Traceback" not in text
    assert not (tmp_path / "stats.tsv").exists()
