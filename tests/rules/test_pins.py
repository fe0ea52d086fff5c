"""An upgraded pin makes again what its environment made, and nothing else.

Conda itself is a stand-in here that makes empty environments: what is tested is which
environment each rule is recorded with, and that Snakemake compares it.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from tiny_run import ARGUMENTS
from workflow_copy import Workflow

pytestmark = pytest.mark.slow

CONDA = """#!/bin/sh
case "$*" in
  "info --json") echo '{{"conda_prefix": "{prefix}", "platform": "linux-64"}}' ;;
  "--version") echo "conda 25.9.1" ;;
  "config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create "*) echo "$*" | sed -n 's/.*--prefix \\([^ ]*\\).*/\\1/p' | xargs mkdir -p ;;
  "clean "*) ;;
  *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""
INDEX = "results/reference/demo/kallisto.idx"
GENOME = "results/reference/demo/bowtie/genome.1.ebwt"


@dataclass
class CondaWorkflow(Workflow):
    """A copy of the workflow whose PATH begins with a stand-in for conda."""

    folder: Path
    prefix: Path

    def command(self, *arguments: str, cores: int = 2) -> list[str]:
        return [*super().command(*arguments, cores=cores), "--software-deployment-method", "conda"]

    def environment(self) -> dict[str, str]:
        kept = super().environment()
        kept["PATH"] = f"{self.prefix / 'bin'}{os.pathsep}{kept['PATH']}"
        return kept

    def planned(self) -> set[str]:
        """Rules with a job in a dry run of both indexes."""
        text = self.run("-n", INDEX, GENOME, *ARGUMENTS)
        stats = text.partition("Job stats:")[2].partition("total")[0]
        return {line.split()[0] for line in stats.splitlines()[3:] if line.split()[1:]}


@pytest.fixture(scope="module")
def indexed(finished, tmp_path_factory):
    """The finished run's reference, with both indexes made again in environments."""
    folder = tmp_path_factory.mktemp("pins")
    workflow = CondaWorkflow(folder / "run", folder / "conda")
    shutil.copytree(finished.folder, workflow.folder, symlinks=True)
    (workflow.prefix / "bin").mkdir(parents=True)
    (workflow.prefix / "bin/activate").write_text("")
    conda = workflow.prefix / "bin/conda"
    conda.write_text(CONDA.format(prefix=workflow.prefix))
    conda.chmod(0o755)
    workflow.run(INDEX, GENOME, *ARGUMENTS, "--forcerun", "index_kallisto", "index_bowtie")
    return workflow


def edit(workflow, environment, old, new):
    path = workflow.folder / "envs" / environment
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path, text


def test_nothing_is_made_again_with_the_same_pins(indexed):
    assert indexed.planned() == set()


@pytest.mark.parametrize(
    ("environment", "pin", "rule"),
    [("kallisto.yaml", "kallisto=", "index_kallisto"), ("bowtie.yaml", "bowtie=", "index_bowtie")],
)
def test_an_upgraded_pin_reruns_its_rule_alone(indexed, environment, pin, rule):
    path, before = edit(indexed, environment, pin, f"{pin}9")
    try:
        assert indexed.planned() == {rule}
    finally:
        path.write_text(before)


def test_a_comment_in_an_environment_counts_too(indexed):
    """Snakemake compares the whole file: a comment counts, as docs/clusters.md says."""
    path, before = edit(indexed, "kallisto.yaml", "channels:", "# a comment\nchannels:")
    try:
        assert indexed.planned() == {"index_kallisto"}
    finally:
        path.write_text(before)
