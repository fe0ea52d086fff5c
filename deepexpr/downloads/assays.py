"""What names of libraries say of how they were made: RNA-seq or HiChIP."""

import re
from collections.abc import Sequence

from deepexpr.downloads.records import RemoteFile
from deepexpr.errors import InputError

#: Words of names, in small letters, that say how the library was made.
WORDS = {
    "rna": {"rna", "rnaseq", "mrna", "mrnaseq", "totalrna", "polya", "cdna", "transcriptome"},
    "hichip": {"hichip", "hichipseq", "plac", "placseq"},
}
#: Library strategies of the archives (small letters and digits) that are of DNA, so never RNA-seq.
_OF_DNA = {
    "hic", "insituhic", "intacthic", "dilutionhic", "microc", "hichip", "placseq", "chiapet",
    "chipseq", "tfchipseq", "histonechipseq", "atacseq", "dnaseseq", "dnasehypersensitivity",
    "faireseq", "mnaseseq", "bisulfiteseq", "wgbs", "rrbs", "medipseq", "mbdseq",
    "mreseq", "wgs", "wga", "wxs", "wcs", "capturehic",
}  # fmt: skip


def split_words(text: str) -> list[str]:
    """The words of a name; HiChIP and RNA-seq are one, however they are written."""
    joined = re.sub(r"(?i)\b(rna|hichip|plac|mrna)[-_ ]seq", r"\1seq", text.replace("_", " "))
    joined = re.sub(r"(?i)\bhi[- ]chip", "hichip", joined)
    return [word for word in re.split(r"[^A-Za-z0-9]+", joined) if word]


def assay_named(text: str) -> str | None:
    """rna or hichip where a name says so; None where it says neither, or both."""
    words = {word.lower() for word in split_words(text)}
    named = [assay for assay, own in WORDS.items() if words & own]
    return named[0] if len(named) == 1 else None


def assay_of_strategy(strategy: str) -> str | None:
    """rna, or dna, by the archive's word for a library; None where it does not say (OTHER)."""
    plain = re.sub(r"[^a-z0-9]", "", strategy.lower())
    if "rna" in plain or plain in ("flcdna", "est", "rampage", "cage"):
        return "rna"
    return "dna" if plain in _OF_DNA else None


def require_assay(accession: str, files: Sequence[RemoteFile], assay: str) -> None:
    """InputError where the archive says that the reads are of another kind of library than `assay`
    (rna or hichip; "" is not held against anything)."""
    wrong = {"rna": ("dna", "hichip"), "hichip": ("rna",)}.get(assay, ())
    for file in files:
        for what, said in (
            (f"library strategy {file.strategy}", assay_of_strategy(file.strategy)),
            (f"title {file.title}", assay_named(file.title)),
        ):
            if said in wrong:
                raise InputError(
                    f"The reads of {accession} are not of the assay {assay}.",
                    expected=f"what the sample sheet says: {assay}",
                    found=f"{file.run or file.url}: {what}",
                    fix="Correct the accession, or the sample's assay. Where the archive's record "
                    "is wrong, give the files by their addresses (https://...#md5=...).",
                )
