"""The forms of accessions: how each is written, before anybody is asked."""

import re

from deepexpr.downloads.addresses import wrong_address

#: Runs, experiments and samples of INSDC, which ENA's file report takes as they are.
INSDC = re.compile(r"^[SED]R[RXS]\d+(:mates)?$")
GEO = re.compile(r"^GS[ME]\d+(:mates)?$")
#: One sample of a series, by its title.
GEO_TITLE = re.compile(r"^GSE\d+:(?!mates$)\S.*$")
GEO_FILE = re.compile(r"^GS[ME]\d+/[^/]+$")
ENCODE_FILES = re.compile(r"^ENCFF[0-9A-Z]{6}(,ENCFF[0-9A-Z]{6})?$")
ENCODE_REPLICATE = re.compile(r"^ENCSR[0-9A-Z]{6}(/\d+)?$")
ENCODE_MD5 = re.compile(r"^ENCODE:md5=[0-9A-Fa-f]{32}(,[0-9A-Fa-f]{32})?$")
ENCODE_DBXREF = re.compile(r"^ENCODE:dbxref=[^/\s]+(/\d+)?$")
ENCODE = (ENCODE_FILES, ENCODE_REPLICATE, ENCODE_MD5, ENCODE_DBXREF)
_ADDRESS = r"https?://[^\s,#]+(?:#md5=[0-9A-Fa-f]{32})?"
ADDRESSES = re.compile(rf"^{_ADDRESS}(,{_ADDRESS})?$")
#: Ends an accession of which only the reads with both mates are taken.
MATES = ":mates"
ACCESSION_FORMS = (
    "a run (SRR, ERR, DRR), an experiment (SRX), a GEO sample (GSM), a sample of a series by its "
    "title (GSE...:TITLE), an ENCODE experiment and its replicate (ENCSR.../1), ENCODE files "
    "joined by a comma (ENCFF), ENCODE:md5=..., ENCODE:dbxref=..., a supplementary file "
    "(GSM.../NAME, GSE.../NAME), or addresses (https://...#md5=...)"
)


def is_encode(accession: str) -> bool:
    """Whether ENCODE is asked for this accession."""
    return any(form.match(accession) for form in ENCODE)


def no_accession(text: str) -> str:
    """Why `text` is none that can be resolved, "" where it is one."""
    if not text.isprintable():
        return f"it holds a letter that cannot be seen: {text!a}"
    if ADDRESSES.match(text):
        return next((why for url, _ in addresses_of(text) if (why := wrong_address(url))), "")
    known = (INSDC, GEO, GEO_TITLE, GEO_FILE, *ENCODE)
    return "" if any(form.match(text) for form in known) else "it has none of these forms"


def is_accession(text: str) -> bool:
    """Whether `text` is of a form that `resolve` takes."""
    return not no_accession(text)


def addresses_of(accession: str) -> list[tuple[str, str]]:
    """Address and MD5 ("" where none is given) of each mate of an accession of addresses."""
    parts = (text.partition("#md5=") for text in accession.split(","))
    return [(url, md5.lower()) for url, _, md5 in parts]
