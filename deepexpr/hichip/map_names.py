"""How cooler's users name a map within a file: FILE::/resolutions/5000."""

SEPARATOR = "::"


def split_map(text: str) -> tuple[str, str]:
    """The file of a map, and the group in it ("" where none is named)."""
    path, _, group = text.partition(SEPARATOR)
    return path, group.strip("/")
