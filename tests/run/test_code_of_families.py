"""Which members of a family of plugins are code of a rule: the one that it runs."""

from deepexpr.run.code import PACKAGE, followed, module_file


def code_of(*names):
    files = followed([module_file(f"deepexpr.{name}") for name in names])
    return {str(path.relative_to(PACKAGE)) for path in files}


def test_training_depends_on_its_variant_alone():
    code = code_of("commands.train", "model.variants.tuned")
    assert {"model/variants/tuned.py", "model/steps.py", "model/network.py"} < code
    assert "model/variants/paper.py" not in code
    assert "model/one_step.py" in code_of("model.variants.authors_code")


def test_a_figure_does_not_depend_on_the_others():
    assert "figures/registry.py" in code_of("commands.figure")
    assert "figures/architecture.py" not in code_of("commands.figure")
