"""Contact maps of other programs: the same contacts and depths as from the pairs themselves."""

import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.anchors import bins
from deepexpr.hichip.bam_mates import PairBatch
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.contact_maps import contacts_of_map, look_at_map
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


def write_map(path, resolution=5000, dtype=None, scale=1, names=("chr10", "chr2"), square=0):
    """The same pairs as a .cool, its chromosomes in the order of `names`, chrM without pairs.

    square : how often each pair stands in the lower triangle.
    """
    chromosome, position = pairs()
    sizes = {**dict(zip(GENOME.names, GENOME.sizes, strict=True)), "chrM": 16_000}
    known = {"chr10": "chr10", "10": "chr10", "chr2": "chr2", "2": "chr2", "chrM": "chrM"}
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
    if square:
        below = pixels[pixels["bin1_id"] < pixels["bin2_id"]]
        below = below.set_axis(["bin2_id", "bin1_id", "count"], axis=1)
        pixels = pd.concat([pixels, below.assign(count=below["count"] * square)])
    kinds = {"count": dtype} if dtype else None
    upper = {"symmetric_upper": not square, "triucheck": not square}
    cooler.create_cooler(str(path), table, pixels, dtypes=kinds, ordered=False, mode="a", **upper)
    return path


def wanted(folder):
    """The two anchors and counts of all contacts, and the depths, from the pairs."""
    batch = PairBatch(*pairs(), np.zeros((3000, 2), np.uint8))
    with Tally(folder) as tally:
        found = count_contacts([batch], bins(GENOME, 5000), SETTINGS, tally)
        (contacts,) = found.parts
    return *contacts, found.depth


def write_mcool(path):
    write_map(f"{path}::resolutions/5000")
    write_map(f"{path}::resolutions/10000", 10_000)


MAPS = {
    "cool": ("a.cool", write_map),
    "mcool": ("a.mcool", write_mcool),
    "mcool, named": ("a.mcool::/resolutions/5000", lambda p: write_mcool(p.partition("::")[0])),
    "within a file": ("a.cool::/some/map", write_map),
    "square": ("a.cool", lambda p: write_map(p, square=1)),
    "more chromosomes": ("a.cool", lambda p: write_map(p, names=("chr10", "chrM", "chr2"))),
}


@pytest.mark.parametrize("kind", MAPS)
def test_a_map_gives_the_contacts_and_depths_of_its_pairs(tmp_path, kind):
    name, make = MAPS[kind]
    path = f"{tmp_path}/{name}"
    make(path)
    look_at_map(path, GENOME, 5000)
    ours, counts = contacts_of_map(path, GENOME, SETTINGS)
    right = wanted(tmp_path)
    (contacts,) = ours.parts
    for own, other in zip((*contacts, ours.depth), right, strict=True):
        np.testing.assert_array_equal(own, other)
    assert counts.pairs == 3000
    assert counts.trans == 300
    assert counts.kept == right[2].sum()
    assert sum(counts[1:]) == 3000


def damaged(change):
    """A map of which `change` spoils the open HDF5 file."""

    def make(path):
        write_map(path)
        with h5py.File(path, "a") as handle:
            change(handle)

    return make


def put(name, row, value):
    def change(handle):
        handle[name][row] = value

    return damaged(change)


def cut(path):
    write_map(path)
    path.write_bytes(path.read_bytes()[:-3000])


def overwritten(path):
    """Compressed pixels that are none."""
    write_map(path)
    with h5py.File(path) as handle:
        place = handle["pixels/count"].id.get_chunk_info(0).byte_offset
    with open(path, "r+b") as handle:
        handle.seek(place)
        handle.write(b"\0" * 50)


