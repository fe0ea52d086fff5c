"""The package as it is installed: what it declares, and that it works without a checkout."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile

import pytest
import yaml

from deepexpr import __version__
from deepexpr.cli import VERBS
from deepexpr.run.code import imports

SAMPLES = "sample\tcell_line\tassay\tassembly\nR\tLine\trna\ttoy\n"
UNITS = "sample\tunit\texpression\nR\tone\tgenes.tsv\n"
CONFIG = "samples: s.tsv\nunits: u.tsv\nassemblies: {toy: {genome: g.fa, annotation: a.gtf}}\n"
ANNOTATION = (
    'chr1\tx\texon\t1\t4\t.\t+\t.\tgene_id "G"; transcript_id "T"; gene_name "G"; '
    'gene_biotype "protein_coding";\n'
)


def test_declared_dependencies_are_those_that_are_imported(root):
    names = {
        name.split(".")[0] for path in (root / "deepexpr").rglob("*.py") for name in imports(path)
    }
    names -= {*sys.stdlib_module_names, "deepexpr"}
    distributions = importlib.metadata.packages_distributions()
    imported = {distributions[name][0].lower() for name in names}
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    declared = {re.split("[<>=]", text)[0].lower() for text in project["dependencies"]}
    assert declared == imported


def test_one_version_is_told_everywhere(root):
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    changes = (root / "CHANGELOG.md").read_text()
    assert citation["version"] == __version__
    assert f"\n## {__version__} ({citation['date-released']})\n" in changes
    assert all(re.search(r"^## Unreleased$|\(\d{4}-\d\d-\d\d\)$", line)
               for line in changes.splitlines() if line.startswith("## "))  # fmt: skip


def test_what_a_public_project_carries_is_whole(root):
    """Files that other programs read: the catalogue, GitHub's forms, the hooks."""
    usage = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage["software-stack-deployment"]["conda"]
    assert usage["report"]
    assert (root / "workflow/Snakefile").is_file()
    for form in (root / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        content = yaml.safe_load(form.read_text())
        if form.name != "config.yml":
            assert {"name", "description", "body"} <= set(content), form
    hooks = yaml.safe_load((root / ".pre-commit-config.yaml").read_text())["repos"]
    assert {hook["id"] for repo in hooks for hook in repo["hooks"]} >= {"ruff-check", "snakefmt"}


@pytest.fixture(scope="module")
def installed(root, tmp_path_factory):
    """The unpacked wheel, made from a copy: building leaves files beside the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(
        root / "deepexpr", folder / "source/deepexpr", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(root / name, folder / "source")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "-w", str(folder), str(folder / "source")], check=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_the_source_archive_makes_the_same_wheel(root, tmp_path):
    """Who builds from the sdist gets every module, table and script of the package."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "deepexpr"):
        source = root / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    code = "from setuptools import build_meta; print(build_meta.build_sdist('.'))"
    run = {"check": True, "capture_output": True, "text": True}
    built = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, **run).stdout.split()[-1]
    with tarfile.open(tmp_path / built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    kept = [path for path in (root / "deepexpr").rglob("*") if path.is_file()]
    files = {str(p.relative_to(root)) for p in kept if "__pycache__" not in p.parts}
    assert files <= names
    assert {"LICENSE", "README.md", "pyproject.toml"} <= names


def deepexpr(installed, folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "deepexpr", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_check_and_plan_work_from_a_wheel(installed, tmp_path):
    files = {"s.tsv": SAMPLES, "u.tsv": UNITS, "config.yaml": CONFIG, "genes.tsv": "G\t1\n"}
    files |= {"g.fa": ">chr1\nACGT\n", "a.gtf": ANNOTATION}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    result = deepexpr(installed, tmp_path, "check", "--configfile", "config.yaml")
    assert result.returncode == 0, result.stderr
    (warning,) = result.stderr.splitlines()
    assert "WARNING toy: 1 gene in all" in warning
    assert result.stdout.startswith("No problems")
    (tmp_path / "s.tsv").write_text(SAMPLES.replace("cell_line", "cellline"))
    result = deepexpr(installed, tmp_path, "check", "--configfile", "config.yaml")
    assert "Did you mean 'cell_line'?" in result.stderr
    (tmp_path / "s.tsv").write_text(SAMPLES)
    result = deepexpr(installed, tmp_path, "plan", "--configfile", "config.yaml")
    assert result.returncode == 0, result.stderr
    assert "core_hours" in result.stdout


def test_every_verb_starts_from_a_wheel(installed, tmp_path):
    code = (
        "import deepexpr, sys; from deepexpr.cli import build_parser;"
        f"assert deepexpr.__file__.startswith({str(installed)!r}); build_parser()"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    for verb in ("simulate", VERBS[-1]):
        assert deepexpr(installed, tmp_path, verb, "--help").returncode == 0
