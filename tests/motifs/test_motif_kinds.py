"""Motif files and peaks of strangers: read right, or told."""

import logging

import numpy as np
import pytest

from deepexpr.errors import InputError
from deepexpr.features.meme_format import read_meme
from deepexpr.motifs.beds import read_peaks
from deepexpr.reference.bed import bed_rows

TOP = "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
FULL = "MOTIF {} FULL\nletter-probability matrix: alength= 4 w= 1 {}\n0.7 0.1 0.1 0.1\n\n"
LOGODDS = "MOTIF M2 LOGODDS_ONLY\nlog-odds matrix: alength= 4 w= 1\n180 -200 -300 -300\n\n"


def read(tmp_path, text):
    (tmp_path / "m.meme").write_text(text)
    return read_meme(tmp_path / "m.meme")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FULL.format("M1", "") + LOGODDS + FULL.format("M3", ""),
         "1 motif(s) have no .*: M2 (line 11)"),
        (FULL.format("M1", "") + "MOTIF M3 CUT\n", "1 motif(s) have no .*: M3 (line 11)"),
        (LOGODDS, "1 motif(s) have no"),
        (LOGODDS + "MOTIF M3\nMOTIF M4\n", "3 motif(s) have no"),
    ],
)  # fmt: skip
def test_motifs_without_a_matrix_are_refused(tmp_path, text, told):
    pattern = told.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(InputError, match=pattern) as caught:
        read(tmp_path, TOP + text)
    assert "MOTIF lines" in caught.value.expected


def test_both_matrices_of_one_motif(tmp_path):
    """As MEME itself writes them: log-odds, then probabilities."""
    body = FULL.format("M1", "nsites= 7").split("\n", 1)
    text = f"{body[0]}\nlog-odds matrix: alength= 4 w= 1\n1 2 3 4\n\n{body[1]}"
    assert [motif.sites for motif in read(tmp_path, TOP + text)] == [7]


@pytest.mark.parametrize(
    ("said", "sites"),
    [("nsites= 0 E= 0", 20), ("", 20), ("nsites= 12", 12), ("nsites= 1.5e2", 150)],
)
def test_sites_that_a_file_does_not_say(tmp_path, said, sites):
    assert read(tmp_path, TOP + FULL.format("M", said))[0].sites == sites
    with pytest.raises(InputError, match="no number"):
        read(tmp_path, TOP + FULL.format("M", "nsites= many"))


@pytest.mark.parametrize(
    "alphabet", ["ALPHABET= ACGU", 'ALPHABET "RNA" RNA-LIKE', "ALPHABET= ACGT"]
)
def test_rna_is_told(tmp_path, alphabet, caplog):
    with caplog.at_level(logging.WARNING):
        assert (
            len(read(tmp_path, TOP.replace("ALPHABET= ACGT", alphabet) + FULL.format("M", ""))) == 1
        )
    assert ("of RNA" in caplog.text) == ("RNA" in alphabet or "U" in alphabet)


BEDS = {
    "BED3": ("{c}\t{s}\t{e}", 0),
    "BED4": ("{c}\t{s}\t{e}\tpeak_{h}", 0),
    "BED5": ("{c}\t{s}\t{e}\tpeak\t{h}", 1),
    "BED6": ("{c}\t{s}\t{e}\tpeak\t{h}\t+", 1),
    "summits of MACS": ("{c}\t{s}\t{e}\tpeak\t{h}", 1),
    "bedGraph": ("{c}\t{s}\t{e}\t{h}", 1),
    "narrowPeak": ("{c}\t{s}\t{e}\tpeak\t1000\t.\t{h}\t-1\t3.5\t10", 1),
    "broadPeak": ("{c}\t{s}\t{e}\tpeak\t1000\t.\t{h}\t9.1\t3.5", 1),
    "gappedPeak": ("{c}\t{s}\t{e}\tp\t9\t.\t{s}\t{e}\t0\t1\t4\t0\t{h}\t2\t1", 1),
    "BED9": ("{c}\t{s}\t{e}\tpeak\t{h}\t.\t{s}\t{e}\t255,0,0", 1),
    "BED12": ("{c}\t{s}\t{e}\tpeak\t{h}\t.\t{s}\t{e}\t0\t1\t4\t0", 1),
    "SEACR": ("{c}\t{s}\t{e}\t9000.5\t{h}\t{c}:{s}-{e}", 1),
}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("kind", BEDS)
def test_height_of_every_kind_of_bed(tmp_path, kind, seed):
    rng = np.random.default_rng(seed)
    line, factor = BEDS[kind]
    heights = np.round(rng.uniform(0.5, 900, 12), 2)
    starts = rng.integers(1000, 10**8, 12)
    path = tmp_path / "peaks.bed"
    path.write_text("# made by X\ntrack name=x\n" + "".join(
        line.format(c="chr1", s=s, e=s + 300, h=h) + "\n"
        for s, h in zip(starts, heights, strict=True)
    ))  # fmt: skip
    table = read_peaks(path)
    assert table["height"].tolist() == (factor * heights).tolist()
    assert table["start"].tolist() == starts.tolist()


