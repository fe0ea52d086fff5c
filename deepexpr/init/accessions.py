"""Libraries of accessions: a list with what the user knows of each, and what the archive says."""

import re
from collections.abc import Sequence
from pathlib import Path

from deepexpr.downloads.accessions import resolve
from deepexpr.downloads.assays import assay_named, require_assay
from deepexpr.downloads.forms import ACCESSION_FORMS, GEO_FILE, is_accession
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError
from deepexpr.files import reading
from deepexpr.hichip.enzymes import parse_enzymes
from deepexpr.init.names import clean
from deepexpr.init.reads import Library, Unit

#: What is written where nobody says it; trimming stops at an enzyme that the reads do not hold.
COMMON_ENZYME = "MboI"


def read_accessions(
    path: str | Path, folder: str, hosts: Hosts | None = None, patience: Patience | None = None
) -> list[Library]:
    """A library for each line: ACCESSION [CELL_LINE [ASSAY [ENZYME]]], blanks between; # comments.

    folder : where a run puts the downloads. The archive is asked for each accession's title and
    whether its reads are paired. Raises InputError with the line.
    """
    libraries = []
    with reading(path, "list of accessions") as handle:
        for number, line in enumerate(handle, 1):
            words = re.split(r"(?:^|\s)#", line)[0].split()
            if words:
                try:
                    libraries.append(_library(words, folder, hosts, patience))
                except InputError as error:
                    where = f"{path}, line {number}"
                    raise error.at(f"{where} ({error.where})" if error.where else where) from error
    if not libraries:
        raise InputError("The list holds no accession.", where=str(path), expected=ACCESSION_FORMS)
    return libraries


def _library(
    words: Sequence[str], folder: str, hosts: Hosts | None, patience: Patience | None
) -> Library:
    accession, cell_line, assay, enzyme = [*words, "", "", "", ""][:4]
    if not is_accession(accession) or GEO_FILE.match(accession) or len(words) > 4:
        raise InputError(
            f"Not an accession of reads: {accession!r}."
            if len(words) <= 4
            else f"The line has {len(words)} words.",
            expected=f"ACCESSION [CELL_LINE [ASSAY [ENZYME]]]; an accession is {ACCESSION_FORMS}",
            found=" ".join(words),
        )
    if assay not in ("", "rna", "hichip"):
        raise InputError(f"Unknown assay {assay!r}.", expected="rna or hichip", found=assay)
    if enzyme:
        parse_enzymes(enzyme)
    files = resolve(accession, hosts, patience)
    require_assay(accession, files, assay)
    title, mates = files[0].title, {file.mate for file in files}
    sample = clean(accession)
    paths = [f"{folder}/{sample}_{mate}.fastq.gz" for mate in sorted(mates)]
    unit = Unit("run1", paths[0], paths[1] if len(paths) > 1 else "", accession)
    known = assay or assay_named(title)
    unknown = []
    if not known:
        unknown.append("its assay: rna was written.")
    if len(mates) == 1 and known != "hichip":
        unknown.append("its fragment length: 200 ± 20 bp was written.")
    if known == "hichip" and not enzyme:
        unknown.append(f"its enzyme: {COMMON_ENZYME} was written; trimming stops if it is another.")
    return Library(
        sample,
        (unit,),
        assay=known or "rna",
        cell_line=cell_line,
        enzyme=(enzyme or COMMON_ENZYME) if known == "hichip" else "",
        why="by the list" if assay else f"by its title, {title!r}" if known else "not known",
        named=(title,) if title else (),
        unknown=tuple(unknown),
        left_out="HiChIP needs both mates, and the archive has one file"
        if known == "hichip" and len(mates) == 1
        else "",
    )
