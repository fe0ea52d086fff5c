"""What stands last on the screen: of a failed run each cause and what it cost, else what ran.

What ran and what a failure cost is read from Snakemake's graph of jobs, what failed from its log of
the run, which lacks that under --quiet all.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepexpr.figures.job_warnings import job_of, warnings_in

#: The block of a job, at its start and at its failure; items are indented by four blanks.
_BLOCK = re.compile(
    r"^ *(?P<error>Error in )?(?:local)?rule (?P<rule>\w+):\n(?P<body>(?: {4,}.*\n)+)",
    re.MULTILINE,
)
#: What Snakemake writes behind a log of a failed job, also of one in a group.
_CHECK_LOG = " (check log"
_ITEM = re.compile(r"^ *(jobid|output|log|wildcards): (.*)$", re.MULTILINE)
#: What says what went wrong in a job's log: ours first, then any program's.
_OWN = re.compile(r"^deepexpr [\w-]+: error: (?P<problem>.+)$", re.MULTILINE)
_DETAIL = re.compile(r" +(where|fix): (.+)")
#: A line that a job of ours logs while it goes on.
_GOING_ON = re.compile(r"\d\d:\d\d:\d\d (DEBUG|INFO|WARNING) ")
_ANY = re.compile(r"\b(error|exception|killed|not found|no space)\b", re.IGNORECASE)

#: Wildcards, in the order in which they say what a job was of, and how they are called.
_NAMES = {
    "sample": "sample", "unit": "unit", "cell_line": "cell line", "pool": "cell line",
    "assembly": "assembly", "group": "group", "task": "task", "K": "K", "kind": "network",
    "baseline": "baseline", "gene": "gene", "fold": "fold",
}  # fmt: skip
#: What Snakemake writes to its log after Ctrl-C, and after a signal that lets jobs end (SIGTERM).
CANCELLED = (
    "Terminating processes on user request",
    "Will exit after finishing currently running jobs (scheduler)",
)
#: Of a job of ours whose log ends without an error.
ENDED = "The job was ended by a signal"
#: Widest message shown; the log has the rest.
WIDTH = 300
#: Most warnings shown at the end of a good run; the summary has all.
WARNINGS = 10


@dataclass(frozen=True)
class Failure:
    """A failed job: its number, its rule, its wildcards by name, and its logs."""

    job: str
    rule: str
    wildcards: dict[str, str]
    logs: tuple[str, ...]

    @property
    def subject(self) -> tuple[str, str]:
        """What it was of: (sample or cell line or ..., its name and what else tells)."""
        told = [
            (label, self.wildcards[key]) for key, label in _NAMES.items() if key in self.wildcards
        ]
        if not told:
            return "sample", "all of the run"
        (label, value), *rest = told
        return label, ", ".join([value, *(f"{name} {text}" for name, text in rest)])


def failures(text: str) -> list[Failure]:
    """The failed jobs of a log of Snakemake, first to last."""
    wildcards: dict[str, dict[str, str]] = {}
    found: dict[str, Failure] = {}
    for block in _BLOCK.finditer(text):
        items = dict(_ITEM.findall(block["body"]))
        job = items.get("jobid", "")
        if not (block["error"] or _CHECK_LOG in block["body"]):
            pairs = (pair.partition("=") for pair in items.get("wildcards", "").split(", "))
            wildcards[job] = {name: value for name, _, value in pairs if value}
            continue
        logs = items.get("log", "").partition(_CHECK_LOG)[0]
        paths = tuple(path for path in logs.split(", ") if path)
        found.setdefault(job, Failure(job, block["rule"], wildcards.get(job, {}), paths))
    return list(found.values())


def message(logs: Iterable[str]) -> tuple[str, str]:
    """(what went wrong, what mends it or "") by the logs of a job."""
    text = "\n".join(Path(log).read_text(errors="replace") for log in logs if Path(log).is_file())
    if own := _OWN.search(text):
        details = dict(_DETAIL.findall(text[own.end() :]))
        where = f" ({details['where']})" if "where" in details else ""
        return _short(own["problem"] + where), details.get("fix", "")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if _ANY.search(line) and not _GOING_ON.match(line)]
    if lines and not telling and _GOING_ON.match(lines[-1]):
        last = _GOING_ON.sub("", lines[-1])
        return _short(f"{ENDED} (killed, or out of memory or time), after: {last}"), ""
    if telling or lines:
        return _short((telling or lines)[-1]), ""
    return "it left no message; a job that runs out of memory or time is killed so.", ""


@dataclass(frozen=True)
class Step:
    """A job that had to run: its number, stage, the jobs it needs, whether it ended well, logs."""

    job: str
    stage: str
    needs: tuple[str, ...] = ()
    done: bool = False
    logs: tuple[str, ...] = ()


def steps(dag: Any) -> list[Step]:
    """The jobs of Snakemake's graph that had to run."""
    return [
        Step(
            str(job.jobid),
            Path(str(next(iter(job.log), ""))).parent.name,  # results/logs/STAGE/FILE
            tuple(str(needed.jobid) for needed in dag.dependencies[job]),
            bool(dag.finished(job)),
            tuple(map(str, job.log)),
        )
        for job in dag.needrun_jobs(exclude_finished=False)
    ]


