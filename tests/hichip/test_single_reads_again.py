"""Files of single reads that hold both mates, or their reads twice, to whatever length."""

import random

import pytest

from deepexpr.checks.fastq import first_reads, mates_behind
from deepexpr.errors import InputError
from deepexpr.hichip.fastq import count_reads

BOTH = [("r{i}/1", "r{i}/2"), ("S.{i}.1 {i}", "S.{i}.2 {i}"), ("r{i}_1", "r{i}_2"),
        ("r{i} 1:N:0:A", "r{i} 2:N:0:A"), ("r{i}", "r{i}")]  # fmt: skip
ONCE = ["r{i}/1", "SRR1.{i}", "SRR1.{i} {i} length=9", "x_{i}", "a:b:{i}", "same", "S.{i}.1"]


def fastq(name, number, start=1):
    return "".join(
        f"@{name.format(i=i)}\n{'ACGTT' * 8}\n+\n{'I' * 40}\n" for i in range(start, start + number)
    )


@pytest.mark.parametrize("number", [2, 3, 60_000])
@pytest.mark.parametrize(("one", "two"), BOTH)
def test_mates_one_behind_the_other_are_found(tmp_path, one, two, number):
    path = tmp_path / "x.fq"
    path.write_text(fastq(one, number) + fastq(two, number))
    with pytest.raises(InputError, match=f"comes again at record {number + 1}:"):
        count_reads(path)
    if number < 100:
        assert mates_behind(first_reads(path)) == number


@pytest.mark.parametrize("name", ONCE)
@pytest.mark.parametrize("number", [1, 2, 3, 4, 30_000])
def test_reads_that_stand_once_are_counted(tmp_path, name, number):
    path = tmp_path / "x.fq"
    path.write_text(fastq(name, number))
    assert count_reads(path) == number
    assert mates_behind(first_reads(path)) is None


@pytest.mark.parametrize("seed", range(10))
def test_generated_numbers_and_orders(tmp_path, seed):
    """Single reads in any order and with gaps in their numbers are no mates of one another."""
    draw = random.Random(seed)
    name = draw.choice(ONCE[:5])
    numbers = draw.sample(range(1, 3000), draw.randint(5, 200))
    numbers = sorted(numbers) if seed % 2 else numbers
    path = tmp_path / "x.fq"
    path.write_text("".join(fastq(name, 1, i) for i in numbers))
    assert count_reads(path) == len(numbers)
