"""Cut both mates at their ligation junction (docs/method.md, section 2.1), streaming, in one pass.

Downstream aligners see genomic sequence only: the part 5' of the ligation point, which ends
with the fragment's own restored end. A wrong enzyme trims next to nothing, so an implausibly
small trimmed fraction is an error and not a result.
"""

import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from deepexpr.compression import writing_bytes
from deepexpr.errors import InputError
from deepexpr.files import atomic_path, require_file, write_table
from deepexpr.hichip import trimming_kernel as kernel
from deepexpr.hichip.enzymes import Junction, junctions, parse_enzymes
from deepexpr.hichip.fastq import raise_record, require_same_end, windows
from deepexpr.hichip.junction_share import (
    SAMPLE,
    Share,
    digested,
    fitting_enzyme,
    junction_share,
    same_junctions,
    shares_of_known,
    surplus,
    tells,
)
from deepexpr.hichip.settings import TrimSettings
from deepexpr.hichip.streams import ByteStream, is_pipe

log = logging.getLogger(__name__)

#: Pairs after which a wrong enzyme is noticed; at the end all pairs count.
FIRST_LOOK = 1_000_000
#: Share of reads with another kit's junctions that contradicts an enzyme whose own cannot tell.
SURE = 0.05


@dataclass(frozen=True)
class TrimStats:
    """Counts of one unit; `full` and `partial` are of mate 1 and mate 2; `known`: whether there
    are junctions to look for."""

    read_pairs: int
    full: tuple[int, int]
    partial: tuple[int, int]
    dropped: int
    known: bool = True

    @property
    def written(self) -> int:
        """Pairs that were long enough."""
        return self.read_pairs - self.dropped

    def fraction(self, mate: int | None = None) -> float:
        """Reads with a junction, full or partial, of mate 0, mate 1 or both (None); NaN where no
        junction is known."""
        if not self.known:
            return math.nan
        mates = (0, 1) if mate is None else (mate,)
        trimmed = sum(self.full[m] + self.partial[m] for m in mates)
        return trimmed / (len(mates) * self.read_pairs)

    def table(self) -> pd.DataFrame:
        """Columns metric, value; fractions are of the reads of that mate (or of both)."""
        rows = {
            "read_pairs": self.read_pairs,
            "r1_full_junctions": self.full[0],
            "r1_partial_junctions": self.partial[0],
            "r2_full_junctions": self.full[1],
            "r2_partial_junctions": self.partial[1],
            "r1_trimmed_fraction": self.fraction(0),
            "r2_trimmed_fraction": self.fraction(1),
            "trimmed_fraction": self.fraction(),
            "dropped_pairs": self.dropped,
            "written_pairs": self.written,
        }
        return pd.DataFrame({"metric": list(rows), "value": [float(v) for v in rows.values()]})


def trim_files(
    reads: tuple[str | Path, str | Path],
    outputs: tuple[str | Path, str | Path],
    stats_path: str | Path,
    settings: TrimSettings,
) -> TrimStats:
    """Trim two FASTQ files into two others and write the counts.

    Outputs appear only when everything went well; a named pipe as output is written as the
    reads come. Raises InputError for damaged or mismatched files and for too few junctions.
    """
    one, two = (require_file(path, f"FASTQ of mate {i}") for i, path in enumerate(reads, 1))
    if one.samefile(two):
        raise InputError(
            "Both mates are the same file.", where=str(reads[0]), fix="Give R1 and R2 apart."
        )
    _refuse_overwriting((one, two), outputs)
    with contextlib.ExitStack() as finals:
        targets = [
            path if is_pipe(path) else finals.enter_context(atomic_path(path)) for path in outputs
        ]
        threads = 0 if settings.threads == 1 else 1
        with _naming_closed_pipes(outputs), contextlib.ExitStack() as handles:
            first, second = (
                handles.enter_context(ByteStream(p, f"FASTQ of mate {i}", threads))
                for i, p in enumerate((one, two), 1)
            )
            out = [handles.enter_context(writing_bytes(t, threads)) for t in targets]
            stats = _trim_streams(first, second, out, settings)  # type: ignore[arg-type]  # writes bytes as files do
        write_table(stats.table(), stats_path)
    return stats


@contextlib.contextmanager
def _naming_closed_pipes(outputs: tuple[str | Path, str | Path]) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise InputError(
            "The program that reads the trimmed reads ended before they did.",
            where=", ".join(map(str, outputs)),
            fix="Look for its own message; a full disk or too little memory is likely.",
        ) from error


def _refuse_overwriting(reads: tuple[Path, Path], outputs) -> None:
    """Outputs must be two files, and neither of them a file that is read."""
    paths = [Path(path).resolve() for path in outputs]
    if len(set(paths)) < 2 or {path.resolve() for path in reads} & set(paths):
        raise InputError(
            "An output of the trimming would overwrite another file of it.",
            where=", ".join(map(str, outputs)),
            fix="Give --out-r1 and --out-r2 names of their own.",
        )


