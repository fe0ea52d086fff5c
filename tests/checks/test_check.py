"""`deepexpr check`: every kind of mistake has one message, asserted in full."""

import importlib.util
import itertools
import logging
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
import yaml

from deepexpr.checks.everything import _warn_of_few_genes
from deepexpr.checks.gzip_ends import BGZF_END
from deepexpr.checks.health import Wanted, unit_health
from deepexpr.checks.inputs import _source
from deepexpr.checks.telling import looking_at, only_warnings
from deepexpr.cli import main
from deepexpr.config.entries import FILE_COLUMNS
from deepexpr.config.sections import Config
from deepexpr.model import trainers

MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text())


def make(mistake: dict, path: Path) -> None:
    """Put one mistake into a file that is in order."""
    if isinstance(mistake["new"], float):
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * mistake["new"])])
    elif "old" not in mistake:
        path.write_text(mistake["new"])
    else:
        text = path.read_text()
        assert mistake["old"] in text
        times = -1 if mistake["old"] == "\t" else 1
        path.write_text(text.replace(mistake["old"], mistake["new"], times))


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake["name"])
def test_each_mistake_is_named(project, capsys, mistake):
    make(mistake, project / mistake["file"])
    if "also" in mistake:
        make(mistake["also"], project / mistake["also"]["file"])
    assert main(["check", "--configfile", "config.yaml"]) == 1
    says = mistake["says"].replace("{folder}", str(project))
    says = says.replace("{sections}", ", ".join(sorted(Config.model_fields)))
    assert capsys.readouterr().err == f"deepexpr check: error: {says}"


@pytest.mark.parametrize(
    ("column", "content", "says"),
    [
        ("bam1", b"@HD\tVN:1.0\n", "The file is no BAM."),
        ("bam1", BGZF_END[:20] + b"x" * 40, "The BAM file is cut: its end is missing."),
        ("bam1", BGZF_END, None),
        ("pairs", b"gene\tcount\n", "The file does not begin like a .pairs file."),
        ("pairs", b"## pairs format v1.0\n", None),
        ("loops", b"BAM\1\0\0", "The file does not begin like a table."),
        ("loops", b"chr1\t0\t9\tchr1\t50\t60\tx\t1\n", None),
    ],
)
def test_files_of_later_stages_are_what_their_column_says(tmp_path, column, content, says):
    names = [column, "bam2"] if column == "bam1" else [column]
    unit = dict.fromkeys([*FILE_COLUMNS, "value_column"], "") | {"sample": "h"}
    for name in names:
        (tmp_path / name).write_bytes(content)
        unit[name] = str(tmp_path / name)
    problems = unit_health(
        pd.DataFrame([unit]), Wanted({"h": "hichip"}, {"h": "Line"}, 20), "units.tsv"
    )
    assert [p.problem for p in problems] == ([says] * len(names) if says else [])
    assert all(f"column {name}" in p.where for name, p in zip(names, problems, strict=False))


def test_what_is_in_order_passes(project, capsys):
    assert main(["check", "--configfile", "config.yaml"]) == 0
    assert capsys.readouterr().out == "No problems: 2 samples of 1 cell line, 2 units.\n"


def test_the_configuration_of_a_run_s_folder_needs_no_option(project, capsys):
    for verb in ("check", "plan"):
        assert main([verb]) == 2
        text = capsys.readouterr().err
        assert f"deepexpr {verb}: error: --configfile is needed." in text
        assert "config/config.yaml in this folder" in text
    (project / "config").mkdir()
    (project / "config.yaml").rename(project / "config/config.yaml")
    assert main(["check"]) == 0
    assert "No problems" in capsys.readouterr().out


def test_where_files_come_from_that_nothing_downloads(project, root, tmp_path, capsys):
    """The paper's own tables, of which only the counts have an address."""
    configs = [
        str(root / name) for name in ("config/config.yaml", "config/paper-tables/config.yaml")
    ]
    for name in ("samples", "units", "paper-tables/samples", "paper-tables/units"):
        (tmp_path / f"config/{name}.tsv").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"config/{name}.tsv").write_text((root / f"config/{name}.tsv").read_text())
    assert main(["check", "--configfile", *configs]) == 1
    text = capsys.readouterr().err
    assert "6 problems" in text
    assert "The promoters of assembly 'hg19' do not exist" in text
    assert (
        "or set it to null to take them from genome and annotation. It comes from the auth" in text
    )
    assert text.count("https://zenodo.org/records/3040059 (arrays X_seq.npy and exp_*.npy") == 6
    longest = {"sources": {str(tmp_path): "a disk", f"{tmp_path}/a": "a letter"}}
    assert _source(longest, f"{tmp_path}/a/b.fa") == "It comes from a letter."
    assert _source(longest, f"{tmp_path}/ab.fa") == "It comes from a disk."
    assert _source(longest, "elsewhere") is None


