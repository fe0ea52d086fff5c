"""Loops of strangers' tables: their anchors lie where loops can, in whatever order and text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loop_texts import HEADER, PLACES, counts, read, rows

from deepexpr.errors import InputError
from deepexpr.hichip import bedpe
from deepexpr.hichip.loop_tables import imported_signal, read_loop_table


def test_mirrored_and_repeated_rows_count_once(tmp_path):
    mirrored = "chr1\t1200000\t1205000\tchr1\t1000000\t1005000"
    text = rows("7", "9") + f"{mirrored}\t7\n{PLACES[0]}\t7\n"
    assert counts(tmp_path, text) == [7, 9]
    with pytest.raises(InputError, match="stand twice with different counts") as caught:
        read(tmp_path, rows("7") + f"{mirrored}\t8\n")
    assert caught.value.found.endswith("7 and 8")


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("chr1\t5\t5\tchr1\t20\t30", "ends before it begins"),
        ("chr1\t9\t5\tchr1\t20\t30", "ends before it begins"),
        ("chr1\t5\t9\tchr1\t5\t9", "No loop is left"),
    ],
)
def test_impossible_anchors_are_refused(tmp_path, place, problem):
    with pytest.raises(InputError, match=problem) as caught:
        read(tmp_path, f"{place}\t7\n")
    assert "line 1" in caught.value.where


def test_positions_are_whole_numbers(tmp_path):
    with pytest.raises(InputError, match="no whole numbers"):
        read(tmp_path, f"{HEADER}count\nchr1\t0.5\t9\tchr1\t20\t30\t7\n")
    assert counts(tmp_path, f"{HEADER}count\nchr1\t1e3\t2e3\tchr1\t5e3\t6e3\t7\n") == [7]


def test_an_anchor_with_itself_is_left_out(tmp_path, caplog):
    text = rows("7") + "chr1\t5000\t9000\tchr1\t5000\t9000\t50\n"
    assert counts(tmp_path, text) == [7]
    assert "1 loop(s) of an anchor with itself" in caplog.text


def test_anchors_lie_on_their_chromosome(tmp_path):
    loops = read(tmp_path, rows("7", "9"))
    for size in (2_103_000, 2_100_001):  # the last bin is cut at the end
        assert imported_signal({"s": loops}, {"chr1": size})["end2"].tolist() == [1205000, size]
    with pytest.raises(InputError, match="beyond the end") as caught:
        imported_signal({"s": loops}, {"chr1": 2_100_000})
    assert caught.value.found == "2100000-2105000"
    odd = read(tmp_path, "chr1\t5\t17\tchr1\t90\t101\t7\n")
    with pytest.raises(InputError, match="beyond the end"):
        imported_signal({"s": odd}, {"chr1": 100})


def test_names_with_hash_and_of_numbers(tmp_path):
    text = "HG1#1#chr1\t0\t50\tHG1#1#chr1\t90\t100\t7\n1\t0\t50\t1\t90\t100\t8\n"
    assert read(tmp_path, text)["chromosome1"].tolist() == ["1", "HG1#1#chr1"]


@pytest.mark.parametrize(
    "text",
    ["", f"{HEADER}count\n", f"#{HEADER}count\n", "# nothing\n",
     rows("7\t0.5", head=f"{HEADER}count\tconfidence\n")],
)  # fmt: skip
def test_nothing_left_is_an_error(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert caught.value.where


def test_nothing_on_the_genome_is_an_error(tmp_path, caplog):
    loops = read(tmp_path, rows("7", "9") + "chrUn\t0\t50\tchrUn\t90\t100\t7\n")
    assert len(imported_signal({"s": loops}, ["chr1"])) == 2
    assert "1 of 3 loops are on chromosomes that the genome lacks, such as chrUn" in caplog.text
    trans = read(tmp_path, "chr1\t0\t50\tchr2\t90\t100\t7\n")
    with pytest.raises(InputError, match="No loop has both anchors"):
        imported_signal({"s": trans}, ["chr1"])


def random_table(rng):
    """Distinct loops with their counts, as rows of text and as the reader should give them."""
    n = int(rng.integers(1, 40))
    starts = rng.choice(2000, (n, 2), replace=False) * 5000
    starts = starts[starts[:, 0] != starts[:, 1]]
    names = rng.choice(["chr1", "2", "HG#1#X"], (len(starts), 2))
    made = [
        (a, int(s), int(s) + 5000, b, int(t), int(t) + 5000, int(c))
        for (a, b), (s, t), c in zip(names, starts, rng.integers(1, 99, len(starts)), strict=True)
    ]
    ordered = [r if (r[0], r[1]) <= (r[3], r[4]) else (*r[3:6], *r[:3], r[6]) for r in made]
    return made, sorted(list(row) for row in ordered)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("shape", ["bedpe", "named", "washu", "csv", "mirrored", "interact"])
def test_ten_more_of_each_shape(tmp_path, shape, seed):
    rng = np.random.default_rng(seed)
    made, right = random_table(rng)
    names = dict(zip("abcdefg", range(7), strict=True))
    order = rng.permutation(list(names))
    line = {
        "bedpe": "{0}\t{1}\t{2}\t{3}\t{4}\t{5}\tloop{6}\t{6}\t.\t.\n",
        "named": "\t".join(f"{{{names[k]}}}" for k in order) + "\n",
        "washu": "{0}:{1}-{2}\t{3}:{4}-{5}\t{6}\n",
        "csv": '"{0}",{1},{2},"{3}",{4},{5},{6}\n',
        "mirrored": "{0}\t{1}\t{2}\t{3}\t{4}\t{5}\tx\t{6}\n{3}\t{4}\t{5}\t{0}\t{1}\t{2}\ty\t{6}\n",
        "interact": "{0}\t1\t2\tn\t0\t{6}\t.\t0\t{0}\t{1}\t{2}\t.\t.\t{3}\t{4}\t{5}\t.\t.\n",
    }[shape]
    heads = dict(zip("abcdefg", ("chrA", "startA", "endA", "chrB", "startB", "endB", "PETs"),
                     strict=True))  # fmt: skip
    head = "\t".join(heads[k] for k in order) + "\n# a comment\n" if shape == "named" else ""
    back = read(tmp_path, head + "".join(line.format(*row) for row in made))
    assert back.to_numpy().tolist() == right


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
numbers = st.integers(-5, 3_000_000_000).map(str) | st.floats().map(str)
lines_of_cells = st.lists(
    st.lists(cells | numbers | st.sampled_from(["chr1", ".", "#x"]), min_size=1, max_size=12),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(lines_of_cells)
def test_any_text_is_a_table_or_one_error(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "anything.loops"
    path.write_text("\n".join("\t".join(row) for row in table), encoding="utf-8")
    try:
        loops = read_loop_table(path)
    except InputError:
        return
    assert len(loops) > 0
    assert (loops["start1"] < loops["end1"]).all()
    assert (loops["start2"] < loops["end2"]).all()
    assert not loops.duplicated(bedpe.ANCHORS).any()


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)), st.lists(st.integers(1, 10**6), min_size=6, max_size=6))
def test_rows_in_any_order_and_direction_are_the_same_loops(tmp_path_factory, order, values):
    path = tmp_path_factory.getbasetemp() / "order.loops"
    rows = [("chr1", 10 * i, 10 * i + 5, "chr2", 7, 9, v) for i, v in enumerate(values)]
    text = [
        "\t".join(map(str, rows[i] if i % 2 else (*rows[i][3:6], *rows[i][:3], rows[i][6])))
        for i in order
    ]
    path.write_text(f"{HEADER}count\n" + "\n".join(text))
    assert read_loop_table(path)["count"].tolist() == values