def _trim_streams(
    one: ByteStream, two: ByteStream, out: list[IO[bytes]], settings: TrimSettings
) -> TrimStats:
    found = junctions(parse_enzymes(settings.enzyme))
    names = ", ".join(j.sequence for j in found)
    log.info("%s: junctions %s", settings.enzyme, names or "none, so no read is cut")
    automaton = kernel.build_automaton(found)
    counts, style = np.zeros(kernel.N_COUNTS, np.int64), np.full(1, -1, np.int64)
    total, looked = 0, False
    bases: list[bytes] = []
    for (lines1, lines2), records in windows(one, two):
        bases = bases or _first_reads((one, two), (lines1, lines2), records)
        out1, out2 = (np.empty(len(s.data) + 4, np.uint8) for s in (one, two))
        error, mate, done, used1, used2, end1, end2 = kernel.trim_window(
            one.data, lines1, two.data, lines2, records, automaton, settings.min_length,
            style, counts, out1, out2,
        )  # fmt: skip
        if error:
            raise_record(error, mate, total + done, (one, two), (used1, used2))
        out[0].write(memoryview(out1)[:end1])  # type: ignore[arg-type]  # NumPy's arrays are buffers
        out[1].write(memoryview(out2)[:end2])  # type: ignore[arg-type]  # NumPy's arrays are buffers
        one.consume(used1)
        two.consume(used2)
        total += records
        if total >= FIRST_LOOK and not looked:
            looked = True
            require_plausible(_stats(total, counts, found), settings, bases, one.path)
    require_same_end((one, two), total)
    stats = _stats(total, counts, found)
    require_plausible(stats, settings, bases, one.path)
    cut = [f"{100 * stats.fraction(mate):.1f} % of R{mate + 1}" for mate in (0, 1)]
    log.info(
        "%d pairs read, %d dropped (a mate shorter than %d), %d written; trimmed %s",
        total, stats.dropped, settings.min_length, stats.written,
        ", ".join(cut) if stats.known else "none, as no junction is known",
    )  # fmt: skip
    return stats


def _first_reads(
    streams: tuple[ByteStream, ByteStream], lines: tuple[np.ndarray, np.ndarray], records: int
) -> list[bytes]:
    """The letters of the first reads of both mates, to learn from what chance gives."""
    return [
        stream.data[at[4 * r] + 1 : at[4 * r + 1]].tobytes()
        for stream, at in zip(streams, lines, strict=True)
        for r in range(min(records, SAMPLE))
    ]


def _stats(total: int, counts: np.ndarray, found: tuple[Junction, ...]) -> TrimStats:
    n = [int(c) for c in counts]
    return TrimStats(
        total,
        (n[kernel.FULL_1], n[kernel.FULL_2]),
        (n[kernel.PARTIAL_1], n[kernel.PARTIAL_2]),
        n[kernel.DROPPED],
        bool(found),
    )


def require_plausible(
    stats: TrimStats, settings: TrimSettings, bases: list[bytes], path: str | Path
) -> None:
    """Hold the whole junctions of `stats` against chance and against the other known kits.

    bases : letters of the first reads, from which chance is computed. Raises InputError where
    junctions are missing beyond chance, or where they cannot tell (or no enzyme is given) and
    another kit's are there; warns where another kit's are more frequent, or a part of a kit's
    alone is there. A `min_trimmed_fraction` of 0 asks for nothing.
    """
    least = settings.min_trimmed_fraction
    if not least:
        return
    known = shares_of_known(bases)
    fit = fitting_enzyme(bases, least, known)
    if not stats.known:
        if fit:
            raise digested(fit, settings.enzyme, str(path))
        return
    given = Share(
        settings.enzyme,
        sum(stats.full) / (2 * stats.read_pairs),
        junction_share(bases, settings.enzyme)[1],
    )
    others = [s for s in known if not same_junctions(s.enzyme, settings.enzyme)]
    best = next((s for s in others if tells(s.enzyme)), None)
    hint = ""
    if best and best.excess >= least:
        hint = (
            f"{best.seen:.1%} of the first reads hold a junction of {best.enzyme}, "
            f"{best.chance:.1%} would by chance"
        )
    if tells(settings.enzyme):
        wrong = given.excess < max(least, given.chance / 4)
    else:
        wrong = best is not None and best.excess >= max(least, SURE)
    if wrong:
        raise _implausible(stats, given, least, hint, path)
    log.info("%.1f %% of the reads hold a whole junction, %.1f %% would by chance",
             100 * given.seen, 100 * given.chance)  # fmt: skip
    if best and hint and tells(settings.enzyme) and best.excess > 1.25 * given.excess + least:
        log.warning(
            "%s, and %.1f %% one of %s: is it the right enzyme or kit?",
            hint, 100 * given.seen, settings.enzyme,
        )  # fmt: skip
    elif told := surplus(Share(settings.enzyme, *junction_share(bases, settings.enzyme)), fit):
        log.warning("%s: %s", path, told)


def _implausible(
    stats: TrimStats, given: Share, least: float, hint: str, path: str | Path
) -> InputError:
    found = ", ".join(j.sequence for j in junctions(parse_enzymes(given.enzyme)))
    return InputError(
        f"Only {given.seen:.2%} of the reads hold a whole junction of {given.enzyme} ({found}), "
        f"and {given.chance:.2%} would by chance.",
        where=str(path),
        expected=f"at least {100 * least:g} % beyond chance (min_trimmed_fraction)",
        found=f"{sum(stats.full)} full and {sum(stats.partial)} partial junctions in "
        f"{stats.read_pairs} pairs" + (f"; {hint}" if hint else ""),
        fix="Most likely the library was cut with another enzyme: check the protocol and set the "
        "enzyme. If the reads are already trimmed, or too short to reach junctions, set "
        "min_trimmed_fraction to 0; if no restriction enzyme cut them, set the enzyme to none.",
    )
