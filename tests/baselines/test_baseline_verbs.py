"""baseline, cross and evaluate on files, in the order the pipeline calls them."""

import json
import subprocess
import sys

import pytest

from deepexpr.cli import main
from deepexpr.files import read_table
from deepexpr.schemas import METRICS, PREDICTIONS


def baseline(files, line, method, small, output, task="regression"):
    return main([
        "baseline", "--dataset", str(files[line]), "--splits", str(files["splits"]), "--task", task,
        "--method", method, "--settings", json.dumps(small), "--output", str(output),
    ])  # fmt: skip


def test_from_datasets_to_metrics(files, small, tmp_path):
    outputs = {line: tmp_path / line for line in ("Alpha", "Beta")}
    for line, output in outputs.items():
        assert baseline(files, line, "lasso", small, output) == 0
        assert sorted(p.name for p in output.iterdir()) == [
            "bundle", "predictions.tsv", "search.tsv",
        ]  # fmt: skip
    info = json.loads((outputs["Alpha"] / "bundle" / "bundle.json").read_text())
    assert (info["type"], info["cell_line"], info["K"]) == ("baseline", "Alpha", 3)
    assert [row["metric"] for row in info["metrics"]] == ["PCC"] * 3
    crossed = tmp_path / "cross.tsv"
    assert main([
        "cross", "--bundle", str(outputs["Beta"] / "bundle"), "--dataset", str(files["Alpha"]),
        "--splits", str(files["splits"]), "--output", str(crossed),
    ]) == 0  # fmt: skip
    assert set(read_table(crossed, PREDICTIONS)["trained_on"]) == {"Beta"}
    paths = [str(output / "predictions.tsv") for output in outputs.values()] + [str(crossed)]
    assert main([
        "evaluate", "--predictions", *paths, "--metrics", str(tmp_path / "metrics.tsv"),
        "--tests", str(tmp_path / "tests.tsv"), "--summary", str(tmp_path / "summary.tsv"),
    ]) == 0  # fmt: skip
    metrics = read_table(tmp_path / "metrics.tsv", METRICS)
    assert len(metrics) == 9
    assert metrics["value"].mean() > 0.3
    assert len(read_table(tmp_path / "summary.tsv")) == 3


def test_baselines_cross_in_one_job_and_start_no_network(files, small, tmp_path):
    methods = ("lasso", "linear_regression")
    for method in methods:
        assert baseline(files, "Beta", method, small, tmp_path / method) == 0
    command = [
        "cross", "--bundle", *(str(tmp_path / method / "bundle") for method in methods),
        "--dataset", str(files["Alpha"]), "--splits", str(files["splits"]),
        "--output-folder", str(tmp_path / "crossed"),
    ]  # fmt: skip
    code = "import sys; from deepexpr.cli import main; print(main(sys.argv[1:]), *sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    )
    status, *modules = result.stdout.split()
    assert status == "0"
    assert not {"keras", "tensorflow"} & set(modules)
    for method in methods:
        table = read_table(tmp_path / "crossed" / f"{method}.tsv", PREDICTIONS)
        assert set(table["method"]) == {method}
        single = tmp_path / "single.tsv"
        assert main(["cross", "--bundle", str(tmp_path / method / "bundle"), *command[4:-2],
                     "--output", str(single)]) == 0  # fmt: skip
        assert single.read_bytes() == (tmp_path / "crossed" / f"{method}.tsv").read_bytes()


def test_cross_refuses_the_target_itself_and_other_splits(files, small, tmp_path, capsys):
    assert baseline(files, "Beta", "linear_regression", small, tmp_path / "Beta") == 0
    command = ["cross", "--bundle", str(tmp_path / "Beta" / "bundle"), "--output", "x.tsv"]
    splits = ["--splits", str(files["splits"])]
    assert main([*command, *splits, "--dataset", str(files["Beta"])]) == 1
    assert "other than the target" in capsys.readouterr().err
    table = read_table(files["splits"])
    table["fold"] = (table["fold"] + 1) % 3
    other = tmp_path / "other.tsv"
    table.to_csv(other, sep="\t", index=False)
    assert main([*command, "--splits", str(other), "--dataset", str(files["Alpha"])]) == 1
    assert "other splits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "method", "message"),
    [("regression", "svm", "no method of regression"), ("regression", "lasso", "inner folds")],
)
def test_wrong_use_is_one_message(files, small, tmp_path, capsys, task, method, message):
    small["inner_folds"] = 1000
    assert baseline(files, "Alpha", method, small, tmp_path / "x", task) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("option", ["--seed=-1", "--threads=0"])
def test_impossible_seeds_and_threads_are_wrong_usage(files, capsys, option):
    command = ["baseline", "--dataset", str(files["Alpha"]), "--splits", str(files["splits"])]
    with pytest.raises(SystemExit) as stop:
        main([*command, "--task=regression", "--method=lasso", "--output=x", option])
    assert stop.value.code == 2
    assert "is less than" in capsys.readouterr().err
