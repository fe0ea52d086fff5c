"""FASTQ files put together to libraries: mates, lanes, samples, and what was sequenced.

Names propose (deepexpr.init.names) and the first reads decide: two files are mates where their
reads have the same names, and a library is HiChIP where its reads hold the ligation junctions of
a known enzyme far more often than by chance.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from deepexpr.checks.fastq import FirstReads, casava_mate, first_reads, pair_problems
from deepexpr.downloads.assays import assay_named
from deepexpr.errors import InputError
from deepexpr.hichip.enzymes import ENZYMES, WITHOUT_ENZYME
from deepexpr.hichip.junction_share import FEWEST, fitting_enzyme, same_junctions
from deepexpr.hichip.sections import HichipSection
from deepexpr.init import names as naming

#: Bytes of text that are looked at in each file.
LOOKED_AT = 1 << 20
#: RNA by its name is HiChIP all the same where so many reads hold a junction, beyond chance.
BEYOND_DOUBT = 0.1


@dataclass(frozen=True)
class Unit:
    """The files of one lane or run: fq2 is "" for single-end reads; an accession to get them by.

    alone : the file that its name says it lacks, R1 or R2. left_out : why it cannot take part.
    """

    name: str
    fq1: str
    fq2: str = ""
    accession: str = ""
    alone: str = ""
    left_out: str = ""


@dataclass(frozen=True)
class Library:
    """One sample of the sheets.

    why : how its assay was told. unknown : what could not be known of it, in sentences.
    named : texts that may name its cell line, best first. left_out : why it cannot take part.
    """

    sample: str
    units: tuple[Unit, ...]
    assay: str = "rna"
    cell_line: str = ""
    enzyme: str = ""
    why: str = ""
    named: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def paired(self) -> bool:
        """Whether its reads have mates."""
        return bool(self.used[0].fq2)

    @property
    def used(self) -> tuple[Unit, ...]:
        """Units that take part, where the library does."""
        return tuple(unit for unit in self.units if not unit.left_out)


@dataclass
class Found:
    """Libraries, and sentences on the files that were left out."""

    libraries: list[Library] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def find_libraries(places: Sequence[str | Path]) -> Found:
    """Libraries in the FASTQ files of folders (with all folders in them), and single files.

    Raises InputError where a place does not exist or none holds a FASTQ file.
    """
    found = Found()
    files = [(Path(place), path) for place in places for path in _fastq_files(Path(place))]
    if not files:
        raise InputError(
            "There is no FASTQ file.",
            where=", ".join(map(str, places)),
            expected="files that end in .fastq, .fq, .fastq.gz or .fq.gz",
            fix="Give the folder of the reads after --reads.",
        )
    named: list[tuple[naming.ReadName, Path, Path]] = []
    seen: dict[str, Path] = {}
    for place, path in files:
        name = naming.parse_name(path.name)
        if (other := seen.setdefault(os.path.realpath(path), path)) != path:
            found.left_out.append(f"{path}: the same file as {other}.")
        elif name.index:
            found.left_out.append(f"{path}: index reads, which no step needs.")
        elif name.unsorted:
            found.left_out.append(f"{path}: reads that no sample's index fitted.")
        else:
            named.append((name, path, place))
    groups: dict[tuple[Path, str, str], list[tuple[naming.ReadName, Path]]] = {}
    roots = {path.parent: place for _, path, place in named}
    for name, path in _mates_by_reads([(name, path) for name, path, _ in named]):
        groups.setdefault((path.parent, name.sample, name.lane), []).append((name, path))
    parts: dict[tuple[Path, str], list[tuple[Unit, list[FirstReads]]]] = {}
    for (folder, sample, lane), members in groups.items():
        for own, unit, reads in _units(sample, lane, members, found):
            parts.setdefault((folder, own), []).append((unit, reads))
    names = _names_of_their_own(list(parts))
    for (folder, sample), units in parts.items():
        texts = (sample, *_folders(folder, roots[folder]))
        for library in _library(names[folder, sample], texts, units):
            if names[folder, sample] != sample:
                doubt = f"whether it and others called {sample} are lanes of one library."
                library = replace(library, unknown=(*library.unknown, doubt))
            found.libraries.append(library)
    return found


def _mates_by_reads(
    files: list[tuple[naming.ReadName, Path]],
) -> list[tuple[naming.ReadName, Path]]:
    """The files, those without a mate in their name paired where their first reads are mates.

    ENCODE's names (ENCFF001ABC) tell nothing. Only names of sequencers, with their colons, are
    trusted: reads that were numbered anew have the same names in every file.
    """
    alike: dict[tuple[Path, bytes], list[int]] = {}
    for i, (name, path) in enumerate(files):
        if not name.mate and (first := _first_name(path)).count(b":") >= 3:
            alike.setdefault((path.parent, first), []).append(i)
    result = list(files)
    for pair in alike.values():
        if len(pair) == 2:
            sample = files[pair[0]][0].sample
            for mate, i in enumerate(pair, 1):
                name = replace(files[i][0], sample=sample, mate=mate, sure=True)
                result[i] = (name, files[i][1])
    return result


def _first_name(path: Path) -> bytes:
    """The name of a file's first read, without a mark of its mate; empty for a damaged file."""
    try:
        name = first_reads(path, 1 << 10).names[0]
    except InputError:
        return b""
    return name[:-2] if name.endswith((b"/1", b"/2")) else name


