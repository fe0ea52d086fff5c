"""The commands of the documentation's pages: blocks of bash, each with what it is run in."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs" / "site"
PAGES = sorted(SITE.rglob("*.md"))

#: ```bash blocks, and the comment before each that says in what it is run.
BLOCK = re.compile(r"(?:^<!-- run: (\w+) -->\n)?^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One block of a page: what it is run in, and its text."""

    page: Path
    kind: str
    text: str


def blocks(page: Path) -> list[Block]:
    """All blocks of a page, in order."""
    return [Block(page, kind, text) for kind, text in BLOCK.findall(page.read_text())]


def of_kind(kind: str) -> dict[str, list[Block]]:
    """The blocks of a kind by the name of their page."""
    found = {page.stem: [b for b in blocks(page) if b.kind == kind] for page in PAGES}
    return {name: own for name, own in found.items() if own}


def run(block: Block, folder: Path) -> str:
    """Run a block in a copy of the workflow as a reader would, and return what it printed."""
    programs = folder / ".programs"
    programs.mkdir(exist_ok=True)
    verb = programs / "deepexpr"
    verb.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m deepexpr "$@"\n')
    verb.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    kept["PATH"] = os.pathsep.join([str(programs), str(Path(sys.executable).parent), kept["PATH"]])
    kept["PYTHONPATH"] = str(folder)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text], cwd=folder, env=kept, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{block.page.name}: {block.text}\n{done.stdout[-4000:]}"
    return done.stdout
