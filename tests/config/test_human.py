"""The data of config/human become what its sheets name, and a run of them can be planned."""

import gzip
import importlib.util
import shutil

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main

LETTERS = 2000


def zipped(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt") as handle:
        handle.write(text)


@pytest.fixture
def data(tmp_path):
    """Four genes; one is short of letters, one has no value in GM12878."""
    folder, rng = tmp_path / "data", np.random.default_rng(0)
    rows = []
    for i, (gene, known) in enumerate([("B", 2000), ("A", 1900), ("short", 900), ("alone", 2000)]):
        sequence = "".join(rng.choice(list("ACGT"), known)) + "N" * (LETTERS - known)
        rows.append(f"{gene}\thg38\tchr{i + 1}\t+\t{1_000_000 * (i + 1)}\tx\t{known}\t{sequence}\n")
    zipped(folder / "promoters/promoters_2kb_epd_hg38.tsv.gz", "".join(rows))
    counts = "B\t5\nA\t0\nshort\t1\nalone\t2\n"
    for line in ("K562", "Jurkat", "HCT116"):
        zipped(folder / f"expression/rna_{line}.txt.gz", counts)
    header = "ENSEMBL_ID\tAbbreviation\tGM12878_E116\tHUVEC_E122\tK562_E123\n"
    roadmap = header + "E1\tB\t1.0\t0\t0\nE2\tA\t0.0\t0\t0\nE3\tshort\t0.3\t0\t0\n"
    zipped(folder / "expression/roadmap_GM12878_HUVEC_K562.tsv.gz", roadmap)
    loop = "chr1\t999000\t1001000\tchr1\t1099000\t1101000\tcommon\n"
    for line in ("k562", "gm12878"):
        zipped(folder / f"loops/{line}_h3k27ac_hichip_hg38.bedpe.gz", loop)
    return folder


@pytest.fixture
def prepare(root):
    """The script's function (data, output) -> exit status."""
    spec = importlib.util.spec_from_file_location("prepare", root / "config/human/prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def test_data_are_put_in_place_and_a_run_of_them_has_no_problems(
    root, prepare, data, tmp_path, monkeypatch, capsys
):
    made = tmp_path / "resources/human"
    assert prepare(data, made) == 0
    places = pd.read_csv(made / "places.tsv", sep="\t")
    assert places["gene"].tolist() == ["A", "B"]
    assert places["tss"].tolist() == [2_000_000, 1_000_000]
    values = pd.read_csv(made / "rna_GM12878.tsv", sep="\t", header=None, index_col=0)[1]
    assert values.to_dict() == pytest.approx({"A": 0.0, "B": 9.0})
    promoters, bins = np.load(made / "promoters.npy"), np.load(made / "bins_K562.npy")
    assert promoters.shape == (2, LETTERS, 4)
    assert promoters.sum(axis=(1, 2)).tolist() == [1900, 2000]
    assert np.flatnonzero(bins[1]).tolist() == [220]  # 100 kb right of B's TSS
    assert not bins[0].any()

    shutil.copytree(root / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    files = ["config/config.yaml", "config/human/config.yaml"]
    assert main(["check", "--configfile", *files]) == 0
    assert "6 samples of 4 cell lines" in capsys.readouterr().out


def test_missing_data_are_named(prepare, data, tmp_path, capsys):
    (data / "loops/k562_h3k27ac_hichip_hg38.bedpe.gz").unlink()
    assert prepare(data, tmp_path / "made") == 1
    assert "k562_h3k27ac_hichip_hg38.bedpe.gz" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
