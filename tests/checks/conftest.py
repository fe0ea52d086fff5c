"""A small project whose configuration, sheets and inputs are all in order."""

import pytest
from small_project import ANNOTATION, CONFIG, SAMPLES, UNITS, packed, reads


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The working directory, with config.yaml, both sheets, reads, genome and annotation."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.tsv").write_text(SAMPLES)
    (tmp_path / "units.tsv").write_text(UNITS)
    for stem in "rh":
        (tmp_path / f"{stem}_1.fq").write_text(reads(1))
        (tmp_path / f"{stem}_2.fq.gz").write_bytes(packed(2))
    (tmp_path / "h.pairs").write_text("## pairs format v1.0\n")
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "a.gtf").write_text(ANNOTATION)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path
