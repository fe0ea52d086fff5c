"""What a reader of a paper needs beside its numbers, in one file: how they were made.

An archive holds the text of the methods with the settings that were used, the completed
configuration and sheets, the versions of packages and tools, the environments' pins and a
checksum of every result. The same results give the same bytes.
"""

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from deepexpr.config.sheets import read_sheet
from deepexpr.files import atomic_path
from deepexpr.hichip.callers import find_caller
from deepexpr.hichip.enzymes import parse_enzymes
from deepexpr.provenance import sha256_file, versions

EARLIEST = (1980, 1, 1, 0, 0, 0)  # ZIP's first date: no time of making in the bytes


def write_archive(
    config: Mapping[str, Any],
    results: Iterable[Path],
    environments: Path,
    tools: Iterable[Path],
    output: Path,
) -> None:
    """Write the archive of `results` (files and folders) as a ZIP to `output`.

    config : the completed configuration; `environments` is the folder of the conda files,
    `tools` are the run's records of its tools' versions.
    """
    samples = read_sheet(config["samples"], "samples")
    content = {
        "methods.md": methods_text(config, samples),
        "config.yaml": yaml.safe_dump(dict(config), sort_keys=False),
        "samples.tsv": Path(config["samples"]).read_text(),
        "units.tsv": Path(config["units"]).read_text(),
        "versions.tsv": _table(("name", "version"), {**versions(), **tool_versions(tools)}.items()),
        "checksums.tsv": _table(("sha256", "file"), checksums(results)),
    }
    content |= {f"envs/{path.name}": path.read_text() for path in environments.glob("*.yaml")}
    with atomic_path(output) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content[name])


def checksums(results: Iterable[Path]) -> list[tuple[str, str]]:
    """SHA-256 and path of every file among `results` and in folders among them, by path."""
    files = {
        file
        for path in results
        for file in (path.rglob("*") if path.is_dir() else [path])
        if file.is_file() and not file.name.startswith(".")
    }
    return [(sha256_file(file), str(file)) for file in sorted(files)]


def tool_versions(records: Iterable[Path]) -> dict[str, str]:
    """Tool and version, from the files (named after the tools) in which the run recorded them.

    What a tool says of itself may hold bytes that are no text (paths of its build).
    """
    found = {}
    for record in records:
        number = re.search(r"\d+\.\d+(\.\d+)*", record.read_text(errors="replace"))
        found[record.stem] = number.group() if number else "unknown"
    return found


def methods_text(config: Mapping[str, Any], samples: pd.DataFrame) -> str:
    """The methods as sentences, each with the settings of this run."""
    paragraphs = ["# Methods", _data(samples), _expression(config)]
    if (samples["assay"] == "hichip").any():
        paragraphs += [_hichip(config, samples), _loops(config)]
    return "\n\n".join([*paragraphs, _network(config), _evaluation(config), _motifs(config)]) + "\n"


def _data(samples: pd.DataFrame) -> str:
    lines = samples["cell_line"].drop_duplicates().tolist()
    assays = samples["assay"].value_counts()
    counts = f"{assays.get('rna', 0)} RNA-seq and {assays.get('hichip', 0)} HiChIP samples"
    assemblies = ", ".join(samples["assembly"].drop_duplicates())
    return f"{len(lines)} cell lines ({', '.join(lines)}; {assemblies}) with {counts} were used."


def _expression(config: Mapping[str, Any]) -> str:
    settings, reference = config["expression"], config["reference"]
    return (
        "Transcripts were quantified with kallisto; counts were summed to genes and averaged over"
        f" replicates, log10(count + {settings['pseudocount']}) was taken, and samples of one"
        f" assembly were normalised ({settings['normalisation']}). Promoters reach from"
        f" {reference['upstream']} bp upstream to {reference['downstream']} bp downstream of the"
        f" TSS (one per gene, rule: {reference['tss_rule']})."
    )


def _hichip(config: Mapping[str, Any], samples: pd.DataFrame) -> str:
    settings = config["hichip"]
    given = set(samples.query("assay == 'hichip'")["enzyme"]) - {""}
    enzymes = ", ".join(sorted(name for name in given if parse_enzymes(name)))
    anchors = settings["anchors"] or f"bins of {settings['resolution']} bp"
    return (
        f"HiChIP reads were cut at the ligation junction of {enzymes or 'their enzyme'} (reads"
        f" under {settings['min_length']} bp dropped), each mate was mapped alone with bowtie"
        f" ({settings['bowtie_options']}), and pairs were deduplicated; cis pairs closer than"
        f" {settings['min_distance']} bp and {', '.join(settings['drop_chromosomes'])} were"
        " dropped."
        f" Contacts were counted between {anchors}, up to {settings['max_distance']} bp apart."
    )


def _loops(config: Mapping[str, Any]) -> str:
    settings, features = config["loops"], config["features"]
    return (
        f"Loops were called with {find_caller(settings['caller']).methods(settings)}; their counts"
        f" were normalised by {settings['total_metric']}."
        f" Each gene has {features['bins']} bins of {features['bin_size']} bp around its TSS."
    )


def _network(config: Mapping[str, Any]) -> str:
    model = dict(config["model"])
    variant = model.pop("variant", "paper")
    changed = {**model, **config["training"]}
    text = ", ".join(f"{key} {value}" for key, value in changed.items()) or "none"
    return (
        f"The network is the variant {variant} (settings of its own: {text}): pre-trained on"
        f" promoters, then fine-tuned with the binned loops. Seed {config['seed']}."
    )


def _evaluation(config: Mapping[str, Any]) -> str:
    evaluation, baselines = config["evaluation"], config["baselines"]
    methods = sorted({name for task in evaluation["tasks"] for name in baselines[task]})
    return (
        f"Predictions ({' and '.join(evaluation['tasks'])}) were evaluated by"
        f" {', '.join(map(str, evaluation['folds']))}-fold cross-validation"
        f" ({evaluation['scheme']} splits), against {', '.join(methods)} on the same splits, by"
        " one-sided Wilcoxon rank-sum and signed-rank tests over folds."
    )


def _motifs(config: Mapping[str, Any]) -> str:
    motifs = config["motifs"]
    return (
        f"Motifs were compared with {motifs['targets']} by TomTom ({motifs['engine']}, distance"
        f" {motifs['distance']}, E below {motifs['e_value']}); enhancer motifs"
        f" ({motifs['enhancer_motifs']}) were found with CisModule in {motifs['enhancers']} distal"
        " anchors per cell line."
    )


def _table(header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in (header, *rows))
