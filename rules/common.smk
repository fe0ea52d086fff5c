"""Configuration and sheets, checked; the get_* helpers of the rules. No rules here.

Path grammar: {results}/{stage}/{what it belongs to}/{file}, through out("...").
"""

import atexit
import gc
import json
import os
import sys

# Snakemake's own modules stay; searching them for garbage again and again is a fifth of a dry run.
gc.freeze()

#: The folder of the workflow, also where another one includes it or uses it as a module.
ROOT = os.path.dirname(str(workflow.current_basedir))
sys.path.insert(0, ROOT)
# Jobs find the package where the workflow is, locally, under --use-conda and on a cluster node.
os.environ.update(PYTHONPATH=ROOT)

from deepexpr.baselines.settings import BaselineSettings
from deepexpr.checks.blacklisted_maps import warn_of_maps
from deepexpr.checks.inputs import load_and_check, name_problems, run_time_problems
from deepexpr.config.entries import files_of
from deepexpr.config.settings import keep_config, keys_twice
from deepexpr.errors import InputError, raise_all
from deepexpr.hichip.callers import find_caller
from deepexpr.model.trainers import warn_of_trainer
from deepexpr.run.drawings import drawings
from deepexpr.run.ending import failed, steps, succeeded
from deepexpr.run.kept import results
from deepexpr.run.strict import left_out_before
from deepexpr.run.targets import BOWTIE_PARTS, Run

# The workflow's own first, then those of the command line, which Snakemake lists before it. A
# workflow that uses this one as a module gives the configuration itself, without ours.
OWN = os.path.realpath(f"{ROOT}/config/config.yaml")
CONFIG_FILES = [
    os.path.relpath(path)
    for path in sorted(
        workflow.configfiles, key=lambda path: os.path.realpath(path) != OWN
    )
]

try:
    if workflow.is_main_process:
        print("Configuration:", ", then ".join(CONFIG_FILES), file=sys.stderr)
        raise_all([problem for path in CONFIG_FILES for problem in keys_twice(path)])
    checked, SAMPLES, UNITS = load_and_check(config, ", ".join(CONFIG_FILES))
    config.update(checked)  # with defaults, and only the assemblies of the samples
    RUN = Run(config, SAMPLES, UNITS)  # what follows from these alone
    if workflow.is_main_process:
        raise_all(name_problems(checked))
        raise_all(left_out_before(RUN))
        warn_of_maps(checked, SAMPLES, UNITS)
        warn_of_trainer(checked["training"])
except InputError as error:
    sys.exit(f"Error: {error}")  # a WorkflowError would add lines of this file

DRAWINGS = drawings(RUN)  # every figure and page that this run can make
TASKS, FOLDS, MAIN_K = RUN.tasks, RUN.folds, RUN.main_k
SCHEME = config["evaluation"]["scheme"]
out = RUN.out


wildcard_constraints:
    assembly="|".join(map(re.escape, RUN.assemblies)),
    cell_line="|".join(map(re.escape, RUN.cell_lines)),
    sample="|".join(map(re.escape, SAMPLES["sample"])),
    unit="|".join(map(re.escape, dict.fromkeys(UNITS["unit"]))),
    task="|".join(TASKS),
    K=r"\d+",
    pool="|".join(map(re.escape, RUN.pools)) or "(?!)",
    group="(assembly|cell_line)-.+",
    kind=r"full(-\d+kb|-only-[A-Za-z0-9_-]+)?|sequence|hichip",
    baseline="[a-z_]+",
    mate="[12]",
    gene=r"[A-Za-z0-9._-]+",


if config["resources"]["container"]:

    containerized: config["resources"]["container"]


def get_leave_out(wildcards, output):
    """Where the data hold too little for one model, the rest of the run goes on without it.

    It asks for the output, as Snakemake compares no such parameter with that of an earlier run:
    what is finished stays so if `strict` changes.
    """
    return "" if config["strict"] else "--leave-out"


def get_alternatives(names):
    """A wildcard constraint: one of the names, or nothing at all where there are none."""
    return "|".join(map(re.escape, sorted(names))) or "(?!)"


