"""Generated genomes: every letter, line and record as written; doubts are told."""

import gzip
import logging
import random

import pytest

from deepexpr.errors import InputError
from deepexpr.reference.fasta import open_genome
from deepexpr.reference.genome import look_at_genome, prepare_genome


def made(draw):
    """{name: letters} and the file's bytes."""
    records, text = {}, ""
    for i in range(draw.randint(1, 8)):
        name = draw.choice([f"chr{i}", str(i), f"HG#1#{i}", f"sc|{i}.1", f"NC_{i:06d}.1"])
        letters = "".join(draw.choices("ACGTacgtNRYn", k=draw.randint(1, 400)))
        width = draw.randint(1, 90)
        lines = [letters[at : at + width] for at in range(0, len(letters), width)]
        more = draw.choice(["", " a b", "\tx"])
        text += f">{name}{more}\n" + "\n".join(lines) + "\n"
        records[name] = letters
    return records, text.removesuffix("\n") if draw.random() < 0.3 else text


@pytest.mark.parametrize("seed", range(10))
def test_letters_are_those_of_the_file(tmp_path, seed):
    draw = random.Random(seed)
    records, text = made(draw)
    source = tmp_path / "g.fa"
    source.write_bytes(gzip.compress(text.encode()) if seed % 3 == 0 else text.encode())
    prepare_genome(source, tmp_path / "out.fa", tmp_path / "sizes")
    with open_genome(tmp_path / "out.fa") as genome:
        assert {name: genome.fetch(name) for name in genome.references} == records
    sizes = [line.split("\t") for line in (tmp_path / "sizes").read_text().splitlines()]
    assert {name: int(bp) for name, bp in sizes} == {n: len(t) for n, t in records.items()}


def large(draw, letters="ACGTacgt"):
    return "".join(draw.choices(letters, k=120_000))


def hard_masked(draw, letter):
    text = large(draw)
    return "".join(text[i : i + 250] + letter * 250 for i in range(0, len(text), 250))


KINDS = {
    "sound": (lambda d: large(d), ""),
    "gaps": (lambda d: large(d) + "N" * 80_000 + large(d), ""),
    "hard-masked": (lambda d: hard_masked(d, "N"), "looks hard-masked"),
    "capitals": (lambda d: large(d, "ACGT"), "no small letters"),
    "one strange letter": (lambda d: large(d)[:-1] + "*", "1 letters are none of DNA"),
}


@pytest.mark.parametrize("width", [60, 200_000, 10**7])
@pytest.mark.parametrize("kind", KINDS)
def test_check_and_job_say_the_same(tmp_path, caplog, kind, width):
    make, says = KINDS[kind]
    text = make(random.Random(3))
    source = tmp_path / "g.fa"
    lines = "\n".join(text[i : i + width] for i in range(0, len(text), width))
    source.write_text(f">chr1 x\n{lines}\n")
    for look in (
        lambda: prepare_genome(source, tmp_path / "o.fa", tmp_path / "s"),
        lambda: look_at_genome(source, {"chr1": len(text)}),
    ):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            look()
        warned = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
        assert len(warned) == bool(says)
        assert says in "".join(warned)


@pytest.mark.parametrize("letters", ["ACGU", "ACGTX", "ACDEFGHIKL", "0123"])
def test_other_letters_than_dna_are_refused(tmp_path, letters):
    source = tmp_path / "g.fa"
    text = large(random.Random(1), letters)
    source.write_text(">chr1\n" + "\n".join(text[i : i + 60] for i in range(0, len(text), 60)))
    for look in (
        lambda: prepare_genome(source, tmp_path / "o.fa", tmp_path / "s"),
        lambda: look_at_genome(source, {"chr1": len(text)}),
    ):
        with pytest.raises(InputError, match="none of DNA"):
            look()
    assert not (tmp_path / "o.fa").exists()
