"""What an address of a file is: one rule for sheets, settings, saved tables and requests."""

import re
import urllib.parse
from typing import Annotated

from pydantic import AfterValidator, Field

#: SERVER or SERVER:PORT. Names and passwords before an @ are not for sheets, and never sent.
_SERVER = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
EXPECTED = "http(s)://SERVER/PATH, other letters than ASCII written as %.."


#: Asked without a server's rules; only of what a user gives by itself (obtain --url, settings).
_OTHERS = ("ftp://", "file://")


def wrong_address(url: str, others: bool = False) -> str:
    """Why no file can be asked for at `url`, "" where one can. others : ftp and file will do."""
    if not url.startswith(("http://", "https://", *(_OTHERS if others else ()))):
        return "it begins neither with http:// nor with https://"
    strange = re.search(r"[^\x21-\x7e]", url)
    if strange:
        return f"it holds the letter {strange[0]!a}"
    try:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme in ("ftp", "file"):
            return ""
        if not _SERVER.fullmatch(parts.netloc):
            return f"{parts.netloc!r} is no name of a server"
        if parts.port is not None and not 0 < parts.port < 1 << 16:
            return f"there is no port {parts.port}"
        (parts.hostname or "").encode("idna")
    except ValueError as error:  # UnicodeError is one
        return str(error)
    return "" if (parts.path.strip("/") or parts.query) else "no path follows the server"


def _require(url: str, others: bool = True, path: str = "") -> str:
    if problem := wrong_address(url + path, others):
        raise ValueError(f"{url!r} is no address: {problem}")
    return url


#: Types of settings: an address of a file, and of a server that paths are put behind.
Address = Annotated[str, AfterValidator(_require)]
Host = Annotated[
    str,
    Field(pattern=r"^https?://[^/\s]+$"),
    AfterValidator(lambda host: _require(host, others=False, path="/x")),
]
