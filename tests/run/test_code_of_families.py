"""Which members of a family of plugins are code of a command."""

from deepexpr.run.code import PACKAGE, followed, module_file


def code_of(verb):
    files = followed([module_file(f"deepexpr.commands.{verb}")])
    return {str(path.relative_to(PACKAGE)) for path in files}


def test_training_depends_on_every_variant():
    variants = {f"model/variants/{name}.py" for name in ("paper", "tuned", "authors_code")}
    assert variants < code_of("train")


def test_a_figure_does_not_depend_on_the_others():
    assert "figures/registry.py" in code_of("figure")
    assert "figures/architecture.py" not in code_of("figure")
