"""Environments: readable, pinned, and holding what their rules call or import, nothing else."""

import re

import pytest
import render
import rule_imports
import yaml
from rattler import MatchSpec

ENVIRONMENTS = sorted(path.name for path in (rule_imports.ROOT / "envs").glob("*.yaml"))
NEEDS = rule_imports.needs()


def specs(environment):
    content = yaml.safe_load((rule_imports.ROOT / "envs" / environment).read_text())
    assert set(content) == {"channels", "dependencies"}
    return content


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pins_are_strict_match_specs(environment):
    content = specs(environment)
    assert content["channels"] == ["conda-forge", "bioconda"]
    for spec in content["dependencies"]:
        if isinstance(spec, str):
            assert MatchSpec(spec, strict=True).version is not None, spec
        else:
            assert list(spec) == ["pip"]
            assert all(re.fullmatch(r"[\w-]+(\[[\w-]+\])?==[\d.]+", pin) for pin in spec["pip"])


def test_environments_are_those_of_the_rules_and_the_lock_now():
    for name, text in render.texts().items():
        assert (rule_imports.ROOT / "envs" / name).read_text() == text, (
            "what a rule calls, or a version, changed: run `make envs`"
        )


def test_a_package_has_the_same_pin_in_every_environment():
    pins = {}
    for environment in ENVIRONMENTS:
        for name, pin in rule_imports.packages(environment).items():
            pins.setdefault(name, set()).add(re.sub(r"\[.*\]", "", pin))
    apart = {name for name, found in pins.items() if len(found) > 1}
    assert apart <= set(rule_imports.packages("macs.yaml"))  # conda's own, all of them


def test_every_environment_is_some_rule_s():
    assert {environment for _, environment in NEEDS} == set(ENVIRONMENTS)


@pytest.mark.parametrize(("rule", "environment"), NEEDS)
def test_environment_provides_what_its_rule_calls(rule, environment):
    instead = render.INSTEAD.get(environment.removesuffix(".yaml"), {})
    needed = {instead.get(name, name) for name in NEEDS[rule, environment]}
    assert needed <= rule_imports.packages(environment).keys()


def test_every_rule_that_calls_something_has_an_environment():
    for name, block in rule_imports.rules().items():
        if re.search(r"^ *(shell|script|run):", block, flags=re.MULTILINE):
            assert re.search(r"^ *conda:$", block, flags=re.MULTILINE), name


@pytest.mark.parametrize(("trainer", "backend", "other"), [
    ("stacked", "jax", "tensorflow"), ("sequential", "tensorflow", "jax"),
])  # fmt: skip
def test_training_finds_the_backend_of_its_trainer(trainer, backend, other):
    name = "jax.yaml" if trainer == "stacked" else "tensorflow.yaml"
    assert ("train_network", name) in NEEDS
    provided = rule_imports.packages(name)
    assert backend in provided
    assert other not in provided
