"""What stands last on the screen, from a log of Snakemake and the jobs' own."""

from pathlib import Path

import pytest

from deepexpr.run.ending import CANCELLED, Step, failed, failures, message, succeeded

START = """Job stats:
job            count
total             12

[Thu Nov 26 02:00:00 2026]
rule count_reads:
    input: a_1.fq, a_2.fq
    output: results/expression/toy/reads/R1.tsv
    log: {folder}/results/logs/expression/toy.R1.count_reads.log
    jobid: 5
    reason: Missing output files
    wildcards: assembly=toy, sample=R1
    resources: tmpdir=/tmp

[Thu Nov 26 02:00:01 2026]
localrule draw_figure_3:
    output: results/figures/figure_3.tsv
    log: {folder}/results/logs/figures/figure_3.log
    jobid: 7
"""
ERROR = """[Thu Nov 26 02:00:02 2026]
Error in rule {rule}:
    message: None
    jobid: {job}
    output: x
    log: {log} (check log file(s) for error details)
    shell:
        python -m deepexpr reads
        (command exited with non-zero exit code)
"""
OWN = """02:00:01 INFO reading
deepexpr reads: error: The two FASTQ files do not hold the same number of reads.
  where: a_2.fq
  found: 3990
  fix: Use the untouched pair of files.
"""


@pytest.fixture
def logs(tmp_path):
    """Snakemake's log and those of its two jobs."""

    def write(own=OWN, errors=(("count_reads", 5),)):
        jobs = {
            5: tmp_path / "results/logs/expression/toy.R1.count_reads.log",
            7: tmp_path / "results/logs/figures/figure_3.log",
        }
        for path in jobs.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(own)
        parts = [ERROR.format(rule=rule, job=job, log=jobs[job]) for rule, job in errors]
        log = tmp_path / "snakemake.log"
        log.write_text(START.format(folder=tmp_path) + "".join(parts))
        return [str(log)]

    return write


#: Of 12 jobs three are done and job 5 failed, or 7 too: 9 needs 8, which needs 5; 10 needs 7 and 9.
DONE = [Step(str(number), "reference", (), True) for number in (1, 2, 3)]
FAILED, OTHER = Step("5", "expression", ("1",)), Step("7", "figures", ("2",))
LEFT = [
    Step("8", "features", ("5", "1")), Step("9", "models", ("8",)), Step("10", "", ("7", "9")),
    Step("11", "motifs", ("2",)),
]  # fmt: skip
COMMAND = ["--configfile", "my config.yaml", "--cores", "2"]


def test_a_failed_run_ends_with_five_lines(logs, tmp_path):
    lines = failed(logs(), COMMAND, [*DONE, FAILED]).splitlines()
    log = tmp_path / "results/logs/expression/toy.R1.count_reads.log"
    assert lines == [
        "The run ended after 3 of 4 steps: 1 failed.",
        "  sample:   R1, assembly toy",
        f"  step:     count_reads (log: {log})",
        "  message:  The two FASTQ files do not hold the same number of reads. (a_2.fq)",
        "  next:     Use the untouched pair of files, or put # before its rows in the sheets. "
        "Then go on with: "
        "snakemake --configfile 'my config.yaml' --cores 2",
    ]


def test_what_a_failed_job_cost_stands_in_the_first_line(logs):
    first, *rest = failed(logs(), COMMAND, [*DONE, FAILED, *LEFT]).splitlines()
    assert first == (
        "The run ended after 3 of 8 steps: 1 failed; left out as they need it: 3 steps"
        " (features 1, models 1); 1 not begun."
    )
    assert len(rest) == 4


def test_every_failure_is_told_with_what_it_cost_and_retries_count_once(logs):
    log = logs(errors=[("count_reads", 5), ("count_reads", 5), ("draw_figure_3", 7)])
    last = Path(failures(Path(log[0]).read_text())[1].logs[0])
    last.write_text("ValueError: shapes\n")
    lines = failed(log, ["-c", "1"], [*DONE, FAILED, OTHER, *LEFT]).splitlines()
    assert lines[0].startswith("The run ended after 3 of 9 steps: 2 failed; left out as they")
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "sample", "step", "message", "left out", "sample", "step", "message", "left out", "next",
    ]  # fmt: skip
    assert lines[3].endswith("Use the untouched pair of files.")
    assert lines[4] == "  left out: 3 steps (features 1, models 1)"
    assert lines[7] == "  message:  ValueError: shapes"
    assert lines[8] == "  left out: 1 step"
    assert lines[9] == "  next:     Mend them. Then go on with: snakemake -c 1"


def test_loops_are_told_by_their_cell_line(logs):
    (log,) = logs(errors=[])
    start = "rule call_loops:\n    jobid: 9\n    wildcards: pool=K562\n"
    Path(log).write_text(start + ERROR.format(rule="call_loops", job=9, log="none"))
    assert failed([log], [], [Step("9", "loops")]).splitlines()[1] == "  cell line: K562"


