"""Options written as a usage message has them."""

from __future__ import annotations

import argparse

import pytest

from deepexpr.options import choices, declare

TEXT = f"""
--output TSV     what is written
[--seed N (1)]   a whole number,
                 such as 7
[--files BED...]
                 one or more
[--name A=B (x=y)]  has an equals sign
[--task {choices(("a", "b"))}]  one of two
[--all]          takes nothing
"""


def parse(*argv):
    parser = argparse.ArgumentParser()
    declare(parser, TEXT)
    return parser, vars(parser.parse_args(argv))


def test_defaults_and_kinds():
    assert parse("--output", "o")[1] == {
        "output": "o", "seed": 1, "files": [], "name": "x=y", "task": None, "all": False,
    }  # fmt: skip


def test_values():
    argv = [
        "--output",
        "o",
        "--seed",
        "7",
        "--files",
        "a",
        "b",
        "--files",
        "c",
        "--task",
        "b",
        "--all",
    ]
    values = parse(*argv)[1]
    assert (values["seed"], values["files"], values["task"]) == (7, ["a", "b", "c"], "b")
    assert values["all"] is True


def test_help_goes_on_in_the_next_line():
    assert "--seed N" in parse("--output", "o")[0].format_help()
    helps = {a.dest: a.help for a in parse("--output", "o")[0]._actions}
    assert helps["seed"] == "a whole number, such as 7"
    assert helps["files"] == "one or more"


@pytest.mark.parametrize("argv", [[], ["--output", "o", "--seed", "x"], ["--output"]])
def test_wrong_usage(argv):
    with pytest.raises(SystemExit):
        parse(*argv)