def failed(log: Sequence[str | Path], command: Sequence[str], run: Sequence[Step]) -> str:
    """What failed in a run and what was left out because of it: five lines for one failed job.

    How far the run came; subject, step and message of each failure, jobs that failed alike
    together; the next command. log : Snakemake's own. command : the words of the command line
    after `snakemake`. run : the jobs that had to run.
    """
    again = f"snakemake {shlex.join(command)}".rstrip()
    left = [step for step in run if not step.done]
    lost = {step.job for step in left}  # without those that went well when tried again
    broken = [failure for failure in failures(_read(log)) if failure.job in lost]
    ended = f"The run ended after {len(run) - len(left)} of {len(run)} steps"
    if not broken and any(words in _read(log) for words in CANCELLED):
        return f"{ended}: it was stopped; what is done is kept. On with: {again}"
    if not broken:
        return f"{ended}; why is told above, or in the jobs' logs. Again: {again}"
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in broken:
        alike.setdefault((failure.rule, *message(failure.logs)), []).append(failure)
    lines = [f"{ended}: {_lost(broken, left)}."]
    for (rule, problem, fix), jobs in alike.items():
        label, _ = jobs[0].subject
        logs = [path for job in jobs for path in job.logs]
        where = f" (log: {', '.join(_some(logs))})" if logs else ""
        lines += [
            f"  {label + ':':<9} {'; '.join(_some([job.subject[1] for job in jobs]))}",
            f"  step:     {rule}{where}",
            f"  message:  {problem}",
        ]
        if len(alike) > 1:
            lines[-1] += f" {fix}" if fix else ""
            lines.append(f"  left out: {_because(jobs, left) or 'nothing else'}")
    fixes = [fix for _, _, fix in alike]
    mend = fixes[0] if len(alike) == 1 else "Mend them."
    if fixes == [mend] and mend and any("FASTQ" in problem for _, problem, _ in alike):
        mend = f"{mend.rstrip('.')}, or put # before its rows in the sheets."
    lines.append(f"  next:     {mend + ' Then go' if mend else 'Go'} on with: {again}")
    return "\n".join(lines)


def _lost(broken: Sequence[Failure], left: Sequence[Step]) -> str:
    """How many jobs failed, how many need them, and how many were not begun all the same."""
    number = len(broken)
    words = [f"{number} failed"]
    if stages := _because(broken, left):
        words.append(f"left out as they need {'it' if number == 1 else 'them'}: {stages}")
    lost = _needing([job.job for job in broken], left) | {job.job for job in broken}
    if others := [job for job in left if job.job not in lost]:
        words.append(f"{len(others)} not begun")
    return "; ".join(words)


def _because(jobs: Iterable[Failure], left: Sequence[Step]) -> str:
    """How many jobs were left out as they need these, in all and by stage; "" where none."""
    numbers = _needing([job.job for job in jobs], left)
    needing = [step for step in left if step.job in numbers]
    if not needing:
        return ""
    return f"{len(needing)} step{'s' * (len(needing) > 1)}{_by_stage(needing)}"


def _by_stage(run: Sequence[Step]) -> str:
    """How many jobs of each stage, in brackets; "" where none is of a stage."""
    stages = Counter(step.stage for step in run if step.stage)
    counted = ", ".join(f"{stage} {number}" for stage, number in stages.items())
    return f" ({counted})" if counted else ""


def _needing(jobs: Iterable[str], left: Sequence[Step]) -> set[str]:
    """Numbers of the jobs that need one of these, directly or through others."""
    users: dict[str, list[str]] = {}
    for job in left:
        for needed in job.needs:
            users.setdefault(needed, []).append(job.job)
    found: set[str] = set()
    queue = list(jobs)
    while queue:
        fresh = set(users.get(queue.pop(), ())) - found
        found |= fresh
        queue += fresh
    return found


def _some(words: Sequence[str], most: int = 3) -> list[str]:
    """The first of many, and how many more there are."""
    more = [f"and {len(words) - most} more"] if len(words) > most else []
    return [*words[:most], *more]


def succeeded(results: str, command: Sequence[str], run: Sequence[Step]) -> str:
    """What ran, by stage, and where to look."""
    if not run:
        return "Nothing was to be done: all results are there."
    lines = [f"Done: {len(run)} step{'s' * (len(run) > 1)}{_by_stage(run)}."]
    pages = [page for page in ("summary.html", "tables.html", "quality.html")
             if Path(results, page).is_file()]  # fmt: skip
    if pages:
        pages += sorted(path.name for path in Path(results).glob("browser.*.html"))
        lines.append(f"  look at:  {', '.join(f'{results}/{page}' for page in pages)}")
        lines += [f"  left out: {line}" for line in _left_out(Path(results, "summary.tsv"))]
    lines += _warned(run)
    if pages and "--" not in command:  # files asked for by name: not the whole run
        report = f"snakemake {shlex.join(command)} --report {results}/report.html"
        lines.append(f"  next:     {report}")
    return "\n".join(lines)


def _warned(run: Sequence[Step]) -> list[str]:
    """A line for each of the first warnings in the logs of these jobs, and how many more."""
    found = [
        f"{_short(text)} ({job_of(files[0])})"
        for text, files in warnings_in(log for step in run for log in step.logs).items()
    ]
    return [f"  warning:  {text}" for text in _some(found, WARNINGS)]


def _left_out(summary: Path) -> list[str]:
    """Lines of the summary on what the data could not support."""
    if not summary.is_file():
        return []
    rows = [line.split("\t") for line in summary.read_text().splitlines()]
    return [row[2].removeprefix("Left out, ") for row in rows if row[0] == "left out"]


def _read(logs: Sequence[str | Path]) -> str:
    return "".join(Path(log).read_text(errors="replace") for log in logs if Path(log).is_file())


def _short(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
