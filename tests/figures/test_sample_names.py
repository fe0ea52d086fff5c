"""Short labels of long sample names: apart, no longer than asked, and short names untouched."""

import pytest

from deepexpr.figures.names import LETTERS, short_names

TAIL = "_unknown_WT_unknown_HiChIP_standard_mergedSRR"
HARD = {
    "shared ends": [f"Human_{x}{TAIL}" for x in ("MiddleFrontalGyrus1", "SubstantiaNigra2")],
    "one name": [f"Human_MiddleFrontalGyrus1{TAIL}"],
    "differ in the middle": ["a" * 40 + x + "b" * 40 for x in "xy"],
    "one in another": [f"a{TAIL}", f"a{TAIL}_a{TAIL}"],
    "repeated words": ["_".join("a" * 30), "_".join("a" * 29)],
    "no letters": ["_" * 30, "_" * 31],
    "many alike": ["a" * 30 + f"{i:03d}" + "b" * 30 for i in range(120)],
    "a label is a name": [f"1 {'a' * 10}…{'a' * 11}", "a" * 60 + "x" + "a" * 60, "a" * 121],
}


@pytest.mark.parametrize("names", HARD.values(), ids=list(HARD))
def test_labels_are_short_and_apart(names):
    labels = short_names([*names, names[0]])
    assert list(labels) == names
    assert len(set(labels.values())) == len(names)
    assert max(map(len, labels.values())) <= LETTERS
    assert all(label.strip("…") for label in labels.values())


def test_what_tells_samples_apart_is_kept():
    assert list(short_names(HARD["shared ends"]).values()) == [
        "…MiddleFrontalGyrus1…",
        "…SubstantiaNigra2…",
    ]
    replicates = [f"K562_hichip_of_replicate_{i}" for i in "12"]
    assert list(short_names(replicates).values()) == [f"K562_hichip…_replicate_{i}" for i in "12"]


def test_short_names_stay_and_no_name_is_none():
    names = ["Alpha_hichip_1", "Alpha_hichip_2"]
    assert short_names(names) == {name: name for name in names}
    assert short_names([]) == {}
