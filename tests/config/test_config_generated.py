"""Generated configurations: the same in every style of YAML; one mistake anywhere is told."""

import copy
import json
import random

import pytest
import yaml

from deepexpr.config.settings import complete_config, config_problems, keys_twice, read_config
from deepexpr.errors import InputError

SOUND = {
    "samples": "samples.tsv", "units": "units.tsv", "seed": 7, "results": "out",
    "assemblies": {
        "toy": {"genome": "g.fa", "annotation": "a.gtf", "chromosomes": ["1", "X"]},
        "001": {"genome": "h.fa", "annotation": "b.gtf", "aliases": "auto"},
    },
    "evaluation": {"folds": [2, 5], "main_folds": 5, "scheme": "chromosome",
                   "distance_cell_lines": ["NO", "1e5", "012"]},
    "hichip": {"drop_chromosomes": ["chrM", "MT"], "min_distance": 500},
    "motifs": {"interpret_genes": ["MARCHF1", "1-Mar", "nan"], "cismodule": {"width": 9}},
}  # fmt: skip


def chosen(draw):
    """SOUND with some of what may lack left out, in another order."""
    made = copy.deepcopy(SOUND)
    for key in ("seed", "results", "hichip", "motifs"):
        if draw.random() < 0.4:
            del made[key]
    items = list(made.items())
    draw.shuffle(items)
    return dict(items)


def written(draw, config):
    """YAML in a style of the dice's: block, flow, JSON, anchors by their names."""
    style = draw.choice(["block", "flow", "json", "mixed"])
    if style == "json":
        return json.dumps(config, indent=draw.choice([None, 2]))
    if style == "mixed":
        block = [draw.random() < 0.5 for _ in config]
        return "".join(
            yaml.safe_dump({key: value}) if plain else f"{json.dumps(key)}: {json.dumps(value)}\n"
            for plain, (key, value) in zip(block, config.items(), strict=True)
        )
    return yaml.safe_dump(config, default_flow_style=style == "flow", sort_keys=False)


@pytest.mark.parametrize("seed", range(10))
def test_every_style_says_the_same(tmp_path, seed):
    draw = random.Random(seed)
    config = chosen(draw)
    path = tmp_path / "c.yaml"
    for _ in range(4):
        path.write_text(written(draw, config))
        assert read_config([path]) == config
        assert config_problems(read_config([path])) == []
        complete = complete_config(read_config([path]))
        assert complete["evaluation"]["distance_cell_lines"] == ["NO", "1e5", "012"]
        assert set(complete["assemblies"]) == {"toy", "001"}


def sections(config, above=()):
    """Paths of all mappings whose keys are fixed."""
    found = [above]
    for key, value in config.items():
        if isinstance(value, dict) and (*above, key) != ("assemblies",):
            found += sections(value, (*above, key))
    return found


def inside(config, path):
    for key in path:
        config = config[key]
    return config


MISTAKES = {
    "a key twice": None,
    "an unknown key": lambda draw, node: node.__setitem__("sampels", 1),
    "a list for a word": lambda draw, node: node.__setitem__(draw.choice(list(node)), {"a": [1]}),
    "nothing": lambda draw, node: node.__setitem__(draw.choice(list(node)), float("nan")),
    "a date": lambda draw, node: node.__setitem__(draw.choice(list(node)), "!!timestamp"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("seed", range(10))
def test_one_mistake_anywhere_is_told(tmp_path, mistake, seed):
    draw = random.Random(seed)
    config = chosen(draw)
    place = draw.choice(sections(config))
    path = tmp_path / "c.yaml"
    if mistake == "a key twice":
        key = draw.choice(list(inside(config, place)))
        text = json.dumps(config)
        again = f'"{key}": {json.dumps(inside(config, place)[key])}'
        path.write_text(text.replace(again, f"{again}, {again}", 1))
        (problem,) = keys_twice(path)
        assert f"{key!r} stands twice" in problem.problem or f".{key}' stands" in problem.problem
        with pytest.raises(InputError, match="stands twice"):
            read_config([path])
        return
    MISTAKES[mistake](draw, inside(config, place))
    text = yaml.safe_dump(config).replace("'!!timestamp'", "2024-03-01")
    path.write_text(text)
    assert config_problems(read_config([path])), text


@pytest.mark.parametrize(
    ("value", "where"),
    [("[001, NO, 1e5]", "distance_cell_lines"), ("[2024-03-01]", "distance_cell_lines")],
)
def test_names_that_yaml_takes_for_something_else_are_refused(tmp_path, value, where):
    """001 is the number 1 and NO is false: quotes make them names."""
    text = yaml.safe_dump({k: v for k, v in SOUND.items() if k != "evaluation"})
    (tmp_path / "c.yaml").write_text(f"{text}evaluation: {{{where}: {value}, main_folds: 10}}\n")
    problems = config_problems(read_config([tmp_path / "c.yaml"]))
    assert problems
    assert all(where in problem.where for problem in problems)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("seed: 010", "The number 010 of 'seed' is read as 8"),
        ("hichip: {min_distance: 01000}", "'hichip.min_distance' is read as 512"),
        ("evaluation:\n  folds: [2, 1:30]", "'evaluation.folds' is read as 90"),
        ("? [a, b]\n: 3", "Not plain YAML"),
        ("seed: !!python/object/apply:os.system ['true']", "Not plain YAML"),
        ("seed: 1\n---\nseed: 2", "Not valid YAML"),
    ],
)
def test_yaml_that_says_something_else(tmp_path, text, says):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(InputError, match=says):
        read_config([tmp_path / "c.yaml"])


@pytest.mark.parametrize("text", ["seed: 07", "seed: 1_000", 'a: "010"', "a: 1e5", "a: 0x10"])
def test_yaml_that_says_what_it_looks_like(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    assert list(read_config([tmp_path / "c.yaml"]).values()) == [
        {"seed: 07": 7, "seed: 1_000": 1000, "a: 0x10": 16}.get(text, text[3:].strip('"'))
    ]
