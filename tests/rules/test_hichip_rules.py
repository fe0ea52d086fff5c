"""HiChIP's ways through the workflow: where samples enter, and what is only made on request."""

import gzip
import os
import re
import shutil
import subprocess

import pytest
import yaml
from workflow_copy import ROOT

DEMO = ("--configfile", "config/demo/config.yaml")
#: What samples that enter with pairs can be scaled by.
VALID_PAIRS = {"loops": {"total_metric": "valid_pairs"}}


def plan(workflow, overlay):
    """Jobs of a dry run of the demo with an overlay: {rule: number}."""
    (workflow.folder / "over.yaml").write_text(yaml.safe_dump(overlay))
    text = workflow.run("-n", "--quiet", "rules", *DEMO, "over.yaml")
    return {name: int(n) for name, n in re.findall(r"^(\w+) +(\d+)$", text, flags=re.MULTILINE)}


def enter_with(workflow, **files):
    """Alpha's HiChIP samples give `files` (column -> name) in place of reads."""
    path = workflow.folder / "config/demo/units.tsv"
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    lines = ["\t".join([*header, *files])]
    for row in rows:
        if row[0].startswith("Alpha_hichip"):
            names = [f"{row[0]}.{name}" for name in files.values()]
            for name in names:
                (workflow.folder / name.partition("::")[0]).touch()
            row = [*row[:2], *[""] * (len(header) - 2), *names]
        lines.append("\t".join(row))
    path.write_text("\n".join(lines) + "\n")


def shell_text(workflow, mark, *arguments):
    """The shell command of the planned job whose command holds `mark`."""
    text = workflow.run("-n", "--printshellcmds", *arguments)
    start = "Shell command: "
    lines = [x.strip() for x in text.splitlines() if x.strip().startswith(start) and mark in x]
    return lines[0].removeprefix(start)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, {"map_unit": 6, "join_pairs": 6, "call_loops": 3}),
        ({"bam1": "1.bam", "bam2": "2.bam"}, {"map_unit": 4, "join_pairs": 6, "call_loops": 3}),
        ({"pairs": "pairs.gz"}, {"map_unit": 4, "join_pairs": 6, "call_loops": 3}),
        (
            {"contacts": "mcool::/resolutions/5000"},
            {
                "map_unit": 4,
                "join_pairs": 4,
                "count_contacts": 4,
                "import_contacts": 2,
                "compare_samples": 1,
                "call_loops": 3,
            },
        ),
        ({"loops": "bedpe"}, {"map_unit": 4, "join_pairs": 4, "call_loops": 2, "import_loops": 1}),
    ],
)
def test_stages_before_the_entry_are_skipped(workflow, files, expected):
    if files:
        enter_with(workflow, **files)
    # Finished loops have no replicates to compare, as the demo does.
    overlay = {"loops": VALID_PAIRS["loops"] | {"differential": []}} if "loops" in files else None
    jobs = plan(workflow, overlay or VALID_PAIRS)
    assert {name: jobs.get(name) for name in expected} == expected


def test_what_is_made_on_request(workflow):
    jobs = plan(workflow, {"hichip": {"keep_trimmed": True, "mcool": True, "anchors": "macs"}})
    assert "map_unit" not in jobs
    expected = {"trim_unit": 6, "map_mate": 12, "write_mcool": 6, "call_peaks": 3}
    assert {name: jobs.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("overlay", "target", "message"),
    [
        ({"mcool": True}, "results/hichip/Alpha_hichip_1/pairs.mcool",
         "cooler is not installed, and hichip.mcool asks for it"),
        ({"anchors": "macs"}, "results/hichip/peaks.Alpha.bed",
         "macs3 is not installed, and hichip.anchors asks for it"),
    ],
)  # fmt: skip
def test_an_absent_program_is_one_clear_message(workflow, overlay, target, message):
    """Run the rule's own shell text where neither program is on PATH."""
    enter_with(workflow, pairs="pairs.gz")
    (workflow.folder / "over.yaml").write_text(yaml.safe_dump({"hichip": overlay} | VALID_PAIRS))
    command = shell_text(workflow, "command -v", target, *DEMO, "over.yaml")
    bare = workflow.folder / "bare"
    bare.mkdir()
    for name in ("bash", "rm", "awk", "cut"):
        (bare / name).symlink_to(shutil.which(name))
    log = workflow.folder / re.search(r"2> (\S+)", command.rpartition(")")[2]).group(1)
    log.parent.mkdir(parents=True, exist_ok=True)
    result = subprocess.run(
        ["bash", "-c", command], cwd=workflow.folder, env={"PATH": str(bare)}, check=False
    )
    assert result.returncode == 1
    assert message in log.read_text()
    assert "to false" in log.read_text() or "to null" in log.read_text()


