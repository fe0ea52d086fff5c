"""Whole FASTQ files: counted to their ends, mates compared."""

import gzip
import random

import pytest

from deepexpr.errors import InputError
from deepexpr.hichip.fastq import count_reads


def records(number, seed=0, mate=""):
    draw = random.Random(seed)
    return [
        f"@r{i}{mate}\n{(read := ''.join(draw.choices('ACGT', k=draw.randint(0, 80))))}\n"
        f"+\n{'I' * len(read)}\n"
        for i in range(number)
    ]


def write(path, lines, how="plain"):
    data = "".join(lines).encode()
    if how == "windows":
        data = data.replace(b"\n", b"\r\n")
    if how == "no end":
        data = data.rstrip(b"\n")
    path.write_bytes(gzip.compress(data) if how == "gzip" else data)
    return path


@pytest.mark.parametrize("how", ["plain", "gzip", "windows", "blank", "no end"])
@pytest.mark.parametrize("number", [1, 400, 60_000])
def test_reads_are_counted(tmp_path, how, number):
    end = ["\n"] if how == "blank" else []
    one = write(tmp_path / "1", [*records(number, 1, "/1")[:-1], "@r" + str(number - 1) +
                                 "/1\nA\n+\nI\n", *end], how)  # fmt: skip
    two = write(tmp_path / "2", [*records(number, 2, "/2")[:-1], "@r" + str(number - 1) +
                                 "/2\nA\n+\nI\n", *end], how)  # fmt: skip
    assert count_reads(one) == number
    assert count_reads(one, two) == number


def damage(draw, lines):
    """One of the kinds of damage, and what is said of it."""
    at = draw.randrange(1, len(lines) - 1)
    kind = draw.choice(["lost", "swapped", "cut", "quality", "header", "plus"])
    record = lines[at].split("\n")
    if kind == "lost":
        return lines[:at] + lines[at + 1 :], "names of the mates differ|same number of reads"
    if kind == "swapped":
        return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]], "names of the mates"
    if kind == "cut":
        return lines[:at], "same number of reads"
    if kind == "quality":
        record[3] += "I"
    elif kind == "header":
        record[0] = record[0][1:]
    else:
        record[2] = "-"
    said = {"quality": "differ in length", "header": "begin with @", "plus": "begin with \\+"}[kind]
    return [*lines[:at], "\n".join(record), *lines[at + 1 :]], said


@pytest.mark.parametrize("seed", range(20))
def test_generated_damage_is_found_wherever_it_stands(tmp_path, seed):
    draw = random.Random(seed)
    files = [records(500, 1), records(500, 2)]
    side = draw.randrange(2)
    files[side], said = damage(draw, files[side])
    paths = [write(tmp_path / str(i), lines, "gzip") for i, lines in enumerate(files)]
    with pytest.raises(InputError, match=said):
        count_reads(*paths)


def test_a_cut_record_and_an_empty_file_are_refused(tmp_path):
    one = write(tmp_path / "1", [*records(5), "@last\nACGT\n"])
    with pytest.raises(InputError, match="middle of a record"):
        count_reads(one)
    with pytest.raises(InputError, match="holds no reads"):
        count_reads(write(tmp_path / "2", ["\n"]))
