"""Configuration and sheets, checked; the get_* helpers of the rules. No rules here.

Path grammar: {results}/{stage}/{what it belongs to}/{file}, through out("...").
"""

import json
import os
import sys

sys.path.insert(0, workflow.basedir)
# Jobs find the package where the Snakefile is, locally, under --use-conda and on a cluster node.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [workflow.basedir, os.environ.get("PYTHONPATH")])
)

from snakemake.exceptions import WorkflowError

from deepexpr.config.inputs import load_and_check, run_time_problems
from deepexpr.errors import InputError

try:
    config, SAMPLES, UNITS = load_and_check(config, "configuration")
except InputError as error:
    raise WorkflowError(str(error))

CELL_LINES = list(dict.fromkeys(SAMPLES["cell_line"]))
HICHIP_LINES = list(dict.fromkeys(SAMPLES.query("assay == 'hichip'")["cell_line"]))
ASSEMBLY = dict(zip(SAMPLES["cell_line"], SAMPLES["assembly"]))
ASSEMBLIES = list(dict.fromkeys(SAMPLES["assembly"]))
HICHIP_ASSEMBLIES = [
    a for a in ASSEMBLIES if any(ASSEMBLY[line] == a for line in HICHIP_LINES)
]
TASKS = config["evaluation"]["tasks"]
SCHEME = config["evaluation"]["scheme"]
FOLDS = config["evaluation"]["folds"]
MAIN_K = config["evaluation"]["main_folds"]
DISTANCES = sorted(config["evaluation"]["distances"], reverse=True)
HALF_WIDTH = config["features"]["bins"] * config["features"]["bin_size"] // 2
FORMATS = config["figures"]["formats"]


wildcard_constraints:
    assembly="|".join(map(re.escape, ASSEMBLIES)),
    cell_line="|".join(map(re.escape, CELL_LINES)),
    sample="|".join(map(re.escape, SAMPLES["sample"])),
    unit="|".join(map(re.escape, dict.fromkeys(UNITS["unit"]))),
    task="|".join(TASKS),
    K=r"\d+",
    group="(assembly|cell_line)-.+",
    kind=r"full(-\d+kb)?|sequence|hichip",
    baseline="[a-z_]+",
    mate="[12]",


def out(path):
    """A path under the results folder."""
    return f"{config['results']}/{path}"


def get_units(sample):
    """Unit names of one sample, in sheet order."""
    return UNITS.loc[UNITS["sample"] == sample, "unit"].tolist()


def get_unit(wildcards):
    """The sheet's row of one unit."""
    chosen = (UNITS["sample"] == wildcards.sample) & (UNITS["unit"] == wildcards.unit)
    return UNITS[chosen].iloc[0]


def get_samples(assay, cell_line=None, assembly=None):
    """Names of the samples of an assay, of one cell line or assembly."""
    rows = SAMPLES[SAMPLES["assay"] == assay]
    if cell_line is not None:
        rows = rows[rows["cell_line"] == cell_line]
    if assembly is not None:
        rows = rows[rows["assembly"] == assembly]
    return rows["sample"].tolist()


def get_sample_value(sample, column):
    """One cell of the sample sheet."""
    return SAMPLES.set_index("sample").loc[sample, column]


def get_rna_reads(wildcards):
    """All FASTQ of an RNA-seq sample, mates of one unit side by side."""
    rows = UNITS[UNITS["sample"] == wildcards.sample]
    return [path for pair in zip(rows["fq1"], rows["fq2"]) for path in pair if path]


def get_kinds(cell_line):
    """Networks trained for a cell line: without HiChIP only the sequence one."""
    if cell_line not in HICHIP_LINES:
        return ["sequence"]
    return ["full", "sequence"] + (
        ["hichip"] if config["evaluation"]["ablation"] else []
    )


def get_distance_kinds(cell_line):
    """Networks of the distance scan; the full width is the kind "full" itself."""
    chosen = config["evaluation"]["distance_cell_lines"] or HICHIP_LINES
    if cell_line not in HICHIP_LINES or cell_line not in chosen:
        return []
    return [f"full-{d // 1000}kb" for d in DISTANCES if d != HALF_WIDTH]


def get_partners(cell_line):
    """The other cell lines of the same assembly that have HiChIP if this one has."""
    return [
        line
        for line in CELL_LINES
        if line != cell_line
        and ASSEMBLY[line] == ASSEMBLY[cell_line]
        and (line in HICHIP_LINES) == (cell_line in HICHIP_LINES)
    ]


def get_prediction_files():
    """Held-out predictions of every network and baseline."""
    files = []
    for line in CELL_LINES:
        for task in TASKS:
            for k in FOLDS:
                kinds = get_kinds(line)
                if task == "regression" and k == MAIN_K:
                    kinds = kinds + get_distance_kinds(line)
                elif k != MAIN_K:
                    kinds = [kind for kind in kinds if kind != "hichip"]
                stem = f"{line}/{task}/K{k}"
                files += [
                    out(f"models/{stem}/{kind}/predictions.tsv") for kind in kinds
                ]
                files += [
                    out(f"baselines/{stem}/{method}/predictions.tsv")
                    for method in config["baselines"][task]
                ]
    return files


def get_cross_files():
    """Cross-cell-line predictions, regression, by network and baseline."""
    if not config["evaluation"]["cross_cell_line"] or "regression" not in TASKS:
        return []
    files = []
    for line in CELL_LINES:
        if get_partners(line):
            kinds = ["full", "sequence"] if line in HICHIP_LINES else ["sequence"]
            methods = kinds + config["baselines"]["regression"]
            files += [
                out(f"evaluation/cross/{line}/regression/{m}.tsv") for m in methods
            ]
    return files


onstart:
    # Not in a dry run: files that only a real run needs to be there and healthy.
    problems = run_time_problems(config, SAMPLES, UNITS)
    if problems:
        raise WorkflowError("\n\n".join(map(str, problems)))
