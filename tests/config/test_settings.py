"""Configuration: defaults, overlays, and one clear message per mistake."""

import pytest
import yaml

from deepexpr.checks.inputs import load_and_check
from deepexpr.config.settings import complete_config, config_problems, read_config
from deepexpr.errors import InputError

MINIMAL = {
    "samples": "s.tsv",
    "units": "u.tsv",
    "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}},
}


def test_defaults_come_from_the_schema():
    config = complete_config(MINIMAL)
    assert config["loops"] == {
        "mode": "hichip", "iterations": 10000, "burn_in": 100, "chains": 4,
        "stop_when_converged": False, "confidence": 0.9, "total_metric": "read_pairs",
    }  # fmt: skip
    assert config["assemblies"]["toy"]["genome_url"] is None
    assert MINIMAL.get("loops") is None, "the argument stays as it was"


def test_overlay_replaces_values_and_merges_mappings(tmp_path):
    (tmp_path / "a.yaml").write_text("seed: 1\nloops: {mode: hichip, burn_in: 5}\n")
    (tmp_path / "b.yaml").write_text("loops: {mode: chiapet}\n")
    merged = read_config([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert merged == {"seed": 1, "loops": {"mode": "chiapet", "burn_in": 5}}


@pytest.mark.parametrize(
    ("change", "problem", "where", "fix"),
    [
        ({"sed": 1}, "Unknown key 'sed'.", "test, key sed", "Did you mean 'seed'?"),
        (
            {"loops": {"iteration": 9}},
            "Unknown key 'iteration' under 'loops'.",
            "test, key loops.iteration",
            "Did you mean 'iterations'?",
        ),
        (
            {"loops": {"mode": "hic"}},
            "The value of 'loops.mode' cannot be used: 'hic' is not one of ['hichip', 'chiapet'].",
            "test, key loops.mode",
            "Change the value; see config/README.md.",
        ),
        (
            {"evaluation": {"folds": [5], "main_folds": 10}},
            "evaluation.main_folds is not one of evaluation.folds.",
            "test, key evaluation.main_folds",
            "Add it to evaluation.folds, or choose one that is there.",
        ),
        (
            {"evaluation": {"distances": [7777]}},
            "A distance of the scan does not fit the bins.",
            "test, key evaluation.distances",
            "Change the distance, or features.bins and features.bin_size.",
        ),
        (
            {"hichip": {"bowtie_options": "-n 1 -m 1"}},
            "bowtie's option -m leaves reads out of its output, so mates lose their order.",
            "test, key hichip.bowtie_options",
            "Write -M 1 in place of -m 1: the same reads count as unique.",
        ),
        (
            {"motifs": {"distance": "pearson"}},
            "Distance pearson needs the MEME suite's TomTom.",
            "test, key motifs.distance",
            "Set motifs.engine: meme, or motifs.distance: ed.",
        ),
        (
            {"assemblies": {"toy": {"genome": "g.fa"}}},
            "Missing key 'annotation' under 'assemblies.toy'.",
            "test",
            "Add it; see config/README.md.",
        ),
    ],
)
def test_each_mistake_has_one_message(change, problem, where, fix):
    (error,) = config_problems({**MINIMAL, **change}, "test")
    assert (error.problem, error.where, error.fix) == (problem, where, fix)


def test_missing_keys_are_told_once():
    (error,) = config_problems({"seed": 1}, "test")
    assert error.problem == "Missing key 'samples', 'units', 'assemblies'."


def test_unknown_network_setting_stops(tmp_path):
    with pytest.raises(InputError, match="filtres"):
        load_and_check({**MINIMAL, "model": {"variant": "tuned", "filtres": 3}}, "test")


@pytest.mark.parametrize("text", ["a: [1", "just words"])
def test_unreadable_configuration(tmp_path, text):
    path = tmp_path / "c.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_config([path])
    assert caught.value.where == str(path)


def test_every_key_is_described(root):
    schema = yaml.safe_load((root / "config/schemas/config.schema.yaml").read_text())

    def walk(node, path):
        for key, sub in node.get("properties", {}).items():
            assert sub.get("description"), f"{path}.{key} has no description"
            walk(sub, f"{path}.{key}")
        if isinstance(node.get("additionalProperties"), dict):
            walk(node["additionalProperties"], path)

    walk(schema, "config")
