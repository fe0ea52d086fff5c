"""Regions of a BED file: what lies in them, and pairs that a blacklist takes out."""

import logging

import numpy as np
import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.files import read_table
from deepexpr.hichip.regions import read_regions
from deepexpr.reference.aliases import read_aliases


def bed(tmp_path, text):
    path = tmp_path / "regions.bed"
    path.write_text(text)
    return path


def test_overlap_and_inside_are_those_of_every_single_base(tmp_path):
    rng = np.random.default_rng(1)
    start = rng.integers(0, 900, 40)
    rows = [(f"chr{1 + i % 2}", int(s), int(s + 1 + i % 17)) for i, s in enumerate(start)]
    path = bed(tmp_path, "".join(f"{c}\t{s}\t{e}\n" for c, s, e in rows))
    regions = read_regions(path, ["chr2", "chr1", "chr3"], "blacklist")
    held = np.zeros((3, 1000), bool)  # in the order of the index below
    for name, s, e in rows:
        held[{"chr2": 0, "chr1": 1}[name], s:e] = True
    assert regions.length == held.sum()
    lookup = regions.lookup({"chr2": 0, "chr1": 1, "chr3": 2})
    chromosome, position = np.divmod(np.arange(3000).reshape(1500, 2), 1000)
    np.testing.assert_array_equal(lookup.inside(chromosome, position), held.reshape(1500, 2))
    left = rng.integers(0, 980, 300)
    right = left + rng.integers(1, 20, 300)
    for number, name in enumerate(("chr2", "chr1", "chr3")):
        wanted = [held[number, s:e].any() for s, e in zip(left, right, strict=True)]
        assert regions.overlap(name, left, right).tolist() == wanted


def test_regions_of_other_chromosomes_are_told_and_all_of_them_refused(tmp_path, caplog):
    path = bed(tmp_path, "chr1\t0\t10\tHigh Signal Region\nchr9\t0\t10\n")
    with caplog.at_level(logging.WARNING):
        assert list(read_regions(path, ["chr1"], "blacklist").intervals) == ["chr1"]
    assert "chr9" in caplog.text
    with pytest.raises(InputError, match="No region of the blacklist"):
        read_regions(path, ["1"], "blacklist")
    known = read_aliases("auto", {"1": 100, "2": 100})
    assert list(read_regions(path, ["1"], "blacklist", known).intervals) == ["1"]


def test_an_empty_bed_is_refused(tmp_path):
    with pytest.raises(InputError, match="The blacklist holds no region") as caught:
        read_regions(bed(tmp_path, "# nothing\n"), ["chr1"], "blacklist")
    assert "null in the configuration" in caught.value.fix


def test_regions_end_with_their_chromosome(tmp_path, caplog):
    sizes = {"chr1": 100, "chr2": 50}
    path = bed(tmp_path, "chr1\t90\t120\nchr2\t0\t10\n")
    with caplog.at_level(logging.WARNING):
        regions = read_regions(path, list(sizes), "blacklist", sizes=sizes)
    assert regions.length == 20
    assert "1 region(s) of the blacklist reach over the end" in caplog.text
    path = bed(tmp_path, "chr2\t40\t45\nchr2\t50\t60\n")
    with pytest.raises(InputError, match="of the blacklist begin beyond the end of chr2"):
        read_regions(path, list(sizes), "blacklist", sizes=sizes)
    with caplog.at_level(logging.WARNING):
        read_regions(bed(tmp_path, "chr1\t0\t90\n"), list(sizes), "blacklist", sizes=sizes)
    assert "covers 60 % of the genome" in caplog.text


PAIRS = """## pairs format v1.0
#chromsize: chr1 100000
#chromsize: chr2 80000
#columns: readID chr1 pos1 chr2 pos2 strand1 strand2
.\tchr1\t100\tchr1\t50000\t+\t-
.\tchr1\t5001\tchr1\t60000\t+\t-
.\tchr1\t5000\tchr1\t60000\t+\t-
.\tchr1\t300\tchr2\t6000\t+\t-
.\tchr1\t300\tchr2\t6001\t+\t-
.\tchr2\t100\tchr2\t50000\t+\t-
"""


def joined(tmp_path, *options):
    (tmp_path / "given.pairs").write_text(PAIRS)
    (tmp_path / "sizes").write_text("chr1\t100000\nchr2\t80000\n")
    paths = [f"--{name}={tmp_path / name}" for name in ("output", "qc")]
    arguments = ["--sample", "s", f"--chrom-sizes={tmp_path / 'sizes'}", *paths, *options]
    code = main(["pairs", "--pairs", str(tmp_path / "given.pairs"), *arguments])
    return code, tmp_path / "output", tmp_path / "qc"


def test_a_blacklist_takes_pairs_out_and_counts_them(tmp_path):
    # 0-based 5,000 to 5,999: the 1-based positions 5,001 to 6,000.
    path = bed(tmp_path, "chr1\t5000\t6000\nchr2\t5000\t6000\n")
    code, _, qc = joined(tmp_path, f"--blacklist={path}")
    assert code == 0
    values = read_table(qc).set_index("metric")["value"].astype(float)
    assert values["blacklisted"] == 2
    assert values["blacklisted_fraction"] == pytest.approx(2 / 6)
    assert values["valid_pairs"] == 4
    rows = read_table(qc).set_index("metric")
    assert rows.loc["blacklisted_fraction", "verdict"] == "bad"


def test_without_a_blacklist_nothing_is_said_of_one(tmp_path):
    code, _, qc = joined(tmp_path)
    assert code == 0
    table = read_table(qc)
    assert not table["metric"].str.startswith("blacklist").any()
    assert table.set_index("metric").loc["valid_pairs", "value"] in (6, "6", "6.0")


def test_a_blacklist_of_another_naming_world_is_refused(tmp_path, caplog):
    code, output, _ = joined(
        tmp_path, f"--blacklist={bed(tmp_path, '1' + chr(9) + '0' + chr(9) + '9')}"
    )
    assert code == 1
    assert not output.exists()