def get_settings(name, part):
    """A part of a section as JSON: a rule depends on the settings it uses, not on all of them."""
    keys = part.model_fields
    return json.dumps({key: config[name][key] for key in keys}, sort_keys=True)


def get_alias_file(assembly):
    """The table of other names of an assembly's chromosomes, where there is one."""
    aliases = config["assemblies"][assembly]["aliases"]
    return [aliases] if aliases and aliases != "auto" else []


def get_alias_option(assembly):
    """The option for other names of an assembly's chromosomes."""
    aliases = config["assemblies"][assembly]["aliases"]
    return [f"--aliases={aliases}"] if aliases else []


def get_transcript_sources(wildcards):
    """What the transcripts come from: genome and annotation, or a FASTA of them."""
    source = config["assemblies"][wildcards.assembly]
    files = {
        "genome": out("reference/{assembly}/genome.fa"),
        "fai": out("reference/{assembly}/genome.fa.fai"),
        "annotation": source["annotation"],
    }
    files["aliases"] = get_alias_file(wildcards.assembly)
    return files | ({"given": source["transcripts"]} if source["transcripts"] else {})


def get_given_transcripts(wildcards):
    """The option for transcripts that come ready-made."""
    path = config["assemblies"][wildcards.assembly]["transcripts"]
    return [f"--transcripts-fasta={path}"] if path else []


def get_cross_outputs(*methods):
    """Files of a job that predicts a cell line by these methods, and copies the other lines."""
    return [
        out(f"evaluation/cross/{{cell_line}}/{{task}}/{method}.tsv")
        for method in [*methods, "copy"]
    ]


def get_cross_lines(*methods):
    """A wildcard constraint: cell lines that are predicted by exactly these methods."""
    lines = [line for line in RUN.cell_lines if RUN.cross_methods(line) == [*methods]]
    return get_alternatives(lines)


#: kallisto's option by the sample sheet's word.
KALLISTO_STRAND = {
    "unstranded": "",
    "forward": "--fr-stranded",
    "reverse": "--rf-stranded",
}


def get_read_options(wildcards):
    """Strand, and of single-end samples the fragment length, which all their units share."""
    row = UNITS[UNITS["sample"] == wildcards.sample].iloc[0]
    strand = KALLISTO_STRAND[get_strandedness(wildcards)]
    if row["fq2"]:
        return strand
    length, sd = row["fragment_length"], row["fragment_sd"]
    return f"--single -l {length} -s {sd} {strand}".rstrip()


def get_sample_reference(file):
    """An input function: a file of the reference the sample is mapped to."""
    return lambda w: out(f"reference/{RUN.sample_value(w.sample, 'assembly')}/{file}")


def get_group(group):
    """HiChIP samples of an assembly ("assembly-NAME") or a cell line ("cell_line-NAME")."""
    kind, _, name = group.partition("-")
    return RUN.paired_samples(**{kind: name})


def get_replicates(file):
    """An input function: one file per HiChIP replicate of the pool."""
    return lambda w: [
        out(f"hichip/{s}/{file}") for s in RUN.samples_of("hichip", pool=w.pool)
    ]


def get_tool_check(tool, key, off):
    """Shell text: one clear message where an optional program is absent."""
    message = (
        f"{tool} is not installed, and {key} asks for it. Install {tool}, run with"
        f" --software-deployment-method conda, or set {key} to {off}."
    )
    return f"command -v {tool} > /dev/null || {{ echo '{message}' >&2; exit 1; }};"


def get_splits(wildcards):
    """The splits of the cell line's assembly."""
    return out(
        f"features/{RUN.assembly[wildcards.cell_line]}/splits/{SCHEME}-K{wildcards.K}.tsv"
    )


def get_pretrained(wildcards):
    """Full networks trained in two steps start from the sequence network of the same cell line,
    task and folds."""
    if not (RUN.two_steps and wildcards.kind.startswith("full")):
        return []
    return out("models/{cell_line}/{task}/K{K}/sequence/bundle")


