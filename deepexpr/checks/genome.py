"""Annotations, BAM, .pairs and loops held against the genome, before anything runs."""

import contextlib
import functools
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.checks.bam import first_records, mate_problems, require_one_mate
from deepexpr.checks.gene_columns import require_known_genes
from deepexpr.checks.tables import gene_values
from deepexpr.checks.telling import looking_at
from deepexpr.config.entries import files_of
from deepexpr.errors import InputError
from deepexpr.expression.abundance import read_abundance
from deepexpr.expression.gene_counts import count_table, sum_by_gene
from deepexpr.features.meme_format import read_meme
from deepexpr.files import reading
from deepexpr.hichip.anchors import read_anchors
from deepexpr.hichip.chromosomes import Chromosomes
from deepexpr.hichip.loop_tables import imported_signal, read_loop_table
from deepexpr.hichip.regions import read_regions
from deepexpr.motifs.beds import read_peaks
from deepexpr.motifs.jaspar import is_release
from deepexpr.reference.aliases import read_aliases
from deepexpr.reference.annotation import Annotation, read_annotation
from deepexpr.reference.builds import check_build
from deepexpr.reference.chromosomes import restrict_chromosomes
from deepexpr.reference.fasta_index import fasta_headers, index_fits, index_path
from deepexpr.reference.genes import select_genes
from deepexpr.reference.genome import look_at_genome
from deepexpr.variants.vcf import open_vcf

#: What a file's cache goes by.
Version = tuple[int, float, float]
#: Bytes of FASTA that are read at a time.
CHUNK = 1 << 24


@dataclass(frozen=True, eq=False)
class Reference:
    """An assembly's annotation, and the genes that are chosen (schemas.GENES)."""

    annotation: Annotation
    genes: pd.DataFrame


def read_references(config: Mapping[str, Any]) -> tuple[dict[str, Reference], list[InputError]]:
    """Read each annotation and choose its genes, where genome and it are there; the problems."""
    settings = config["reference"]
    found, problems = {}, []
    for name, assembly in config["assemblies"].items():
        genome, annotation = assembly["genome"], assembly["annotation"]
        if not _are_there(genome, annotation):
            continue
        try:
            look_at_genome(genome, genome_sizes(genome))
            check_build(name, genome_sizes(genome), genome)
            files = (*_version(annotation), *_version(genome))
            told = _annotation(*files, assembly["aliases"])
            chosen = told.transcripts
            if assembly["chromosomes"]:
                chosen = restrict_chromosomes(chosen, assembly["chromosomes"])
            genes = select_genes(chosen, settings["tss_rule"], settings["biotypes"])
            found[name] = Reference(told, genes)
        except InputError as error:
            problems.append(error.at(error.where or f"configuration, key assemblies.{name}"))
    return found, problems


def unit_problems(
    config: Mapping[str, Any],
    samples: pd.DataFrame,
    units: pd.DataFrame,
    references: Mapping[str, Reference],
) -> Iterator[InputError]:
    """Units that enter mapped or counted, and name other chromosomes or genes than theirs."""
    assembly_of = dict(zip(samples["sample"], samples["assembly"], strict=True))
    for index, unit in units.iterrows():
        assembly, place = assembly_of[unit["sample"]], f"{config['units']}, row {index}"
        with looking_at(index):
            found = list(_of_unit(unit, config, assembly, references.get(assembly), place))
        yield from found


def _of_unit(
    unit: pd.Series, config: Mapping[str, Any], assembly: str, reference: Reference | None, row: str
) -> Iterator[InputError]:
    genome = config["assemblies"][assembly]["genome"]
    aliases = config["assemblies"][assembly]["aliases"]
    for column, path in files_of(unit).items():
        try:
            if column in _NAMES and _are_there(genome, path):
                _NAMES[column](path, genome, aliases)
            elif column == "contacts" and _are_there(genome, path):
                _check_map(unit["contacts"], genome, aliases, config["hichip"]["resolution"])
            elif column == "loops" and _are_there(genome, path):
                cutoff = config["loops"]["confidence"]
                table = read_loop_table(path, unit["value_column"] or None, cutoff)
                sizes = genome_sizes(genome)
                if aliases:
                    table = read_aliases(aliases, sizes).rename_anchors(table, path)
                imported_signal({unit["sample"]: table}, sizes, genome)
            elif column in _COUNTS and reference is not None and _are_there(path):
                _COUNTS[column](unit, path, reference)
        except InputError as error:
            yield error.of(path, f"{row}, column {column}")
    if _are_there(unit["bam1"], unit["bam2"]):
        with contextlib.suppress(InputError):  # told of above
            for problem in mate_problems(*map(first_records, (unit["bam1"], unit["bam2"]))):
                yield problem.at(f"{row}, columns bam1 and bam2")


