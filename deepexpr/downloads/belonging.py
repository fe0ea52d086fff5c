"""Whether files are those of an accession, by what the archive, or a saved table, says of each."""

import fnmatch
import re
import urllib.parse
from collections.abc import Iterator, Sequence

from deepexpr.downloads import forms
from deepexpr.downloads.geo import title_like
from deepexpr.downloads.records import RemoteFile

#: A run, or a file of ENCODE, in the name of a file.
_NAMED = re.compile(r"(?<![A-Z0-9])([SED]RR\d+|ENCFF[0-9A-Z]{6})(?![A-Z0-9])")


def stranger(accession: str, files: Sequence[RemoteFile]) -> str:
    """What shows that the files are not those of `accession`, "" where nothing does.

    Accession and files are both taken at their word: an archive is not asked.
    """
    for doubt in _doubts(accession, files):
        return doubt
    return ""


def _doubts(accession: str, files: Sequence[RemoteFile]) -> Iterator[str]:
    given = _given_each(accession)
    if given is not None:
        what, wanted = given
        found = [getattr(file, what).lower() for file in files]
        if found != [text.lower() for text in wanted]:
            yield f"they have the {what} {', '.join(found)}"
        if what == "url":
            md5 = [text for _, text in forms.addresses_of(accession)]
            if [file.md5.lower() for file in files] != md5:
                yield f"they have the MD5 {', '.join(file.md5 or 'none' for file in files)}"
            return
    wanted_columns = _wanted(accession)
    for file in files:
        name = file.run or file.url
        for column, text in wanted_columns.items():
            value = getattr(file, column)
            like = title_like if column == "title" else str.__eq__
            if not like(value, text):
                yield f"the {column} of {name} is {value or 'not said'}"
        own = urllib.parse.unquote(file.url.rpartition("/")[2])
        if forms.GEO_FILE.match(accession):
            if not fnmatch.fnmatchcase(own, accession.partition("/")[2]):
                yield f"the file's name is {own}"
        elif not file.run:
            yield f"nothing says which run {file.url} is of"
        elif file.run not in _NAMED.findall(own) and _NAMED.search(own):
            yield f"the address of {name} is that of {own}"
    # A sample of GEO is one experiment; one of the archive's may be several.
    of_geo = bool(forms.GEO.match(accession) or forms.GEO_TITLE.match(accession))
    for column in ("series", "sample", "title", "replicate", *["experiment"] * of_geo):
        values = dict.fromkeys(getattr(file, column) for file in files)
        if len(values) > 1:
            yield f"they are of several {column}s: {', '.join(values)}"


def _given_each(accession: str) -> tuple[str, list[str]] | None:
    """The column that an accession gives for each file by itself, and its values."""
    if forms.ENCODE_FILES.match(accession):
        return "run", accession.split(",")
    if forms.ENCODE_MD5.match(accession):
        return "md5", accession.rpartition("=")[2].split(",")
    if forms.ADDRESSES.match(accession):
        return "url", [url for url, _ in forms.addresses_of(accession)]
    return None


def _wanted(accession: str) -> dict[str, str]:
    """What must stand in columns of every file; of the title a pattern."""
    name = accession.removesuffix(forms.MATES)
    if forms.INSDC.match(accession):
        return {{"R": "run", "X": "experiment", "S": "sample"}[name[2]]: name}
    if forms.GEO_FILE.match(accession):
        return {"sample": name.partition("/")[0]}
    if forms.GEO_TITLE.match(accession):
        series, _, title = name.partition(":")
        return {"series": series, "title": title}
    if forms.GEO.match(accession):
        return {"sample" if name.startswith("GSM") else "series": name}
    if forms.ENCODE_REPLICATE.match(accession) or forms.ENCODE_DBXREF.match(accession):
        number, _, replicate = name.rpartition("=")[2].partition("/")
        column = "series" if forms.ENCODE_DBXREF.match(accession) else "experiment"
        return {column: number} | ({"replicate": replicate} if replicate else {})
    return {}
