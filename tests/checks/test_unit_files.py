"""Files of units by kind of mistake: what `check` says before anything runs."""

import gzip
import random
import sys

import pytest
from small_project import SAMPLES

from deepexpr.checks.inputs import load_and_check, run_time_problems
from deepexpr.errors import InputError, raise_all

CONFIG = {
    "samples": "samples.tsv",
    "units": "units.tsv",
    "assemblies": {"toy": {"genome": "g.fa", "annotation": "a.gtf"}},
}
HEAD = "sample\tunit\tfq1\tfq2\tfragment_length\tfragment_sd\texpression\tvalue_column\n"
RNA = "sample\tcell_line\tassay\tassembly\nR1\tLine\trna\ttoy\nR2\tLine\trna\ttoy\n"
ONE_SAMPLE = RNA.removesuffix("R2\tLine\trna\ttoy\n")


def dna(draw, length=50):
    return "".join(draw.choices("ACGT", k=length))


def reads(seed, number=200, name="read{i}", quality="I", length=50):
    """FASTQ of random reads; `quality` is drawn from."""
    draw = random.Random(seed)
    return "".join(
        f"@{name.format(i=i + 1)}\n{dna(draw, length)}\n+\n"
        f"{''.join(draw.choices(quality, k=length))}\n"
        for i in range(number)
    )


def check(units, samples=RNA, **more):
    """All problems that `check` tells of these sheets."""
    with open("samples.tsv", "w") as handle:
        handle.write(samples)
    with open("units.tsv", "w") as handle:
        handle.write(HEAD + units)
    config = load_and_check(CONFIG | more, "test")
    raise_all(run_time_problems(*config))


def one_pair(project, one, two):
    (project / "x_1.fq").write_text(one)
    (project / "x_2.fq").write_text(two)
    check("R1\ta\tx_1.fq\tx_2.fq\n", ONE_SAMPLE)


MARKS = [("{i}/1", "{i}/2"), ("S.{i}.1 {i}", "S.{i}.2 {i}"), ("r{i}_1", "r{i}_2"),
         ("r{i} 1:N:0:A", "r{i} 2:N:0:A"), ("r{i} 1:N:0", "r{i} 2:N:0"),
         ("S.1{i}", "S.1{i}"), ("q{i}.1", "q{i}.1")]  # fmt: skip


@pytest.mark.parametrize(("one", "two"), MARKS)
def test_mate_names_that_trimming_takes_pass(project, one, two):
    one_pair(project, reads(1, name=one), reads(2, name=two))


def test_generated_mate_names_are_judged_as_trimming_judges_them(project):
    from deepexpr.hichip.fastq import count_reads

    draw = random.Random(21)
    ends = ["/1", "/2", ".1", ".2", "_1", "_2", "", " 1", "-1"]
    for _ in range(40):
        stem = draw.choice(["r{i}", "S.{i}", "a:{i}:b"])
        names = [stem + draw.choice(ends) for _ in "12"]
        told = []
        for look in (
            lambda n: one_pair(project, reads(1, 20, n[0]), reads(2, 20, n[1])),
            lambda n: count_reads("x_1.fq", "x_2.fq"),
        ):
            try:
                look(names)
                told.append(True)
            except InputError:
                told.append(False)
        assert told[0] == told[1], names


@pytest.mark.parametrize(
    ("one", "two", "says"),
    [
        ("r{i}.2", "r{i}.1", "different names"),
        ("r{i}/2", "r{i}/1", "marks that do not fit"),
        ("r{i}/1", "r{i}/1", "hold the same mate"),
        ("r{i} 1:N:0:A", "r{i} 1:N:0:A", "say that they are mate 1"),
        ("r{i} 2:Y:0:A", "r{i} 1:Y:0:A", "say that they are mate 2"),
        ("r{i} 2:N:0", "r{i} 1:N:0", "say that they are mate 2"),
        ("S.{i} r{i} 2:N:0 length=50", "S.{i} r{i} 1:N:0 length=50", "say that they are mate 2"),
    ],
)
def test_marks_of_the_wrong_mate_are_refused(project, one, two, says):
    """By the check, and by the job that reads them, which may have downloaded them."""
    from deepexpr.hichip.fastq import count_reads

    with pytest.raises(InputError, match=says):
        one_pair(project, reads(1, name=one), reads(2, name=two))
    with pytest.raises(InputError, match=says if ":" in one else "mate"):
        count_reads("x_1.fq", "x_2.fq")