def _names_of_their_own(parts: list[tuple[Path, str]]) -> dict[tuple[Path, str], str]:
    """A name for each (folder, sample): rep1 of two folders are two samples."""
    samples = [sample for _, sample in parts]
    names: dict[tuple[Path, str], str] = {}
    for folder, sample in parts:
        own = naming.clean(f"{folder.name}_{sample}") if samples.count(sample) > 1 else sample
        taken = set(names.values())
        names[folder, sample] = next(
            name for n in range(1, len(parts) + 1)
            if (name := own if n == 1 else f"{own}_{n}") not in taken
        )  # fmt: skip
    return names


def _fastq_files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    if not place.is_dir():
        raise InputError("The folder of reads does not exist.", where=str(place))
    for folder, below, names in os.walk(place, followlinks=True):
        below.sort()
        yield from (Path(folder, name) for name in sorted(names) if naming.FASTQ.search(name))


def _folders(folder: Path, root: Path) -> list[str]:
    """Names of the folders from the file's outwards, that given by the user included."""
    top = root.resolve() if root.is_dir() else root.resolve().parent
    here = folder.resolve()
    inner = [p.name for p in (here, *here.parents) if p != top and top in p.parents]
    return [*inner, top.name]


def _units(
    sample: str, lane: str, members: list[tuple[naming.ReadName, Path]], found: Found
) -> Iterator[tuple[str, Unit, list[FirstReads]]]:
    """(sample, unit, first reads) of files with one name but for the mate."""
    looked: dict[int, tuple[naming.ReadName, FirstReads]] = {}
    for name, path in members:
        if name.mate in looked:
            found.left_out.append(f"{path}: has the same name as {looked[name.mate][1].path}.")
            continue
        try:
            looked[name.mate] = (name, first_reads(path, LOOKED_AT))
        except InputError as error:
            found.left_out.append(f"{path}: {error.problem}")
    lane = lane or "lane1"
    if 1 in looked and 2 in looked:
        if 0 in looked:
            found.left_out.append(f"{looked[0][1].path}: reads that lost their mate.")
        yield from _mates(sample, lane, looked[1], looked[2], found)
        return
    for mate, (name, reads) in looked.items():
        # A bare 1 or 2 that has no partner numbers a replicate.
        own = sample if name.sure or not mate else f"{sample}_{mate}"
        alone = f"R{3 - mate}" if mate and name.sure else ""
        yield own, Unit(lane, reads.path, alone=alone), [reads]


def _mates(sample, lane, first, second, found) -> Iterator[tuple[str, Unit, list[FirstReads]]]:
    (name, one), (_, two) = first, second
    problem = next(iter(pair_problems(one, two)), None)
    if problem and not name.sure:
        # K562_1.fq.gz and K562_2.fq.gz whose reads have other names are two replicates.
        for mate, reads in ((1, one), (2, two)):
            yield f"{sample}_{mate}", Unit(lane, reads.path), [reads]
    elif problem:
        found.left_out.append(f"{one.path} and {two.path}: {problem.problem}")
    else:
        if casava_mate(one) == 2 and casava_mate(two) == 1:
            one, two = two, one
        yield sample, Unit(lane, one.path, two.path), [one, two]


