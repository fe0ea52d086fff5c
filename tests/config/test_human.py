"""The data of config/human become what its sheets name, and a run of them can be planned."""

import gzip
import importlib.util
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.features.meme_format import read_meme, write_meme
from deepexpr.features.motif import Motif

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
    samples = "GeneID\tX\tY\nE2\t9\t0\nE1\t0\t99\nE7\t1\tNA\n"
    zipped(folder / "expression/hpa_130_samples.tsv.gz", samples)
    (folder / "tomtom").mkdir()
    one = Motif("one", "", np.full((6, 4), 0.25), 20)
    write_meme([one], folder / "tomtom/jaspar2018_core_vertebrates.meme")
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
    return lambda data, output: module.main(data, output, least=2)


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
    samples = pd.read_csv(made / "samples.tsv", sep="\t", index_col="gene")
    assert samples.to_dict("index") == {"A": {"X": 1.0, "Y": 0.0}, "B": {"X": 0.0, "Y": 2.0}}
    assert [motif.name for motif in read_meme(made / "motifs.meme")] == ["one"]

    shutil.copytree(root / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    files = ["config/config.yaml", "config/human/config.yaml"]
    assert main(["check", "--configfile", *files]) == 0
    assert "6 samples of 4 cell lines" in capsys.readouterr().out
    assert main(["check", "--configfile", *files, "config/human/outside.yaml"]) == 0
    (made / "samples.tsv").unlink()
    assert main(["check", "--configfile", *files, "config/human/outside.yaml"]) == 1
    assert "training.samples: resources/human/samples.tsv" in capsys.readouterr().err


def test_missing_data_are_named(prepare, data, tmp_path, capsys):
    (data / "loops/k562_h3k27ac_hichip_hg38.bedpe.gz").unlink()
    assert prepare(data, tmp_path / "made") == 1
    assert "k562_h3k27ac_hichip_hg38.bedpe.gz" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


SAMPLES = "expression/hpa_130_samples.tsv.gz"
PROMOTERS, ROADMAP, COUNTS, LOOPS = (
    "promoters/promoters_2kb_epd_hg38.tsv.gz",
    "expression/roadmap_GM12878_HUVEC_K562.tsv.gz",
    "expression/rna_Jurkat.txt.gz",
    "loops/gm12878_h3k27ac_hichip_hg38.bedpe.gz",
)


def text_of(path):
    return gzip.decompress(path.read_bytes()).decode()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (LOOPS, lambda text: "", "The table of loops is empty."),
        (LOOPS, lambda text: text.replace("chr1", "1"), "no chromosome in common"),
        (LOOPS, lambda text: text.replace("999000", "99900.5"), "no whole numbers"),
        (LOOPS, lambda text: text.replace("999000", "2999000"), "ends where it begins, or before"),
        (LOOPS, lambda text: text.replace("chr1\t999000\t1001000", "chr1\t1\t9"), "0 of 2 genes"),
        (LOOPS, lambda text: text.replace("\tcommon", ""), "does not have 7 columns"),
        (COUNTS, lambda text: text.replace("B\t5", "B\t-5"), "expected: numbers of 0 or more"),
        (COUNTS, lambda text: text.replace("A\t0", "A\tnone"), "expected: numbers of 0 or more"),
        (COUNTS, lambda text: "other\t3\n", "Only 0 genes have a promoter and a value"),
        (ROADMAP, lambda text: text.replace("GM12878_E116", "E116"), "lacks the column(s) GM12878"),
        (ROADMAP, lambda text: text.replace("B\t1.0", "B\t-1.0"), "line 2"),
        (SAMPLES, lambda text: text.replace("99", "-99"), "Y are no TPM"),
        (SAMPLES, lambda text: text.replace("\nE", "\nF"), "know 0 of the 2 genes"),
        (SAMPLES, lambda text: text.replace("GeneID", "gene"), "lacks the column(s) GeneID"),
        (PROMOTERS, lambda text: text.replace("hg38", "hg19"), "expected: assembly hg38"),
        (PROMOTERS, lambda text: text[:-100], "found: hg38, +, "),
    ],
)
def test_unsound_data_are_refused_and_leave_no_output(
    prepare, data, tmp_path, capsys, name, change, message
):
    zipped(data / name, change(text_of(data / name)))
    assert prepare(data, tmp_path / "made") == 1
    told = capsys.readouterr().err
    assert message in told
    assert "where: " in told
    assert not list((tmp_path / "made").glob("*"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: b"", "is empty"),
        (lambda whole: whole[:-9], "damaged or cut gzip"),
        (lambda whole: b"<html>Not found</html>\n", "does not have"),
    ],
)
@pytest.mark.parametrize("name", [PROMOTERS, COUNTS, LOOPS])
def test_damaged_files_are_named(prepare, data, tmp_path, capsys, name, damage, message):
    (data / name).write_bytes(damage((data / name).read_bytes()))
    assert prepare(data, tmp_path / "made") == 1
    told = capsys.readouterr().err
    assert message in told
    assert name in told


def old(made):
    """Give all files the same early time."""
    for path in made.iterdir():
        os.utime(path, (1, 1))


def test_what_is_whole_is_kept_and_what_differs_is_made_again(prepare, data, tmp_path):
    made = tmp_path / "made"
    assert prepare(data, made) == 0
    whole = {path.name: path.read_bytes() for path in made.iterdir()}
    old(made)
    assert prepare(shutil.copytree(data, tmp_path / "copy"), made) == 0
    assert {path.stat().st_mtime for path in made.iterdir()} == {1}

    (made / "bins_K562.npy").unlink()
    (made / "places.tsv").write_text("changed\n")
    assert prepare(data, made) == 0
    assert {path.name: path.read_bytes() for path in made.iterdir()} == whole
    assert (made / "rna_K562.tsv").stat().st_mtime == 1

    old(made)
    zipped(data / COUNTS, text_of(data / COUNTS).replace("B\t5", "B\t7"))
    assert prepare(data, made) == 0
    assert "B\t7" in (made / "rna_Jurkat.tsv").read_text()
    rewritten = {path.name for path in made.iterdir() if path.stat().st_mtime > 1}
    assert rewritten == {"rna_Jurkat.tsv", "done"}


def test_outputs_of_before_the_stamp_are_looked_at_again(prepare, data, tmp_path):
    made = tmp_path / "made"
    assert prepare(data, made) == 0
    old(made)
    (made / "done").write_text("")
    assert prepare(data, made) == 0
    assert {p.name for p in made.iterdir() if p.stat().st_mtime > 1} == {"done"}


def test_data_that_became_unsound_leave_what_was_made(prepare, data, tmp_path):
    made = tmp_path / "made"
    assert prepare(data, made) == 0
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    zipped(data / LOOPS, "")
    assert prepare(data, made) == 1
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before