def test_mates_out_of_step_are_refused(project):
    records = reads(2).split("@")[1:]
    damaged = "".join("@" + record for record in records[:40] + records[41:])
    with pytest.raises(InputError, match="at record 41 they have different names"):
        one_pair(project, reads(1), damaged)


def test_mates_of_different_number_are_refused(project):
    with pytest.raises(InputError, match="do not hold the same number of reads"):
        one_pair(project, reads(1), reads(2, 40))


def test_damage_behind_the_first_read_is_found(project):
    text = reads(1)
    lines = text.split("\n")
    lines[40 * 4 + 3] = lines[40 * 4 + 3][:-1]
    with pytest.raises(InputError, match="Record 41 has 50 bases and 49 qualities"):
        one_pair(project, "\n".join(lines), reads(2))


def test_a_copy_of_the_first_mates_is_refused(project):
    with pytest.raises(InputError, match="one file is a copy of the other"):
        one_pair(project, reads(1), reads(1))


@pytest.mark.parametrize(("one", "two"), MARKS[:4])
def test_interleaved_reads_are_refused(project, one, two):
    couples = zip(reads(1, name=one).split("@")[1:], reads(2, name=two).split("@")[1:], strict=True)
    (project / "x.fq").write_text("".join(f"@{a}@{b}" for a, b in couples))
    with pytest.raises(InputError, match="the file is interleaved"):
        check("R1\ta\tx.fq\t\t200\t20\n", ONE_SAMPLE)


@pytest.mark.parametrize("name", ["S.{i}", "r_{i}", "r{i}", "S.{i} {i} length=50"])
@pytest.mark.parametrize("number", [1, 2, 3, 200])
def test_single_end_reads_that_are_numbered_pass(project, name, number):
    (project / "x.fq").write_text(reads(1, number, name))
    check("R1\ta\tx.fq\t\t200\t20\n", ONE_SAMPLE)


TWO = RNA + "H1\tLine\thichip\ttoy\nH2\tLine\thichip\ttoy\n"
PAIRS_HEAD = "## pairs format v1.0\n#chromsize: chr1 9000\n#columns: readID chr1 pos1 chr2 pos2\n"


def pairs(seed, name="r{i}", number=200):
    draw = random.Random(seed)
    places = [(draw.randrange(1, 9000), draw.randrange(1, 9000)) for _ in range(number)]
    return PAIRS_HEAD + "".join(
        f"{name.format(i=i)}\tchr1\t{a}\tchr1\t{b}\n" for i, (a, b) in enumerate(places)
    )


def loop_table(seed):
    draw = random.Random(seed)
    rows = (draw.randrange(1, 90) for _ in range(30))
    return "".join(f"chr1\t0\t10\tchr1\t{i + 20}\t{i + 30}\t{n}\n" for i, n in enumerate(rows))


@pytest.mark.parametrize("column", ["pairs", "loops"])
def test_replicates_that_are_one_library_are_refused(project, monkeypatch, column):
    """A copy under another name, with other names of its reads, or packed."""
    make = {"pairs": pairs, "loops": loop_table}[column]
    (project / "one").write_text(make(1))
    (project / "other").write_text(make(2))
    (project / "copy").write_text(pairs(1, "x{i}") if column == "pairs" else make(1))
    (project / "copy.gz").write_bytes(gzip.compress(make(1).encode()))
    (project / "link").symlink_to("one")
    monkeypatch.setattr(sys.modules[__name__], "HEAD", HEAD.rstrip("\n") + f"\t{column}\n")
    rows = "R1\ta\tr_1.fq\tr_2.fq.gz\nR2\ta\tx_1.fq\tx_2.fq\n"
    (project / "x_1.fq").write_text(reads(7))
    (project / "x_2.fq").write_text(reads(8))
    empty = "\t" * 7

    def with_second(path):
        check(f"{rows}H1\ta{empty}one\nH2\ta{empty}{path}\n", TWO)

    with_second("other")
    for path in ["copy", "copy.gz"][: 2 if column == "pairs" else 1]:
        with pytest.raises(InputError, match=f"Two units of Line hold the same {column}"):
            with_second(path)
    with pytest.raises(InputError, match="stands in two units of Line"):
        with_second("link")


