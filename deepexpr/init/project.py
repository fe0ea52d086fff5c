"""Libraries and an assembly as sheets and a configuration: TSV and YAML with comments."""

import fnmatch
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from deepexpr.errors import InputError
from deepexpr.files import writing
from deepexpr.init.names import clean, same_line
from deepexpr.init.reads import Library, Unit, line_of
from deepexpr.init.reference import Assembly
from deepexpr.reference.sections import PROTEIN_CODING

#: Of single-end RNA-seq, where nobody knows better (bp).
FRAGMENT = ("200", "20")
FILES = ("samples.tsv", "units.tsv", "config.yaml")
#: What stands for a cell line where neither names nor folders tell one.
NO_NAME = "CellLine"


@dataclass(frozen=True)
class Project:
    """What is written: libraries that take part, those that cannot (each says why in left_out),
    and sentences on what is not known of both. left_out : sentences on mates that are missing.
    """

    libraries: tuple[Library, ...]
    aside: tuple[Library, ...]
    left_out: tuple[str, ...]
    unknown: tuple[str, ...]


def plan_project(libraries: Sequence[Library], lines: Mapping[str, str]) -> Project:
    """Cell lines given to the libraries, and those put aside that lack mates or RNA-seq.

    lines : pattern of sample or file names (* and ?) -> cell line, which wins over the names.
    Raises InputError where a pattern fits nothing, or no library is RNA-seq.
    """
    named, unknown = _with_lines(libraries, lines)
    usable = [library for library in named if not library.left_out]
    if not any(library.assay == "rna" for library in usable):
        raise InputError(
            "No library is RNA-seq.",
            found="; ".join(f"{lib.sample}: {lib.left_out or lib.why}" for lib in named)
            or "no file that can be read",
            expected="RNA-seq of every cell line: expression is what the networks learn",
            fix="Give its folder too: --reads RNA HICHIP. A table of genes or kallisto's output "
            "can stand in its place: write the sheets from config/template.",
        )
    with_rna = {library.cell_line for library in usable if library.assay == "rna"}
    kept = [library for library in usable if library.cell_line in with_rna]
    alone = [library for library in usable if library.cell_line not in with_rna]
    unknown += [
        f"{library.sample}: which RNA-seq is of its cell line, {library.cell_line}: left out, as a "
        "comment in the sheets (--cell-line NAME=PATTERN joins them)."
        for library in alone
    ]
    aside = [library for library in named if library.left_out]
    left_out = _without_mates(aside, kept)
    aside += [replace(library, left_out="no RNA-seq of its cell line") for library in alone]
    unknown += [f"{library.sample}: {text}" for library in kept for text in library.unknown]
    unknown.append(
        "The strand of the RNA-seq libraries: read as unstranded; the jobs `count_reads` tell "
        "it from the reads, for the column strandedness."
    )
    return Project(tuple(kept), tuple(aside), tuple(left_out), tuple(unknown))


def _without_mates(aside: Sequence[Library], kept: Sequence[Library]) -> list[str]:
    texts = [f"{library.sample}: {library.left_out}" for library in aside]
    texts += [
        f"{unit.fq1} ({unit.name} of {library.sample}): {unit.left_out}"
        for library in kept
        for unit in library.units
        if unit.left_out
    ]
    return [f"{text}; it stands in the sheets as a comment." for text in texts]


def _with_lines(
    libraries: Sequence[Library], lines: Mapping[str, str]
) -> tuple[list[Library], list[str]]:
    """Libraries with their cell lines; spellings of one name become the first of RNA-seq."""
    given: dict[str, str] = {}
    for pattern, line in lines.items():
        fitting = [library.sample for library in libraries if _fits(library, pattern)]
        if not fitting:
            raise InputError(
                f"The pattern {pattern!r} of --cell-line fits no sample and no file.",
                expected="one of " + ", ".join(library.sample for library in libraries),
            )
        given |= dict.fromkeys(fitting, clean(line))
    ordered = sorted(libraries, key=lambda library: library.assay != "rna")
    spelt: dict[str, str] = {}
    named, unknown = [], []
    for library in ordered:
        told = given.get(library.sample) or library.cell_line or line_of(library)
        if not told:
            unknown.append(f"{library.sample}: its cell line; {NO_NAME} was written.")
        line = spelt.setdefault(same_line(told or NO_NAME), told or NO_NAME)
        named.append(replace(library, cell_line=line))
    named.sort(key=lambda library: list(spelt.values()).index(library.cell_line))
    return named, unknown


