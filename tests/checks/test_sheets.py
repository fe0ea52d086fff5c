"""Sheets: problems together, entries, and rules across rows."""

import numpy as np
import pytest
from small_project import SAMPLES, UNITS

from deepexpr.checks.inputs import load_and_check
from deepexpr.config.settings import read_config
from deepexpr.errors import InputError
from deepexpr.features.meme_format import write_meme
from deepexpr.features.motif import Motif


def config():
    return {
        "samples": "samples.tsv",
        "units": "units.tsv",
        "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}},
    }


def test_all_problems_are_listed_at_once(project):
    (project / "units.tsv").write_text(UNITS.replace("h_1", "h_8").replace("r_1", "r_8"))
    with pytest.raises(InputError, match="2 problems were found") as caught:
        load_and_check(config(), "test")
    assert "r_8.fq" in str(caught.value)
    assert "h_8.fq" in str(caught.value)


def test_problems_of_all_layers_are_listed(project):
    """Cells, rows that name no sample and missing files; a configuration beside its sheets."""
    (project / "samples.tsv").write_text(SAMPLES.replace("\thichip", "\tchip"))
    (project / "units.tsv").write_text(UNITS.replace("H1", "H7").replace("r_1", "r_8"))
    with pytest.raises(InputError, match="4 problems were found") as caught:
        load_and_check(config(), "test")
    for words in ("'chip'", "'H7' has a unit", "'H1' has no unit", "r_8.fq"):
        assert words in str(caught.value)
    with pytest.raises(InputError, match="2 problems were found") as caught:
        load_and_check(config() | {"evaluation": {"folds": ["five"]}}, "test")
    assert "'five' is not of type 'integer'" in str(caught.value)
    assert "'chip'" in str(caught.value)


@pytest.mark.parametrize(("sheet", "words"), [
    ("samples.tsv", "Its row in samples.tsv is a comment: take the # away"),
    ("units.tsv", "Its rows in units.tsv are comments: put a # before"),
])  # fmt: skip
def test_a_row_that_is_a_comment_in_one_sheet_is_named(project, sheet, words):
    text = {"samples.tsv": SAMPLES, "units.tsv": UNITS}[sheet]
    (project / sheet).write_text(text.replace("\nH1", "\n# no mates: H1"))
    with pytest.raises(InputError) as caught:
        load_and_check(config(), "test")
    assert words in caught.value.fix


