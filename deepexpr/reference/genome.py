"""A genome made ready: unpacked, indexed, its sequences listed, and looked at once.

What is wrong with a genome shows in reads that are lost or promoters of N much later, so it is
said where the genome is copied.
"""

import gzip
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pysam

from deepexpr.compression import is_gzip
from deepexpr.errors import InputError
from deepexpr.files import atomic_path, require_file, writing
from deepexpr.reference.chromosomes import LONGEST, is_alternative
from deepexpr.reference.fasta_index import make_index, require_once

log = logging.getLogger(__name__)

_BLOCK = 1 << 24
#: Hard-masked genomes are N in half of their letters, in stretches of a repeat's length; the
#: gaps of hg38 hold a twentieth, in stretches of a thousand letters and more.
_MASKED_SHARE, _MASKED_RUN = 0.2, 2000
#: Pieces that a check looks at, their bytes, and the fewest letters that say something.
_SAMPLES, _SAMPLE, _FEWEST = 64, 1 << 14, 100_000
#: Codes of DNA (and what is no letter), and the share of other letters that is refused.
_DNA, _MOST_STRANGE = b"ACGTRYSWKMBDHVNacgtryswkmbdhvn" + bytes(range(33)), 0.01


@dataclass
class _Seen:
    """Counts of what was copied."""

    lines: dict[str, int] = field(default_factory=dict)
    letters: int = 0
    unknown: int = 0
    runs: int = 0
    small: int = 0
    strange: int = 0
    example: str = ""


def prepare_genome(source: str | Path, fasta: str | Path, sizes: str | Path) -> None:
    """Copy a FASTA (plain, gzip or bgzip) unpacked to `fasta`, index it, and list its sequences.

    sizes : TSV of name and bp, without a header, in the order of the file.
    Raises InputError where a name stands twice, a sequence is longer than LONGEST or letters are
    none of DNA; warns of alternative contigs, hard-masked repeats, and repeats not masked at all.
    """
    source = require_file(source, "genome")
    seen = _Seen()
    with atomic_path(fasta) as temporary, open(temporary, "wb") as out:
        for block in _blocks(source, seen):
            out.write(block)
        _judge_letters(seen, str(source))
    if not seen.lines:
        raise InputError("The file holds no sequence.", where=str(source), expected="FASTA")
    make_index(fasta)
    with pysam.FastaFile(str(fasta)) as genome:
        lengths = dict(zip(genome.references, genome.lengths, strict=True))
    require_reach(lengths, str(source))
    with writing(sizes) as handle:
        handle.writelines(f"{name}\t{length}\n" for name, length in lengths.items())
    log.info("%s: %d sequences of %d bp", source, len(lengths), sum(lengths.values()))
    _tell_of_contigs(lengths, str(source))
    _tell(seen, str(source))


def look_at_genome(source: str | Path, lengths: Mapping[str, int]) -> None:
    """What `prepare_genome` would say of a genome, by its names and a megabase from all over it.

    lengths : bp by name. Raises InputError and warns as `prepare_genome`; of a compressed genome
    only the beginning is looked at, and of less than `_FEWEST` letters nothing is said.
    """
    require_reach(lengths, str(source))
    _tell_of_contigs(lengths, str(source))
    seen = _Seen()
    for block in _samples(Path(source)):
        if b">" in block:
            inside = block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1]
            block = re.sub(rb"(?m)^>.*\n", b"", inside)
        _count(block, seen)
    if seen.letters >= _FEWEST:
        _judge_letters(seen, str(source))
        _tell(seen, str(source))


def require_reach(lengths: Mapping[str, int], source: str) -> None:
    """InputError where a sequence is longer than LONGEST."""
    longest = max(lengths, key=lambda name: lengths[name])
    if lengths[longest] > LONGEST:
        raise InputError(
            f"The sequence {longest} is too long.",
            where=source,
            expected=f"at most {LONGEST:,} bp, the reach of BAM and of bowtie",
            found=f"{lengths[longest]:,} bp",
            fix="Cut it into parts, in the annotation too.",
        )


