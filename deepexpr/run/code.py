"""Which of the package's code a command runs, as one fingerprint.

A workflow manager sees rules, not the package they call. With this fingerprint among a rule's
parameters, an edited function makes again what was made with it. Comments, docstrings and
layout do not count, nor do the modules that every command shares (files, errors, schemas).
"""

import ast
import contextlib
import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from deepexpr.files import writing

PACKAGE = Path(__file__).resolve().parents[1]
#: Top-level modules and packages whose code decides no result. Nor do the settings that a stage
#: declares in its sections.py: rules hand their values over as parameters.
SHARED = ("__init__", "__main__", "checks", "cli", "compression", "config", "downloads", "errors",
          "files", "options", "plugins", "provenance", "run", "schemas", "settings")  # fmt: skip


class Code(NamedTuple):
    """What a file does, as a digest without comments, docstrings and layout; what it imports."""

    meaning: str
    imports: tuple[str, ...]


#: By SHA-256 of a file's text: read once, here and (`remembered`) from one start to the next.
_known: dict[str, Code] = {}


def code_fingerprint(modules: Iterable[str]) -> str:
    """SHA-256 (first 16 hex digits) of what `modules` and those they import do.

    modules : dotted names such as deepexpr.commands.trim, or of another package's figure.
        Imports are followed within this package wherever they stand, inside functions too.
        Members of a family (deepexpr.plugins) are not: the rule names the one that it runs.
    """
    digest = hashlib.sha256()
    for path in sorted(followed(filter(None, map(_any_file, modules)))):
        name = path.relative_to(PACKAGE) if path.is_relative_to(PACKAGE) else Path(path.name)
        if name.parts[0].removesuffix(".py") not in SHARED and name.name != "sections.py":
            digest.update(f"{name}\n{code_of(path).meaning}\n".encode())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def remembered(path: Path) -> Iterator[None]:
    """Keep what is read of each file in `path`: parsing all of them takes most of a second.

    Entries are found by a file's content, so an outdated one is never used; a `path` that cannot
    be read is made anew.
    """
    with contextlib.suppress(OSError, ValueError, TypeError):
        kept = json.loads(path.read_text())
        if kept.pop("python") == sys.version:
            _known.update(
                {key: Code(meaning, tuple(names)) for key, (meaning, names) in kept.items()}
            )
    before = len(_known)
    yield
    if len(_known) > before:
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as handle:
            json.dump({"python": sys.version, **_known}, handle)


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


def imports(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports; `from a import b` gives a and a.b."""
    return code_of(path).imports


@cache
def code_of(path: Path) -> Code:
    """What a file does and imports."""
    text = path.read_bytes()
    key = hashlib.sha256(text).hexdigest()
    if key not in _known:
        tree = ast.parse(text)
        _known[key] = Code(_meaning(tree), _imports(tree))
    return _known[key]


@cache
def module_file(name: str) -> Path | None:
    """The file of a module of this package; None for packages and for what is not ours."""
    first, *rest = name.split(".")
    path = PACKAGE.joinpath(*rest).with_suffix(".py")
    return path if first == PACKAGE.name and rest and path.is_file() else None


def _any_file(name: str) -> Path | None:
    """The file of a module, also of another package."""
    if name.split(".")[0] == PACKAGE.name:
        return module_file(name)
    spec = importlib.util.find_spec(name)
    return Path(spec.origin) if spec and spec.origin else None


def _imports(tree: ast.Module) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(dict.fromkeys(names))


def _meaning(tree: ast.Module) -> str:
    """Digest of the code without comments and positions; `tree` loses its docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and _is_docstring(body[0] if body else None):
            body[0] = ast.Pass()
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_docstring(node: ast.AST | None) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