PAIR = "H1\ta\tx_1.fq\tx_2.fq\nR1\tb\tr_1.fq\tr_2.fq.gz\n"
PHRED64 = [("defghijB", True), ("@ABCDEFGHh", True), (";<=>ghi", True), ("#,:FFF", False),
           ("I", False), ("?I", False), ("FGHIJK", False), ("K", False), ("~", False),
           ("BCDEFGHIJK", False), ("!IJKLMNOPQRS", False)]  # fmt: skip


@pytest.mark.parametrize(("letters", "is64"), PHRED64)
@pytest.mark.parametrize("options", ["-n 1", "-n 1 --phred64-quals"])
def test_qualities_from_64_on_are_refused(project, letters, is64, options):
    for mate in (1, 2):
        (project / f"x_{mate}.fq").write_text(reads(mate + 7, quality=letters))
    settings = {"hichip": {"bowtie_options": options}}
    if is64 and "64" not in options:
        with pytest.raises(InputError, match="Phred") as caught:
            check(PAIR, SAMPLES, **settings)
        assert "--phred64-quals" in str(caught.value)
    else:
        check(PAIR, SAMPLES, **settings)


def test_reads_of_different_lengths_pass_if_the_first_is_short(project):
    short = reads(3, 1, length=20)
    (project / "x.fq").write_text(short + reads(1, name="s{i}"))
    check("R1\ta\tx.fq\t\t200\t20\n", ONE_SAMPLE)


@pytest.mark.parametrize(
    "rows",
    [
        "R1\ta\tx.fq\t\t200\t20\nR1\tb\tx.fq\t\t200\t20\nR2\ta\ty.fq\t\t200\t20\n",
        "R1\ta\tx.fq\t\t200\t20\nR2\ta\t./x.fq\t\t200\t20\n",
        "R1\ta\tx.fq\t\t200\t20\nR2\ta\tlink.fq\t\t200\t20\n",
    ],
)
def test_one_file_in_two_units_is_refused(project, rows):
    (project / "x.fq").write_text(reads(1))
    (project / "y.fq").write_text(reads(2))
    (project / "link.fq").symlink_to(project / "x.fq")
    with pytest.raises(InputError, match="stands in two units of Line"):
        check(rows)


def test_a_copy_under_another_name_is_refused(project):
    for name in "xy":
        (project / f"{name}.fq").write_text(reads(1, name=name + "{i}"))
    with pytest.raises(InputError, match="Two units of Line hold the same reads"):
        check("R1\ta\tx.fq\t\t200\t20\nR2\ta\ty.fq\t\t200\t20\n")


def test_one_table_may_hold_a_column_for_each_sample(project):
    (project / "t.tsv").write_text("gene\tone\ttwo\nG\t1\t2\n")
    check("R1\ta\t\t\t\t\tt.tsv\tone\nR2\ta\t\t\t\t\tt.tsv\ttwo\n")
    with pytest.raises(InputError, match="stands in two units"):
        check("R1\ta\t\t\t\t\tt.tsv\tone\nR2\ta\t\t\t\t\tt.tsv\tone\n")


@pytest.mark.parametrize(
    ("lengths", "says"),
    [
        (("200\t20", "300\t20"), "differ in their fragment_length"),
        (("200\t20", "200\t30"), "differ in their fragment_sd"),
        (("200\t20", "200.0\t20"), None),
        (("0\t20", "0\t20"), "is no length"),
        (("200\t2.0.0", "200\t20"), "is no length"),
    ],
)
def test_fragment_lengths_within_a_sample(project, lengths, says):
    for i in range(2):
        (project / f"x{i}.fq").write_text(reads(i))
    rows = "".join(f"R1\tl{i}\tx{i}.fq\t\t{lengths[i]}\n" for i in range(2))
    samples = ONE_SAMPLE
    if says is None:
        check(rows, samples)
        return
    with pytest.raises(InputError, match=says):
        check(rows, samples)