def get_kind_options(wildcards, input):
    """Kind, pre-trained bundle, width or target of the HiChIP input, and whether a GPU must be there."""
    kind, _, part = wildcards.kind.partition("-")
    options = [f"--kind={kind}"]
    if isinstance(input.pretrained, str):
        options.append(f"--pretrained={input.pretrained}")
    elif input.pretrained:  # of several cell lines
        options += ["--pretrained", *input.pretrained]
    if part.startswith("only-"):
        options.append(f"--only-target={part.removeprefix('only-')}")
    elif part:
        options.append(f"--distance={int(part.removesuffix('kb')) * 1000}")
    gathers = bool(input.get("folds"))  # what was trained elsewhere
    if config["resources"]["gpu"] and not gathers:
        options.append("--require-gpu")
    return options


def get_of_lines(path):
    """A path under the results folder, of each cell line that one job trains."""
    return expand(out(path), cell_line=RUN.lines_together, allow_missing=True)


def get_training():
    """Settings of the training. The job that gathers scattered folds may see no GPU where they saw
    one, so the trainer is not left to what a job sees."""
    if config["resources"]["scatter_folds"]:
        return config["training"] | {"trainer": "sequential"}
    return config["training"]


def get_baseline_settings(wildcards):
    """Settings of a baseline; it reads the known motifs and samples that the network reads, where it
    can."""
    files = {
        "motifs": config["model"].get("motifs"),
        "samples": config["training"].get("samples"),
    }
    given = files | config["baselines"]["settings"]
    read = BaselineSettings(**given).read_by(wildcards.baseline)
    return {
        name: value
        for name, value in given.items()
        if name not in files or getattr(read, name)
    }


def get_baseline_files(wildcards):
    """Files that the settings of a baseline name."""
    settings = get_baseline_settings(wildcards)
    return [settings[name] for name in ("motifs", "samples") if name in settings]


def get_trained_folds(wildcards):
    """The folds that jobs of their own train, to be gathered (resources.scatter_folds)."""
    if not config["resources"]["scatter_folds"]:
        return []
    return expand(
        out("models/{cell_line}/{task}/K{K}/{kind}/.partial/fold-{fold}"),
        fold=range(int(wildcards.K)),
        allow_missing=True,
    )


def get_partner_bundles(wildcards):
    """Bundles, of every method, trained on the other cell lines of the assembly."""
    methods = RUN.cross_methods(wildcards.cell_line)
    return get_bundles(wildcards, methods, RUN.partners)


def get_relative_bundles(wildcards):
    """Bundles, of every method, trained on the cell lines of the other assembly."""
    methods = RUN.species_methods(wildcards.cell_line, wildcards.task)
    return get_bundles(wildcards, methods, RUN.relatives)


def get_bundles(wildcards, methods, others):
    """Bundles by which the cell lines that `others` gives predict one."""
    stages = {"full": "models", "sequence": "models"}
    return [
        out(
            f"{stages.get(method, 'baselines')}/{line}/{wildcards.task}/K{MAIN_K}/{method}/bundle"
        )
        for method in methods
        for line in others(wildcards.cell_line, method)
    ]


def get_caller():
    """The module of the loop caller that the configuration names."""
    return find_caller(config["loops"]["caller"])


def get_targets():
    """Everything a complete run makes and keeps."""
    figures = [path for drawing in DRAWINGS for path in drawing.files(RUN)]
    return results(RUN) + figures + RUN.tool_versions()


onstart:
    # Not in a dry run: files that only a real run needs to be there and healthy.
    try:
        raise_all(run_time_problems(config, SAMPLES, UNITS))
        keep_config(config, CONFIG_FILES, out("config.yaml"))
    except InputError as error:
        sys.exit(f"Error: {error}")


# Told when Snakemake itself has said its last, so that it stands at the end of the screen.
onerror:
    lost = failed(log, sys.argv[1:], steps(workflow.dag))
    atexit.register(print, lost, file=sys.stderr)


onsuccess:
    ran = succeeded(config["results"], sys.argv[1:], steps(workflow.dag))
    atexit.register(print, ran, file=sys.stderr)