def _fits(library: Library, pattern: str) -> bool:
    paths = [path for unit in library.units for path in (unit.fq1, unit.fq2) if path]
    texts = [library.sample, *paths, *(Path(path).name for path in paths)]
    return any(fnmatch.fnmatchcase(text, pattern) for text in texts)


def write_project(folder: Path, project: Project, assembly: Assembly, source: str) -> None:
    """Write the sheets and config.yaml into `folder`. source : the command, for the first line."""
    head = f"# Written by: {source}\n"
    with writing(folder / "samples.tsv") as handle:
        handle.write(head + "# Samples of one cell line and assay are replicates.\n")
        handle.write("sample\tcell_line\tassay\tassembly\tenzyme\tstrandedness\tdescription\n")
        handle.writelines(_sample_row(library, assembly) for library in project.libraries)
        handle.writelines(_aside(lib, _sample_row(lib, assembly)) for lib in project.aside)
    with writing(folder / "units.tsv") as handle:
        handle.write(head + "# One row per lane or run; lanes of a sample are added up.\n")
        handle.write("sample\tunit\tfq1\tfq2\tfragment_length\tfragment_sd\taccession\n")
        handle.writelines(row for lib in project.libraries for row in _unit_rows(lib))
        handle.writelines(_aside(lib, row) for lib in project.aside for row in _unit_rows(lib))
    with writing(folder / "config.yaml") as handle:
        handle.write(head + configuration(folder, assembly))


def _aside(library: Library | Unit, row: str) -> str:
    """A row as a comment, with the reason; a comment's row stays one."""
    return row if row.startswith("#") else f"# {library.left_out}: {row}"


def _sample_row(library: Library, assembly: Assembly) -> str:
    cells = (library.sample, library.cell_line, library.assay, assembly.name, library.enzyme, "",
             library.why)  # fmt: skip
    return "\t".join(cells) + "\n"


def _unit_rows(library: Library) -> list[str]:
    rows = []
    for unit in library.units:
        fragment = ("", "") if unit.fq2 else FRAGMENT
        cells = (library.sample, unit.name, unit.fq1, unit.fq2, *fragment, unit.accession)
        row = "\t".join(cells) + "\n"
        rows.append(_aside(unit, row) if unit.left_out else row)
    return rows


def configuration(folder: Path, assembly: Assembly) -> str:
    """Text of config.yaml, laid over config/config.yaml."""
    name = "the chromosomes' lengths are those of this build" if assembly.known else "a free name"
    lines = [
        "# It is laid over config/config.yaml, whose settings hold for all that is not said here.",
        "# Every key: config/README.md.",
        f"samples: {json.dumps(str(folder / 'samples.tsv'))}",
        f"units: {json.dumps(str(folder / 'units.tsv'))}",
        f"results: {json.dumps(f'results/{folder.name}')}",
        "",
        "assemblies:",
        f"  {json.dumps(assembly.name)}: # {name}",
        f"    genome: {json.dumps(assembly.genome)}",
        f"    annotation: {json.dumps(assembly.annotation)}",
    ]
    if assembly.aliases:
        lines.append(
            f"    aliases: {assembly.aliases} # the two name chromosomes apart (chr1 and 1)"
        )
    lines.append("    # chromosomes: [chr1, chr2] # use only the genes of these")
    if assembly.biotypes != PROTEIN_CODING:
        lines += ["", "reference:",
                  f"  biotypes: [{assembly.biotypes}] # the annotation names no {PROTEIN_CODING} "
                  "gene"]  # fmt: skip
    lines += [
        "",
        "evaluation:",
        f"  folds: [{assembly.folds}] # there are {assembly.genes:,} genes",
        f"  main_folds: {assembly.folds}",
        "",
        "model:",
        "  variant: tuned # paper: as printed; it needs many genes",
        "",
        "# figures: {gene: NAME} # the gene of figure 2C; else the one with the strongest loops",
        "# motifs: {interpret_genes: [NAME]} # genes whose prediction is explained base by base",
    ]
    return "\n".join(lines) + "\n"
