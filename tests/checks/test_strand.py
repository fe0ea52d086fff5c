"""From which strand a library's reads come, told from its first reads."""

import gzip
import logging
import random

import pandas as pd
import pytest

from deepexpr.checks.strand import Strands, read_strands, require_strand
from deepexpr.cli import main
from deepexpr.errors import InputError

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def turned(text):
    return text.translate(COMPLEMENT)[::-1]


@pytest.fixture(scope="module")
def transcripts(tmp_path_factory):
    """Twenty transcripts of 1,000 bp in lines of 60 letters, one with an N."""
    draw = random.Random(5)
    made = ["".join(draw.choices("ACGT", k=1000)) for _ in range(20)]
    made[3] = made[3][:500] + "N" + made[3][501:].lower()
    path = tmp_path_factory.mktemp("strand") / "t.fa"
    lines = ("\n".join(text[i : i + 60] for i in range(0, 1000, 60)) for text in made)
    path.write_text("".join(f">T{i}\n{text}\n" for i, text in enumerate(lines)))
    return path, [text.upper() for text in made]


def library(path, transcripts, forward, number=1000, seed=1):
    """FASTQ of reads of which this share lies forward; each tenth read has an error."""
    draw = random.Random(seed)
    with gzip.open(path, "wt") as handle:
        for i in range(number):
            text = draw.choice(transcripts)
            start = draw.randrange(len(text) - 75)
            read = text[start : start + 75]
            if i % 10 == 0:
                read = read[:37] + "A" + read[38:]
            read = read if draw.random() < forward else turned(read)
            handle.write(f"@r{i}\n{read}\n+\n{'I' * 75}\n")
    return path


@pytest.mark.parametrize(
    ("forward", "reading"),
    [(1, "forward"), (0.9, "forward"), (0.5, "unstranded"), (0.1, "reverse"), (0, "reverse")],
)
def test_strand_is_told(tmp_path, transcripts, forward, reading):
    path, texts = transcripts
    found = read_strands(library(tmp_path / "r.fq.gz", texts, forward), path)
    assert found.reading == reading
    assert found.forward + found.reverse > 950
    assert found.forward / 1000 == pytest.approx(forward, abs=0.05)


def test_reads_of_another_genome_tell_nothing(tmp_path, transcripts):
    draw = random.Random(9)
    other = ["".join(draw.choices("ACGT", k=1000))]
    found = read_strands(library(tmp_path / "r.fq.gz", other, 1), transcripts[0])
    assert found == Strands(0, 0)
    assert found.reading is None


READINGS = {"forward": Strands(900, 100), "reverse": Strands(50, 950), "unstranded": Strands(5, 5)}


@pytest.mark.parametrize("stated", ["forward", "reverse", "unstranded", ""])
@pytest.mark.parametrize(
    ("found", "reading"),
    [(Strands(900, 100), "forward"), (Strands(50, 950), "reverse"),
     (Strands(500, 510), "unstranded"), (Strands(100, 0), None)],
)  # fmt: skip
def test_what_is_stated_is_held_against_the_reads(caplog, stated, found, reading):
    if reading is None or reading == (stated or "unstranded"):
        require_strand(found, stated, "r.fq")
        assert not [r for r in caplog.records if r.levelname == "WARNING"]
    elif {reading, stated} == {"forward", "reverse"}:
        with pytest.raises(InputError, match=f"not {stated}.*other strand") as caught:
            require_strand(found, stated, "r.fq")
        assert f"write {reading}".lower() in caught.value.fix.lower()
    else:
        with caplog.at_level(logging.WARNING):
            require_strand(found, stated, "r.fq")
        assert f"write {reading} in the column strandedness" in caplog.text


def test_verb_counts_and_tells(tmp_path, transcripts, capsys):
    path, texts = transcripts
    mates = [library(tmp_path / f"{m}.gz", texts, f, 300, m) for m, f in ((1, 1), (2, 0))]
    command = ["reads", "--transcripts", path, "--fq1", *mates[:1], "--output", tmp_path / "o.tsv"]
    assert main(list(map(str, command))) == 0
    assert "strandedness" in capsys.readouterr().err
    table = pd.read_csv(tmp_path / "o.tsv", sep="\t").set_index("metric")["value"]
    assert table["reads"] == 300
    assert table["forward"] > 280 > 5 > table["reverse"]
    assert main(list(map(str, [*command, "--fq2", mates[1], "--strandedness", "reverse"]))) == 1
    assert "lie on the other strand" in capsys.readouterr().err
    assert main(list(map(str, [*command, "--fq2", *mates]))) == 2
