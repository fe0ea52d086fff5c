"""Simulate replaces a folder only if all in it is its own."""

import json

import pytest

from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.simulate.demo import write_truth
from deepexpr.simulate.folders import demo_files, refuse_foreign_folder

WORLDS = [[], ["--active-sites"], ["--divergence", "0.1"]]
#: Near the simulator's names, none of them its own; of the two species' beneath.
FOREIGN = ["genome.fa", "annotation.gtf", "counts.tsv", "truth/mine.tsv", "truth_notes.txt",
           "demo/genome.fa", "demo_notes/a.txt", "sister.fa", "orthologues.tsv.old"]  # fmt: skip
MADE = {"deepexpr": "1", "seed": 1, "scale": 0.1, "settings": {}}


def filled(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def simulated(folder, *words):
    return main(["simulate", "--seed", "1", "--scale", "0.1", *words, "--output", str(folder)])


@pytest.mark.parametrize("words", WORLDS)
def test_a_users_files_stay(words, tmp_path, capsys):
    folder = filled(tmp_path / "mine", FOREIGN)
    assert simulated(folder, *words) == 1
    error = capsys.readouterr().err
    assert "other files" in error
    assert "truth/settings.json" in error
    files = [p for p in folder.rglob("*") if p.is_file()]
    assert sorted(str(p.relative_to(folder)) for p in files) == sorted(FOREIGN)
    assert all(p.read_text() == str(p.relative_to(folder)) for p in files)


@pytest.mark.parametrize("mark", [None, "no JSON", "[]", json.dumps({"settings": {}})])
def test_own_names_need_the_simulators_settings(mark, tmp_path):
    folder = filled(tmp_path / "mine", ["genome.fa", "annotation.gtf", "truth/loops.tsv"])
    if mark is not None:
        (folder / "truth/settings.json").write_text(mark)
    with pytest.raises(InputError, match="other files"):
        refuse_foreign_folder(folder, demo_files())
    (folder / "truth/settings.json").write_text(json.dumps(MADE))
    refuse_foreign_folder(folder, demo_files())


@pytest.mark.parametrize("name", ["genome.fa.old", "truth/notes.txt", "reads/mine_R1.fastq.gz"])
def test_one_other_file_beside_its_own_is_enough(name, tmp_path):
    folder = filled(tmp_path / "demo", ["genome.fa", "genome.fa.fai"])
    filled(folder, ["truth/settings.json"]).joinpath("truth/settings.json").write_text(
        json.dumps(MADE)
    )
    refuse_foreign_folder(folder, demo_files())
    filled(folder, [name])
    with pytest.raises(InputError, match="other files") as told:
        refuse_foreign_folder(folder, demo_files())
    assert told.value.found == f"demo/{name}"


def test_links_and_folders_of_others_are_foreign(tmp_path):
    folder = filled(tmp_path / "demo", [])
    (folder / "reads").mkdir(parents=True)
    (folder / "truth").mkdir()
    refuse_foreign_folder(folder, demo_files())  # as Snakemake makes them before a rule
    (folder / "notes").mkdir()
    with pytest.raises(InputError, match="other files"):
        refuse_foreign_folder(folder, demo_files())
    (folder / "notes").rmdir()
    (folder / "reads").rmdir()
    (folder / "reads").symlink_to(tmp_path)
    with pytest.raises(InputError, match="other files"):
        refuse_foreign_folder(folder, demo_files())


def test_all_that_the_demo_writes_is_known(demo, world, tmp_path):
    found = {str(p.relative_to(demo)) for p in demo.rglob("*") if p.is_file()}
    assert found < set(demo_files())
    refuse_foreign_folder(demo, demo_files())
    write_truth(world, tmp_path / "truth", 1, 0.1)
    refuse_foreign_folder(tmp_path, demo_files())
