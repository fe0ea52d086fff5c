"""config/paper-tables: stand-in arrays, and the authors' tables of expression by address."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from workflow_copy import Workflow

from deepexpr.cli import main
from deepexpr.downloads.records import read_files
from deepexpr.features.dataset import Dataset

pytestmark = pytest.mark.slow

CONFIGS = ["config/config.yaml", "config/paper-tables/config.yaml"]
OVERLAY = ("--configfile", CONFIGS[1])
RESULTS = Path("results/paper-tables")
GENES = [f"G{i}" for i in range(40)]
LINES = {"mouse": ["mES"], "human": ["K562", "Jurkat", "HCT116"]}
AUTHORS = "https://raw.githubusercontent.com"


@pytest.fixture
def paper(archives, tmp_path, monkeypatch):
    """The workflow with arrays in place; the server has the tables, and the sheet its address."""
    workflow, rng = Workflow.copied_to(tmp_path), np.random.default_rng(1)
    monkeypatch.chdir(tmp_path)
    units = Path("config/paper-tables/units.tsv")
    text = units.read_text().replace(AUTHORS, archives.address)
    for species, lines in LINES.items():
        folder = tmp_path / "resources/paper-tables" / species
        folder.mkdir(parents=True)
        one_hot = np.eye(4, dtype=np.uint8)[rng.integers(0, 4, (len(GENES), 2001))]
        np.save(folder / "X_seq.npy", one_hot)
        for line in lines:
            np.save(folder / f"exp_{line}.npy", rng.random((len(GENES), 400)))
            table = "".join(f"{gene}\t{rng.integers(0, 900)}\n" for gene in GENES).encode()
            address, known = re.search(
                rf"({archives.address}\S*rna_{line}.txt)#md5=(\w+)", text
            ).groups()
            archives.conversation.files[address.removeprefix(archives.address)] = table
            text = text.replace(known, hashlib.md5(table).hexdigest())
    units.write_text(text)
    return workflow


@pytest.mark.parametrize("resolved", [True, False])
def test_tables_by_address_and_arrays_become_datasets(paper, archives, capsys, resolved):
    asked = archives.conversation.asked
    if resolved:
        assert main(["obtain", "--resolve", *CONFIGS]) == 0
        assert "4 files, 0.0 GB." in capsys.readouterr().out
        table = read_files(RESULTS / "download/resolved.tsv")
        assert all(file.md5 and file.bytes for files in table.values() for file in files)
        assert len(asked) == 4, "lengths only"
    assert main(["check", "--configfile", *CONFIGS]) == 0
    assert "No problems: 8 samples of 4 cell lines, 8 units." in capsys.readouterr().out
    plan = paper.run("-n", *OVERLAY)
    for unit in ("mESC_rna", "K562_rna", "Jurkat_rna", "HCT116_rna"):
        assert f"download_{unit}_arrays" in plan
    for rule in ("download_K562_hichip", "prepare_genome", "call_loops", "index_kallisto"):
        assert rule not in plan
    if resolved:
        asked.clear()
        datasets = [RESULTS / f"features/{line}/dataset.h5" for line in ("mESC", "Jurkat")]
        paper.run(*map(str, datasets), *OVERLAY)
        assert sorted(asked) == sorted(archives.conversation.files)
        dataset = Dataset.open(datasets[1])
        assert sorted(dataset.gene) == sorted(GENES)
        bins = np.load("resources/paper-tables/human/exp_Jurkat.npy")
        assert np.allclose(dataset.bins, bins, atol=1e-6)


def test_a_table_that_the_authors_changed_stops_the_run(paper, archives):
    files = archives.conversation.files
    (changed,) = (path for path in files if "K562" in path)
    files[changed] += b"G99\t1\n"
    target = RESULTS / "features/Jurkat/dataset.h5"  # values are normalised across lines
    result = paper.attempt(str(target), *OVERLAY)
    assert result.returncode
    log = (RESULTS / "logs/download/K562_rna.arrays.log").read_text()
    assert "The download failed: MD5 is" in log
    assert not Path("resources/paper-tables/human/rna_K562.txt").exists()
