"""The configuration: overlays merged, every key known, defaults filled in from the schema.

The JSON schema in ``config/schemas`` is the one place that says which keys exist, what
they mean and what they default to.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from deepexpr.errors import InputError
from deepexpr.files import require_file

SCHEMA_FOLDER = Path(__file__).resolve().parents[2] / "config" / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema ``config/schemas/{name}.schema.yaml``."""
    path = SCHEMA_FOLDER / f"{name}.schema.yaml"
    if not path.is_file():
        raise InputError(
            "The configuration's schema is not beside the package.",
            where=str(path),
            fix="Run this from a checkout of the pipeline.",
        )
    return yaml.safe_load(path.read_text())


def read_config(paths: Sequence[str | Path]) -> dict[str, Any]:
    """Read YAML files and lay each over those before it, mapping by mapping."""
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            content = yaml.safe_load(require_file(path, "configuration file").read_text())
        except yaml.YAMLError as error:
            raise InputError(f"Not valid YAML: {error}.", where=str(path)) from error
        if not isinstance(content, dict):
            raise InputError("The configuration must hold keys and values.", where=str(path))
        merged = _overlay(merged, content)
    return merged


def complete_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of `config` in which every key that is absent has its default."""
    return _with_defaults(copy.deepcopy(dict(config)), load_schema("config"))


def config_problems(config: Mapping[str, Any], where: str = "configuration") -> list[InputError]:
    """Every violation of the schema, one error each, and rules no schema can say."""
    validator = jsonschema.Draft202012Validator(load_schema("config"))
    errors = sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.absolute_path])
    told = [problem for error in errors for problem in _explain(error, where)]
    # The schema complains once per key that is missing; one problem names them all.
    problems = list({str(problem): problem for problem in told}.values())
    return problems or list(_consistency(complete_config(config), where))


def _consistency(config: Mapping[str, Any], where: str) -> Iterator[InputError]:
    evaluation = config["evaluation"]
    if evaluation["main_folds"] not in evaluation["folds"]:
        yield InputError(
            "evaluation.main_folds is not one of evaluation.folds.",
            where=f"{where}, key evaluation.main_folds",
            expected=f"one of {evaluation['folds']}",
            found=str(evaluation["main_folds"]),
            fix="Add it to evaluation.folds, or choose one that is there.",
        )
    for name, assembly in config["assemblies"].items():
        missing = [key for key in ("genome", "annotation") if not assembly[key]]
        if missing and not assembly["promoters"]:
            yield InputError(
                f"Missing key {', '.join(map(repr, missing))} under 'assemblies.{name}'.",
                where=where,
                fix="Add it; see config/README.md.",
            )
    half_width = config["features"]["bins"] * config["features"]["bin_size"] // 2
    for distance in evaluation["distances"]:
        if distance > half_width or distance % config["features"]["bin_size"]:
            yield InputError(
                "A distance of the scan does not fit the bins.",
                where=f"{where}, key evaluation.distances",
                expected=f"multiples of {config['features']['bin_size']} up to {half_width} bp",
                found=str(distance),
                fix="Change the distance, or features.bins and features.bin_size.",
            )
    if "-m" in config["hichip"]["bowtie_options"].split():
        yield InputError(
            "bowtie's option -m leaves reads out of its output, so mates lose their order.",
            where=f"{where}, key hichip.bowtie_options",
            found=config["hichip"]["bowtie_options"],
            fix="Write -M 1 in place of -m 1: the same reads count as unique.",
        )
    motifs = config["motifs"]
    if motifs["distance"] == "pearson" and motifs["engine"] != "meme":
        yield InputError(
            "Distance pearson needs the MEME suite's TomTom.",
            where=f"{where}, key motifs.distance",
            fix="Set motifs.engine: meme, or motifs.distance: ed.",
        )


def _overlay(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `over` over `base` as Snakemake does: mappings merge, everything else replaces."""
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = _overlay(base[key], value)
        else:
            base[key] = value
    return base


def _with_defaults(value: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    for key, sub in properties.items():
        if key not in value and "default" in sub:
            value[key] = copy.deepcopy(sub["default"])
    for key in value:
        sub = properties.get(key, schema.get("additionalProperties"))
        if isinstance(sub, dict):
            value[key] = _with_defaults(value[key], sub)
    return value


def _explain(error: jsonschema.ValidationError, where: str) -> Iterator[InputError]:
    path = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        for key in sorted(set(error.instance) - set(known)):
            close = difflib.get_close_matches(key, known, n=1)
            yield InputError(
                f"Unknown key {key!r}" + (f" under {path!r}." if path else "."),
                where=f"{where}, key {'.'.join(filter(None, [path, key]))}",
                expected="one of " + ", ".join(known),
                fix=f"Did you mean {close[0]!r}?" if close else "Remove it; see config/README.md.",
            )
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield InputError(
            f"Missing key {', '.join(map(repr, missing))}" + (f" under {path!r}." if path else "."),
            where=where,
            fix="Add it; see config/README.md.",
        )
    else:
        yield InputError(
            f"The value of {path!r} cannot be used: {error.message}.",
            where=f"{where}, key {path}",
            expected=str(error.schema.get("description", "")) or None,
            fix="Change the value; see config/README.md.",
        )
