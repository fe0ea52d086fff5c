"""Configuration: defaults, overlays, and one clear message per mistake."""

import pytest

from deepexpr.checks.inputs import load_and_check
from deepexpr.config.settings import (
    complete_config,
    config_problems,
    keep_config,
    read_config,
)
from deepexpr.errors import InputError

MINIMAL = {
    "samples": "s.tsv",
    "units": "u.tsv",
    "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}},
}


def test_defaults_come_from_the_sections():
    config = complete_config(MINIMAL)
    assert config["loops"] == {
        "mode": "hichip", "iterations": 10000, "burn_in": 100, "chains": 4,
        "stop_when_converged": False, "confidence": 0.9, "caller": "origami", "caller_settings": {},
        "total_metric": "read_pairs", "differential": [], "loops_of": "both",
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
            {"training": {"trainer": "stacked"}, "resources": {"scatter_folds": True}},
            "Folds in jobs of their own cannot be trained at once in one program.",
            "test, keys training.trainer and resources.scatter_folds",
            "Leave one of the two out.",
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


def test_a_key_written_twice_is_an_error_with_both_lines(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(
        "evaluation:\n  folds: [5]\n\nmodel: {variant: tuned}\n\n"
        "evaluation:\n  tasks: [regression]\n"
        "assemblies:\n  toy:\n    genome: a\n    genome: b\n"
    )
    with pytest.raises(InputError, match="2 problems were found") as caught:
        read_config([path])
    text = str(caught.value)
    assert f"The key 'evaluation' stands twice.\n  where: {path}, lines 1 and 6\n" in text
    assert f"'assemblies.toy.genome' stands twice.\n  where: {path}, lines 10 and 11" in text


@pytest.mark.parametrize(
    ("change", "key", "problem"),
    [
        ({"loops": {"confidence": 1}}, "loops.confidence", "greater than or equal to the maximum"),
        ({"motifs": {"alpha": 0}}, "motifs.alpha", "less than or equal to the minimum of 0"),
        ({"motifs": {"alpha": 1}}, "motifs.alpha", "greater than or equal to the maximum of 1"),
        (
            {"loops": {"stop_when_converged": True, "chains": 1}},
            "loops.stop_when_converged",
            "One chain cannot tell",
        ),
        (
            {"simulate": {"output": "o", "scale": 0.01}},
            "simulate.scale",
            "less than the minimum of 0.05",
        ),
        ({"motifs": {"cismodule": {"width": 30}}}, "motifs.cismodule", "do not fit"),
        ({"baselines": {"settings": {"grid_low": 9}}}, "baselines.settings.grid_low", "below its"),
        ({"evaluation": {"folds": [5, 5], "main_folds": 5}}, "evaluation.folds", "non-unique"),
    ],
)
def test_what_a_job_would_refuse_later_is_refused_now(change, key, problem):
    (error,) = config_problems({**MINIMAL, **change}, "test")
    assert error.where == f"test, key {key}"
    assert problem in error.problem


def test_sections_inside_keep_only_what_was_set():
    config = complete_config({**MINIMAL, "motifs": {"cismodule": {"chains": 1}}})
    assert config["motifs"]["cismodule"] == {"chains": 1}
    assert config["baselines"]["settings"] == {}


def test_the_kept_configuration_names_its_files_and_reads_back(tmp_path):
    path = tmp_path / "config.yaml"
    config = complete_config(MINIMAL)
    keep_config(config, ["base.yaml", "over.yaml"], path)
    assert path.read_text().splitlines()[1:3] == ["# base.yaml", "# over.yaml"]
    assert read_config([path]) == config
