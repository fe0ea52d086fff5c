"""Running commands: quietly when they work, with their last words when they do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class SetupError(Exception):
    """Something the user has to install or mend; the message says what."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def run(command: list[str], **kwargs) -> str:
    """Run a command and return its output; SetupError with its last lines where it fails."""
    try:
        result = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            stdin=subprocess.DEVNULL,
            **kwargs,
        )
    except FileNotFoundError as error:
        raise SetupError(f"The command {command[0]} is not there.") from error
    if result.returncode:
        tail = "\n    ".join(result.stdout.strip().splitlines()[-15:])
        raise SetupError(f"Failed: {' '.join(map(str, command))}\n    {tail}")
    return result.stdout


def works(command: list[str]) -> bool:
    """Whether a command exists and exits with 0."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def fail(error: SetupError) -> int:
    """Print a set-up error and return the exit code."""
    print(f"error: {error}", file=sys.stderr, flush=True)
    return 1