def lost(name):
    def change(handle):
        del handle[name]

    return damaged(change)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda p: write_map(p, 10_000), "no bins of 5000 bp"),
        (lambda p: write_map(p, dtype=float, scale=0.37), "values that are no counts"),
        (lambda p: write_map(p, names=("10", "2")), "chromosomes are not those"),
        (lambda p: p.write_text("chr1\t1\n"), "no contact map"),
        (lambda p: p.write_bytes(b"HIC\0\x08"), "hictkpy"),
        (lambda p: None, "does not exist"),
        (lambda p: write_map(f"{p}::sub/map"), r"Name the map in the file: \S+a.cool::/sub/map"),
        (cut, "damaged, cut, or lacks a part"),
        (overwritten, "damaged, cut, or lacks a part"),
        (lost("pixels/bin2_id"), "damaged, cut, or lacks a part"),
        (lost("chroms/length"), "damaged, cut, or lacks a part"),
        (put("pixels/bin2_id", -1, 10**6), "a bin that it does not have"),
        (put("pixels/bin1_id", -1, -1), "a bin that it does not have"),
        (put("bins/start", 3, 15_001), "row 4 of its table of bins(.|\n)*found: chr10:15001-20000"),
        (put("bins/chrom", 3, 1), "not of one size"),
    ],
)
def test_other_files_are_refused_by_check_and_run(tmp_path, make, problem, monkeypatch):
    monkeypatch.setitem(sys.modules, "hictkpy", None)  # as where it is absent
    path = tmp_path / "a.cool"
    make(path)
    for read in (lambda: look_at_map(path, GENOME, 5000),
                 lambda: contacts_of_map(path, GENOME, SETTINGS)):  # fmt: skip
        with pytest.raises(InputError, match=problem) as caught:
            read()
        assert str(path) in caught.value.where


def test_triangles_that_differ_are_refused(tmp_path):
    path = write_map(tmp_path / "a.cool", square=2)
    with pytest.raises(InputError, match="in both directions, and not alike"):
        contacts_of_map(path, GENOME, SETTINGS)


def test_a_pixel_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "a.cool"

    def change(handle):
        for name, value in (("bin1_id", 0), ("bin2_id", 1)):
            handle[f"pixels/{name}"][:2] = value

    damaged(change)(path)
    with pytest.raises(InputError, match="stand twice"):
        contacts_of_map(path, GENOME, SETTINGS)


def test_a_hic_that_hictkpy_cannot_read_is_one_message(tmp_path, monkeypatch):
    def fail(path):
        raise RuntimeError("unable to open .hic file")

    monkeypatch.setitem(sys.modules, "hictkpy", SimpleNamespace(MultiResFile=fail))
    path = tmp_path / "a.hic"
    path.write_bytes(b"HIC\0\x08")
    with pytest.raises(InputError, match=r"damaged, cut(.|\n)*unable to open .hic file"):
        look_at_map(path, GENOME, 5000)


def test_a_real_hic_gives_what_its_pixels_give_as_cool(tmp_path):
    hictkpy = pytest.importorskip("hictkpy", reason="no wheel of hictkpy for this machine")
    cool, path = write_map(tmp_path / "a.cool"), tmp_path / "a.hic"
    with h5py.File(cool) as handle:
        names, lengths = handle["chroms/name"][:].astype(str), handle["chroms/length"][:]
        sizes = dict(zip(names.tolist(), lengths.tolist(), strict=True))
        pixels = {n: handle[f"pixels/{n}"][:].tolist() for n in ("bin1_id", "bin2_id", "count")}
    writer = hictkpy.hic.FileWriter(path, sizes, 5000)
    writer.add_pixels_from_dict(pixels)
    writer.finalize()
    look_at_map(path, GENOME, 5000)
    ours, counts = contacts_of_map(path, GENOME, SETTINGS)
    (own,), right = ours.parts, wanted(tmp_path)
    for found, wished in zip((*own, ours.depth), right, strict=True):
        np.testing.assert_array_equal(found, wished)
    assert counts == contacts_of_map(cool, GENOME, SETTINGS)[1]
    with pytest.raises(InputError, match="no bins of 1000 bp"):
        look_at_map(path, GENOME, 1000)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="damaged, cut"):
        look_at_map(path, GENOME, 5000)


def test_small_chromosomes_may_be_missing_and_are_named(tmp_path, caplog):
    path = write_map(tmp_path / "a.cool")
    wider = Chromosomes((*GENOME.names, "chrM"), (*GENOME.sizes, 16_000))
    ours, counts = contacts_of_map(path, wider, SETTINGS)
    assert counts == contacts_of_map(path, GENOME, SETTINGS)[1]
    warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warned) == 1
    assert "chrM" in warned[0]
    assert ours.depth.sum() == 6000
    larger = Chromosomes((*GENOME.names, "chr7"), (*GENOME.sizes, 200_000))
    with pytest.raises(InputError, match="missing: chr7"):
        contacts_of_map(path, larger, SETTINGS)


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
    table = read_table(tmp_path / "qc").set_index("metric")
    quality, meanings = table["value"].astype(float), table["meaning"]
    assert quality["valid_pairs"] == quality["read_pairs"] == 3000
    assert quality["trans_fraction"] == pytest.approx(0.1)
    assert set(meanings[["read_pairs", "valid_pairs"]].str[:26]) == {"pairs of the whole contact"}
