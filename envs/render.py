"""Write envs/*.yaml: the programs of the table below, and the Python packages its rules import.

Conda brings Python and the programs; Python packages come from PyPI in the versions of
requirements/pipeline.txt, so that conda users run what was tested. Which packages an environment
needs is read from the rules and from the code they call (rule_imports.py): nobody lists them.
"""

import re
import sys
from typing import NamedTuple

import rule_imports
from rule_imports import INSTALLED_AS, PROGRAMS, ROOT

HEADER = "# Written by `make envs` from envs/render.py; do not edit.\n"
PYTHON = "python=3.11"
PIP = "pip=25.3"  # conda wants it named where something comes from PyPI


class Environment(NamedTuple):
    """note: what it is for. conda: programs, with what must come from the same channel."""

    note: str
    conda: tuple[str, ...] = ()


#: kallisto, bowtie and samtools in the versions that the tests run with (Debian 12's).
SAMTOOLS = "samtools=1.16.1"
ENVIRONMENTS = {
    "bowtie": Environment("Indexing the genome.", ("bowtie=1.3.1", SAMTOOLS)),
    "cooler": Environment("Only with hichip.mcool: pairs binned for HiGlass.", ("cooler=0.10",)),
    "deepexpr": Environment("Everything of the package but the network and known motifs."),
    "interpretation": Environment("The network and the known motifs together."),
    "jax": Environment("Training all folds at once on CPU (training.trainer: stacked)."),
    "jax-gpu": Environment(
        "Training all folds at once on a GPU (training.trainer: stacked, resources.gpu: true); CUDA"
        " comes with JAX's own packages."
    ),
    "kallisto": Environment("Counting RNA reads.", ("kallisto=0.48.0",)),
    "macs": Environment(
        "Only with hichip.anchors: macs. macs3 has no wheel: every package is conda's.",
        (
            PYTHON, "numpy=2.3", "pandas=2.3", "numba=0.62", "xopen=2.0", "python-isal=1.8",
            "pydantic=2.14", "pyyaml=6.0", "macs3=3.0",
        ),
    ),
    "mapping": Environment("Trimming and mapping in one job.", ("bowtie=1.3.1", SAMTOOLS)),
    "motifs": Environment("Known motifs and TomTom."),
    "tensorflow": Environment("The network on CPU, and whatever reads a trained network."),
    "tensorflow-gpu": Environment(
        "Training on a GPU (resources.gpu: true); CUDA comes with TensorFlow's own packages."
    ),
}  # fmt: skip
#: What PyPI calls the backend with its CUDA libraries.
WITH_CUDA = {
    "tensorflow-gpu": {"tensorflow": "tensorflow[and-cuda]"},
    "jax-gpu": {"jax": "jax[cuda12]"},
}
#: Environments in which Keras runs on another backend than what the code imports by name.
INSTEAD = {"jax": {"tensorflow": "jax"}, "jax-gpu": {"tensorflow": "jax"}}


def locked():
    """Package -> version, of requirements/pipeline.txt; JAX's, which it lacks, of test.txt."""
    texts = [(ROOT / "requirements" / f"{name}.txt").read_text() for name in ("test", "pipeline")]
    pins = (re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, flags=re.MULTILINE) for text in texts)
    return {name: version for found in pins for name, version in found}


def render(name, needed):
    """Text of an environment that provides `needed`: modules and programs."""
    environment, versions = ENVIRONMENTS[name], locked()
    conda = list(environment.conda)
    modules = needed - {"python", "pip", *PROGRAMS}
    if PYTHON in conda:  # a world of its own
        modules = set()
    modules = {INSTEAD.get(name, {}).get(module, module) for module in modules}
    packages = sorted(INSTALLED_AS.get(module, module) for module in modules)
    named = WITH_CUDA.get(name, {})
    pins = [f"{named.get(package, package)}=={versions[package]}" for package in packages]
    if pins:
        conda = [PYTHON, PIP, *conda]
    lines = [f"# {environment.note}", "channels: [conda-forge, bioconda]", "dependencies:"]
    lines += [f"  - {spec}" for spec in conda]
    lines += ["  - pip:", *(f"      - {pin}" for pin in pins)] if pins else []
    return HEADER + "\n".join(lines) + "\n"


def texts():
    """File name -> text of every environment."""
    needed = {}
    for (_, file), names in rule_imports.needs().items():
        needed.setdefault(file.removesuffix(".yaml"), set()).update(names)
    return {f"{name}.yaml": render(name, needed[name]) for name in ENVIRONMENTS}


def main(folder):
    """Write every file of `texts` into `folder`."""
    for name, text in texts().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(ROOT / "envs")
