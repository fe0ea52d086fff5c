"""Images: made from the environment files, where Snakemake looks for each environment."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from snakemake.deployment.conda import Env


@pytest.mark.parametrize("name", ["Dockerfile", "deepexpr.def"])
def test_images_are_those_of_the_environments_now(root, tmp_path, name):
    subprocess.run([sys.executable, root / "containers/render.py", tmp_path], check=True)
    assert (tmp_path / name).read_text() == (root / "containers" / name).read_text(), (
        "an environment changed: run `make envs`"
    )


def test_environments_lie_where_snakemake_looks_for_them(root):
    """Snakemake's own hash of each file's content names its folder in a containerized image."""
    text = (root / "containers/Dockerfile").read_text()
    found = dict(re.findall(r"COPY envs/(\S+) /conda-envs/(\w+)/environment\.yaml", text))
    for path in (root / "envs").glob("*.yaml"):
        env = SimpleNamespace(
            name=None, dir=None, content_deploy=None, content_pin=None, content=path.read_bytes()
        )
        digest = Env._get_hash(env, include_location=False, include_container_img=False)
        assert found.pop(path.name) == digest
    assert not found


def test_every_instruction_is_one_docker_and_apptainer_know(root):
    text = re.sub(r"\\\n", "", (root / "containers/Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} == {"FROM", "LABEL", "ARG", "COPY", "RUN"}
    definition = (root / "containers/deepexpr.def").read_text()
    sections = re.findall(r"^%(\w+)", definition, flags=re.MULTILINE)
    assert sections == ["arguments", "labels", "files", "post"]
    script = definition.partition("%post\n")[2]
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
