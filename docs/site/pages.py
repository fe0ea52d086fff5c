"""Put the pages of the site together: `python docs/site/pages.py build/docs`.

Pages written by hand (docs/*.md, docs/site/) are copied; reference, changelog and limits are made
from what they describe: the settings' classes, the verbs' parsers, README.md and CHANGELOG.md.
"""

import argparse
import functools
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(__file__).parent

#: Where a page of the repository stands in the site.
PLACES = {
    "config/README.md": "reference/configuration.md",
    "CHANGELOG.md": "reference/changelog.md",
    "README.md": "index.md",
}
#: Widest line of a verb's help.
WIDTH = 80


def main(folder):
    """Write every page into `folder`, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SITE, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    shutil.copytree(ROOT / "docs" / "images", folder / "images")
    for page in (ROOT / "docs").glob("*.md"):
        (folder / page.name).write_text(relinked(page.read_text(), f"docs/{page.name}", page.name))
    made = {
        "reference/configuration.md": (ROOT / "config" / "README.md").read_text(),
        "reference/changelog.md": (ROOT / "CHANGELOG.md").read_text(),
        "reference/commands.md": commands(),
        "reference/files.md": "# Results, file by file\n\n" + section("What the results are"),
        "limits.md": "# Limits\n\n" + section("Known limits"),
    }
    sources = {"reference/configuration.md": "config/README.md"}
    for place, text in made.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(relinked(text, sources.get(place, "README.md"), place))


def section(heading):
    """The text of README.md under a heading of the second level."""
    text = (ROOT / "README.md").read_text()
    return (
        re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1].strip()
        + "\n"
    )


def commands():
    """The verbs of the command line and their help, in the order of the data flow."""
    from deepexpr.cli import VERBS, build_parser

    parser = build_parser()
    verbs = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    parts = [
        "# Commands\n",
        "Each step of the pipeline is a verb: it runs by hand on your own files, with the "
        "pipeline's defaults. Exit codes: 0 done, 1 wrong data, 2 wrong usage; `--debug` shows "
        "tracebacks. Files may end in `.gz`, and `-` is standard input or output.\n",
    ]
    for name in VERBS:
        shown = verbs[name].formatter_class  # as the verb itself shows its defaults
        verbs[name].formatter_class = functools.partial(shown, width=WIDTH)
        parts.append(
            f"## {name}\n\n{verbs[name].description}\n\n```text\n{verbs[name].format_help()}```\n"
        )
    return "\n".join(parts)


def relinked(text, source, place):
    """Links of a page of the repository as they must be at `place` in the site.

    Links to pages of the site are turned to where these stand; those to other files of the
    repository become plain text, as the site stands without it.
    """

    def turned(found):
        label, target = found[1], found[2]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        path, _, anchor = target.partition("#")
        here = (ROOT / source).parent
        named = Path(here, path).resolve()
        if not named.is_relative_to(ROOT):
            return label
        inside = str(named.relative_to(ROOT))
        goal = PLACES.get(inside) or (
            inside.removeprefix("docs/") if inside.startswith("docs/") else ""
        )
        if not goal:
            return label
        up = "../" * place.count("/")
        picture = "!" if found[0].startswith("!") else ""
        return f"{picture}[{label}]({up}{goal}{'#' * bool(anchor)}{anchor})"

    return re.sub(r"!?\[([^\]]*)\]\(([^)\s]+)\)", turned, text)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(Path(sys.argv[1]))
