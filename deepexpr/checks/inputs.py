"""Everything that can be known to be wrong before the first job runs.

Two moments: when the workflow is read (also in a dry run), configuration, sheets and the
presence of files that no rule makes; when it starts, what only a real run needs.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from deepexpr.checks.comparisons import comparison_problems
from deepexpr.checks.health import Wanted, unit_health
from deepexpr.checks.saved_table import saved_table_problems
from deepexpr.config.entries import FILE_COLUMNS, files_of, sample_entries
from deepexpr.config.published import used_instead
from deepexpr.config.settings import complete_config, config_problems
from deepexpr.config.sheets import read_sheet, sheet_problems, sheets_alone
from deepexpr.config.unit_rules import UNVERIFIED
from deepexpr.downloads.forms import ACCESSION_FORMS
from deepexpr.errors import InputError, raise_all
from deepexpr.model.config import find_variant, without_words
from deepexpr.motifs.jaspar import is_release, require_release
from deepexpr.reference.aliases import AUTO, label_of
from deepexpr.reference.annotation import annotation_names, count_names, names_gene
from deepexpr.reference.chromosomes import require_common_name
from deepexpr.reference.fasta import fasta_names
from deepexpr.simulate.settings import simulated_tables

#: Keys of an assembly that name files.
ASSEMBLY_FILES = (
    "promoters", "places", "genome", "annotation", "transcripts", "aliases", "blacklist",
)  # fmt: skip


def load_and_check(
    config: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """The completed configuration, samples and units; InputError lists every problem found."""
    config, samples, units = load_sheets(config, where)
    raise_all(
        [
            *_missing_files(config, samples, units),
            *_unknown_names(config, samples, where),
            *_unequal_totals(config, samples, units),
            *comparison_problems(config, samples, units),
            *_maps_without_pairs(config, units),
            *_bins_without_places(config, units),
            *_unread_beside_words(config),
        ]
    )
    return config, samples, units


def load_sheets(
    config: Mapping[str, Any], where: str
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame]:
    """As `load_and_check`, also where files that they name are not there yet."""
    if problems := config_problems(config, where):
        raise_all([*problems, *sheets_alone(config)])
    config = complete_config(config)
    config["resolved"] = config["resolved"] or f"{config['results']}/download/resolved.tsv"
    samples = read_sheet(config["samples"], "samples")
    units = read_sheet(config["units"], "units")
    if problems := sheet_problems(samples, units, config):
        missing = _missing_unit_files(config, units, ("fq1", "fq2"))
        raise_all([*problems, *missing, *_unverified(config, units)])
    raise_all(list(_published_lines(config, samples)))
    for key, column in (("assemblies", "assembly"), ("published", "cell_line")):
        used = set(samples[column])
        config[key] = {k: v for k, v in config[key].items() if k in used}
    return config, *used_instead(config, samples, units)


def _published_lines(config: Mapping[str, Any], samples: pd.DataFrame) -> Iterator[InputError]:
    """Published values that are to be used, of a cell line that the sheet does not have."""
    known = list(dict.fromkeys(samples["cell_line"]))
    for line, published in config["published"].items():
        if published["use"] and line not in known:
            yield InputError(
                f"The cell line {line!r} of published values is not in the sample sheet.",
                where=f"configuration, key published.{line}.use",
                expected="one of " + ", ".join(known),
                fix="Correct the name, or set use to false.",
            )


def _unknown_names(
    config: Mapping[str, Any], samples: pd.DataFrame, files: str
) -> Iterator[InputError]:
    known = list(dict.fromkeys(samples["cell_line"]))
    named = (
        ("evaluation.distance_cell_lines", "the distance scan", "all cell lines with HiChIP"),
        ("motifs.attribution_cell_lines", "the attribution motifs", "all cell lines"),
    )
    for key, what, default in named:
        section, name = key.split(".")
        for line in config[section][name] or []:
            if line not in known:
                yield InputError(
                    f"The cell line {line!r} of {what} is not in the sample sheet.",
                    where=f"{files}, key {key}",
                    expected="some of " + ", ".join(known) + f", as in {config['samples']}",
                    fix=f"Correct the name, or set the key to null for {default}.",
                )
    drawn = config["figures"]["gene"]
    for assembly in drawn if isinstance(drawn, dict) else ():
        if assembly not in config["assemblies"]:
            yield InputError(
                f"The assembly {assembly!r} of the gene of figure 2C is not in the sample sheet.",
                where=f"{files}, key figures.gene.{assembly}",
                expected="some of " + ", ".join(config["assemblies"]),
                fix="Correct the name.",
            )
    across = config["evaluation"]["cross_species"]
    for assembly in across["assemblies"] if across else ():
        if assembly not in config["assemblies"]:
            yield InputError(
                f"The assembly {assembly!r} of prediction across species has no cell line.",
                where="configuration, key evaluation.cross_species.assemblies",
                expected="two of " + ", ".join(config["assemblies"]),
                fix="Correct the name, or add its samples to the sample sheet.",
            )
    targets = config["motifs"]["targets"]
    # Under --use-conda the main process may lack pyjaspar; then the rule itself tells.
    if is_release(targets):
        try:
            require_release(targets)
        except InputError as error:
            yield error.at("configuration, key motifs.targets")


def _maps_without_pairs(config: Mapping[str, Any], units: pd.DataFrame) -> Iterator[InputError]:
    """Contact maps where anchors are peaks: a map has its own bins."""
    maps = [name for name, entry in sample_entries(units).items() if entry == "contacts"]
    if maps and config["hichip"]["anchors"]:
        yield InputError(
            "The contacts of a map lie between its bins, not between peaks.",
            where="configuration, key hichip.anchors",
            expected="null, where samples enter with contact maps",
            found=f"{config['hichip']['anchors']}; a contact map of {', '.join(maps)}",
            fix="Set hichip.anchors to null, or give pairs.",
        )


def _unread_beside_words(config: Mapping[str, Any]) -> Iterator[InputError]:
    """Known motifs and further samples that cannot be read, or where the network has no words.

    How many of a run's genes the samples know is not known yet.
    """
    motifs, samples = config["model"].get("motifs"), config["training"].get("samples")
    own = config["baselines"]["settings"]
    if {motifs, samples, own.get("motifs"), own.get("samples")} == {None}:
        return
    from deepexpr.expression.tables import read_expression
    from deepexpr.features.meme_format import read_meme

    if config["model"].get("words") is False:
        yield from without_words(motifs, samples)
    for key, path, reader in (
        ("model.motifs", motifs, read_meme),
        ("training.samples", samples, read_expression),
        ("baselines.settings.motifs", own.get("motifs"), read_meme),
        ("baselines.settings.samples", own.get("samples"), read_expression),
    ):
        try:
            if path is not None:
                reader(path)
        except InputError as error:
            yield error.at(f"configuration, key {key}: {path}")


def _bins_without_places(config: Mapping[str, Any], units: pd.DataFrame) -> Iterator[InputError]:
    """Finished bins where the network reads the places that loops join to a gene."""
    variant = config["model"]["variant"]
    given = [name for name, entry in sample_entries(units).items() if entry == "bins"]
    if given and getattr(find_variant(variant), "CONTACTED", False):
        yield InputError(
            "Finished bins do not say which places loops join to a gene, and the network reads "
            "their sequences.",
            where="configuration, key model.variant",
            expected="loops, or what they are called from, of every cell line with HiChIP",
            found=f"{variant}; finished bins of {', '.join(given)}",
            fix="Take a variant that reads bins alone, such as tuned, or give loops.",
        )


def _unequal_totals(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    """Libraries of which some count sequenced pairs and others, entered later, what was left."""
    if config["loops"]["total_metric"] != "read_pairs":
        return
    entries = samples["sample"].map(sample_entries(units))
    for assembly, rows in samples.assign(entry=entries).groupby("assembly"):
        late = rows.loc[rows["entry"].isin(["pairs", "contacts"]), "sample"].tolist()
        early = rows.loc[
            rows["entry"].isin(["reads", "bam"]) & (rows["assay"] == "hichip"), "sample"
        ].tolist()
        if late and early:
            yield InputError(
                f"The HiChIP samples of {assembly} cannot be scaled by their sequenced pairs: a "
                ".pairs file or a contact map does not hold how many there were.",
                where="configuration, key loops.total_metric",
                expected="the same number for every sample",
                found=f"{', '.join(late)} with pairs; {', '.join(early)} with reads or BAM",
                fix="Set loops.total_metric to valid_pairs.",
            )


def run_time_problems(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> list[InputError]:
    """Problems that stop a real run but not a dry run: unverified accessions, a saved
    table of downloads of another sheet, damaged or mismatched files."""
    wanted = Wanted(
        assays=dict(zip(samples["sample"], samples["assay"], strict=True)),
        groups=dict(zip(samples["sample"], samples["cell_line"], strict=True)),
        min_length=config["hichip"]["min_length"],
        bowtie_options=config["hichip"]["bowtie_options"],
        enzymes=dict(zip(samples["sample"], samples["enzyme"], strict=True)),
        min_trimmed_fraction=config["hichip"]["min_trimmed_fraction"],
        resolution=config["hichip"]["resolution"],
    )
    return [
        *_unverified(config, units),
        *saved_table_problems(config, samples, units),
        *unit_health(units, wanted, config["units"]),
        *_unknown_genes(config, samples),
    ]


def _unknown_genes(config: Mapping[str, Any], samples: pd.DataFrame) -> Iterator[InputError]:
    """Genes asked for by name that an assembly they are drawn in does not have."""
    lines = config["motifs"]["attribution_cell_lines"]
    explained = samples if lines is None else samples[samples["cell_line"].isin(lines)]
    drawn = config["figures"]["gene"]
    asked = [
        ("figures.gene", gene, assembly, "name it for each assembly, or set the key to null")
        for assembly in dict.fromkeys(samples.loc[samples["assay"] == "hichip", "assembly"])
        if (gene := drawn.get(assembly) if isinstance(drawn, dict) else drawn)
    ]
    asked += [
        ("motifs.interpret_genes", gene, assembly,
         "name in motifs.attribution_cell_lines only cell lines whose assembly has it")
        for gene in config["motifs"]["interpret_genes"]
        for assembly in dict.fromkeys(explained["assembly"])
    ]  # fmt: skip
    for key, gene, assembly, instead in asked:
        path = config["assemblies"][assembly]["annotation"]
        # Figure 2C looks for its gene whatever the case; an explained one is taken as written.
        ignore_case = key == "figures.gene"
        if path and Path(path).is_file() and not names_gene(path, gene, ignore_case):
            yield InputError(
                f"The gene {gene!r} is not in the annotation of {assembly}.",
                where=f"configuration, key {key}",
                expected=f"a symbol of {path}",
                fix=f"Correct the symbol, or {instead}.",
            )


def name_problems(config: Mapping[str, Any]) -> list[InputError]:
    """Chromosome names of a genome and its annotation that do not agree, where both are there."""
    return [
        problem
        for assembly in config["assemblies"].values()
        for problem in _chromosome_problems(assembly)
    ]


def made_by_rules(config: Mapping[str, Any], units: pd.DataFrame) -> set[str]:
    """Input files that the workflow itself makes or downloads."""
    made: set[str] = set()
    if config["simulate"]:
        folder = config["simulate"]["output"]
        made |= {f"{folder}/genome.fa", f"{folder}/annotation.gtf"}
        made |= {p for p in [*units["fq1"], *units["fq2"]] if p.startswith(f"{folder}/")}
        made |= set(simulated_tables(config["simulate"]))
    for package in config["packages"].values():
        made |= {f"{package['output']}/{member}" for member in package["members"]}
    for assembly in config["assemblies"].values():
        made |= {assembly[kind] for kind in ("genome", "annotation") if assembly[f"{kind}_url"]}
    made |= {one["table"] for one in config["published"].values() if one["url"]}
    for unit in units[units["accession"] != ""].to_dict("records"):
        made |= set(files_of(unit).values())
    return made


def _missing_files(
    config: Mapping[str, Any], samples: pd.DataFrame, units: pd.DataFrame
) -> Iterator[InputError]:
    yield from _missing_unit_files(config, units)
    made = made_by_rules(config, units) | {AUTO, "macs"}  # no names of files
    for key, file, what, otherwise in _configured_files(config, samples):
        if file and file not in made and not Path(file).is_file():
            where, fix = f"configuration, key {key}", f"Correct the path, or {otherwise}."
            yield InputError(f"{what}: {file}", where=where, fix=fix).or_else(_source(config, file))


def _missing_unit_files(
    config: Mapping[str, Any], units: pd.DataFrame, columns: Sequence[str] = FILE_COLUMNS
) -> Iterator[InputError]:
    made = made_by_rules(config, units)
    for index, row in units.iterrows():
        for column, path in files_of(row).items():
            if column in columns and path not in made and not Path(path).is_file():
                yield InputError(
                    f"The file of sample {row['sample']!r} does not exist: {path}",
                    where=f"{config['units']}, row {index}, column {column}",
                    found=f"no such file, seen from {Path.cwd()}",
                    fix="Correct the path, or give an accession to download it from.",
                ).or_else(_source(config, path))


def _source(config: Mapping[str, Any], path: str) -> str | None:
    """Where a file comes from, as the configuration says of it or of a folder above it."""
    named = [place for place in config["sources"] if Path(path).is_relative_to(place)]
    return f"It comes from {config['sources'][max(named, key=len)]}." if named else None


def _configured_files(
    config: Mapping[str, Any], samples: pd.DataFrame
) -> Iterator[tuple[str, str | None, str, str]]:
    """Key, path (if any), what a message says of it, and what to do but correct the path."""
    ways = {"aliases": "set it to auto or null", "blacklist": "set it to null"}
    for name in dict.fromkeys(samples["assembly"]):
        for kind in ASSEMBLY_FILES:
            key = f"assemblies.{name}.{kind}"
            cut = "set it to null to take them from genome and annotation"
            way = f"set {key}_url" if kind in ("genome", "annotation") else ways.get(kind, cut)
            what = f"The {kind} of assembly {name!r} do{'' if kind[-1] == 's' else 'es'} not exist"
            yield key, config["assemblies"][name][kind], what, way
    for line, published in config["published"].items():
        what = f"The published values of {line} do not exist"
        yield f"published.{line}.table", published["table"], what, f"set published.{line}.url"
    if across := config["evaluation"]["cross_species"]:
        what, way = "The table of orthologues does not exist", "leave cross_species out"
        yield "evaluation.cross_species.orthologues", across["orthologues"], what, way
    what, way = "The file does not exist", "set it to null"
    yield "hichip.anchors", config["hichip"]["anchors"], what, way
    yield "motifs.enhancer_peaks", config["motifs"]["enhancer_peaks"], what, way
    peaks = config["loops"]["caller_settings"].get("peaks")
    yield "loops.caller_settings.peaks", peaks, what, way
    targets = config["motifs"]["targets"]
    if not is_release(targets):
        yield "motifs.targets", targets, what, "name a JASPAR release such as JASPAR2018"
    for name in dict.fromkeys(samples["assembly"]):
        vcf = config["variants"]["vcf"].get(name)
        yield f"variants.vcf.{name}", vcf, what, "leave the key out"


def _unverified(config: Mapping[str, Any], units: pd.DataFrame) -> Iterator[InputError]:
    for index, row in units[units["accession"].str.startswith(UNVERIFIED)].iterrows():
        files = list(files_of(row).values())
        if all(Path(path).is_file() for path in files):
            continue
        yield InputError(
            f"The data of sample {row['sample']!r} have no verified accession.",
            where=f"{config['units']}, row {index}, column accession",
            expected=ACCESSION_FORMS,
            found=row["accession"],
            fix=f"Look it up and fill it in, or put the data at {' and '.join(files)}.",
        )


def _chromosome_problems(assembly: Mapping[str, Any]) -> Iterator[InputError]:
    genome, annotation = assembly["genome"], assembly["annotation"]
    if not (genome and annotation and Path(genome).is_file() and Path(annotation).is_file()):
        return
    try:
        label = label_of(assembly["aliases"]) if assembly["aliases"] else str
        require_common_name(
            map(label, annotation_names(annotation)),
            map(label, fasta_names(genome)),
            annotation,
            genome,
            lambda: count_names(annotation, label),
        )
    except InputError as error:
        yield error
