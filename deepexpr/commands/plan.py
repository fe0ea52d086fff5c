"""Estimate jobs, core-hours, GPU-hours, memory and disk of a configuration."""

import re
import subprocess
import sys
from pathlib import Path

from deepexpr.options import CONFIGFILE, Arguments, given
from deepexpr.settings import Field, Section

ROOT = Path(__file__).resolve().parents[2]
#: Steps of minutes, or of inputs that few runs have.
LEFT_OUT = ("preparing the genome, promoters, datasets, peaks, maps for viewers and MultiQC",)
PROFILE = ROOT / "profiles/slurm/config.yaml"


class PlanSettings(Section):
    """What this project has not measured."""

    gpu_speedup: float | None = Field(None, gt=0)
    """How many times faster than one core a GPU trains; not measured by this project."""


OPTIONS = CONFIGFILE
FIELDS = {PlanSettings: ("gpu_speedup",)}


def run(args: Arguments) -> None:
    from deepexpr.checks.inputs import load_and_check
    from deepexpr.config.settings import read_config
    from deepexpr.run.plan import assumption_lines, plan_table, training_hours, unmeasured
    from deepexpr.run.targets import Run

    checked = load_and_check(read_config(args.configfile), ", ".join(args.configfile))
    table = plan_table(Run(*checked))
    speedup = given(args, PlanSettings).gpu_speedup
    print(_jobs(args.configfile))
    shown = table.drop(columns="stage")
    print(shown.to_string(index=False, na_rep="", float_format=lambda value: f"{value:,.1f}"))
    total = table.iloc[-1]
    print(f"Disk at the peak: {total['kept_gb'] + total['temporary_gb']:,.0f} GB, downloaded reads")
    print(f"  among it; {total['kept_gb']:,.0f} GB of it kept.")
    print(_gpu(training_hours(table), speedup))
    print(_wall(table, speedup))
    print("Empty cells were not measured; the total's memory is the largest that was.")
    print("Rates are CPU time of one core, measured on a 2-core machine: deepexpr/run/rates.tsv.")
    print("Assumed; reads whose files are there, or in the table of deepexpr obtain --resolve, are")
    print("counted by the files' sizes:")
    for line in assumption_lines():
        print(f"  {line}")
    left = unmeasured(checked[0])
    print("Not counted: " + ", ".join([*left, *LEFT_OUT]) + ".")


def _wall(table, speedup):
    """Hours on 32 cores and with the jobs of the SLURM profile, each counted as one core."""
    from deepexpr.run.plan import wall_hours

    steps = table.iloc[:-1]
    longest = steps.loc[steps["longest_hours"].idxmax()]
    on_slurm = ""
    if PROFILE.is_file():  # an installed package has none
        jobs, hours = _profile()["jobs"], "{:,.0f}".format
        faster = f", training {speedup:g} times faster" if speedup else ""
        on_slurm = (
            f", {hours(wall_hours(table, jobs, speedup or 1))} with the {jobs} jobs at a time of "
            f"profiles/slurm{faster}"
        )
    return (
        f"Wall time beside downloads: {wall_hours(table, 32):,.0f} hours on 32 cores at full use"
        f"{on_slurm}; one core a job.\n"
        f"  No run ends before its longest job: {longest['step']}, {longest['longest_hours']:,.0f} "
        "hours on one core."
    )


def _gpu(hours, speedup):
    if hours != hours:
        return "GPU-hours: not known. Training of this network was not measured and is not counted."
    if speedup:
        return f"GPU-hours: {hours / speedup:,.1f} (training, {speedup:g} times one core's speed)."
    return (
        f"GPU-hours: not known. Training is {hours:,.1f} core-hours; no GPU was measured. With the"
        " speed of yours: --gpu-speedup N."
    )


def _jobs(configfiles):
    """What Snakemake would run from nothing, and how many of these jobs share allocations."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--dry-run", "--forceall", "--quiet", "rules", "--configfile", *configfiles]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    text = result.stdout + result.stderr
    counts = {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", text, flags=re.MULTILINE)}
    if result.returncode or "total" not in counts:
        return "Jobs: not known; Snakemake is not here or its dry run failed."
    grouped = _grouped_rules()
    small = sum(n for name, n in counts.items() if name in grouped or name.startswith("draw_"))
    # Where folds are scattered, train_network gathers them.
    gpu = counts.get("train_fold", 0) or counts.get("train_network", 0)
    return (
        f"Jobs: {counts['total']:,}, {gpu} of them training, which profiles/slurm gives a GPU;"
        f" {small} are small and share allocations."
    )


def _profile():
    import yaml

    return yaml.safe_load(PROFILE.read_text())


def _grouped_rules():
    return {entry.split("=")[0] for entry in _profile()["groups"]} | {"write_summary"}
