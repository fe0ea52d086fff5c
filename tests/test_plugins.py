"""Members of a family: those that lie in it, and those that other packages bring."""

import sys

import pytest

from deepexpr import plugins
from deepexpr.errors import InputError


@pytest.fixture
def family(tmp_path, monkeypatch):
    """family("name = path", ...): a package of two members beside one that has entry points."""
    own = tmp_path / "own/things"
    own.mkdir(parents=True)
    for name in ("b", "a", "_shared"):
        (own / f"{name}.py").write_text(f"NAME = {name!r}\n")
    (own / "__init__.py").touch()
    (own.parent / "__init__.py").touch()
    (tmp_path / "guest.py").write_text("NAME = 'guest'\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("own", "guest"):  # the names must not stay known to other tests
        monkeypatch.delitem(sys.modules, name, raising=False)
    plugins.members.cache_clear()

    def declare(*lines):
        folder = tmp_path / "guest-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: guest\nVersion: 1.0\n")
        (folder / "entry_points.txt").write_text("\n".join(["[own.things]", *lines, ""]))
        return "own.things"

    yield declare
    plugins.members.cache_clear()


def test_members_lie_in_the_package_or_come_with_another(family):
    name = family("c = guest")
    assert plugins.members(name) == {"a": "own.things.a", "b": "own.things.b", "c": "guest"}
    assert [plugins.member(name, each).NAME for each in "abc"] == ["a", "b", "guest"]


def test_an_unknown_member_lists_the_known_ones(family):
    with pytest.raises(InputError, match=r"Unknown thing 'd'.*\n.*model.variant\n.*a, b, c"):
        plugins.member(family("c = guest"), "d", "model.variant")


def test_two_members_of_one_name_are_refused(family):
    with pytest.raises(InputError, match=r"Two modules of own\.things are called a"):
        plugins.members(family("a = guest"))
