"""The sections for MultiQC: what stands in them, and that MultiQC itself shows them."""

import json
import shutil
import subprocess

import pytest

from deepexpr.files import write_table
from deepexpr.hichip.bam_mates import MateCounts
from deepexpr.hichip.multiqc import write_sections
from deepexpr.hichip.pairs import PairCounts, qc_table
from deepexpr.hichip.trimming import TrimStats


@pytest.fixture
def sections(tmp_path):
    """Sections of a sample from reads, one whose name looks like a number, and one from pairs."""
    paths = []
    trim = TrimStats(100, (30, 20), (3, 2), 4).table()
    counts = PairCounts(duplicates=5, distinct=70, cis_long=40, trans=30, valid=70)
    for sample, stats in (("a", trim), ("12", trim), ("from_pairs", None)):
        paths.append(tmp_path / f"{sample}.qc.tsv")
        table = qc_table(sample, stats, MateCounts(96, (80, 80), (5, 5), 75), counts)
        write_table(table, paths[-1])
    results = tmp_path / "results"
    results.mkdir()
    files = results / "trimming_mqc.tsv", results / "pairs_mqc.tsv"
    write_sections(paths, *files)
    return files


def test_sections_hold_the_counts(sections):
    trimming, pairs = (path.read_text().splitlines() for path in sections)
    assert trimming[0] == "# id: deepexpr_hichip_trimming"
    assert trimming[4].split("\t")[:3] == ["Sample", "read pairs", "R1 full junctions"]
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in trimming[5:]}
    assert rows["a"] == rows["12"] == ["100", "30", "3", "20", "2", "0.275", "4", "96"]
    assert "# plot_type: bargraph" in pairs
    assert "from_pairs\t40\t0\t0\t30\t5" in pairs


def test_multiqc_shows_them(sections):
    """MultiQC pins libraries this project has newer, so it is not among the tests' packages."""
    if shutil.which("multiqc") is None:
        pytest.skip("multiqc is not installed (pipx install multiqc)")
    folder = sections[0].parent
    command = ["multiqc", ".", "--outdir", "report", "--no-version-check"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (folder / "report" / "multiqc_report.html").stat().st_size > 10_000
    data = json.loads((folder / "report/multiqc_data/multiqc_data.json").read_text())
    text = json.dumps(data)
    for section in ("deepexpr_hichip_trimming", "deepexpr_hichip_pairs"):
        assert section in text
    assert "R1 full junctions" in text