def configured_problems(config: Mapping[str, Any], samples: pd.DataFrame) -> Iterator[InputError]:
    """What the settings' own files say when they are read: motifs, peaks, anchors, blacklists."""
    anchors, peaks = config["hichip"]["anchors"], config["motifs"]["enhancer_peaks"]
    targets = config["motifs"]["targets"]
    reads: list[tuple[str, str | None, Callable[[str], object]]] = [
        ("motifs.targets", None if is_release(targets) else targets, read_meme),
        ("motifs.enhancer_peaks", peaks, partial(_check_peaks, config=config)),
        *(
            (f"variants.vcf.{name}", path, _check_vcf)
            for name, path in config["variants"]["vcf"].items()
        ),
    ]
    for name in dict.fromkeys(samples.loc[samples["assay"] == "hichip", "assembly"]):
        genome = config["assemblies"][name]["genome"]
        if not _are_there(genome):
            continue
        own = config["assemblies"][name]
        called = config["loops"]["caller_settings"].get("peaks")
        peaks_of = partial(_check_regions, what="BED of peaks", genome=genome)
        black = partial(
            _check_regions, what="blacklist", genome=genome, aliases=own["aliases"], cut=True
        )
        reads += [
            ("hichip.anchors", anchors, partial(_check_anchors, genome=genome)),
            ("loops.caller_settings.peaks", called, peaks_of),
            (f"assemblies.{name}.blacklist", own["blacklist"], black),
        ]
    for key, path, look in reads:
        if _are_there(path):
            try:
                look(path)  # type: ignore[arg-type]  # checked before
            except InputError as error:
                yield error.of(str(path), f"configuration, key {key}")


def _check_anchors(path: str, genome: str) -> None:
    read_anchors(path, _chromosomes(genome, None))


def _check_regions(
    path: str, what: str, genome: str, aliases: str | None = None, cut: bool = False
) -> None:
    sizes = genome_sizes(genome)
    known = read_aliases(aliases, sizes) if aliases else None
    read_regions(path, list(sizes), what, known, sizes if cut else None)


def _check_vcf(path: str) -> None:
    with open_vcf(path) as vcf:
        next(vcf.records, None)


def _check_peaks(path: str, config: Mapping[str, Any]) -> None:
    """Read peaks, and hold their chromosomes against those of all genomes."""
    names = set(read_peaks(path)["chromosome"])
    genomes = [each["genome"] for each in config["assemblies"].values()]
    if all(map(_are_there, genomes)) and not any(names & genome_sizes(g).keys() for g in genomes):
        raise _foreign(sorted(names)[:3], genomes[0])


def genome_sizes(path: str | Path) -> dict[str, int]:
    """Sequences of a FASTA and their lengths (bp): from its `.fai` where that belongs to it."""
    return dict(_sizes(*_version(path)))


@functools.lru_cache(maxsize=16)
def _sizes(path: str, version: Version) -> dict[str, int]:
    if index_fits(path):
        rows = [row.split("\t") for row in index_path(path).read_text().splitlines()]
        known = {row[0]: int(row[1]) for row in rows}
        if len(known) == len(rows):
            return known
    sizes: dict[str, int] = {}
    name, in_header = None, b""
    with reading(path, "genome") as text:
        while chunk := text.buffer.read(CHUNK):  # type: ignore[attr-defined]  # text files of reading() have one
            for part in re.split(rb"(?m)(?=^>)", in_header + chunk):
                in_header = b""
                if part.startswith(b">"):
                    header, newline, part = part.partition(b"\n")
                    if not newline:
                        in_header = header
                        continue
                    name = (header[1:].split(maxsplit=1) or [b""])[0].decode()
                    if not name or name in sizes:
                        list(fasta_headers(path))  # raises, with the lines
                    sizes[name] = 0
                if name is not None:
                    sizes[name] += len(part) - part.count(b"\n") - part.count(b"\r")
    if not sizes:
        raise InputError("The file holds no sequence.", where=path, expected="FASTA")
    return sizes


