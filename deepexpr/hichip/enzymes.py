"""Restriction enzymes and the ligation junctions they make (docs/method.md, section 2.1).

A junction typed by hand is the commonest way to trim nothing without noticing, so
junctions are derived: cut the site, fill in the ends (or not), ligate any two ends.
"""

import difflib
import itertools
from dataclasses import dataclass

from deepexpr.errors import InputError
from deepexpr.letters import IUPAC, LETTERS, reverse_complement

#: Recognition sites, the cut of the top strand marked by ``^``. Cuts after REBASE; Arima: the two
#: enzymes of the first Arima-HiC kit, Arima2: the four of its second version (Arima-HiC+).
ENZYMES = {
    "MboI": ("^GATC",),
    "DpnII": ("^GATC",),
    "Sau3AI": ("^GATC",),
    "HindIII": ("A^AGCTT",),
    "NlaIII": ("CATG^",),
    "HinfI": ("G^ANTC",),
    "DdeI": ("C^TNAG",),
    "MseI": ("T^TAA",),
    "CviQI": ("G^TAC",),
    "NcoI": ("C^CATGG",),
    "BglII": ("A^GATCT",),
    "EcoRI": ("G^AATTC",),
    "Arima": ("^GATC", "G^ANTC"),
    "Arima2": ("^GATC", "G^ANTC", "C^TNAG", "T^TAA"),
}
#: Words for libraries that no restriction enzyme cut, and kits of such (Micro-C: MNase; Omni-C:
#: DNase): their ends meet anywhere, so no junction is known and no read is cut.
WITHOUT_ENZYME = ("none", "MNase", "DNase", "Micro-C", "Omni-C")

#: Makers of several kits, and what to write of theirs.
MAKERS = {
    "dovetail": "write Omni-C or Micro-C for these, MNase for its HiChIP, DpnII for its Hi-C",
    "phase": "write the enzymes that the protocol of its Proximo kit names, with commas between",
}


@dataclass(frozen=True)
class Site:
    """A recognition site of IUPAC letters, cut on the top strand before letter `cut`.

    Sites are palindromic, so the bottom strand is cut before letter ``len - cut`` (counted on
    the top strand): ``cut < len - cut`` leaves a 5' overhang, ``cut > len - cut`` a 3' overhang.
    """

    sequence: str
    cut: int

    @property
    def left_end(self) -> str:
        """The last letters of a fragment, on the top strand, just before ligation.

        A 5' overhang is filled in up to the bottom strand's cut. A blunt or 3' overhanging end
        cannot be filled in; the top strand ends at its own cut.
        """
        return self.sequence[: max(self.cut, len(self.sequence) - self.cut)]

    @property
    def right_end(self) -> str:
        """The first letters of a fragment, on the top strand, just before ligation."""
        return self.sequence[self.cut :]

    @property
    def overhang(self) -> str:
        """Letters left single-stranded and not filled in ("" unless a 3' overhang)."""
        return self.sequence[len(self.sequence) - self.cut : self.cut]


@dataclass(frozen=True)
class Junction:
    """A ligation junction: IUPAC `sequence`, of which the first `left` letters are the end of
    the read's own fragment (what trimming keeps)."""

    sequence: str
    left: int


def parse_enzymes(text: str) -> tuple[Site, ...]:
    """Sites of an enzyme name or of comma-separated names and sites with ``^``.

    ``"MboI"``, ``"Arima"``, ``"^GATC,G^ANTC"`` and ``"MboI,HinfI"`` are all understood; names
    are not case-sensitive. ``"none"``, ``"MNase"``, ``"DNase"`` and kits of these give no site:
    nothing is cut. Raises InputError for an unknown name or a bad site.
    """
    if text.strip().lower() in {word.lower() for word in WITHOUT_ENZYME}:
        return ()
    sites: list[Site] = []
    for part in (p.strip() for p in text.split(",")):
        sites += [_parse_site(part)] if "^" in part else _named_sites(part)
    return tuple(dict.fromkeys(sites))


def junctions(sites: tuple[Site, ...]) -> tuple[Junction, ...]:
    """All junctions of two ends of `sites`, each once, in IUPAC letters.

    MboI gives GATCGATC, HindIII AAGCTAGCTT, NlaIII (3' overhang: no fill-in) CATG, Arima four.
    Ends with 3' overhangs ligate only to ends with the same overhang.
    """
    found = [
        Junction(a.left_end + b.right_end, len(a.left_end))
        for a, b in itertools.product(sites, repeat=2)
        if a.overhang == b.overhang
    ]
    return tuple(dict.fromkeys(found))


def expand(sequence: str) -> list[str]:
    """All plain sequences an IUPAC `sequence` stands for, sorted."""
    choices = [[b for b in LETTERS if IUPAC[b] & IUPAC[letter]] for letter in sequence]
    return ["".join(letters) for letters in itertools.product(*choices)]


def _named_sites(name: str) -> list[Site]:
    known = {key.lower(): key for key in ENZYMES}
    if name.lower() not in known:
        raise InputError(
            f"Unknown enzyme {name!r}.",
            expected="one of "
            + ", ".join(ENZYMES)
            + "; a site with its cut marked by ^; or "
            + ", ".join(WITHOUT_ENZYME)
            + " for libraries that no restriction enzyme cut",
            found=name or "nothing",
            fix=_meant(name)
            + "Write the recognition site with ^ at the cut of the top strand, e.g. A^AGCTT; "
            "several enzymes are separated by commas, e.g. ^GATC,G^ANTC.",
        )
    return [_parse_site(site) for site in ENZYMES[known[name.lower()]]]


def _meant(name: str) -> str:
    """A sentence that names what is closest to an unknown `name`; "" where nothing is."""
    given = name.lower()
    if given in {word.lower() for word in WITHOUT_ENZYME}:
        return f"{name} stands alone: leave it out, or leave the enzymes out. "
    cut = [known for known, sites in ENZYMES.items() if sites[0].replace("^", "") == name.upper()]
    if cut:
        return f"Write {ENZYMES[cut[0]][0]} or {cut[0]}. "
    if given in MAKERS:
        return f"{name} makes several kits: {MAKERS[given]}. "
    words = {word.lower(): word for word in (*ENZYMES, *WITHOUT_ENZYME)}
    within = [word for word in words if len(word) > 4 and word in given]
    close = within or difflib.get_close_matches(given, words, n=1, cutoff=0.7)
    return f"Did you mean {words[max(close, key=len)]}? " if close else ""


def _parse_site(text: str) -> Site:
    sequence = text.upper().replace("^", "")
    if text.count("^") != 1 or len(sequence) < 4 or set(sequence) - set(IUPAC):
        raise InputError(
            f"Not a restriction site: {text!r}.",
            expected="at least four IUPAC letters and one ^, e.g. ^GATC or A^AGCTT",
            found=text,
            fix="Check the recognition site in the enzyme's data sheet.",
        )
    if sequence != reverse_complement(sequence):
        raise InputError(
            f"The restriction site {text!r} is not a palindrome.",
            expected=f"a site equal to its reverse complement ({reverse_complement(sequence)})",
            found=sequence,
            fix="Junctions are derived for palindromic sites only; check the site's spelling.",
        )
    return Site(sequence, text.index("^"))
