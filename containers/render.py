"""Write Dockerfile and deepexpr.def: every environment of envs/, where Snakemake looks for it.

An image holds an environment under the MD5 of its file; Snakemake, told of the image by
resources.container, takes it from there under --software-deployment-method conda apptainer.
The pipeline itself stays outside, beside its configuration and data.
"""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASE = "condaforge/miniforge3:25.3.0-3"
GPU = ("tensorflow-gpu.yaml", "jax-gpu.yaml")
NOTE = "# Written by `make envs` from envs/; do not edit."


def prefixes() -> dict[str, str]:
    """Environment file -> folder in the image, as Snakemake names it."""
    files = sorted((ROOT / "envs").glob("*.yaml"))
    digests = {f.name: hashlib.md5(f.read_bytes(), usedforsecurity=False) for f in files}
    return {name: f"/conda-envs/{digest.hexdigest()}" for name, digest in digests.items()}


def commands() -> list[str]:
    """Shell commands that make the environments; those for GPUs (some GB each) only on request."""
    lines = []
    for name, prefix in prefixes().items():
        create = f"conda env create --quiet --prefix {prefix} --file {prefix}/environment.yaml"
        if name in GPU:
            create = f'if [ -n "$GPU" ]; then {create}; fi'
        lines.append(create)
    return [*lines, "conda clean --all --yes"]


def dockerfile() -> str:
    """Text of the Dockerfile."""
    copies = [f"COPY envs/{name} {prefix}/environment.yaml" for name, prefix in prefixes().items()]
    return "\n".join(
        [
            NOTE,
            "# docker build --file containers/Dockerfile --tag deepexpr .",
            "# With training on GPUs: --build-arg GPU=1",
            f"FROM {BASE}",
            'LABEL io.github.snakemake.containerized="true"',
            "ARG GPU",
            *copies,
            "RUN " + " && \\\n    ".join(commands()),
            "",
        ]
    )


def definition() -> str:
    """Text of the Apptainer definition."""
    files = [f"    envs/{name} {prefix}/environment.yaml" for name, prefix in prefixes().items()]
    return "\n".join(
        [
            NOTE,
            "# apptainer build deepexpr.sif containers/deepexpr.def",
            "# With training on GPUs: --build-arg GPU=1",
            "Bootstrap: docker",
            f"From: {BASE}",
            "",
            "%arguments",
            "    GPU=",
            "",
            "%labels",
            "    io.github.snakemake.containerized true",
            "",
            "%files",
            *files,
            "",
            "%post",
            '    GPU="{{ GPU }}"',
            "    export PATH=/opt/conda/bin:$PATH",
            *(f"    {command}" for command in commands()),
            "",
        ]
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "containers"
    (folder / "Dockerfile").write_text(dockerfile())
    (folder / "deepexpr.def").write_text(definition())
