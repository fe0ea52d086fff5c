"""``config/README.md`` and ``config/schema.json``, written from what checks the configuration.

``python -m deepexpr.config.documentation FOLDER`` writes both (``make docs``).
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepexpr.config.sections import Config
from deepexpr.config.settings import load_schema
from deepexpr.files import writing

HEAD = """# Configuration

`config.yaml` is the paper's full experiment. An overlay given with `--configfile` is laid over it:
mappings merge, everything else is replaced. An unknown key stops the run and names the likely one;
so does a key written twice. Coordinates are 0-based and half-open. `make docs` makes this page and
`schema.json` from the classes that check the configuration (`deepexpr/*/sections.py`). An editor
completes and checks a file that begins with `# yaml-language-server: $schema=../schema.json`.

| folder | what it is |
|---|---|
| `config.yaml`, `samples.tsv`, `units.tsv` | the paper: four cell lines |
| `template/` | to copy for your own experiment |
| `demo/` | the embedded demo (`make demo`) |
| `chr22/` | real reads on one chromosome (`make real`) |
| `cross_species/` | two simulated species that predict each other |
| `enhancers/` | a simulated genome whose enhancers act by their letters |
| `paper-tables/` | the paper from the arrays its authors deposited |
| `human/` | real genes of four human lines (`make human`); `outside.yaml`: known motifs, samples |
"""
_LIMITS = (
    ("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"),
)  # fmt: skip


def config_page() -> str:
    """The page: every key of the configuration, every column of the sheets."""
    schema = Config.model_json_schema()
    parts = [HEAD, "## Keys\n", _table(("key", "type", "default", "meaning"))]
    parts += [_row(row) for row in _keys(schema, "", schema["$defs"])]
    for name in ("samples", "units"):
        sheet = load_schema(name)
        parts += [f"\n## {sheet['title']}\n", sheet["description"] + "\n"]
        parts.append(_table(("column", "required", "meaning")))
        parts += [
            _row((f"`{key}`", "yes" if key in sheet["required"] else "", sub["description"]))
            for key, sub in sheet["properties"].items()
        ]
    return "\n".join(parts) + "\n"


def editor_schema() -> str:
    """JSON schema of the configuration, a line for each section."""
    schema = Config.model_json_schema()
    for one in schema["properties"].values():
        if "$ref" in one:
            one.pop("default")  # said key by key already
    for section in ("properties", "$defs"):
        schema[section] = {key: json.dumps(value) for key, value in schema[section].items()}
    # An overlay holds some of the keys only.
    schema.pop("required")
    text = json.dumps(schema, indent=1)
    for section in ("properties", "$defs"):
        for value in schema[section].values():
            text = text.replace(json.dumps(value), value.replace("\\n", " "))
    return text + "\n"


def _keys(
    schema: Mapping[str, Any], path: str, known: Mapping[str, Any]
) -> Iterator[tuple[str, ...]]:
    for key, sub in schema.get("properties", {}).items():
        options = [_resolved(option, known) for option in sub.get("anyOf", [sub])]
        inner = next((option for option in options if "properties" in option), None)
        meaning = " ".join((sub.get("description") or (inner or {})["description"]).split())
        default = json.dumps(sub["default"]) if "default" in sub else "(required)"
        if inner or sub.get("default") == {}:
            default = ""
        yield (
            f"`{path}{key}`", " or ".join(map(_type, options)),
            f"`{default}`" if default else "", meaning,
        )  # fmt: skip
        yield from _keys(inner or {}, f"{path}{key}.", known)
        named = _resolved(options[0].get("additionalProperties") or {}, known)
        yield from _keys(named if isinstance(named, dict) else {}, f"{path}{key}.NAME.", known)


def _resolved(schema: Any, known: Mapping[str, Any]) -> Any:
    """The schema that a reference stands for."""
    if isinstance(schema, dict) and "$ref" in schema:
        return known[schema["$ref"].rpartition("/")[2]]
    return schema


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    name = schema["type"]
    items = schema.get("items")
    if name == "array":
        return f"list of {_type(items)}" if items else "list"
    return " ".join(
        [name, *[f"{sign} {schema[word]:g}" for word, sign in _LIMITS if word in schema]]
    )


def _table(names: tuple[str, ...]) -> str:
    return _row(names) + "\n" + "|".join(["", *["---"] * len(names), ""])


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def write_pages(folder: Path) -> None:
    """Write README.md and schema.json into `folder`."""
    for name, text in (("README.md", config_page()), ("schema.json", editor_schema())):
        with writing(folder / name) as handle:
            handle.write(text)


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