def test_signal_that_nobody_filled_in(tmp_path):
    path = tmp_path / "a.narrowPeak"
    path.write_text(
        "chr1\t1\t9\tp\t700\t.\t0\t-1\t-1\t-1\nchr1\t20\t29\tq\t300\t.\t0\t-1\t-1\t-1\n"
    )
    assert read_peaks(path)["height"].tolist() == [700, 300]
    path.write_text("".join(f"chr1\t{i}0\t{i}5\t{i}\n" for i in (1, 2, 3)))  # names, no heights
    assert read_peaks(path)["height"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("line", ["chr1\t5\t9\tp\t+", "chr1\t5\t9\tp\thigh", "chr1\t5\t9\tp\tnan"])
def test_height_that_is_no_number_is_refused(tmp_path, line):
    (tmp_path / "a.bed").write_text(f"chr1\t1\t4\tp\t7\n{line}\n")
    with pytest.raises(InputError, match="no number") as caught:
        read_peaks(tmp_path / "a.bed")
    assert "line 2" in caught.value.where


@pytest.mark.parametrize(
    "line",
    ["chr1\t9\t9", "chr1\t-1\t9", "chr1\t9\t5", "chr1\tstart\tend", "chr1 1 9", "chr1\t1\u00b2\t9"],
)  # fmt: skip
def test_lines_that_are_no_intervals(tmp_path, line):
    (tmp_path / "a.bed").write_text(f"track\nchr1\t1\t4\n{line}\n")
    with pytest.raises(InputError, match="Not a BED line") as caught:
        list(bed_rows(tmp_path / "a.bed"))
    assert "line 3" in caught.value.where


def test_windows_line_ends_and_names_with_hash(tmp_path):
    (tmp_path / "a.bed").write_bytes(b"HG#1#chr1\t1\t4\tp\t7\r\n")
    row = next(bed_rows(tmp_path / "a.bed"))
    assert row[:3] == ("HG#1#chr1", 1, 4)
    assert row.fields[-1] == "7"


@pytest.mark.parametrize(
    "line",
    ["chr1\t5\t9\tchr1\t90\t99", "chr1\t5\t9\t70\t30\t1e-9\t2.3\t1e-8", "chr1\t5\t9\tp\t7\t120"],
)
def test_tables_whose_sixth_column_is_no_strand_are_no_peaks(tmp_path, line):
    """BEDPE, SICER's islands: their fifth column is no height."""
    (tmp_path / "a.bed").write_text(f"{line}\n")
    with pytest.raises(InputError, match="column 6 is no strand") as caught:
        read_peaks(tmp_path / "a.bed")
    assert "line 1" in caught.value.where


def test_rows_of_unequal_width_are_told(tmp_path, caplog):
    (tmp_path / "a.bed").write_text("chr1\t5\t9\tp\t7\nchr1\t50\t90\n")
    with caplog.at_level(logging.WARNING):
        assert read_peaks(tmp_path / "a.bed")["height"].tolist() == [7, 0]
    assert "rows have 3 to 5 columns" in caplog.text
