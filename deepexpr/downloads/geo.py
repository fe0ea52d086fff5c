"""GEO: from a sample or a series to its experiments, and to its supplementary files.

Which experiments of the archive a GEO record names is asked of NCBI's E-utilities: a search of the
database gds, kept by the server, and the summaries of what it found
(https://www.ncbi.nlm.nih.gov/books/NBK25499/). pysradb, which does the same, repeats a refused
question by itself, unpaced and whatever the server asks for.
"""

import fnmatch
import html.parser
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

from deepexpr.downloads.asking import read_answer
from deepexpr.downloads.patience import Incomplete, Patience
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

#: Summaries that are asked for at a time: the most that E-utilities give as JSON.
SUMMARIES = 500


@dataclass(frozen=True)
class GeoSample:
    """A sample of GEO and its experiment in the sequence archive, "" where it has no reads, several
    joined by a comma."""

    sample: str
    title: str
    experiment: str


def geo_sample(
    accession: str, hosts: Hosts, patience: Patience | None = None, title: str = ""
) -> GeoSample:
    """The one sample of a GSM, of a GSE that holds one with reads, or of a GSE by its title.

    title : a pattern (* and ? stand for what is not known), upper or lower case.

    Raises
    ------
    SeveralSamples : none or several fit; the error lists the series' samples.
    InputError : GEO has no such record, or the sample has no reads.
    """
    records = _records(accession, hosts, patience)
    members = _members(accession, records, hosts)
    samples = [
        sample
        for name, known_as in members.items()
        if title_like(known_as, title or "*")
        for sample in [_sample(name, known_as, records)]
        if title or sample.experiment or len(members) == 1
    ]
    if len(samples) != 1:
        raise SeveralSamples(
            f"{len(samples) or 'No'} sample(s) of {accession} have a title like {title}."
            if title
            else f"The series {accession} holds {len(samples)} samples with reads.",
            where=_where(accession, hosts),
            expected="one sample for one unit",
            found="; ".join(f"{name} {known_as}" for name, known_as in members.items()),
            fix="Fill in the GSM of the sample that is meant.",
        )
    if samples[0].sample not in records:  # the search of a large series may leave it out
        return geo_sample(samples[0].sample, hosts, patience)
    if "," in samples[0].experiment:
        raise InputError(
            f"GEO names several experiments for {samples[0].sample}: {samples[0].experiment}.",
            where=_where(accession, hosts),
            expected="one",
            fix="Fill in the one that is meant (SRX), or list them as units of their own.",
        )
    if not samples[0].experiment:
        raise InputError(
            f"GEO names no reads for {samples[0].sample} {samples[0].title}.",
            where=_where(accession, hosts),
            fix="Look it up by hand; give its SRR number, or put the files in place.",
        )
    return samples[0]


def title_like(title: str, pattern: str) -> bool:
    """Whether a title is of a pattern: only * and ? stand for other letters, in either case."""
    return fnmatch.fnmatchcase(title.lower(), pattern.lower().replace("[", "[[]"))


class SeveralSamples(InputError):
    """A series from which one sample cannot be told."""


def _where(accession: str, hosts: Hosts) -> str:
    return f"{hosts.ncbi}/entrez/eutils ({accession})"


def _records(accession: str, hosts: Hosts, patience: Patience | None) -> dict[str, dict]:
    """What NCBI's search finds, by accession: also records that were not asked for."""

    def asked(tool: str, **query: str | int) -> dict:
        words = urllib.parse.urlencode({"db": "gds", "retmode": "json"} | query)
        url = f"{hosts.ncbi}/entrez/eutils/{tool}.fcgi?{words}"
        return read_answer(url, _ANSWERS[tool], patience, _where(accession, hosts))

    found = asked("esearch", term=accession, usehistory="y")
    kept = {"query_key": found["querykey"], "WebEnv": found["webenv"], "retmax": SUMMARIES}
    records = {}
    for start in range(0, int(found["count"]), SUMMARIES):
        page = asked("esummary", **kept, retstart=start)
        for record in _dicts([page.get(uid) for uid in page["uids"]]):
            records[str(record.get("accession"))] = record
    return records