@pytest.mark.parametrize("word", ["forward", "reverse", "unstranded", ""])
def test_strandedness_is_known(project, word):
    (project / "x.fq").write_text(reads(1))
    samples = f"sample\tcell_line\tassay\tassembly\tstrandedness\nR1\tLine\trna\ttoy\t{word}\n"
    check("R1\ta\tx.fq\t\t200\t20\n", samples)
    with pytest.raises(InputError, match="bad value"):
        check("R1\ta\tx.fq\t\t200\t20\n", samples.replace("\t" + word + "\n", "\tfirst\n"))


def test_strandedness_of_no_reads_is_refused(project):
    (project / "t.tsv").write_text("G\t1\n")
    samples = "sample\tcell_line\tassay\tassembly\tstrandedness\nR1\tLine\trna\ttoy\tforward\n"
    with pytest.raises(InputError, match="Only an RNA-seq sample with reads"):
        check("R1\ta\t\t\t\t\tt.tsv\n", samples)


@pytest.mark.parametrize("seed", range(10))
def test_generated_pairs_of_each_kind(project, seed):
    """A sound pair passes; what is made of it is refused, whatever its names and lengths."""
    draw = random.Random(seed)
    one, two = draw.choice(MARKS)
    length, number = draw.randint(40, 150), draw.randint(10, 400)
    quality = draw.choice(["I", "#,:F", "!&-5=EIJ", "?DIK"])
    first, second = (
        [f"@{text}" for text in reads(seed * 2 + m, number, name, quality, length).split("\n@")]
        for m, name in enumerate((one, two))
    )
    first[0], second[0] = first[0][1:], second[0][1:]
    first, second = (["".join([t.rstrip("\n"), "\n"]) for t in x] for x in (first, second))
    one_pair(project, "".join(first), "".join(second))
    at = draw.randrange(number - 1)
    shuffled = [*second[:at], second[at + 1], second[at], *second[at + 2 :]]
    renamed = [b.split("\n", 1)[0] + "\n" + a.split("\n", 1)[1]
               for a, b in zip(first, second, strict=True)]  # fmt: skip
    for made in (shuffled, second[:-1], second[1:], renamed, second * 2):
        with pytest.raises(InputError):
            one_pair(project, "".join(first), "".join(made))
    (project / "x.fq").write_text("".join(a + b for a, b in zip(first, second, strict=True)))
    with pytest.raises(InputError, match=r"interleaved|at record|same mate|say that"):
        check("R1\ta\tx.fq\t\t200\t20\n", ONE_SAMPLE)


@pytest.mark.parametrize("seed", range(10))
def test_generated_qualities(project, seed):
    """Reads that wear out to their ends, in both codes."""
    draw = random.Random(seed)
    for offset in (33, 64):
        for mate in (1, 2):
            text = ""
            for i in range(draw.randint(20, 300)):
                bases, best = dna(draw), draw.randint(30, 40)
                worn = [max(2, best - draw.randint(0, 4) - j // 3) for j in range(50)]
                quality = "".join(chr(offset + q) for q in worn)
                text += f"@r{i}\n{bases}\n+\n{quality}\n"
            (project / f"x_{mate}.fq").write_text(text)
        shorter = min((project / f"x_{m}.fq").read_text().count("\n") for m in (1, 2))
        for mate in (1, 2):
            lines = (project / f"x_{mate}.fq").read_text().splitlines(keepends=True)
            (project / f"x_{mate}.fq").write_text("".join(lines[:shorter]))
        if offset == 33:
            check(PAIR, SAMPLES)
        else:
            with pytest.raises(InputError, match="Phred"):
                check(PAIR, SAMPLES)
