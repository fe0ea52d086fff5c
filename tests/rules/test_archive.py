"""The archive of a finished run holds what its results were made with."""

import hashlib
import io
import zipfile

import pandas as pd
import pytest
import yaml
from tiny_run import ARGUMENTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(finished):
    finished.run("archive_run", *ARGUMENTS)
    path = finished.folder / "results/archive.zip"
    with zipfile.ZipFile(path) as opened:
        yield opened
    path.unlink()


def table(archive, name):
    return pd.read_csv(io.BytesIO(archive.read(name)), sep="\t", dtype=str)


def test_versions_are_those_that_the_run_recorded(archive, finished):
    found = table(archive, "versions.tsv").set_index("name")["version"]
    for tool in ("kallisto", "bowtie", "samtools"):
        assert found[tool] in (finished.folder / f"results/versions/{tool}.txt").read_text()
    assert {"python", "keras", "snakemake"} <= set(found.index.str.lower())


def test_checksums_are_those_of_the_results(archive, finished):
    listed = table(archive, "checksums.tsv")
    assert len(listed) > 100
    for row in listed[listed["file"].str.contains("evaluation/")].itertuples():
        content = (finished.folder / row.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row.sha256


def test_methods_and_configuration_are_those_of_the_run(archive):
    config = yaml.safe_load(archive.read("config.yaml"))
    assert config["evaluation"]["folds"] == [3]
    methods = archive.read("methods.md").decode()
    assert "(regression) were evaluated by 3-fold cross-validation" in methods
    assert "variant tuned" in methods
    assert {"samples.tsv", "units.tsv", "envs/kallisto.yaml"} <= set(archive.namelist())
