"""Known genome builds by the lengths of their chromosomes.

An assembly called hg19 that is hg38 gives promoters that look fine and are wrong, so the name in
the configuration is held against the genome. Lengths are those that bioframe carries.
"""

import functools
import logging
from collections.abc import Mapping

from deepexpr.errors import InputError

log = logging.getLogger(__name__)

#: The mitochondrion comes in several versions within one build.
UNTOLD = {"chrM", "MT", "M", "chrMT"}
#: bioframe 0.8 gives it the lengths of danRer10.
WRONG_IN_BIOFRAME = {"danRer11"}


def check_build(assembly: str, sizes: Mapping[str, int], genome: str) -> None:
    """Raise InputError where `assembly` names a known build and the genome is another.

    sizes : length in bp of the genome's sequences; chr1 and 1 are the same here. A name that no
    known build has (an own genome) is not checked.
    """
    expected = _lengths(assembly)
    if expected is None:
        log.info("%s is no build whose chromosome lengths are known; not checked", assembly)
        return
    wrong = _differing(sizes, expected)
    if not wrong:
        log.info("%s: the lengths of the chromosomes are those of %s", genome, assembly)
        return
    name = wrong[0]
    builds = fitting_builds(sizes)
    raise InputError(
        f"The genome is not {assembly}: {len(wrong)} chromosome(s) have another length.",
        where=genome,
        expected=f"{name} of {expected[name]:,} bp",
        found=f"{sizes[name]:,} bp" + (f", as in {' or '.join(builds)}" if builds else ""),
        fix="Give the genome and the annotation of one build, and call the assembly by its name.",
    )


def fitting_builds(sizes: Mapping[str, int]) -> list[str]:
    """Known builds of which all chromosomes that `sizes` (bp by name) shares have their length."""
    return [build for build in _builds() if _fits(sizes, _lengths(build) or {})]


def _differing(sizes: Mapping[str, int], expected: Mapping[str, int]) -> list[str]:
    return [name for name in sizes if name in expected and sizes[name] != expected[name]]


def _fits(sizes: Mapping[str, int], expected: Mapping[str, int]) -> bool:
    return bool(set(sizes) & set(expected)) and not _differing(sizes, expected)


@functools.cache
def _builds() -> dict[str, str]:
    """Names of the builds, and the names by which bioframe finds them."""
    import bioframe

    known = bioframe.assemblies_available()
    names = zip(known["provider"], known["provider_build"], strict=True)
    return {build: f"{who}.{build}" for who, build in names if build not in WRONG_IN_BIOFRAME}


@functools.cache
def _lengths(assembly: str) -> dict[str, int] | None:
    """Lengths by name and by alias of the whole chromosomes of a build, or None."""
    import bioframe

    builds = _builds()
    if assembly not in builds:
        return None
    table = bioframe.assembly_info(builds[assembly]).seqinfo
    lengths: dict[str, int] = {}
    for name, length, aliases in zip(table["name"], table["length"], table["aliases"], strict=True):
        for text in [name, *str(aliases).split(",")]:
            if text not in UNTOLD:
                lengths[text] = int(length)
    return lengths
