"""Genomes made ready: what is copied, what is refused, what is warned of."""

import gzip
import logging
import os

import numpy as np
import pysam
import pytest

from deepexpr.errors import InputError
from deepexpr.reference.fasta import chromosome_sizes, fasta_names, fetch_padded, open_genome
from deepexpr.reference.fasta_index import index_fits
from deepexpr.reference.genome import prepare_genome
from deepexpr.run.targets import is_large


def letters(size, seed=1, alphabet="ACGTacgt"):
    return "".join(np.random.default_rng(seed).choice(list(alphabet), size))


def fasta(records, width=60):
    text = ""
    for header, sequence in records.items():
        lines = [sequence[i : i + width] for i in range(0, len(sequence), width)]
        text += f">{header}\n" + "".join(f"{line}\n" for line in lines)
    return text


def prepare(folder, text, compress=None):
    source = folder / "source.fa"
    source.write_bytes(compress(text.encode()) if compress else text.encode())
    prepare_genome(source, folder / "genome.fa", folder / "chrom.sizes")
    return folder / "genome.fa"


@pytest.mark.parametrize("compress", [None, gzip.compress])
def test_a_genome_is_copied_indexed_and_listed(tmp_path, compress):
    text = fasta({"chr1 first": letters(1000), "chr2": letters(130, 2)})
    genome = prepare(tmp_path, text, compress)
    assert genome.read_text() == text
    assert (tmp_path / "chrom.sizes").read_text() == "chr1\t1000\nchr2\t130\n"
    theirs = tmp_path / "theirs.fa"
    theirs.write_text(text)
    pysam.faidx(str(theirs))
    assert (tmp_path / "genome.fa.fai").read_text() == (tmp_path / "theirs.fa.fai").read_text()


def test_pieces_of_a_genome_change_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("deepexpr.reference.genome._BLOCK", 50)
    text = fasta({f"s{i} text": letters(100 + i, i) for i in range(20)}).rstrip("\n")
    assert prepare(tmp_path, text).read_text() == text + "\n"
    twice = text + "\n>s3 again\nACGT\n"
    with pytest.raises(InputError, match="s3 stands twice") as caught:
        prepare(tmp_path, twice)
    first, second = (i for i, x in enumerate(twice.split("\n"), 1) if x.startswith(">s3 "))
    assert f"lines {first} and {second}" in caught.value.where


def test_two_records_of_one_name_are_refused(tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(fasta({"chr1": letters(100), "chr2": "ACGT", "chr1 second": letters(90)}))
    for read in (lambda: list(fasta_names(path)), lambda: chromosome_sizes(path)):
        with pytest.raises(InputError, match="chr1 stands twice"):
            read()
    # An index that keeps silent about the second record is no index of this file.
    (tmp_path / "genome.fa.fai").write_text("chr1\t100\t6\t60\t61\nchr2\t4\t114\t4\t5\n")
    with pytest.raises(InputError, match="chr1 stands twice"):
        chromosome_sizes(path)


@pytest.mark.parametrize(
    "name",
    [
        "chr6_cox_hap2",
        "chr1_KI270762v1_alt",
        "chr1_KN196472v1_fix",
        "HSCHR6_MHC_APD_CTG1",
        "CHR_HSCHR1_1",
        "HG1012_PATCH",
    ],
)
def test_alternative_contigs_are_warned_of(tmp_path, caplog, name):
    prepare(tmp_path, fasta({"chr1": letters(200), name: letters(100)}))
    assert f"1 alternative contigs, such as {name}" in caplog.text


def test_masks_are_looked_at(tmp_path, caplog):
    prepare(tmp_path, fasta({"chr1": letters(5000), "chrUn_1": "N" * 900}))
    assert not [r for r in caplog.records if r.levelname == "WARNING"]
    prepare(tmp_path, fasta({"chr1": letters(5000, alphabet="ACGT")}))
    assert "has no small letters" in caplog.text
    caplog.clear()
    masked = "".join(letters(200, i, "ACGT") + "N" * 200 for i in range(20))
    prepare(tmp_path, fasta({"chr1": masked}))
    assert "looks hard-masked: 50 % of its letters are N, in stretches of 200" in caplog.text
    caplog.clear()
    gaps = letters(9000) + "N" * 9000
    prepare(tmp_path, fasta({"chr1": gaps}))
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


STALE = {
    "longer header": lambda s: fasta({"chr1 v2": s}),
    "other width": lambda s: fasta({"chr1": s}, 50),
    "other name": lambda s: fasta({"chrA": s}),
    "one more": lambda s: fasta({"chr1": s, "chr2": s}),
    "one in front": lambda s: fasta({"chr0": s[:70], "chr1": s}),
    "shorter": lambda s: fasta({"chr1": s[:-90]}),
}


@pytest.mark.parametrize("kind", STALE)
@pytest.mark.parametrize("newer", [True, False])
def test_an_index_of_another_file_is_made_again(tmp_path, caplog, kind, newer):
    path = tmp_path / "genome.fa"
    sequence = letters(3000)
    path.write_text(fasta({"chr1": sequence}))
    assert chromosome_sizes(path) == {"chr1": 3000}
    assert index_fits(path)
    path.write_text(STALE[kind](sequence))
    index = tmp_path / "genome.fa.fai"
    then = path.stat().st_mtime + (10 if newer else -10)
    os.utime(index, (then, then))
    assert not index_fits(path)
    name = next(n for n in fasta_names(path) if n != "chr0")
    with open_genome(path) as genome:
        assert fetch_padded(genome, name, 1000, 2000) == sequence[1000:2000].upper()
    assert index_fits(path)
    assert "is not the index of this file" in caplog.text


def test_a_sound_index_is_kept_however_old(tmp_path):
    path = tmp_path / "genome.fa"
    for text in (fasta({"a b": letters(120), "c": letters(61)}), ">a\nACGT\nAC", ">a\r\nACGT\r\n"):
        path.write_bytes(text.encode())
        pysam.faidx(str(path))
        index = tmp_path / "genome.fa.fai"
        os.utime(index, (1, 1))
        assert index_fits(path)
        chromosome_sizes(path)
        assert index.stat().st_mtime == 1


def test_letters_beyond_the_ends_are_n(genome):
    with open_genome(genome) as handle:
        whole = handle.fetch("chr2").upper()
        assert fetch_padded(handle, "chr2", -3, 43) == "NNN" + whole + "NNN"
        assert fetch_padded(handle, "chr2", -9, -4) == "N" * 5
        assert fetch_padded(handle, "chr2", 50, 54) == "N" * 4


def test_large_genomes_are_told_by_their_files(tmp_path):
    for name, size, head, large in (("a", 2**32 + 1, b">", True), ("b", 2**31, b">", False),
                                    ("c", 12 * 10**8, b"\x1f\x8b", True),
                                    ("d", 95 * 10**7, b"\x1f\x8b", False)):  # fmt: skip
        path = tmp_path / name
        with open(path, "wb") as handle:
            handle.write(head)
            handle.truncate(size)
        assert is_large(path) is large


def test_twenty_thousand_scaffolds_take_seconds(tmp_path, caplog):
    import time

    caplog.set_level(logging.ERROR)
    start = time.process_time()
    path = prepare(tmp_path, fasta({f"scaffold_{i}": "ACGTacgtNN" for i in range(20000)}))
    assert len(chromosome_sizes(path)) == 20000
    assert len(list(fasta_names(path))) == 20000
    assert time.process_time() - start < 10
