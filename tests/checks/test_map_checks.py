"""`check` opens contact maps before anything runs."""

import numpy as np
import pandas as pd
import pytest
from small_project import SAMPLES

from deepexpr.cli import main

cooler = pytest.importorskip("cooler")

UNITS = (
    "sample\tunit\tfq1\tfq2\tcontacts\nR1\tlane1\tr_1.fq\tr_2.fq.gz\t\nH1\tlane1\t\t\t{contacts}\n"
)


@pytest.fixture
def with_map(project):
    """A function that makes the HiChIP sample a map: what `check` then says."""
    (project / "g.fa").write_text(">chr1\n" + "ACGT" * 5000 + "\n")
    (project / "samples.tsv").write_text(SAMPLES.replace("MboI", ""))
    bins = pd.DataFrame({"chrom": "chr1", "start": np.arange(4) * 5000})
    bins["end"] = bins["start"] + 5000
    pixels = pd.DataFrame({"bin1_id": [0, 1], "bin2_id": [2, 3], "count": [5, 7]})
    cooler.create_cooler("h.cool", bins, pixels)
    cooler.create_cooler("h.mcool::/resolutions/5000", bins, pixels)

    def check(cell):
        (project / "units.tsv").write_text(UNITS.format(contacts=cell))
        return main(["check", "--configfile", "config.yaml"])

    return check


@pytest.mark.parametrize("cell", ["h.cool", "h.mcool", "h.mcool::/resolutions/5000"])
def test_a_sound_map_passes(with_map, cell):
    assert with_map(cell) == 0


def test_a_cut_map_is_refused_with_its_row(with_map, project, capsys):
    whole = (project / "h.cool").read_bytes()
    (project / "h.cool").write_bytes(whole[: len(whole) // 2])
    assert with_map("h.cool") == 1
    error = capsys.readouterr().err
    assert "damaged, cut, or lacks a part" in error
    assert "h.cool (units.tsv, row 3, column contacts)" in error


@pytest.mark.parametrize("cell", ["absent.cool", "absent.mcool::/resolutions/5000"])
def test_an_absent_map_is_named_without_its_group(with_map, cell, capsys):
    assert with_map(cell) == 1
    error = capsys.readouterr().err
    assert f"The file of sample 'H1' does not exist: {cell.partition('::')[0]}\n" in error


def test_a_group_that_is_not_there_is_refused(with_map, capsys):
    assert with_map("h.mcool::/resolutions/1000") == 1
    assert "The file has no map /resolutions/1000." in capsys.readouterr().err


def test_a_blacklist_that_a_map_escapes_is_told(project, with_map, capsys):
    (project / "black.bed").write_text("chr1\t0\t500\n")
    text = (project / "config.yaml").read_text()
    assert with_map("h.cool") == 0
    assert "blacklist" not in capsys.readouterr().err
    (project / "config.yaml").write_text(text.replace("toy: {", "toy: {blacklist: black.bed, "))
    (project / "samples.tsv").write_text(SAMPLES.replace("MboI", "") + "H2\tLine\thichip\ttoy\t\n")
    with_map("h.cool\nH2\tlane1\t\t\th.mcool")
    assert "not taken out of the contact maps of H1, H2, whose bins" in capsys.readouterr().err


def test_a_map_written_again_is_a_copy(project, with_map, capsys):
    rng = np.random.default_rng(1)
    (project / "g.fa").write_text(">chr1\n" + "ACGT" * 50_000 + "\n")
    bins = pd.DataFrame({"chrom": "chr1", "start": np.arange(40) * 5000})
    bins["end"] = bins["start"] + 5000
    one, other = np.triu_indices(40)
    for name, seed in (("x.cool", 1), ("y.mcool::/resolutions/5000", 1), ("z.cool", 2)):
        rng = np.random.default_rng(seed)
        pixels = pd.DataFrame({"bin1_id": one, "bin2_id": other, "count": rng.poisson(3, len(one))})
        cooler.create_cooler(name, bins, pixels)
        if name == "x.cool":
            below = pixels[pixels["bin1_id"] < pixels["bin2_id"]]
            below = below.set_axis(["bin2_id", "bin1_id", "count"], axis=1)
            square = pd.concat([pixels, below]).sort_values(["bin1_id", "bin2_id"])
            cooler.create_cooler(
                "square.cool", bins, square, symmetric_upper=False, triucheck=False
            )
    (project / "samples.tsv").write_text(SAMPLES.replace("MboI", "") + "H2\tLine\thichip\ttoy\t\n")
    assert with_map("x.cool\nH2\tlane1\t\t\tz.cool") == 0
    capsys.readouterr()
    for copy in ("y.mcool", "square.cool"):
        assert with_map(f"x.cool\nH2\tlane1\t\t\t{copy}") == 1
        error = capsys.readouterr().err
        assert "Two units of Line hold the same contacts" in error
        assert "units.tsv, rows 3 and 4" in error
