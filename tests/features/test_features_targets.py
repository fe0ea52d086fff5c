"""Bins of several HiChIP targets as channels: in the dataset, for baselines, joined for figures."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from deepexpr.baselines.inputs import feature_matrix
from deepexpr.baselines.settings import BaselineSettings
from deepexpr.cli import main
from deepexpr.errors import InputError
from deepexpr.features.build import build_dataset
from deepexpr.features.dataset import Dataset, check_dataset, write_dataset
from deepexpr.features.words import loop_totals, loop_windows
from deepexpr.files import write_table
from deepexpr.hichip.signal import joined_signal
from deepexpr.motifs.attribution import attribute_bins
from deepexpr.reference.fasta import write_fasta
from deepexpr.schemas import SIGNAL

TARGETS = ("H3K27ac", "YY1")


def signal(rows, **counts):
    table = pd.DataFrame(
        [("chr1", a, a + 5000, "chr1", b, b + 5000, n, np.log2(1 + n)) for a, b, n in rows],
        columns=list(SIGNAL),
    )
    return table.assign(**{f"count.{sample}": values for sample, values in counts.items()})


#: Both have the loop of A to 1,100,000; each has one more.
H3K27AC = signal([(100_000, 1_000_000, 3), (1_000_000, 1_100_000, 1)], h1=[6, 2])
YY1 = signal([(1_000_000, 1_100_000, 2), (1_000_000, 1_200_000, 7)], y1=[2, 7], y2=[0, 7])


@pytest.fixture
def tables():
    """Genes (A and B in loops, C in none), promoters and expression."""
    names = ["A", "B", "C"]
    genes = pd.DataFrame(
        {"gene": names, "chromosome": "chr1", "tss": [1_002_000, 102_000, 1_900_000],
         "strand": "+", "transcript": names, "biotype": "protein_coding"}
    )  # fmt: skip
    return genes, dict.fromkeys(names, "ACGT" * 500), pd.Series([3.0, 1.0, 2.0], index=names)


@pytest.fixture
def dataset(tables):
    signals = dict(zip(TARGETS, (H3K27AC, YY1), strict=True))
    return build_dataset(*tables, cell_line="K", assembly="toy", signal=signals)


def test_each_target_is_a_channel(dataset, tables):
    assert (dataset.bins.shape, dataset.targets) == ((3, 400, 2), TARGETS)
    for i, (name, loops) in enumerate(zip(TARGETS, (H3K27AC, YY1), strict=True)):
        alone = build_dataset(*tables, cell_line="K", assembly="toy", signal=loops)
        np.testing.assert_array_equal(dataset.bins[:, :, i], alone.bins)
        one = dataset.of_target(name)
        np.testing.assert_array_equal(one.bins, alone.bins)
        assert one.targets == (name,)
    order = dataset.gene.tolist()
    assert dict(zip(order, dataset.loop_number.ravel().tolist(), strict=True)) == {
        "A": 4, "B": 1, "C": 0,
    }  # fmt: skip
    # Anchors are those of the loops of both together, and of none where one target is taken.
    whole = build_dataset(
        *tables, cell_line="K", assembly="toy", signal=joined_signal([H3K27AC, YY1])
    )
    np.testing.assert_array_equal(dataset.others["anchors"], whole.others["anchors"])
    assert dataset.of_target("YY1").others == {}
    assert dataset.loop_count[order.index("A"), 0] == 13
    with pytest.raises(InputError, match="no bins of a target 'CTCF'"):
        dataset.of_target("CTCF")
    with pytest.raises(InputError, match="no bins of a target 'YY1'"):
        dataset.of_target("H3K27ac").of_target("YY1")


def test_the_file_keeps_them_and_none_changes_where_there_is_one(dataset, tables, tmp_path):
    write_dataset(dataset, tmp_path / "d.h5")
    back = Dataset.open(tmp_path / "d.h5")
    assert back.targets == TARGETS
    np.testing.assert_array_equal(back.bins, dataset.bins)
    write_dataset(
        build_dataset(*tables, cell_line="K", assembly="toy", signal=YY1), tmp_path / "o.h5"
    )
    with h5py.File(tmp_path / "o.h5") as file:
        assert "targets" not in file.attrs
    assert Dataset.open(tmp_path / "o.h5").targets == ()
    for wrong in ((), ("YY1",), ("YY1", "YY1"), ("a", "b", "c")):
        with pytest.raises(InputError, match="bins has the shape"):
            check_dataset(replace(dataset, targets=wrong), "d")


def test_the_verb_takes_a_table_of_each(tables, tmp_path, capsys):
    genes, promoters, expression = tables
    write_table(genes, tmp_path / "genes")
    write_fasta([(name, "", text) for name, text in promoters.items()], tmp_path / "promoters")
    write_table(expression.rename_axis("gene").reset_index(name="K"), tmp_path / "expression")
    write_table(H3K27AC, tmp_path / "h")
    write_table(YY1, tmp_path / "y")
    argv = [f"--{name}={tmp_path / name}" for name in ("genes", "promoters", "expression")]
    argv = ["dataset", *argv, "--cell-line=K", "--assembly=toy", f"--output={tmp_path / 'd.h5'}"]
    both = [f"--target-signal=H3K27ac={tmp_path / 'h'}", f"--target-signal=YY1={tmp_path / 'y'}"]
    assert main([*argv, *both]) == 0
    assert Dataset.open(tmp_path / "d.h5").targets == TARGETS
    assert main([*argv, both[0]]) == 2
    assert main([*argv, *both, f"--signal={tmp_path / 'h'}"]) == 2
    assert "two targets or more" in capsys.readouterr().err


def test_baselines_read_one_target_after_the_other(dataset):
    rows, settings = np.arange(3), BaselineSettings(word_blocks="coarse")
    first, second = (dataset.of_target(name).bins for name in TARGETS)
    size = dataset.bin_size
    for kind, wanted in (
        ("totals", [loop_totals(first, size), loop_totals(second, size)]),
        ("network", [loop_windows(first, size), loop_windows(second, size)]),
        ("gapped", [first, second]),
        (
            "anchors",
            [loop_windows(first, size), loop_windows(second, size), dataset.others["anchors"]],
        ),
    ):
        found = feature_matrix(dataset, rows, settings, kind, use_bins=True)
        loops = np.hstack(wanted)
        np.testing.assert_allclose(found.x[:, -loops.shape[1] :], loops)
        assert found.blocks[-1] == loops.shape[1]


def test_a_bin_is_emptied_of_all_targets_to_see_what_it_adds(dataset):
    weights = np.array([1.0, 10.0])

    def predict(inputs):
        return (inputs["bins"].astype(float) @ weights).sum(axis=1)[None]

    table = attribute_bins(dataset, "A", predict)
    # The bin of 1,100,000 holds 1 PET of one target and 2 of the other.
    both = table[table["start"] + dataset.bin_size > 1_102_500].iloc[0]
    assert both["signal"] == pytest.approx(np.log2(1 + 3))
    assert both["attribution"] == pytest.approx(1 + 10 * np.log2(3))


def test_joined_signal_adds_counts_and_names_each_loop_once():
    table = joined_signal([H3K27AC, YY1])
    assert list(table.columns) == [*SIGNAL, "count.h1", "count.y1", "count.y2"]
    assert table["start2"].tolist() == [1_000_000, 1_100_000, 1_200_000]
    assert table["normalised"].tolist() == [3, 3, 7]
    assert table["signal"].tolist() == [2, 2, 3]
    counts = table.filter(like="count.")
    assert counts.to_numpy().tolist() == [[6, 0, 0], [2, 2, 0], [0, 7, 7]]
    assert (counts.dtypes == np.int64).all()
