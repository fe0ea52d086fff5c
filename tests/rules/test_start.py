"""What Snakemake loads of the package at each start: nothing that only jobs need."""

import re
import subprocess
import sys

from workflow_copy import ROOT

#: Each takes from a tenth of a second to two.
HEAVY = {"tensorflow", "keras", "jax", "numba", "scipy", "sklearn", "matplotlib", "pysam",
         "h5py", "memelite", "pyjaspar"}  # fmt: skip
IMPORT = re.compile(r"^from deepexpr[\w.]* import (?:\([^)]*\)|.*)$", flags=re.MULTILINE)


def test_the_rules_load_neither_libraries_of_jobs_nor_the_sources_of_settings():
    texts = [path.read_text() for path in sorted((ROOT / "rules").glob("*.smk"))]
    imports = [line for text in texts for line in IMPORT.findall(text)]
    assert len(imports) > 10
    code = "\n".join([
        *imports,
        "import sys, deepexpr.config.settings, deepexpr.settings as settings",
        "print(*sys.modules)",
        "print(settings._docstrings.cache_info().misses)",
    ])  # fmt: skip
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    loaded, read = shown
    assert not HEAVY & set(loaded.split())
    assert "deepexpr.run.targets" in loaded.split()
    assert read == "0"