def test_what_is_not_verified_is_told_beside_what_is_no_accession(project):
    sheet = UNITS.replace("r_2.fq.gz\t\t\t", "r_2.fq.gz\t\t\tSRRx")
    sheet = sheet.replace("h_1", "h_8").replace("h_2.fq.gz\t\t\t", "h_2.fq.gz\t\t\tunverified:look")
    (project / "units.tsv").write_text(sheet)
    with pytest.raises(InputError, match="2 problems were found") as caught:
        load_and_check(config(), "test")
    assert "found: unverified:look" in str(caught.value)
    assert "SRRx" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "key", "word"),
    [
        ({"motifs": {"attribution_cell_lines": ["Nope"]}}, "test, key motifs.attribution", "Nope"),
        ({"training": {"epoch": 2}}, "training.epoch", "epoch"),
        ({"model": {"variant": "paper", "kernel": 2001}}, "model.kernel", "wider than the prom"),
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


@pytest.mark.parametrize(
    ("change", "problem", "where"),
    [
        ({"model": {"variant": "tuned", "motifs": "no.meme"}}, "does not exist", "model.motifs"),
        ({"model": {"variant": "tuned", "motifs": "a.gtf"}}, "MEME's motif format", "model.motifs"),
        ({"model": {"variant": "tuned"}, "training": {"samples": "no.tsv"}}, "does not exist",
         "training.samples"),
        ({"model": {"variant": "tuned"}, "training": {"samples": "samples.tsv"}}, "gene",
         "training.samples: samples.tsv"),
        ({"model": {"variant": "tuned", "words": False}, "training": {"samples": "s.tsv"}},
         "the network has none", "training.samples"),
        ({"model": {"variant": "tuned", "words": False, "motifs": "m.meme"}},
         "the network has none", "model.motifs"),
    ],
)  # fmt: skip
def test_files_that_are_read_beside_words_are_looked_at(project, change, problem, where):
    (project / "s.tsv").write_text("gene\tone\nG\t1.5\n")
    one = Motif("one", "", np.full((6, 4), 0.25), 20)
    write_meme([one], project / "m.meme")
    with pytest.raises(InputError, match=problem) as caught:
        load_and_check(config() | change, "test")
    assert where in caught.value.where


@pytest.mark.parametrize(
    ("rows", "problem", "where"),
    [
        ("R1\tlane1\tr_1.fq\tr_2.fq.gz\nR1\tlane2\th_1.fq\n",
         "The sample 'R1' mixes single-end and paired-end units.", "units.tsv, column fq2"),
        ("R1\tlane1\tr_1.fq\tr_2.fq.gz\nR1\tlane2\t\t\tk\n",
         "The units of sample 'R1' start from different kinds of file.",
         "units.tsv, row 3, column kallisto"),
        ("R1\tlane1\t\t\tk\nR1\tlane2\t\t\tk2\n",
         "The sample 'R1' has 2 units, but kallisto's output folder stands for a whole sample.",
         "units.tsv, row 3, column kallisto"),
        ("R1\tlane1\t\tr_2.fq.gz\n", "The unit has second mates but no first ones.",
         "units.tsv, row 2, column fq1"),
        ("R1\tlane1\tr_1.fq\tr_2.fq.gz\nH2\tl\t\t\t\tl.bedpe\n",
         "The cell line 'Line' has finished loops for some samples and not for others.",
         "units.tsv, row 3, column loops"),
    ],
)  # fmt: skip
def test_units_of_a_sample_fit_each_other(project, rows, problem, where):
    header = "sample\tunit\tfq1\tfq2\tkallisto\tloops\tfragment_length\tfragment_sd\n"
    rows = rows.replace("lane2\th_1.fq\n", "lane2\th_1.fq\t\t\t\t200\t20\n")
    rest = "H1\tlane1\th_1.fq\th_2.fq.gz\n"
    (project / "units.tsv").write_text(header + rows + rest)
    if "H2" in rows:
        (project / "samples.tsv").write_text(SAMPLES + "H2\tLine\thichip\ttoy\t\n")
    with pytest.raises(InputError) as caught:
        load_and_check(config(), "test")
    assert (caught.value.problem, caught.value.where) == (problem, where)


def test_pairs_need_no_enzyme(project):
    (project / "samples.tsv").write_text(SAMPLES.replace("MboI", ""))
    old, new = "h_1.fq\th_2.fq.gz\t\t\t\t", "\t\t\t\t\tx.pairs"
    (project / "units.tsv").write_text(UNITS.replace(old, new))
    (project / "x.pairs").write_text("## pairs format v1.0\n")
    _, _, units = load_and_check(config(), "test")
    assert units["pairs"].tolist() == ["", "x.pairs"]


def test_sheets_that_a_spreadsheet_saved(project):
    """A byte order mark and Windows line ends."""
    for name, text in (("samples.tsv", SAMPLES), ("units.tsv", UNITS)):
        data = text.replace("\n", "\r\n").encode()
        (project / name).write_bytes(b"\xef\xbb\xbf" + data)
    _, samples, _ = load_and_check(config(), "test")
    assert samples["sample"].tolist() == ["R1", "H1"]


def test_the_defaults_name_no_cell_line_that_other_sheets_lack(project, root):
    """Other people's configurations lie over config/config.yaml, which runs the paper."""
    files = [str(root / "config/config.yaml"), "config.yaml"]
    _, samples, _ = load_and_check(read_config(files), ", ".join(files))
    assert set(samples["cell_line"]) == {"Line"}


def test_a_column_of_the_other_sheet_is_sent_there(project):
    lines = SAMPLES.splitlines()
    text = "\n".join([lines[0] + "\ttarget", *(f"{line}\tYY1" for line in lines[1:])])
    (project / "samples.tsv").write_text(text + "\n")
    with pytest.raises(InputError, match="Unknown column 'target'") as caught:
        load_and_check(config(), "test")
    assert "Move it to the units sheet, whose column it is." in str(caught.value)
