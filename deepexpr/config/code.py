"""Which of the package's code a command runs, as one fingerprint.

A workflow manager sees rules, not the package they call. With this fingerprint among a rule's
parameters, an edited function makes again what was made with it. Comments, docstrings and
layout do not count, nor do the modules that every command shares (files, errors, schemas).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
#: Top-level modules and packages whose code decides no result.
SHARED = ("__init__", "__main__", "cli", "config", "downloads", "errors", "files", "provenance",
          "schemas")  # fmt: skip


def code_fingerprint(modules: Iterable[str]) -> str:
    """SHA-256 (first 16 hex digits) of what `modules` and those they import do.

    modules : dotted names such as deepexpr.commands.trim. Imports are followed within the
        package wherever they stand, inside functions too.
    """
    digest = hashlib.sha256()
    for path in sorted(followed(filter(None, map(module_file, modules)))):
        name = path.relative_to(PACKAGE)
        if name.parts[0].removesuffix(".py") not in SHARED:
            digest.update(f"{name}\n{_meaning(path)}\n".encode())
    return digest.hexdigest()[:16]


def followed(paths: Iterable[Path]) -> set[Path]:
    """These files and every file of the package that they import, however far."""
    seen: set[Path] = set()
    left = list(paths)
    while left:
        path = left.pop()
        if path not in seen:
            seen.add(path)
            left += [file for name in imports(path) if (file := module_file(name))]
    return seen


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports; `from a import b` gives a and a.b."""
    names: list[str] = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(names))


def module_file(name: str) -> Path | None:
    """The file of a module of this package; None for packages and for what is not ours."""
    first, *rest = name.split(".")
    path = PACKAGE.joinpath(*rest).with_suffix(".py")
    return path if first == PACKAGE.name and rest and path.is_file() else None


@cache
def _meaning(path: Path) -> str:
    """The code without comments, docstrings and positions."""
    tree = _tree(path)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and _is_docstring(body[0] if body else None):
            body[0] = ast.Pass()
    return ast.dump(tree)


def _is_docstring(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
