"""What the rules call, read from their text, and what the code they call imports, read from its.

Imports are followed through the package wherever they stand, inside functions too, so that an
environment that passes holds more than one way through the code needs, never less.
"""

import re
import sys
from itertools import zip_longest
from pathlib import Path

import yaml

from deepexpr.run.code import followed, imports, module_file

ROOT = Path(__file__).resolve().parents[1]
#: A package's name on PyPI where it is not the name it is imported by.
INSTALLED_AS = {"sklearn": "scikit-learn", "yaml": "pyyaml"}
PROGRAMS = ("kallisto", "bowtie", "samtools", "cooler", "macs3")
RULE = re.compile(r"^ *rule(?: (\w+))?:$", flags=re.MULTILINE)
FIGURES = "every figure"  # the rule of all figures has no name of its own


def packages(environment):
    """What an environment file lists: names as they are imported or called -> whole pins."""
    content = yaml.safe_load((ROOT / "envs" / environment).read_text())
    specs = [s for s in content["dependencies"] if isinstance(s, str)]
    pinned = [p for s in content["dependencies"] if isinstance(s, dict) for p in s["pip"]]
    imported = {name: module for module, name in INSTALLED_AS.items()}
    names = {s: re.split(r"[=<> \[]", s)[0].removeprefix("python-") for s in [*specs, *pinned]}
    return {imported.get(name, name): spec for spec, name in names.items()}


def rules():
    """Name -> text of every rule of rules/*.smk."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = path.read_text()
        starts = [*RULE.finditer(text)]
        for start, following in zip_longest(starts, starts[1:]):
            block = text[start.start() : following.start() if following else None]
            found[start.group(1) or _anonymous(path, block)] = block
    return found


def _anonymous(path, block):
    if path.name == "figures.smk":
        return FIGURES
    return re.search(r'name:\s+f"(\w+?)_\{', block).group(1)


def needs():
    """(rule, environment) -> names its code imports and programs it calls."""
    found = {}
    for rule, block in rules().items():
        if rule == FIGURES:
            found |= _needs_of_figures()
            continue
        for environment in re.findall(r'envs/([\w-]+\.yaml)"', block):
            found[rule, environment] = _needs_of(block)
    return found


def _needs_of(block):
    verbs = re.findall(r"python -m deepexpr ([\w-]+)(?: (\w+))?", block)
    wanted = {name for name in PROGRAMS if re.search(rf"[\"( |&]{name}(-build)? ", block)}
    for verb, figure in verbs:
        wanted |= _imported_by([f"deepexpr.commands.{verb.replace('-', '_')}"])
        if verb in ("table", "figure"):
            wanted |= _needs_of_figure(figure)
        if verb == "obtain":
            wanted.add("pip")  # downloads wheels with it
    if verbs:
        wanted |= {"python"} | _imported_by(["deepexpr.cli"])
    for script in re.findall(r'"\.\./(scripts/\w+\.py)"', block):
        wanted |= {"python"} | _outside([ROOT / script])
    return wanted


def _needs_of_figures():
    from deepexpr.figures.registry import FIGURES as registry

    return {
        (f"figure {name}", f"{figure.environment}.yaml"): {"python"}
        | _imported_by(["deepexpr.cli", "deepexpr.commands.table", "deepexpr.commands.figure"])
        | _needs_of_figure(name)
        for name, figure in registry.items()
    }


def _needs_of_figure(name):
    from deepexpr.figures.registry import find

    return _imported_by([find(name).module])


def _imported_by(modules):
    return _outside(module_file(module) for module in modules)


def _outside(paths):
    """Third-party packages imported by these files and by what they import of this package."""
    names = {name.split(".")[0] for path in followed(paths) for name in imports(path)}
    return names - sys.stdlib_module_names - {"deepexpr"}
