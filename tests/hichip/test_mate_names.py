"""The one comparison of mates' names: what holds for any names, plain and compiled."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deepexpr.hichip import fastq_kernel
from deepexpr.hichip.mate_names import BAD_MARK, BAD_NAME, SAME_MARK, compare_names

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)
MARKS = st.sampled_from(["/", ".", "_"])


def compared(one: str, two: str) -> int:
    """By the plain function; the compiled one must say the same."""
    a, b = one.encode(), two.encode()
    plain = compare_names(a, 0, len(a), b, 0, len(b))
    arrays = [np.frombuffer(x, np.uint8) for x in (a, b)]
    compiled = fastq_kernel.compare_names(arrays[0], 0, len(a), arrays[1], 0, len(b))
    assert compiled == plain
    return plain


@settings(deadline=None)  # the first call compiles
@given(NAMES)
def test_equal_names_are_mates_unless_both_say_which(name):
    marked = len(name) > 1 and name[-2:] in ("/1", "/2")
    assert compared(name, name) == (SAME_MARK if marked else 0)


@settings(deadline=None)  # the first call compiles
@given(NAMES, MARKS)
def test_marks_of_either_kind_are_mates(stem, mark):
    assert compared(f"{stem}{mark}1", f"{stem}{mark}2") == 1
    assert compared(f"{stem}{mark}2", f"{stem}{mark}1") == (BAD_MARK if mark == "/" else BAD_NAME)


@settings(deadline=None)  # the first call compiles
@given(NAMES, NAMES)
def test_what_differs_elsewhere_is_no_mate(one, two):
    result = compared(one, two)
    if result in (0, 1):
        assert one[:-1] == two[:-1]
        assert one == two or (one[-1], two[-1]) == ("1", "2")
    if len(one) != len(two):
        assert result in (BAD_NAME, BAD_MARK)


@settings(deadline=None)  # the first call compiles
@given(NAMES, NAMES)
def test_no_order_of_two_files_makes_mates_of_strangers(one, two):
    if one[:-1] != two[:-1]:
        assert min(compared(one, two), compared(two, one)) > 1
