"""The SLURM profile: it reads, fits the rules, and alone knows of GPUs."""

import re

import pytest
import yaml


@pytest.fixture
def profile(root):
    return yaml.safe_load((root / "profiles/slurm/config.yaml").read_text())


def rule_names(root):
    text = "".join(path.read_text() for path in (root / "rules").glob("*.smk"))
    return set(
        re.findall(r"^ *(?:use rule \w+ as|rule) (\w+)(?: with)?:$", text, flags=re.MULTILINE)
    )


@pytest.mark.parametrize("overlay", [None, "demo"])
def test_every_resource_evaluates_in_a_dry_run(workflow, overlay):
    extra = ["--configfile", f"config/{overlay}/config.yaml"] if overlay else []
    text = workflow.run("-n", "--profile", "profiles/slurm", *extra, cores=8)
    training = re.findall(r"rule train_network:.*?resources: ([^\n]*)", text, flags=re.DOTALL)
    assert training
    assert all("gpu=1" in resources and "runtime=1440" in resources for resources in training)
    assert text.count("gpu=1") == len(training)


def test_profile_names_only_rules_that_exist(root, profile):
    named = {entry.partition("=")[0] for entry in profile["groups"]}
    named |= set(profile["set-threads"]) | set(profile["set-resources"])
    assert named <= rule_names(root)


def test_no_rule_asks_for_a_gpu_or_a_scheduler(root):
    for path in [root / "Snakefile", *(root / "rules").glob("*.smk")]:
        assert not re.search(r"\bgpu *=|\bgres\b|slurm|sbatch", path.read_text()), path


@pytest.mark.parametrize("scatter", ["false", "true"])
def test_a_promised_gpu_must_be_seen_by_what_trains(workflow, scatter):
    """Also that every fold is told the scheme of its splits."""
    settings = workflow.folder / f"gpu-{scatter}.yaml"
    settings.write_text(f"resources: {{gpu: true, scatter_folds: {scatter}}}\n")
    text = workflow.run("-n", "-p", "--configfile", "config/demo/config.yaml", str(settings))
    commands = re.findall(r"python -m deepexpr train [^\n]*", text)
    assert commands
    assert all("--scheme random" in command for command in commands)
    gathering = [scatter == "true" and "--only-fold" not in command for command in commands]
    assert [("--require-gpu" in command) for command in commands] == [not g for g in gathering]


def test_memory_doubles_with_each_attempt(profile):
    asked = [rule["mem_mb"] for rule in profile["set-resources"].values() if "mem_mb" in rule]
    for expression in [profile["default-resources"]["mem_mb"], *asked]:
        size = type("Input", (), {"size_mb": 1000})
        first, second = (eval(expression, {"input": size, "attempt": n}) for n in (1, 2))
        assert second == 2 * first


def test_both_ways_to_ask_for_a_gpu_are_shown(root):
    text = (root / "profiles/slurm/config.yaml").read_text()
    assert re.search(r"^    gpu: 1 ", text, flags=re.MULTILINE)
    assert re.search(r"^    # gres: ", text, flags=re.MULTILINE)
