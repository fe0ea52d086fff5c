"""Environments: readable, pinned, and naming what the rules that use them call or import."""

import re

import pytest
import yaml
from rattler import MatchSpec


def environment_files(root):
    return sorted((root / "envs").glob("*.yaml"))


def test_pins_are_strict_match_specs(root):
    for path in environment_files(root):
        content = yaml.safe_load(path.read_text())
        assert content["channels"] == ["conda-forge", "bioconda"], path
        for spec in content["dependencies"]:
            if isinstance(spec, str):
                assert MatchSpec(spec, strict=True).version is not None, f"{path}: {spec}"
            else:
                assert all("==" in pin for pin in spec["pip"]), path


def test_every_rule_names_an_environment_that_exists(root):
    named = set()
    for path in (root / "rules").glob("*.smk"):
        named |= set(re.findall(r'"\.\./envs/(\w+\.yaml)"', path.read_text()))
    assert named == {path.name for path in environment_files(root)}


@pytest.mark.parametrize("tool", ["kallisto", "bowtie", "samtools"])
def test_tools_have_an_environment(root, tool):
    names = [spec for path in environment_files(root)
             for spec in yaml.safe_load(path.read_text())["dependencies"]
             if isinstance(spec, str)]  # fmt: skip
    assert any(spec.startswith(f"{tool}=") for spec in names)
