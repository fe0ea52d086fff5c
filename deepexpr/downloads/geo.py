"""GEO: from a sample or a series to its experiments, and to its supplementary files.

pysradb asks NCBI which experiments of the archive a GEO record names; it has no time limit and
reports every fault in its own way, so it is called under ours. Its module for supplementary files
knows series only and one host, hence the few lines here.
"""

from __future__ import annotations

import fnmatch
import html.parser
import threading
import urllib.parse
from dataclasses import dataclass

from deepexpr.downloads.fetch import Incomplete, Patience, patiently, read_url
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError


@dataclass(frozen=True)
class GeoSample:
    """A sample of GEO and its experiment in the sequence archive."""

    sample: str
    title: str
    experiment: str


def geo_samples(accession: str, hosts: Hosts, patience: Patience | None = None) -> list[GeoSample]:
    """The samples of a GSM or GSE that have reads, by accession."""
    where = f"{hosts.ncbi}/entrez/eutils ({accession})"
    patience = patience or Patience()
    records = patiently(lambda: _ask_pysradb(accession, hosts, patience.timeout), where, patience)
    wanted = [record for record in records if str(record.get("entrytype")) == "GSM"]
    if accession.startswith("GSM"):
        wanted = [record for record in wanted if record["accession"] == accession]
    samples = {
        record["accession"]: GeoSample(record["accession"], str(record["title"]), record["SRA"])
        for record in wanted
        if isinstance(record.get("SRA"), str)
    }
    if not samples:
        raise InputError(
            f"GEO names no reads for {accession}.",
            where=where,
            fix="Look it up by hand; give its SRR number, or put the files in place.",
        )
    return [samples[name] for name in sorted(samples)]


def geo_sample(accession: str, hosts: Hosts, patience: Patience | None = None) -> GeoSample:
    """The one sample of a GSM, or of a GSE that holds one only."""
    samples = geo_samples(accession, hosts, patience)
    if len(samples) > 1:
        raise InputError(
            f"The series {accession} holds {len(samples)} samples with reads.",
            expected="one sample for one unit",
            found="; ".join(f"{sample.sample} {sample.title}" for sample in samples),
            fix="Fill in the GSM of the sample that is meant.",
        )
    return samples[0]


def supplementary_url(accession: str, hosts: Hosts, patience: Patience | None = None) -> str:
    """The address of GSM.../NAME or GSE.../NAME; * and ? in NAME stand for what is not known."""
    record, _, name = accession.partition("/")
    kind = "samples" if record.startswith("GSM") else "series"
    folder = f"{hosts.geo}/geo/{kind}/{record[:-3]}nnn/{record}/suppl/"
    names = _listed(read_url(folder, patience))
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


def _ask_pysradb(accession: str, hosts: Hosts, timeout: float) -> list[dict]:
    """Records of GEO's database as pysradb gives them; Incomplete where it fails or hangs."""
    import pysradb.sraweb

    client = pysradb.sraweb.SRAweb()
    for name, address in client.base_url.items():
        client.base_url[name] = hosts.ncbi + urllib.parse.urlsplit(address).path
    outcome: list = []

    def ask() -> None:
        try:
            table = client.fetch_gds_results(accession)
            outcome.append([] if table is None else table.to_dict("records"))
        except Exception as error:  # pysradb raises what its parsers raise
            outcome.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    if not outcome:
        raise Incomplete(f"no answer within {timeout:g} s")
    if isinstance(outcome[0], Exception):
        raise Incomplete(f"{type(outcome[0]).__name__}: {outcome[0]}")
    return outcome[0]


class _Links(html.parser.HTMLParser):
    """Collects the targets of links."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _listed(page: str) -> list[str]:
    """Names of the files of a folder, from a server's listing of it."""
    links = _Links()
    links.feed(page)
    names = (urllib.parse.unquote(target) for target in links.targets)
    return sorted({name for name in names if "/" not in name and name[:1] not in ("?", "#", ".")})
