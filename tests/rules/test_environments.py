"""Environments: readable, pinned, and holding what their rules call or import, nothing else."""

import re

import pytest
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
            assert all(re.fullmatch(r"[\w-]+==[\d.]+", pin) for pin in spec["pip"])


def test_a_package_has_the_same_pin_in_every_environment():
    """Files pass between environments; numpy of the network is older, as its TensorFlow asks."""
    pins = {}
    for environment in ENVIRONMENTS:
        for spec in specs(environment)["dependencies"]:
            if isinstance(spec, str):
                pin = MatchSpec(spec, strict=True)
                pins.setdefault(pin.name.normalized, set()).add(str(pin.version))
    assert {name for name, versions in pins.items() if len(versions) > 1} <= {"numpy"}


def test_every_environment_is_some_rule_s():
    assert {environment for _, environment in NEEDS} == set(ENVIRONMENTS)


@pytest.mark.parametrize(("rule", "environment"), NEEDS)
def test_environment_provides_what_its_rule_calls(rule, environment):
    assert NEEDS[rule, environment] <= rule_imports.provided(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environment_names_nothing_its_rules_do_not_use(environment):
    used = set().union(*(found for (_, env), found in NEEDS.items() if env == environment))
    if any(isinstance(spec, dict) for spec in specs(environment)["dependencies"]):
        used.add("pip")  # conda wants it where something comes from PyPI
    assert rule_imports.provided(environment) <= used


def test_every_rule_that_calls_something_has_an_environment():
    for name, block in rule_imports.rules().items():
        if re.search(r"^ *(shell|script|run):", block, flags=re.MULTILINE):
            assert re.search(r"^ *conda:$", block, flags=re.MULTILINE), name
