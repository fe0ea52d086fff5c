"""What the names of FASTQ files say: sample, lane and mate, and the cell line and assay meant.

Three habits are known: Illumina's (``K562_S1_L001_R1_001.fastq.gz``), the archives'
(``SRR123_1.fastq.gz``) and plain ones (``K562_rna_rep1_R1.fq.gz``, ``lane2`` or ``L2`` before the
mate). Names only propose; the reads decide (deepexpr.init.reads).
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from deepexpr.downloads.assays import WORDS, split_words

#: Endings of the files that are looked at.
FASTQ = re.compile(r"\.(?:fastq|fq)(?:\.gz)?$", re.IGNORECASE)
_ILLUMINA = re.compile(
    r"(?P<sample>.+?)(?:_S\d+)?(?:_L(?P<lane>\d{3}))?_(?P<kind>[RI])(?P<mate>[1-4])_(?P<part>\d{3})"
)
_ARCHIVE = re.compile(r"(?P<sample>[SED]RR\d+)(?:_(?P<mate>[12]))?")
#: R1, r1, read1, pair1 mark a mate; 1 alone may be a replicate. Trim Galore adds _val_1.
_PLAIN = re.compile(
    r"(?P<sample>.+?)[._-](?P<mark>R|r|[Rr]ead|pair)?(?P<mate>[12])"
    r"(?:[._-](?:val_[12]|trimmed|paired|clean))?"
)
_UNSORTED = re.compile(r"(?:undetermined|unassigned|unmatched)(?:[._-]|$)", re.IGNORECASE)
_LANE = re.compile(r"(?P<sample>.+?)[._-](?:L|[Ll]ane)_?(?P<lane>\d{1,3})")

#: Targets of HiChIP, and words that tell no cell line apart.
_NO_LINE = {
    "h3k27ac", "h3k4me3", "h3k4me1", "smc1", "smc1a", "rad21", "ctcf", "yy1", "pol2", "polii",
    "cohesin", "paired", "single", "pe", "se", "seq", "fastq", "fq", "reads", "raw", "data",
    "trimmed", "merged", "mergedsrr", "standard", "unknown", "sample", "lib", "library", "of",
}  # fmt: skip
_ACCESSION = re.compile(r"(?:[sed]rr|[sed]rx|gsm|gse|encff|encsr)[0-9a-z]+")
_REPLICATE = re.compile(r"(?:bio|tech)?(?:replicate|rep|r|br|tr|n)?\d{1,2}|rep|replicate")


@dataclass(frozen=True)
class ReadName:
    """A file's name taken apart. mate 0: none is named; sure: by more than a bare 1 or 2.

    index : the file holds index reads (I1), or, as R3, none of the two mates. unsorted : reads
    that the sequencer's software gave to no sample.
    """

    sample: str
    lane: str
    mate: int
    sure: bool
    index: bool = False
    unsorted: bool = False


def parse_name(name: str) -> ReadName:
    """Sample, lane and mate of a FASTQ file by its name, without its folder."""
    stem = FASTQ.sub("", name)
    unsorted = bool(_UNSORTED.match(stem))
    return replace(_taken_apart(stem), unsorted=unsorted)


def _taken_apart(stem: str) -> ReadName:
    if found := _ILLUMINA.fullmatch(stem):
        index = found["kind"] == "I" or found["mate"] in "34"
        parts = [f"L{found['lane']}" if found["lane"] else "", found["part"]]
        lane = "_".join(part for part in parts if part and part != "001")
        return ReadName(clean(found["sample"]), lane, int(found["mate"]), True, index)
    if found := _ARCHIVE.fullmatch(stem):
        return ReadName(found["sample"], "", int(found["mate"] or 0), True)
    if found := _PLAIN.fullmatch(stem):
        sample, lane = _lane(found["sample"])
        return ReadName(sample, lane, int(found["mate"]), bool(found["mark"]))
    sample, lane = _lane(stem)
    return ReadName(sample, lane, 0, True)


def clean(text: str) -> str:
    """`text` in the letters that sheets allow in names: a for ä, Delta for Δ, u6e2c for another."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", _ascii(text)).strip("_.-") or "sample"


def _ascii(text: str) -> str:
    """Letters without their accents, Greek ones by their names, others by their codes.

    What is no letter is left to `clean`.
    """
    return "".join(map(_letter, unicodedata.normalize("NFC", text)))


def _letter(letter: str) -> str:
    if letter.isascii() or not letter.isalnum():
        return letter
    bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    name = unicodedata.name(letter, "").split(" WITH ")[0].split()
    if not bare and name[:1] == ["GREEK"]:
        return name[-1].capitalize() if letter.isupper() else name[-1].lower()
    return bare or f"u{ord(letter):04x}"


def cell_line_named(texts: Iterable[str]) -> str | None:
    """What is left of the first of `texts` in which anything is left beside assay, replicate,
    target and accession."""
    for text in texts:
        assays = set().union(*WORDS.values())
        kept = [
            word
            for word in split_words(_ascii(text))
            if (low := word.lower()) not in assays | _NO_LINE
            and not _REPLICATE.fullmatch(low)
            and not _ACCESSION.fullmatch(low)
        ]
        if kept:
            return clean("_".join(kept))
    return None


def same_line(name: str) -> str:
    """Equal for spellings of one cell line: K-562, k562 and K562."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _lane(stem: str) -> tuple[str, str]:
    found = _LANE.fullmatch(stem)
    return (clean(found["sample"]), f"L{found['lane']}") if found else (clean(stem), "")
