"""A section of settings: what it refuses, in which words, and the options made of it."""

import argparse
from typing import Literal, Self

import pytest
from pydantic import model_validator

from deepexpr.errors import InputError
from deepexpr.options import add_settings, given
from deepexpr.settings import Field, RuleError, Section


class Oven(Section):
    WHERE = "settings of the oven"
    heat: int = Field(180, ge=50, lt=300, description="Heat (C).")
    share: float = Field(0.5, gt=0, le=1, description="Share that is baked.")
    mode: Literal["air", "grill"] = Field("air", description="How it heats.")
    racks: tuple[int, ...] = Field((1, 2), description="Racks used.")
    timer: int | None = Field(None, ge=1, description="Minutes; none if null.")
    light: bool = Field(False, description="Light while it bakes.")

    @model_validator(mode="after")
    def _light_of_the_grill(self) -> Self:
        if self.light and self.mode == "grill":
            raise RuleError("The grill has no light.", where="light", fix="Leave it off.")
        return self


class Grill(Oven):
    salt: float = 0.1
    """Salt
    on top."""
    heat: int = 250
    """Hotter."""


class Kitchen(Section):
    name: str
    oven: Oven = Oven()
    more: dict[str, Oven] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("oven", "key", "says"),
    [
        ({"heat": "180"}, ".heat", "'180' is not of type 'integer'"),
        ({"heat": True}, ".heat", "True is not of type 'integer'"),
        ({"heat": 49}, ".heat", "49 is less than the minimum of 50"),
        ({"heat": 300}, ".heat", "300 is greater than or equal to the maximum of 300"),
        ({"share": 0}, ".share", "0 is less than or equal to the minimum of 0"),
        ({"share": 2}, ".share", "2 is greater than the maximum of 1"),
        ({"share": "half"}, ".share", "'half' is not of type 'number'"),
        ({"share": float("nan")}, ".share", "nan is not finite"),
        ({"mode": "gas"}, ".mode", "'gas' is not one of ['air', 'grill']"),
        ({"racks": [1, "2"]}, ".racks.1", "'2' is not of type 'integer'"),
        ({"timer": "x"}, ".timer", "'x' is not of type 'integer', 'null'"),
        (3, "", "3 is not of type 'object'"),
    ],
)
def test_a_bad_value_is_told_with_its_key(oven, key, says):
    (problem,) = Kitchen.problems({"name": "k", "oven": oven}, "test")
    assert problem.problem == f"The value of 'oven{key}' cannot be used: {says}."
    assert problem.where == f"test, key oven{key}"
    (problem,) = Kitchen.problems({"name": "k", "more": {"old": oven}}, "test")
    assert problem.where == f"test, key more.old{key}"


def test_every_problem_is_told_at_once():
    values = {"oven": {"heats": 3, "timer": 0}, "more": {"old": {"light": True, "mode": "grill"}}}
    with pytest.raises(InputError, match="4 problems were found") as caught:
        Kitchen.of(values, "test")
    text = str(caught.value)
    assert "Missing key 'name'.\n  where: test\n" in text
    assert "Unknown key 'heats' under 'oven'.\n  where: test, key oven.heats" in text
    assert "fix: Did you mean 'heat'?" in text
    assert "The grill has no light.\n  where: test, key more.old.light\n  fix: Leave it off" in text
    assert "key oven.timer\n  expected: Minutes; none if null." in text


def test_a_class_called_with_what_does_not_fit_tells_the_same():
    with pytest.raises(InputError, match="is less than the minimum") as caught:
        Oven(heat=1)
    assert caught.value.where == "settings of the oven, key heat"
    with pytest.raises(InputError, match="has no light"):
        Oven(light=True).changed(mode="grill")


def test_yaml_s_text_for_a_number_and_lists_are_taken():
    oven = Oven.of({"share": "1e-3", "racks": [3]}, "test")
    assert (oven.share, oven.racks) == (0.001, (3,))
    assert oven.to_dict()["racks"] == [3]
    assert Oven.of(oven.to_dict(), "test") == oven


def parsed(*argv: str) -> Oven:
    parser = argparse.ArgumentParser()
    add_settings(parser, Oven, light="--lamp")
    return given(parser.parse_args(argv), Oven)


def test_options_are_the_fields_and_win_over_settings():
    assert parsed() == Oven()
    oven = parsed("--settings", '{"heat": 200, "timer": 5}', "--heat", "90", "--racks", "4", "5")
    assert oven == Oven(heat=90, timer=5, racks=(4, 5))
    assert parsed("--lamp").light
    assert not parsed("--settings", '{"light": true}', "--no-lamp").light


@pytest.mark.parametrize("argv", [["--heat", "49"], ["--heat", "x"], ["--mode", "gas"]])
def test_an_option_out_of_range_is_wrong_usage(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        parsed(*argv)
    assert stop.value.code == 2
    assert f"argument {argv[0]}:" in capsys.readouterr().err


def test_a_field_means_its_description_or_the_docstring_below_it():
    assert Oven.meaning("heat") == "Heat (C)."
    assert [Grill.meaning(name) for name in ("heat", "salt", "share", "light")] == [
        "Hotter.", "Salt\non top.", "Share that is baked.", "Light while it bakes.",
    ]  # fmt: skip
    assert Kitchen.meaning("name") == ""
    told = Grill.model_json_schema()["properties"]
    assert {name: one["description"] for name, one in told.items()} == {
        name: Grill.meaning(name) for name in Grill.model_fields
    }
    with pytest.raises(InputError, match="Salt on top"):
        Grill(salt="much")


def test_a_section_that_was_typed_in_has_no_docstrings():
    space = {"Section": Section}
    exec("class Typed(Section):\n    key: int = 1\n    'Its meaning.'", space)
    assert space["Typed"].meaning("key") == ""
