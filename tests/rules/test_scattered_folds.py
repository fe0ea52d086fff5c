"""Every fold in a job of its own gives the network that one job trains."""

import shutil

import pytest
import yaml
from tiny_run import ARGUMENTS
from workflow_copy import Workflow

pytestmark = pytest.mark.slow
NETWORK = "results/models/Beta/regression/K3/sequence"


def test_scattered_folds_give_the_same_network(finished, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder, symlinks=True)
    shutil.rmtree(folder / NETWORK)
    (folder / "scatter.yaml").write_text(yaml.safe_dump({"resources": {"scatter_folds": True}}))
    text = Workflow(folder).run(f"{NETWORK}/predictions.tsv", *ARGUMENTS, "scatter.yaml")
    assert text.count("rule train_fold:") == 3
    files = (folder / NETWORK).rglob("[!.]*")
    made = sorted(path.relative_to(folder) for path in files if path.is_file())
    assert len(made) == 7  # three networks, their record and splits, predictions, history
    for path in made:
        assert (folder / path).read_bytes() == (finished.folder / path).read_bytes(), path
    assert not (folder / NETWORK / ".partial").exists()
    log = folder / "results/logs/models/Beta.regression.K3.sequence.train_network.log"
    assert log.read_text().count("finished earlier, kept") == 3