def run_mapping(workflow, bowtie, reads, **environment):
    """Run map_unit's own shell text on `reads`, with stand-ins for bowtie and samtools."""
    tools = workflow.folder / "tools"
    tools.mkdir()
    (tools / "bowtie").write_text(f"#!/bin/bash\n{bowtie}\n")
    (tools / "samtools").write_text(
        '#!/bin/bash\nwhile [ "$1" != -o ]; do shift; done; cat > "$2"\n'
    )
    for path in tools.iterdir():
        path.chmod(0o755)
    read = "@r{}\nACGTGATCGATCTTGACCACGTACGTACGT\n+\n" + "I" * 30 + "\n"
    for path in reads:
        (workflow.folder / path).parent.mkdir(parents=True, exist_ok=True)
        content = "".join(read.format(i) for i in range(100_000))
        (workflow.folder / path).write_bytes(gzip.compress(content.encode(), 1))
    target = "results/hichip/Alpha_hichip_1/pairs.gz"
    command = shell_text(workflow, "Alpha_hichip_1.lane1.map_unit.log", target, *DEMO)
    for path in re.findall(r"results/[^\s\"]+", command):
        (workflow.folder / path).parent.mkdir(parents=True, exist_ok=True)
    environment = workflow.environment() | {"PYTHONPATH": str(ROOT)} | environment
    environment["PATH"] = f"{tools}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["bash", "-c", command], cwd=workflow.folder, env=environment, timeout=120, check=False
    )


def test_a_failing_mapping_ends_the_job_and_leaves_nothing(workflow):
    """The mapping of mate 2 fails before it reads."""
    bowtie = 'case "$*" in */2) echo "Could not open index" >&2; exit 1;; esac\neval "cat \\${$#}"'
    reads = [f"resources/demo/reads/Alpha_hichip_1_R{mate}.fastq.gz" for mate in (1, 2)]
    assert run_mapping(workflow, bowtie, reads).returncode != 0
    (log,) = (workflow.folder / "results/logs/hichip").glob("*.map_unit.log")
    assert "Could not open index" in log.read_text()
    assert not list(workflow.folder.glob("results/hichip/**/*.trim.tsv"))


def test_mapping_takes_whatever_files_are_called(workflow):
    sheet = workflow.folder / "config/demo/units.tsv"
    own, given = "resources/demo/reads/Alpha_hichip_1", "reads of O'Brien/$HOME & co"
    text = sheet.read_text()
    assert own in text
    sheet.write_text(text.replace(own, given))
    reads = [f"{given}_R{mate}.fastq.gz" for mate in (1, 2)]
    spaced = workflow.folder / "a temporary folder"
    spaced.mkdir()
    bowtie = 'eval "cat \\"\\${$#}\\""'
    assert run_mapping(workflow, bowtie, reads, TMPDIR=str(spaced)).returncode == 0
    (stats,) = workflow.folder.glob("results/hichip/**/*.trim.tsv")
    assert "100000" in stats.read_text()
    assert len(list(workflow.folder.glob("results/hichip/**/*.bam"))) == 2
    assert not list(spaced.iterdir())
