"""Write sample sheet, unit sheet and configuration from reads, genome and annotation."""

import argparse

OPTIONS = """
[--reads DIR...]          folders of FASTQ files, with all folders in them, or single files
[--from-accessions FILE]  list of accessions, a line each: ACCESSION [CELL_LINE [ASSAY [ENZYME]]]
--genome GENOME           genome FASTA, plain or gzip
--annotation ANNOTATION   GTF, GFF3 or UCSC's refGene table
[--assembly ASSEMBLY]     name of the assembly; default: the build it is, or the genome's file name
[--force]                 write over files that are there
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="folder for samples.tsv, units.tsv and config.yaml")
    parser.add_argument(
        "--cell-line", action="append", default=[], metavar="NAME=PATTERN",
        help="cell line of the samples or files that fit the pattern, such as K562='SRR1*' "
        "(repeat); NAME alone: of all",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    import shlex
    from pathlib import Path

    from deepexpr.errors import UsageError
    from deepexpr.init.accessions import read_accessions
    from deepexpr.init.project import FILES, plan_project, write_project
    from deepexpr.init.reads import find_libraries
    from deepexpr.init.reference import look_at_reference

    if not (args.reads or args.from_accessions):
        raise UsageError("Nothing to look at.", fix="Give --reads DIR or --from-accessions FILE.")
    folder = Path(args.folder)
    there = [name for name in FILES if (folder / name).exists()]
    if there and not args.force:
        raise UsageError(
            f"{folder} holds {', '.join(there)} already.",
            fix="Choose another folder, or write over them with --force.",
        )
    lines = dict(reversed(_cell_line(text)) for text in args.cell_line)
    assembly = look_at_reference(args.genome, args.annotation, args.assembly)
    libraries, left_out = [], []
    if args.reads:
        found = find_libraries(args.reads)
        libraries, left_out = found.libraries, found.left_out
    if args.from_accessions:
        downloads = f"resources/{folder.name}"
        libraries = libraries + read_accessions(args.from_accessions, downloads)
    for text in left_out:
        print(f"Left out: {text}")
    project = plan_project(libraries, lines)
    words = [args.folder, *(["--reads", *args.reads] if args.reads else [])]
    words += ["--from-accessions", args.from_accessions] if args.from_accessions else []
    words += ["--genome", args.genome, "--annotation", args.annotation]
    words += ["--assembly", args.assembly] if args.assembly else []
    words += [word for text in args.cell_line for word in ("--cell-line", text)]
    write_project(folder, project, assembly, f"deepexpr init {shlex.join(words)}")
    _tell(project, assembly)
    _check(folder)


def _cell_line(text):
    """(NAME, PATTERN) of NAME=PATTERN; of NAME alone the pattern is *."""
    from deepexpr.errors import UsageError

    name, _, pattern = text.partition("=")
    if not name.strip():
        raise UsageError(f"--cell-line {text!r} names no cell line.", expected="NAME=PATTERN")
    return name, pattern or "*"


def _counted(number, noun):
    return f"{number} {noun}{'s' * (number != 1)}"


def _renamed(assembly):
    """Which names of the annotation are which of the genome's, the first of them as examples."""
    from deepexpr.checks.genome import genome_sizes
    from deepexpr.reference.aliases import read_aliases
    from deepexpr.reference.annotation import annotation_names

    known = read_aliases(assembly.aliases, genome_sizes(assembly.genome))
    names = dict.fromkeys(annotation_names(assembly.annotation))
    other = [f"{name} is {known[name]}" for name in names if known[name] != name]
    more = f", and {len(other) - 3} more" if len(other) > 3 else ""
    return f"the annotation's {', '.join(other[:3])}{more} of the genome"


def _tell(project, assembly):
    """What was recognised, and what could not be known."""
    lines = dict.fromkeys(library.cell_line for library in project.libraries)
    print(f"{assembly.name}: {assembly.genes:,} genes" + (
        "" if assembly.known else ", a build whose lengths are not known here") + ".")  # fmt: skip
    if assembly.aliases:
        print(f"  Chromosomes: {_renamed(assembly)} (aliases: {assembly.aliases} was written).")
    if assembly.biotypes == "any":
        print("  Genes of all biotypes: the annotation names none protein-coding.")
    print(f"{_counted(len(lines), 'cell line')}, {_counted(len(project.libraries), 'sample')}:")
    for line in lines:
        print(f"  {line}")
        for library in project.libraries:
            if library.cell_line == line:
                ends = "paired" if library.paired else "single-end"
                enzyme = f" ({library.enzyme})" if library.enzyme else ""
                kind = {"rna": "RNA-seq", "hichip": "HiChIP"}[library.assay]
                units = f", {len(library.used)} units" if len(library.used) > 1 else ""
                print(f"    {library.sample}: {kind}{enzyme}, {ends}{units}; {library.why}")
    for text in project.left_out:
        print(f"Left out: {text}")
    print("Not known:" if project.unknown else "Nothing was left unknown.")
    for text in project.unknown:
        print(f"  - {text}")


def _check(folder):
    """The written project through `deepexpr check`, and what to do next."""
    import shlex
    from pathlib import Path

    from deepexpr.checks.everything import check_everything
    from deepexpr.config.settings import read_config
    from deepexpr.init.project import FILES

    path = folder / "config.yaml"
    print(f"Written to {folder}: {', '.join(FILES)}.")
    check_everything(read_config([path]), str(path))
    print("`deepexpr check` finds no problem in them. Read them through, then:")
    if Path("Snakefile").is_file():
        clone, snakefile = Path(), ""
    else:  # from another folder the workflow is named; the paths written are relative to here
        clone = _clone()
        snakefile = f" --snakefile {shlex.quote(str(clone / 'Snakefile'))}"
    overlaid = f"{shlex.quote(str(clone / 'config/config.yaml'))} {shlex.quote(str(path))}"
    print(f"  deepexpr plan --configfile {overlaid}")
    print(f"  snakemake{snakefile} --configfile {shlex.quote(str(path))} --cores 4")


def _clone():
    """The folder of the workflow, or its stand-in where only the package is installed."""
    from pathlib import Path

    import deepexpr

    folder = Path(deepexpr.__file__).parents[1]
    return folder if (folder / "Snakefile").is_file() else Path("CLONE_OF_DEEPEXPRESSION")
