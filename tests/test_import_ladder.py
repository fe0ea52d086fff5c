"""Who may import whom: stages import earlier stages only, and never Snakemake."""

import ast
from pathlib import Path

import pytest

LADDER = [
    "errors", "plugins", "settings", "schemas", "scores", "compression", "files", "options",
    "provenance", "letters", "downloads", "reference", "expression", "hichip", "features", "model",
    "baselines", "evaluation", "motifs", "variants", "figures", "simulate", "config", "checks",
    "init", "run", "commands", "cli", "__main__",
]  # fmt: skip
PACKAGE = Path(__file__).resolve().parents[1] / "deepexpr"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path):
    """Dotted names a module imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down_the_ladder(path):
    stage = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] != "snakemake", f"{path} imports Snakemake"
        if parts[0] == "deepexpr" and len(parts) > 1 and stage != "__init__":
            assert LADDER.index(parts[1]) <= LADDER.index(stage), f"{path} imports {name}"


def test_files_stay_short():
    long = {str(p): n for p in MODULES if (n := len(p.read_text().splitlines())) > 400}
    assert not long
