"""The configuration: overlays merged, every key known and checked, defaults filled in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deepexpr.config.sections import Config
from deepexpr.errors import InputError, raise_all
from deepexpr.files import require_file, writing
from deepexpr.model.config import make_configs, settings_problems

#: What YAML takes for numbers of base 8 and 60.
_OTHER_BASE = re.compile(r"[-+]?(?:0[0-7_]+|[0-9][0-9_]*(?::[0-5]?[0-9])+)")
#: Of the sample and unit sheets.
SCHEMA_FOLDER = Path(__file__).resolve().parent / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of a row of the sheet `name` (samples or units)."""
    return yaml.safe_load((SCHEMA_FOLDER / f"{name}.schema.yaml").read_text())


def read_config(paths: Sequence[str | Path]) -> dict[str, Any]:
    """Read YAML files and lay each over those before it, mapping by mapping."""
    merged: dict[str, Any] = {}
    for path in paths:
        raise_all(keys_twice(path))
        try:
            content = yaml.safe_load(Path(path).read_text())
        except yaml.YAMLError as error:  # tags of Python, keys that are lists
            raise InputError(f"Not plain YAML: {error}.", where=str(path)) from error
        if not isinstance(content, dict):
            raise InputError("The configuration must hold keys and values.", where=str(path))
        merged = _overlay(merged, content)
    return merged


def keys_twice(path: str | Path) -> list[InputError]:
    """Keys that stand twice side by side in a YAML file, and numbers of other bases than 10.

    Its reader would take the last of the keys, and 8 for 010, in silence.

    Raises
    ------
    InputError : the file is not there, or no YAML.
    """
    try:
        tree = yaml.compose(require_file(path, "configuration file").read_text(), yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InputError(f"Not valid YAML: {error}.", where=str(path)) from error
    return list(_twice(tree, str(path), ""))


def _twice(node: yaml.Node | None, path: str, above: str) -> Iterator[InputError]:
    if isinstance(node, yaml.ScalarNode) and _is_other_number(node):
        yield InputError(
            f"The number {node.value} of {above.rstrip('.')!r} is read as "
            f"{yaml.safe_load(node.value)}.",
            where=f"{path}, line {node.start_mark.line + 1}",
            fix="Write it without a 0 in front and without colons; put a name in quotes.",
        )
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _twice(item, path, above)
    if not isinstance(node, yaml.MappingNode):
        return
    first: dict[str, int] = {}
    for key, value in node.value:
        name, line = str(key.value), key.start_mark.line + 1
        if name in first:
            yield InputError(
                f"The key {above + name!r} stands twice.",
                where=f"{path}, lines {first[name]} and {line}",
                fix="Join the two: only the second would count.",
            )
        first.setdefault(name, line)
        yield from _twice(value, path, f"{above}{name}.")


def _is_other_number(node: yaml.ScalarNode) -> bool:
    """Whether YAML takes a number for another than it looks like: 010 for 8, 1:30 for 90."""
    plain = node.tag == "tag:yaml.org,2002:int" and node.style is None
    if not plain or not _OTHER_BASE.fullmatch(node.value):
        return False
    return ":" in node.value or yaml.safe_load(node.value) != int(node.value.replace("_", ""))


def keep_config(config: Mapping[str, Any], files: Sequence[str], path: str | Path) -> None:
    """Write the completed `config` to `path`, with the names of the files laid over each other."""
    with writing(path) as handle:
        handle.write("# The configuration of this run, complete. Laid over each other, in order:\n")
        handle.writelines(f"# {file}\n" for file in files)
        yaml.safe_dump(dict(config), handle, sort_keys=False)


def complete_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return `config`, which has no problems, with the default of every key that is absent."""
    return Config.of(dict(config), "configuration").to_dict()


def config_problems(config: Mapping[str, Any], where: str = "configuration") -> list[InputError]:
    """Every value that cannot be, one error each; else what sections say against each other."""
    return Config.problems(dict(config), where) or list(
        _consistency(Config.of(dict(config), where), where)
    )


def _consistency(config: Config, where: str) -> Iterator[InputError]:
    for name, assembly in config.assemblies.items():
        missing = [key for key in ("genome", "annotation") if not getattr(assembly, key)]
        if missing and not assembly.promoters:
            yield InputError(
                f"Missing key {', '.join(map(repr, missing))} under 'assemblies.{name}'.",
                where=where,
                fix="Add it; see config/README.md.",
            )
    for name in config.variants.vcf:
        if name not in config.assemblies or not config.assemblies[name].genome:
            yield InputError(
                f"Variants are given for {name!r}, which is no assembly with a genome.",
                where=f"{where}, key variants.vcf.{name}",
                expected=", ".join(config.assemblies),
                fix="Correct the name, or give the assembly's genome.",
            )
    yield from (problems := settings_problems(config.model, config.training, where))
    if config.training.get("trainer") == "stacked" and config.resources.scatter_folds:
        yield InputError(
            "Folds in jobs of their own cannot be trained at once in one program.",
            where=f"{where}, keys training.trainer and resources.scatter_folds",
            found="stacked and true",
            fix="Leave one of the two out.",
        )
    letters = config.reference.upstream + config.reference.downstream
    kernel = 0 if problems else getattr(make_configs(config.model, {})[0], "kernel", 0)
    if kernel > letters:
        yield InputError(
            "The first convolution is wider than the promoters.",
            where=f"{where}, key model.kernel",
            expected=f"at most {letters} bp",
            found=str(kernel),
            fix="Choose a smaller kernel.",
        )
    size, half_width = config.features.bin_size, config.features.half_width
    for distance in config.evaluation.distances:
        if distance > half_width or distance % size:
            yield InputError(
                "A distance of the scan does not fit the bins.",
                where=f"{where}, key evaluation.distances",
                expected=f"multiples of {size} up to {half_width} bp",
                found=str(distance),
                fix="Change the distance, or features.bins and features.bin_size.",
            )


def _overlay(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` over `base` as Snakemake does: mappings merge, everything else replaces."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = _overlay(base[key], value)
        else:
            base[key] = value
    return base