def _library(
    sample: str, named: tuple[str, ...], units: list[tuple[Unit, list[FirstReads]]]
) -> Iterator[Library]:
    """The library of these units; two where single-end and paired-end lanes are mixed.

    A lane that lost a mate stays with the paired ones, left out: its reads are no other library.
    """
    paired = any(unit.fq2 for unit, _ in units)
    units = [
        (replace(unit, left_out=f"its {unit.alone} is missing"), reads)
        if paired and unit.alone
        else (unit, reads)
        for unit, reads in units
    ]
    for single in (False, True):
        own = [
            (unit, reads) for unit, reads in units if single == (not (unit.fq2 or unit.left_out))
        ]
        if not own:
            continue
        name = f"{sample}_single" if len(own) < len(units) and single else sample
        bases = [read for unit, files in own for reads in files for read in reads.bases
                 if not unit.left_out]  # fmt: skip
        library = Library(name, _numbered([unit for unit, _ in own]), named=named)
        yield recognised(library, bases)


def _numbered(units: list[Unit]) -> tuple[Unit, ...]:
    """Units with names of their own."""
    names = [unit.name for unit in units]
    if len(set(names)) == len(names):
        return tuple(units)
    return tuple(replace(unit, name=f"{unit.name}.{i}") for i, unit in enumerate(units, 1))


def recognised(library: Library, bases: Sequence[bytes]) -> Library:
    """The library with assay, enzyme and reason, by its first reads and its names."""
    named = next(filter(None, map(assay_named, library.named)), None)
    share = fitting_enzyme(bases, HichipSection().min_trimmed_fraction)
    if share and (named != "rna" or share.excess >= BEYOND_DOUBT):
        why = f"{share.seen:.0%} of reads hold a junction of {share.enzyme}"
        enzyme = _spelt(share.enzyme, library)
        found = replace(library, assay="hichip", enzyme=enzyme, why=why)
        return found if library.paired else _without_mates(found)
    if not library.paired:
        if named == "hichip":
            return _without_mates(replace(library, assay="hichip", why="by its name"))
        return _single(library)
    if named == "hichip":
        named_enzyme = _enzyme_named(library)
        enzyme = named_enzyme or "none"
        text = "few reads were there to look at" if len(bases) < FEWEST else "its reads hold none"
        unknown = (
            f"its enzyme ({text} of the junctions of {', '.join(ENZYMES)}): {enzyme} was written.",
        )
        return replace(library, assay="hichip", enzyme=enzyme, why="by its name", unknown=unknown)
    if named == "rna":
        return replace(library, assay="rna", why="by its name")
    doubt = ("whether it is HiChIP: too few reads to tell.",) if len(bases) < FEWEST else ()
    return replace(library, assay="rna", why="no junctions of a known enzyme", unknown=doubt)


def _without_mates(library: Library) -> Library:
    """HiChIP that has no pairs, which takes no part."""
    alone = sorted({unit.alone for unit in library.units} - {""})
    files = f"its {' and '.join(alone)} is missing" if alone else "it has no second mates"
    how = f" ({library.why})" if library.why else ""
    reason = f"HiChIP{how} needs both mates, and {files}"
    enzyme = library.enzyme or _enzyme_named(library) or "none"
    return replace(library, enzyme=enzyme, left_out=reason)


def _single(library: Library) -> Library:
    told = ["its fragment length: 200 ± 20 bp was written."]
    if alone := sorted({unit.alone for unit in library.units} - {""}):
        told.append(
            f"whether its reads have mates: there is no {' and no '.join(alone)}, and it was taken "
            "as single-end."
        )
    return replace(library, assay="rna", why="single-end reads", unknown=tuple(told))


def _enzyme_named(library: Library) -> str | None:
    words = {word.lower() for text in library.named for word in text.replace("-", "_").split("_")}
    known: Iterable[str] = (*ENZYMES, *WITHOUT_ENZYME[1:])
    return next((enzyme for enzyme in known if enzyme.lower() in words), None)


def _spelt(enzyme: str, library: Library) -> str:
    """The enzyme by the name the library gives it, where the junctions are the same."""
    named = _enzyme_named(library)
    return named if named in ENZYMES and same_junctions(named, enzyme) else enzyme


def line_of(library: Library) -> str | None:
    """The cell line that its names give it."""
    return naming.cell_line_named(library.named)