def _search(text: str) -> dict:
    """count, querykey and webenv of a search; Incomplete where it is none."""
    found = _object(text, "esearchresult")
    count = str(found.get("count"))
    if not (count.isascii() and count.isdigit()):
        raise Incomplete(f"the answer is no search ({text[:80]!r})")
    if int(count) and not (found.get("querykey") and found.get("webenv")):
        raise Incomplete(f"the server did not keep its search ({text[:80]!r})")
    return {"querykey": "", "webenv": ""} | found


def _summaries(text: str) -> dict:
    """Records by their numbers, which `uids` lists; Incomplete where there are none."""
    found = _object(text, "result")
    uids = found.get("uids")
    if not (isinstance(uids, list) and all(isinstance(uid, str) for uid in uids)):
        raise Incomplete(f"the answer holds no summaries ({text[:80]!r})")
    return found


_ANSWERS = {"esearch": _search, "esummary": _summaries}


def _object(text: str, name: str) -> dict:
    """The object `name` of an answer; Incomplete with the server's words where it is not there, as
    of one that is asked too often."""
    try:
        found = json.loads(text)[name]
    except (ValueError, TypeError, LookupError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Incomplete(f"the answer cannot be read ({text[:80]!r})")
    return found


def _members(accession: str, records: dict[str, dict], hosts: Hosts) -> dict[str, str]:
    """Titles of the samples of a series (or of the sample itself), by GSM, sorted."""
    if accession not in records:
        raise InputError(
            f"GEO names no reads for {accession}: it has no such record.",
            where=_where(accession, hosts),
            found=", ".join(sorted(records)) or "no record",
            fix="Correct the accession, or put the files in place.",
        )
    record = records[accession]
    listed = [record] if accession.startswith("GSM") else record.get("samples") or []
    named = [one for one in _dicts(listed) if isinstance(one.get("accession"), str)]
    titles = {one["accession"]: one.get("title") or "" for one in named}
    return {name: " ".join(str(titles[name]).split()) for name in sorted(titles)}


def _sample(name: str, title: str, records: dict[str, dict]) -> GeoSample:
    links = _dicts(records.get(name, {}).get("extrelations"))
    targets = [one.get("targetobject") for one in links if one.get("relationtype") == "SRA"]
    return GeoSample(name, title, ",".join(dict.fromkeys(map(str, filter(None, targets)))))


def _dicts(found: Any) -> list[dict]:
    """The records of a list; none where there is no list."""
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def supplementary_url(accession: str, hosts: Hosts, patience: Patience | None = None) -> str:
    """The address of GSM.../NAME or GSE.../NAME; * and ? in NAME stand for what is not known."""
    record, _, name = accession.partition("/")
    kind = "samples" if record.startswith("GSM") else "series"
    folder = f"{hosts.geo}/geo/{kind}/{record[:3]}{record[3:-3]}nnn/{record}/suppl/"
    names = read_answer(folder, _listed, patience)
    fitting = [text for text in names if fnmatch.fnmatchcase(text, name)]
    if len(fitting) != 1:
        raise InputError(
            f"{len(fitting)} supplementary files of {record} are called {name}.",
            where=folder,
            expected="one of " + ", ".join(names) if names else "a folder with files",
            found=", ".join(fitting) or None,
            fix="Write the name of the file in full.",
        )
    return folder + urllib.parse.quote(fitting[0])


class _Links(html.parser.HTMLParser):
    """Collects the targets of links."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _listed(page: str) -> list[str]:
    """Names of the files of a folder, from a server's listing of it; Incomplete where it is none:
    a page without any link, not even to the folder above."""
    links = _Links()
    links.feed(page)
    if not links.targets:
        raise Incomplete(f"the answer is no listing of a folder ({page[:80]!r}): try again later")
    names = (urllib.parse.unquote(target) for target in links.targets)
    return sorted({name for name in names if "/" not in name and name[:1] not in ("?", "#", ".")})