def _samples(source: Path) -> Iterator[bytes]:
    """Pieces of a FASTA, evenly from all of it where it is plain."""
    if is_gzip(source):
        with gzip.open(source, "rb") as handle:
            yield b"\n" + handle.read(_SAMPLES * _SAMPLE)
        return
    last = max(source.stat().st_size - _SAMPLE, 0)
    with open(source, "rb") as handle:
        for number in range(_SAMPLES):
            handle.seek(last * number // (_SAMPLES - 1))
            yield handle.read(_SAMPLE)
            if not last:
                return


def _blocks(source: Path, seen: _Seen) -> Iterator[bytes]:
    """The file in pieces of whole lines, looked at."""
    line, rest = 1, b""
    opened = gzip.open(source, "rb") if is_gzip(source) else open(source, "rb")  # noqa: SIM115
    with opened as handle:
        while block := handle.read(_BLOCK):
            block = rest + block
            end = block.rfind(b"\n") + 1
            block, rest = block[:end], block[end:]
            line = _look(block, line, seen, source)
            yield block
        if rest:
            _look(rest + b"\n", line, seen, source)
            yield rest + b"\n"


def _look(block: bytes, line: int, seen: _Seen, source: Path) -> int:
    """Count letters, note names; the number of the line behind the block."""
    at, counted = 0, 0
    while (start := _header(block, at)) >= 0:
        end = block.index(b"\n", start)
        _count(block[at:start], seen)
        line += block.count(b"\n", counted, start)
        name = (block[start + 1 : end].decode(errors="replace").split(maxsplit=1) or [""])[0]
        require_once(name, seen.lines, line, source)
        at, counted, line = end + 1, end + 1, line + 1
    _count(block[at:], seen)
    return line + block.count(b"\n", counted)


def _header(block: bytes, at: int) -> int:
    if block.startswith(b">", at):
        return at
    found = block.find(b"\n>", max(at - 1, 0))
    return found + 1 if found >= 0 else -1


def _count(block: bytes, seen: _Seen) -> None:
    letters = np.frombuffer(block, np.uint8)
    letters = letters[letters > 32]
    unknown = (letters == ord("N")) | (letters == ord("n"))
    seen.letters += len(letters)
    seen.unknown += int(unknown.sum())
    seen.runs += int((unknown[1:] & ~unknown[:-1]).sum()) + bool(len(unknown) and unknown[0])
    seen.small += int((letters >= ord("a")).sum())
    if strange := block.translate(None, _DNA):
        seen.strange += len(strange)
        seen.example = strange[:1].decode("latin-1")


def _tell_of_contigs(lengths: Mapping[str, int], source: str) -> None:
    alternative = [name for name in lengths if is_alternative(name)]
    if alternative:
        log.warning(
            "%s holds %d alternative contigs, such as %s: reads of what they share with the "
            "chromosomes map to both and are lost; take the primary assembly",
            source, len(alternative), ", ".join(alternative[:3]),
        )  # fmt: skip


def _tell(seen: _Seen, source: str) -> None:
    share = seen.unknown / max(seen.letters, 1)
    if share > _MASKED_SHARE and seen.unknown < _MASKED_RUN * seen.runs:
        log.warning(
            "%s looks hard-masked: %.0f %% of its letters are N, in stretches of %.0f on average; "
            "reads of repeats are lost, and promoters are full of N. Take the genome in small "
            "letters (soft-masked)",
            source, 100 * share, seen.unknown / seen.runs,
        )  # fmt: skip
    elif not seen.small:
        log.warning(
            "%s has no small letters, so its repeats are not marked: motifs.mask_repeats masks "
            "nothing. Take a soft-masked genome if repeats matter",
            source,
        )


def _judge_letters(seen: _Seen, source: str) -> None:
    if seen.strange > _MOST_STRANGE * seen.letters:
        raise InputError(
            f"{seen.strange} of {seen.letters} letters of the genome are none of DNA.",
            where=source,
            expected="A, C, G, T, N and the codes of several bases",
            found=repr(seen.example),
            fix="Give the DNA of the genome; write N for masked letters, and T for U.",
        )
    if seen.strange:
        log.warning(
            "%s: %d letters are none of DNA, such as %r: no read maps to them, and a promoter that "
            "holds one is refused",
            source, seen.strange, seen.example,
        )  # fmt: skip