@functools.lru_cache(maxsize=16)
def _annotation(
    path: str, version: Version, genome: str, genome_version: Version, aliases: str | None
) -> Annotation:
    sizes = _sizes(genome, genome_version)
    known = read_aliases(aliases, sizes) if aliases else None
    return read_annotation(path, sizes, genome, aliases=known)


def _version(path: str | Path) -> tuple[str, Version]:
    """A file, and its size, date, and the date of its index (0 without): what its cache goes by."""
    stat, index = os.stat(path), Path(f"{path}.fai")
    return str(path), (
        stat.st_size,
        stat.st_mtime,
        index.stat().st_mtime if index.is_file() else 0,
    )


def _are_there(*paths: str | None) -> bool:
    return all(path and Path(path).is_file() for path in paths)


def _check_bam(path: str, genome: str, aliases: str | None) -> None:
    records = first_records(path)
    _require_genome(records.sizes, genome, aliases)
    require_one_mate(records)


def _check_pairs(path: str, genome: str, aliases: str | None) -> None:
    if path.endswith((".bz2", ".xz", ".zst")):
        return
    with reading(path, "pairs file") as handle:
        header = itertools.takewhile(lambda line: line.startswith("#"), handle)
        words = (line.split() for line in header)
        given = {
            w[1]: int(w[2])
            for w in words
            if w[0] == "#chromsize:" and len(w) == 3 and w[2].isdigit()
        }
    if given:  # that there are none is told when the pairs are read
        _require_genome(given, genome, aliases)
        known = _chromosomes(genome, aliases)
        known.require_similar(list(given), list(given.values()), path, more=False)
        from deepexpr.hichip.pairs_format import PairsReader  # compiles; only where there are pairs

        with PairsReader(path) as reader:
            next(iter(reader), None)  # the first lines


def _check_map(text: str, genome: str, aliases: str | None, resolution: int) -> None:
    from deepexpr.hichip.contact_maps import look_at_map  # imports h5py; only where there are maps

    look_at_map(text, _chromosomes(genome, aliases), resolution)


def _chromosomes(genome: str, aliases: str | None) -> Chromosomes:
    sizes = genome_sizes(genome)
    known = read_aliases(aliases, sizes) if aliases else None
    return Chromosomes(tuple(sizes), tuple(sizes.values()), genome, known)


def _require_genome(given: Mapping[str, int], genome: str, aliases: str | None) -> None:
    sizes = genome_sizes(genome)
    if aliases:
        known = read_aliases(aliases, sizes)
        given = {known[name]: bp for name, bp in given.items()}
    shared = given.keys() & sizes.keys()
    if not shared:
        raise _foreign(list(given)[:3], genome)
    other = sorted(name for name in shared if given[name] != sizes[name])
    if other:
        raise InputError(
            f"The chromosome {other[0]} has another length than in the genome.",
            expected=f"{sizes[other[0]]:,} bp, as in {genome}",
            found=f"{given[other[0]]:,} bp",
            fix="Use files of one build of the genome.",
        )


def _foreign(found: list[str], genome: str) -> InputError:
    return InputError(
        "None of its chromosomes is in the genome.",
        expected=f"names such as {', '.join(list(genome_sizes(genome))[:3])}, as in {genome}",
        found=", ".join(found),
        fix="Take both from one source, or rename the chromosomes (chr1 is not 1).",
    )


def _check_genes(unit: pd.Series, path: str, reference: Reference) -> None:
    values = gene_values(path, unit["value_column"])
    require_known_genes(values, path, reference.genes["gene"], reference.annotation.path)
    count_table({unit["sample"]: values}, reference.genes)


def _check_targets(_: pd.Series, path: str, reference: Reference) -> None:
    sum_by_gene(read_abundance(path), reference.annotation.transcripts)


_COUNTS = {"expression": _check_genes, "kallisto": _check_targets}
_NAMES = {"bam1": _check_bam, "bam2": _check_bam, "pairs": _check_pairs}
