"""From an accession to the addresses of its files."""

import fnmatch
import re
import urllib.parse
from collections.abc import Sequence

from deepexpr.downloads.asking import remote_size
from deepexpr.downloads.ena import About, ena_files
from deepexpr.downloads.encode import encode_files, encode_fits, is_encode
from deepexpr.downloads.geo import geo_sample, supplementary_url
from deepexpr.downloads.patience import Patience
from deepexpr.downloads.records import RUN, RemoteFile, require_whole
from deepexpr.downloads.sections import Hosts
from deepexpr.errors import InputError

#: Runs, experiments and samples of INSDC, which ENA's file report takes as they are.
INSDC = re.compile(r"^[SED]R[RXS]\d+(:mates)?$")
GEO = re.compile(r"^GS[ME]\d+(:mates)?$")
#: One sample of a series, by its title.
GEO_TITLE = re.compile(r"^GSE\d+:(?!mates$)\S.*$")
GEO_FILE = re.compile(r"^GS[ME]\d+/[^/]+$")
_ADDRESS = r"https?://[^\s,#]+(?:#md5=[0-9A-Fa-f]{32})?"
ADDRESSES = re.compile(rf"^{_ADDRESS}(,{_ADDRESS})?$")
MATES = ":mates"
ACCESSION_FORMS = (
    "a run (SRR, ERR, DRR), an experiment (SRX), a GEO sample (GSM), a sample of a series by its "
    "title (GSE...:TITLE), an ENCODE experiment and its replicate (ENCSR.../1), ENCODE files "
    "joined by a comma (ENCFF), ENCODE:md5=..., ENCODE:dbxref=..., a supplementary file "
    "(GSM.../NAME, GSE.../NAME), or addresses (https://...#md5=...)"
)


def is_accession(text: str) -> bool:
    """Whether `text` is of a form that `resolve` takes."""
    forms = (INSDC, GEO, GEO_TITLE, GEO_FILE, ADDRESSES)
    return is_encode(text) or any(form.match(text) for form in forms)


def resolve(
    accession: str, hosts: Hosts | None = None, patience: Patience | None = None
) -> list[RemoteFile]:
    """Files of an accession, run by run, mate 1 before mate 2. No file is fetched.

    Raises InputError where the accession is not of a known form, or its records do not say
    beyond doubt which files it stands for.
    """
    files = _records(accession, hosts or Hosts(), patience)
    require_whole(accession, files)
    return files


def _records(accession: str, hosts: Hosts, patience: Patience | None) -> list[RemoteFile]:
    if is_encode(accession):
        return encode_files(accession, hosts, patience)
    if ADDRESSES.match(accession):
        return _addresses(accession, patience)
    if GEO_FILE.match(accession):
        url = supplementary_url(accession, hosts, patience)
        sample, size = accession.split("/")[0], remote_size(url, patience)
        return [RemoteFile(accession, sample, "", "", "", 1, url, "", size)]
    name, mates_only = accession.removesuffix(MATES), accession.endswith(MATES)
    if INSDC.match(accession):
        return ena_files(name, About(accession, mates_only=mates_only), hosts, patience)
    if GEO.match(accession) or GEO_TITLE.match(accession):
        series, _, title = name.partition(":")
        found = geo_sample(series, hosts, patience, title)
        about = About(accession, found.sample, found.title, mates_only=mates_only)
        return ena_files(found.experiment, about, hosts, patience)
    raise InputError(
        f"The accession {accession!r} cannot be downloaded.",
        expected=ACCESSION_FORMS,
        fix="Correct the column accession of the unit sheet, or put the files in place.",
    )


def fits(accession: str, files: Sequence[RemoteFile]) -> bool:
    """Whether files of a saved table can be those of `accession`, by what its text says of them."""
    name = accession.removesuffix(MATES)
    if is_encode(accession):
        return encode_fits(accession, files)
    if ADDRESSES.match(accession):
        return [(file.url, file.md5.lower()) for file in files] == _asked(accession)
    if GEO_FILE.match(accession):
        record, _, pattern = accession.partition("/")
        named = [urllib.parse.unquote(file.url.rpartition("/")[2]) for file in files]
        own = all(file.sample == record for file in files)
        return own and all(fnmatch.fnmatchcase(text, pattern) for text in named)
    if name.startswith("GSM"):
        return all(file.sample == name for file in files)
    return not RUN.match(name) or all(file.run == name for file in files)


def _asked(accession: str) -> list[tuple[str, str]]:
    """Address and MD5 ("" where none is given) of each mate."""
    parts = (text.partition("#md5=") for text in accession.split(","))
    return [(url, md5.lower()) for url, _, md5 in parts]


def _addresses(accession: str, patience: Patience | None) -> list[RemoteFile]:
    """Files given by address, with their MD5 behind #md5=; the mates joined by a comma."""
    return [
        RemoteFile(accession, "", "", "", "", mate, url, md5, remote_size(url, patience))
        for mate, (url, md5) in enumerate(_asked(accession), 1)
    ]