def test_jobs_that_fail_alike_are_told_once(logs):
    (log,) = logs(errors=[])
    with open(log, "a") as handle:
        for number in range(5):
            start = "rule count_reads:\n    jobid: 2{0}\n    wildcards: sample=S{0}\n"
            handle.write(start.format(number))
            handle.write(ERROR.format(rule="count_reads", job=f"2{number}", log=f"{log}.{number}"))
            Path(f"{log}.{number}").write_text(OWN)
    run = [Step(f"2{number}", "expression") for number in range(5)]
    lines = failed([log], [], run).splitlines()
    assert lines[0].endswith(": 5 failed.")
    assert lines[1] == "  sample:   S0; S1; S2; and 2 more"
    assert len(lines) == 5


@pytest.mark.parametrize(("own", "words"), [
    ("bowtie starts\nError: no index\nlast line\n", "Error: no index"),
    ("bash: line 1: 77 Killed\n", "Killed"),
    ("Traceback\nValueError: shapes\n", "ValueError: shapes"),
    ("nothing that tells\n", "nothing that tells"),
    ("", "it left no message"),
    ("02:00:01 INFO no error so far\n", "ended by a signal"),
    ("x" * 1000, "…"),
])  # fmt: skip
def test_other_programs_messages(logs, own, words):
    assert words in failed(logs(own), [], [FAILED]).splitlines()[3]


def test_a_job_that_fails_in_a_group(logs, tmp_path):
    path = tmp_path / "results/logs/figures/figure_3.log"
    group = f"""Error in group 1234:
    jobs:
        rule draw_figure_3:
            jobid: 7
            output: results/figures/figure_3.tsv
            log: {path} (check log file(s) for error details)
"""
    (log,) = logs(errors=[])
    with open(log, "a") as handle:
        handle.write(group)
    assert f"step:     draw_figure_3 (log: {path})" in failed([log], [], [OTHER])


def test_a_run_that_fails_without_a_failed_job(logs):
    """Also where --quiet all keeps failures from the log."""
    text = failed(logs(errors=[]), ["-c", "1"], [*DONE, FAILED])
    assert text.startswith("The run ended after 3 of 4 steps; why is told above, or in the jobs'")


def test_a_job_that_went_well_when_tried_again_is_no_failure(logs):
    again = Step("5", "expression", (), True)
    log = logs(errors=[("count_reads", 5), ("draw_figure_3", 7)])
    text = failed(log, [], [again, OTHER])
    assert text.startswith("The run ended after 1 of 2 steps: 1 failed.")
    assert "count_reads" not in text


def test_no_log_is_no_error(tmp_path):
    assert message([tmp_path / "absent.log"])[0].startswith("it left no message")
    assert failures("") == []
    assert succeeded("results", [], []).startswith("Nothing was")


@pytest.mark.parametrize("words", CANCELLED)
def test_a_run_that_was_stopped_says_so(tmp_path, words):
    log = tmp_path / "snakemake.log"
    log.write_text(f"{words}, this might take some time.\n")
    text = failed([str(log)], COMMAND, [*DONE, FAILED])
    assert text.startswith("The run ended after 3 of 4 steps: it was stopped; what is done is kept")
    assert "why is told above" not in text


def test_snakemake_still_writes_what_tells_of_a_stop():
    from snakemake.scheduling import job_scheduler

    source = Path(job_scheduler.__file__).read_text()
    assert all(words in source for words in CANCELLED)


def test_a_good_run_tells_what_its_jobs_warned_of(tmp_path):
    logs = [tmp_path / f"toy.R{i}.count_reads.log" for i in range(14)]
    for i, log in enumerate(logs):
        log.write_text(f"02:00:00 INFO x\n02:00:01 WARNING take care of {i // 2}\nWARNING no\n")
    run = [Step(str(i), "expression", (), True, (str(log),)) for i, log in enumerate(logs)]
    told = [line for line in succeeded(str(tmp_path), [], run).splitlines() if "warning:" in line]
    assert told[0] == "  warning:  take care of 0 (toy.R0.count_reads)"
    assert len(told) == 7
    logs[0].write_text("".join(f"02:00:01 WARNING number {i}\n" for i in range(30)))
    text = succeeded(str(tmp_path), [], run[:1])
    assert text.count("warning:  number") == 10
    assert text.endswith("warning:  and 20 more")
    assert "warning" not in succeeded(str(tmp_path), [], [Step("1", "x", (), True, ("none.log",))])


def test_a_good_run_tells_what_ran_where_to_look_and_what_was_left_out(tmp_path):
    results = tmp_path / "results"
    results.mkdir()
    run = [*DONE, Step("4", "figures", (), True), Step("0", "", (), True)]
    (results / "summary.tsv").write_text(
        "section\titem\tvalue\nleft out\t\tclassification of A (4 models): one label\n"
    )
    (results / "summary.html").write_text("x")
    text = succeeded(str(results), COMMAND, run)
    assert text.splitlines()[0] == "Done: 5 steps (reference 3, figures 1)."
    assert f"look at:  {results}/summary.html" in text
    assert "left out: classification of A (4 models): one label" in text
    assert f"--report {results}/report.html" in text
    assert "--report" not in succeeded(str(results), [*COMMAND, "--", "some/file"], run)
