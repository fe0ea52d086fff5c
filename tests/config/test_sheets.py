"""Sheets: every kind of mistake named with file, row and column."""

import gzip

import pytest

from deepexpr.cli import main
from deepexpr.config.inputs import load_and_check, run_time_problems
from deepexpr.errors import InputError

SAMPLES = """sample\tcell_line\tassay\tassembly\tenzyme
R1\tLine\trna\ttoy\t
H1\tLine\thichip\ttoy\tMboI
"""
UNITS = """sample\tunit\tfq1\tfq2\tfragment_length\tfragment_sd\taccession
R1\tlane1\tr_1.fq\tr_2.fq\t\t\t
H1\tlane1\th_1.fq\th_2.fq\t\t\t
"""
READ = "@read/{mate}\nACGT\n+\nIIII\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "samples.tsv").write_text(SAMPLES)
    (tmp_path / "units.tsv").write_text(UNITS)
    for stem in "rh":
        for mate in (1, 2):
            (tmp_path / f"{stem}_{mate}.fq").write_text(READ.format(mate=mate))
    (tmp_path / "g.fa").write_text(">chr1\nACGT\n")
    (tmp_path / "a.gtf").write_text(
        'chr1\tx\texon\t1\t4\t.\t+\t.\tgene_id "G"; transcript_id "T"; gene_name "G";\n'
    )
    (tmp_path / "config.yaml").write_text(
        "samples: samples.tsv\nunits: units.tsv\n"
        "assemblies:\n  toy: {genome: g.fa, annotation: a.gtf}\n"
    )
    return tmp_path


def config():
    return {
        "samples": "samples.tsv",
        "units": "units.tsv",
        "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}},
    }


def test_good_sheets_pass(project, capsys):
    completed, samples, units = load_and_check(config(), "test")
    assert run_time_problems(completed, samples, units) == []
    assert main(["check", "--configfile", "config.yaml"]) == 0
    assert capsys.readouterr().out == "No problems: 2 samples of 1 cell lines, 2 units.\n"


@pytest.mark.parametrize(
    ("sheet", "old", "new", "problem", "where"),
    [
        ("samples", "MboI", "MboX", "MboX", "samples.tsv, row 3, column enzyme"),
        ("samples", "MboI", "", "with reads needs its enzyme", "samples.tsv, row 3, column enzyme"),
        ("samples", "\trna\t", "\trnaseq\t", "'rnaseq' is not one of", "row 2, column assay"),
        ("samples", "R1\tLine\trna\ttoy", "R1\tLine\trna\ttoi", "'toi' is not configured",
         "samples.tsv, row 2, column assembly"),
        ("samples", "R1\tLine", "R1\tOther", "'Line' has no RNA-seq sample", "column cell_line"),
        ("samples", "cell_line", "cellline", "Unknown column 'cellline'", "samples.tsv, header"),
        ("samples", "H1\tLine", "H 1\tLine", "does not match", "row 3, column sample"),
        ("units", "H1\tlane1", "H2\tlane1", "'H2' has a unit but no row", "units.tsv, row 3"),
        ("units", "H1\tlane1", "R1\tlane1", "stands twice", "units.tsv, row 3, column unit"),
        ("units", "h_2.fq", "", "needs both mates", "units.tsv, row 3, column fq2"),
        ("units", "r_2.fq", "", "fragment length", "row 2, column fragment_length, fragment_sd"),
        ("samples", "H1\tLine", "R1\tLine", "stands twice", "samples.tsv, row 3, column sample"),
        ("samples", "MboI", "MboI\tx\ty", "more cells than the header", "samples.tsv, row 3"),
        ("samples", SAMPLES, f"# note\n\n{SAMPLES.replace('R1', 'R#1')}", "does not match",
         "samples.tsv, row 4, column sample"),
        ("units", "h_2.fq", "h_1.fq", "Both mates are the same file", "row 3, column fq2"),
        ("units", "h_2.fq\t\t\t", "h_2.fq\t\t\tfoo12", "'foo12' cannot be downloaded",
         "units.tsv, row 3, column accession"),
        ("units", "h_1.fq", "h_9.fq", "does not exist: h_9.fq", "units.tsv, row 3, column fq1"),
    ],
)  # fmt: skip
def test_mistakes_in_sheets(project, sheet, old, new, problem, where):
    path = project / f"{sheet}.tsv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_and_check(config(), "test")
    assert problem in str(caught.value)
    assert where in str(caught.value)
    assert "fix:" in str(caught.value)


def test_all_problems_are_listed_at_once(project):
    (project / "units.tsv").write_text(UNITS.replace("h_1", "h_8").replace("r_1", "r_8"))
    with pytest.raises(InputError, match="2 problems were found") as caught:
        load_and_check(config(), "test")
    assert "r_8.fq" in str(caught.value)
    assert "h_8.fq" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key", "word"),
    [
        ({"training": {"epoch": 2}}, "model, training", "epoch"),
        ({"baselines": {"settings": {"inner_fold": 3}}}, "baselines.settings", "inner_fold"),
        ({"motifs": {"cismodule": {"iteratons": 1}}}, "motifs.cismodule", "iteratons"),
        ({"evaluation": {"distance_cell_lines": ["Nope"]}}, "distance_cell_lines", "Nope"),
    ],
)
def test_settings_inside_sections_are_checked_too(project, change, key, word):
    with pytest.raises(InputError) as caught:
        load_and_check(config() | change, "test")
    assert key in caught.value.where
    assert word in caught.value.problem
    assert caught.value.fix


def test_chromosome_names_that_disagree_stop_the_run(project, capsys):
    (project / "g.fa").write_text(">1\nACGT\n")
    assert main(["check", "--configfile", "config.yaml"]) == 1
    message = capsys.readouterr().err
    assert "No chromosome of the annotation is in the genome" in message
    assert "chr1" in message
    assert "a.gtf and g.fa" in message


def test_mates_with_other_names_stop_the_run(project, capsys):
    (project / "h_2.fq").write_text(READ.format(mate=2).replace("read", "other"))
    assert main(["check", "--configfile", "config.yaml"]) == 1
    assert "are not mates" in capsys.readouterr().err


def test_cut_gzip_stops_the_run(project, capsys):
    whole = gzip.compress(READ.format(mate=1).encode() * 1000)
    (project / "h_1.fq").write_bytes(whole[: len(whole) // 3])
    assert main(["check", "--configfile", "config.yaml"]) == 1
    assert "damaged or cut gzip" in capsys.readouterr().err


def test_unverified_accession_names_the_line_to_fill_in(project, capsys):
    text = UNITS.replace("h_1.fq\th_2.fq\t\t\t", "x_1.fq\tx_2.fq\t\t\tunverified:look it up")
    (project / "units.tsv").write_text(text)
    assert main(["check", "--configfile", "config.yaml"]) == 1
    message = capsys.readouterr().err
    assert "units.tsv, row 3, column accession" in message
    assert "unverified:look it up" in message
