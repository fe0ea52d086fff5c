"""Contact maps of other programs: the same contacts and depths as from the pairs themselves."""

import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.anchors import bins
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.contact_maps import contacts_of_map
from deepexpr.hichip.contacts import ContactSettings, count_contacts
from deepexpr.hichip.runs import Tally

cooler = pytest.importorskip("cooler")

#: The genome's order; the maps have another.
GENOME = Chromosomes(("chr2", "chr10"), (103_000, 250_000))
SETTINGS = ContactSettings(max_distance=60_000)


def pairs(number=3000, seed=1):
    """Chromosomes (n, 2) in the genome's numbers and 1-based positions."""
    rng = np.random.default_rng(seed)
    chromosome = rng.integers(0, 2, (number, 1)) * np.ones((1, 2), int)
    chromosome[: number // 10, 1] = 1 - chromosome[: number // 10, 0]
    sizes = np.array(GENOME.sizes)
    position = 1 + (rng.random((number, 2)) * sizes[chromosome]).astype(int)
    return chromosome, position


def write_map(path, resolution=5000, dtype=None, scale=1, names=("chr10", "chr2")):
    """The same pairs as a .cool, its chromosomes in the order of `names`."""
    chromosome, position = pairs()
    sizes = dict(zip(GENOME.names, GENOME.sizes, strict=True))
    known = {"chr10": "chr10", "10": "chr10", "chr2": "chr2", "2": "chr2"}
    rows = [
        (name, start, min(start + resolution, sizes[known[name]]))
        for name in names
        for start in range(0, sizes[known[name]], resolution)
    ]
    table = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    first = {known[name]: int((table["chrom"] == name).argmax()) for name in names}
    offsets = np.array([first[name] for name in GENOME.names])
    ends = np.sort(offsets[chromosome] + (position - 1) // resolution, axis=1)
    pixels = pd.DataFrame(ends, columns=["bin1_id", "bin2_id"]).value_counts().reset_index()
    pixels["count"] = pixels["count"] * scale
    cooler.create_cooler(str(path), table, pixels, dtypes={"count": dtype} if dtype else None,
                         ordered=False, mode="a")  # fmt: skip
    return path


def wanted(folder):
    """The two anchors and counts of all contacts, and the depths, from the pairs."""
    batch = PairBatch(*pairs(), np.zeros((3000, 2), np.uint8))
    with Tally(folder) as tally:
        found = count_contacts([batch], bins(GENOME, 5000), SETTINGS, tally)
        (contacts,) = found.parts
    return *contacts, found.depth


@pytest.mark.parametrize("kind", ["cool", "mcool"])
def test_a_map_gives_the_contacts_and_depths_of_its_pairs(tmp_path, kind):
    path = write_map(tmp_path / "a.cool")
    if kind == "mcool":
        write_map(tmp_path / "a.mcool::resolutions/5000")
        write_map(tmp_path / "a.mcool::resolutions/10000", 10_000)
        path = tmp_path / "a.mcool"
    ours, counts = contacts_of_map(path, GENOME, SETTINGS)
    right = wanted(tmp_path)
    (contacts,) = ours.parts
    for own, other in zip((*contacts, ours.depth), right, strict=True):
        np.testing.assert_array_equal(own, other)
    assert counts.pairs == 3000
    assert counts.trans == 300
    assert counts.kept == right[2].sum()
    assert sum(counts[1:]) == 3000


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda p: write_map(p, 10_000), "no bins of 5000 bp"),
        (lambda p: write_map(p, dtype=float, scale=0.37), "values that are no counts"),
        (lambda p: write_map(p, names=("10", "2")), "chromosomes are not those"),
        (lambda p: p.write_text("chr1\t1\n"), "no contact map"),
        (lambda p: p.write_bytes(b"HIC\0\x08"), "hictkpy"),
        (lambda p: None, "no contact map"),
    ],
)
def test_other_files_are_refused(tmp_path, make, problem, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "hictkpy", None)  # as where it is absent
    make(tmp_path / "a.cool")
    with pytest.raises(InputError, match=problem):
        contacts_of_map(tmp_path / "a.cool", GENOME, SETTINGS)


def test_the_verb_writes_what_the_pipeline_reads(tmp_path):
    path = write_map(tmp_path / "a.cool", names=("10", "2"))
    (tmp_path / "sizes").write_text("chr2\t103000\nchr10\t250000\n")
    outputs = [f"--{name}={tmp_path / name}" for name in ("output", "depth", "qc")]
    arguments = [f"--map={path}", "--sample=s", f"--chrom-sizes={tmp_path / 'sizes'}", *outputs]
    settings = ["--settings", '{"max_distance": 60000}', "--aliases=auto"]
    assert main(["import-contacts", *arguments, *settings]) == 0
    right = wanted(tmp_path)
    table = read_table(tmp_path / "output")
    assert table["count"].tolist() == right[2].tolist()
    depth = read_table(tmp_path / "depth")
    assert depth["reads"].sum() == 6000
    quality = read_table(tmp_path / "qc").set_index("metric")["value"].astype(float)
    assert quality["valid_pairs"] == quality["read_pairs"] == 3000
    assert quality["trans_fraction"] == pytest.approx(0.1)