def test_what_two_checks_find_is_told_once(project, capsys):
    """A table is read for its health and for its genes."""
    (project / "t.tsv").write_text("gene\tTPM\nG\tx\nH\t7\n")
    head = "sample\tunit\tfq1\tfq2\texpression\n"
    (project / "units.tsv").write_text(f"{head}R1\ta\t\t\tt.tsv\nH1\ta\th_1.fq\th_2.fq.gz\t\n")
    assert main(["check", "--configfile", "config.yaml"]) == 1
    assert capsys.readouterr().err.count("count are no counts") == 1


def test_a_warning_is_told_once(project, capsys):
    logger = logging.getLogger("deepexpr.anything")
    logging.basicConfig(stream=sys.stderr, force=True)
    with only_warnings():
        for text in ("twice", "twice", "other"):
            logger.warning("take care: %s", text)
    logger.warning("take care: twice")
    told = capsys.readouterr().err
    assert (told.count("twice"), told.count("other")) == (2, 1)


def test_warnings_stand_in_the_order_of_the_sheet(project, capsys):
    """However long each file takes, and whichever check finds it."""
    logger, turn = logging.getLogger("deepexpr.anything"), threading.Event()
    logging.basicConfig(stream=sys.stderr, force=True)

    def look(row):
        with looking_at(row):
            if row == 2:  # the first is done last
                assert turn.wait(60)
            logger.warning("row %d by the reads", row)
            logger.warning("of two rows")
            if row == 3:
                turn.set()

    with only_warnings(), ThreadPoolExecutor(2) as pool:
        list(pool.map(look, (2, 3)))
        with looking_at(2):
            logger.warning("row 2 by its genes")
        logger.warning("of the genome")
    told = [
        line.partition(":deepexpr.anything:")[2] for line in capsys.readouterr().err.split("\n")
    ]
    expected = ["of the genome", "row 2 by the reads", "of two rows", "row 2 by its genes",
                "row 3 by the reads", ""]  # fmt: skip
    assert told == expected


def test_check_warns_row_by_row(project, capsys):
    for number, name in enumerate(("one", "two", "three"), 1):
        (project / f"{name}.tsv").write_text(f"my_gene\tSRR\nG\t{number}\n{number}-Mar\t7\n")
    head = "sample\tunit\tfq1\tfq2\texpression\n"
    rows = [f"R{i}\ta\t\t\t{name}.tsv\n" for i, name in ((1, "three"), (2, "one"), (3, "two"))]
    samples = (project / "samples.tsv").read_text().splitlines(keepends=True)
    more = [samples[1].replace("R1", f"R{i}") for i in (2, 3)]
    (project / "samples.tsv").write_text("".join([*samples, *more]))
    (project / "units.tsv").write_text(f"{head}{''.join(rows)}H1\ta\th_1.fq\th_2.fq.gz\t\n")
    assert main(["check", "--configfile", "config.yaml"]) == 0
    told = re.findall(r"(one|two|three)\.tsv: ", capsys.readouterr().err)
    assert [name for name, _ in itertools.groupby(told)] == ["three", "one", "two"]
    assert len(told) == 6


@pytest.mark.parametrize(("genes", "folds", "words"), [
    (519, [1000], "519 genes, K = 1000"), (3, [2], "3 genes in all"), (100, [10], None),
])  # fmt: skip
def test_too_few_genes_are_warned_of(caplog, genes, folds, words):
    _warn_of_few_genes("toy", genes, folds)
    texts = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [words in text for text in texts] == [True] * bool(words)


def test_a_trainer_that_could_not_run_here_is_warned_of(project, monkeypatch, capsys):
    (project / "more.yaml").write_text("training: {trainer: stacked}\n")
    found = importlib.util.find_spec
    monkeypatch.setattr(
        trainers.importlib.util, "find_spec", lambda name: None if name == "jax" else found(name)
    )
    check = ["check", "--configfile", "config.yaml", "more.yaml"]
    assert main(check) == 0
    assert "JAX, which is not installed. Here its jobs would fail." in capsys.readouterr().err
    monkeypatch.setattr(trainers, "_problem", lambda: None)
    assert main(check) == 0
    assert "JAX" not in capsys.readouterr().err
