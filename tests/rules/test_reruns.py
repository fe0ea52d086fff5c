"""What an edit or a changed setting makes again in a finished run, by dry runs."""

import shutil
from contextlib import contextmanager

import pytest
import yaml
from tiny_run import ARGUMENTS
from workflow_copy import Workflow

pytestmark = pytest.mark.slow
MAPPING = {"map_unit", "join_pairs"}
EVERYTHING_TRAINED = {"train_network", "fit_baseline"}


@contextmanager
def edited(path, old, new):
    """The file with `old` replaced once, then as it was, its time included."""
    before = path.read_text()
    assert old in before, f"{path} no longer holds {old!r}"
    path.write_text(before.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(before)


def planned(workflow, *arguments):
    """Rules with at least one job in a dry run."""
    text = workflow.run("-n", *ARGUMENTS, *arguments)
    stats = text.partition("Job stats:")[2].partition("total")[0]
    return {line.split()[0] for line in stats.splitlines()[3:] if line.split()[1:]} - {"all"}


def test_finished_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.run("-n", *ARGUMENTS)


def test_copied_run_has_nothing_to_do(finished, tmp_path):
    """No parameter, input or record holds the folder in which the run was made."""
    shutil.copytree(finished.folder, tmp_path / "elsewhere", symlinks=True)
    copied = Workflow(tmp_path / "elsewhere")
    assert "Nothing to be done" in copied.run("-n", *ARGUMENTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Join the mates of all units of a sample, drop duplicates, classify, sort."""',
         '"""Another sentence."""  # and a comment'),
        ("        bam1=get_bams(1),", "        # inside the rule\n        bam1=get_bams(1),"),
    ],
)  # fmt: skip
def test_comment_in_a_rule_reruns_nothing(finished, old, new):
    with edited(finished.folder / "rules/hichip.smk", old, new):
        assert planned(finished) == set()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("deepexpr/hichip/trimming.py", '"""', '"""Edited. '),  # a docstring
        ("deepexpr/hichip/trimming.py", "\ndef ", "\n\n\n# a comment\ndef "),
        ("deepexpr/files.py", '"na_rep": "NA"', '"index_label": None, "na_rep": "NA"'),  # shared
    ],
)
def test_edits_that_change_no_result_rerun_nothing(finished, file, old, new):
    with edited(finished.folder / file, old, new):
        assert planned(finished) == set()


def test_edited_function_reruns_what_calls_it_and_what_follows(finished):
    with edited(finished.folder / "deepexpr/hichip/trimming.py", "\ndef ", "\nEDITED = 1\ndef "):
        rules = planned(finished)
    assert {*MAPPING, "call_loops", "build_dataset", *EVERYTHING_TRAINED} <= rules
    assert not {"index_bowtie", "quantify_sample", "cut_promoters"} & rules


def test_edited_function_of_one_figure_redraws_that_figure_only(finished):
    with edited(finished.folder / "deepexpr/figures/architecture.py", "\ndef ", "\nX = 1\ndef "):
        assert planned(finished) == {"draw_figure_1"}


@pytest.mark.parametrize(
    ("setting", "again", "untouched"),
    [
        ({"loops": {"confidence": 0.8}}, {"call_loops", "train_network"}, MAPPING),
        ({"hichip": {"max_distance": 1_000_000}}, {"count_contacts", "call_loops"}, MAPPING),
        ({"motifs": {"e_value": 0.01}}, {"match_motifs"},
         {"find_enhancer_motifs", "cut_enhancers", "read_filters", "train_network"}),
        ({"resources": {"training_threads": 2}}, set(), EVERYTHING_TRAINED),
        ({"strict": True}, set(), EVERYTHING_TRAINED),
    ],
)  # fmt: skip
def test_changed_setting_reruns_what_reads_it(finished, setting, again, untouched):
    overlay = finished.folder / "changed.yaml"
    overlay.write_text(yaml.safe_dump(setting))
    try:
        rules = planned(finished, overlay.name)
    finally:
        overlay.unlink()
    assert again <= rules
    assert not untouched & rules
    if not again:
        assert rules == set()
