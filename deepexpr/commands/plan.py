"""Estimate jobs, core-hours, GPU-hours, memory and disk of a configuration."""

import re
import subprocess
import sys
from pathlib import Path

from deepexpr.options import CONFIGFILE, Arguments, configfiles, given
from deepexpr.settings import Field, Section

ROOT = Path(__file__).resolve().parents[2]
#: Steps of minutes, or of inputs that few runs have.
LEFT_OUT = ("preparing the genome, promoters, datasets, peaks, maps for viewers and MultiQC",)
PROFILE = ROOT / "profiles/slurm/config.yaml"


class PlanSettings(Section):
    """The machine that is planned for: its cores, and of its GPUs what was not measured."""

    gpu_speedup: float | None = Field(None, gt=0)
    """How many times faster than one core a GPU trains; not measured by this project."""
    cores: int = Field(32, ge=1)
    """CPU cores of the machine whose wall time is told."""


OPTIONS = CONFIGFILE
FIELDS = {PlanSettings: PlanSettings.model_fields}


def run(args: Arguments) -> None:
    from deepexpr.checks.inputs import load_and_check
    from deepexpr.checks.telling import only_warnings
    from deepexpr.config.settings import read_config
    from deepexpr.run.known import known_sizes
    from deepexpr.run.plan import (
        assumption_lines,
        known_lines,
        plan_table,
        training_hours,
        unmeasured,
    )
    from deepexpr.run.targets import Run

    files = configfiles(args)
    checked = load_and_check(read_config(files), ", ".join(files))
    planned = Run(*checked)
    with only_warnings(args.debug):
        known = known_sizes(planned)
    table = plan_table(planned, known=known)
    settings = given(args, PlanSettings)
    speedup = settings.gpu_speedup
    print(_jobs(files))
    shown = table.drop(columns="stage")
    print(shown.to_string(index=False, na_rep="", float_format=_number))
    total = table.iloc[-1]
    print(f"Disk at the peak: {_gb(total['kept_gb'] + total['temporary_gb'])}, downloaded reads")
    print(f"  among it; {_gb(total['kept_gb'])} of it kept.")
    print(_gpu(training_hours(table), speedup))
    print(_wall(table, speedup, settings.cores))
    print("Empty cells were not measured; the total's memory is the largest that was.")
    print("Rates are CPU time of one core, measured on a 2-core machine: deepexpr/run/rates.tsv.")
    if found := known_lines(known):
        print("Read from genome and annotation:")
        print("\n".join(f"  {line}" for line in found))
    print("Assumed; reads whose files are there, or in the table of deepexpr obtain --resolve, are")
    print("counted by the files' sizes:")
    for line in assumption_lines(planned, known):
        print(f"  {line}")
    left = unmeasured(checked[0])
    print("Not counted: " + ", ".join([*left, *LEFT_OUT]) + ".")


def _number(value):
    return (
        f"{value:,.1f}" if value >= 1 or not value else f"{value:.2g}" if value >= 0.01 else "<0.01"
    )


def _gb(size):
    return f"{size:,.0f} GB" if size >= 10 else f"{size:.1f} GB" if size >= 0.1 else "below 0.1 GB"


def _hours(hours):
    """Hours, or minutes where one is not full."""
    number, unit = (hours, "hour") if hours >= 1 else (max(1, 60 * hours), "minute")
    return f"{number:,.0f} {unit}{'s' * (round(number) != 1)}"


def _wall(table, speedup, cores):
    """Hours on so many cores and with the jobs of the SLURM profile, each counted as one core."""
    from deepexpr.run.plan import wall_hours

    steps = table.iloc[:-1]
    longest = steps.loc[steps["longest_hours"].idxmax()]
    on_slurm = ""
    if PROFILE.is_file():  # an installed package has none
        jobs = _profile()["jobs"]
        faster = f", training {speedup:g} times faster" if speedup else ""
        on_slurm = (
            f", {_hours(wall_hours(table, jobs, speedup or 1))} with the {jobs} jobs at a time of "
            f"profiles/slurm{faster}"
        )
    return (
        f"Wall time beside downloads: {_hours(wall_hours(table, cores))} on {cores} "
        f"core{'s' * (cores > 1)} at full use"
        f"{on_slurm}; one core a job.\n"
        f"  No run ends before its longest job: {longest['step']}, "
        f"{_hours(longest['longest_hours'])} on one core."
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
    gpu += counts.get("train_lines", 0)
    return (
        f"Jobs: {counts['total']:,}, {gpu} of them training, which profiles/slurm gives a GPU;"
        f" {small} are small and share allocations."
    )


def _profile():
    import yaml

    return yaml.safe_load(PROFILE.read_text())


def _grouped_rules():
    return {entry.split("=")[0] for entry in _profile()["groups"]} | {"write_summary"}
