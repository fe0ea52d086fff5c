"""``config/README.md``, written from the schemas so that it cannot go stale.

``python -m deepexpr.config.documentation`` prints the page (``make docs`` writes it).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deepexpr.config.settings import load_schema

HEAD = """# Configuration

`config.yaml` is the paper's full experiment. An overlay given with `--configfile` is laid over it:
mappings merge, everything else is replaced. An unknown key stops the run and names the likely one.
Coordinates are 0-based and half-open. This page is made by `make docs` from `schemas/`.

| folder | what it is |
|---|---|
| `config.yaml`, `samples.tsv`, `units.tsv` | the paper: four cell lines |
| `template/` | to copy for your own experiment |
| `demo/` | the embedded demo (`make demo`) |
| `chr22/` | real reads on one chromosome (`make real`) |
| `paper-tables/` | the paper from the arrays its authors deposited |
| `k562-real/` | real tables of K562, Jurkat and HCT116 (`make k562`) |
"""


def config_page() -> str:
    """The page: every key of the configuration, every column of the sheets."""
    parts = [HEAD, "## Keys\n", _table(("key", "type", "default", "meaning"))]
    parts += [_row(row) for row in _keys(load_schema("config"), "")]
    for name in ("samples", "units"):
        schema = load_schema(name)
        parts += [f"\n## {schema['title']}\n", schema["description"] + "\n"]
        parts.append(_table(("column", "required", "meaning")))
        required = schema["required"]
        parts += [
            _row((f"`{key}`", "yes" if key in required else "", sub["description"]))
            for key, sub in schema["properties"].items()
        ]
    return "\n".join(parts) + "\n"


def _keys(schema: Mapping[str, Any], path: str) -> Iterator[tuple[str, ...]]:
    for key, sub in schema.get("properties", {}).items():
        name = f"{path}{key}"
        default = json.dumps(sub["default"]) if "default" in sub else "(required)"
        if sub.get("properties") and sub.get("default") in ({}, None):
            default = ""
        yield f"`{name}`", _type(sub), f"`{default}`" if default else "", sub["description"]
        yield from _keys(sub, f"{name}.")
        inner = sub.get("additionalProperties")
        if isinstance(inner, dict):
            yield from _keys(inner, f"{name}.NAME.")


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    kind = schema["type"]
    names = kind if isinstance(kind, list) else [kind]
    items = schema.get("items", {})
    if "array" in names and items:
        inner = ", ".join(items["enum"]) if "enum" in items else items.get("type", "")
        names = [f"list of {inner}" if n == "array" else n for n in names]
    limits = [
        f"{sign} {schema[word]}"
        for word, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if word in schema
    ]
    return " ".join([" or ".join(names), *limits])


def _table(names: tuple[str, ...]) -> str:
    return _row(names) + "\n" + "|".join(["", *["---"] * len(names), ""])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    print(config_page(), end="")
