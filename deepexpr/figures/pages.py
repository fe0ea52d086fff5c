"""Pages that open offline from one file: tables as self-contained HTML."""

import base64
import gzip
import html
import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

#: Words a verdict begins with; they are style classes too.
VERDICTS = ("good", "look", "bad")

STYLE_SHEET = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 62rem; margin: 2rem auto;
       padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #ddd;
         vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.warning { border-left: 4px solid #D55E00; padding: .3rem .8rem; margin: .5rem 0;
           background: #fdf3ec; }
td.good { color: #00694b; } td.look { background: #fdf3ec; } td.bad { background: #f6d5c0; }
summary { color: #555; cursor: pointer; } details table { font-size: .85rem; }
.quiet { color: #666; }
.answer { font-size: 1.05rem; margin: .4rem 0 1rem; }
.answer b { display: block; color: #00527a; }
button { font: inherit; border: 1px solid #bbb; background: #f6f6f6; border-radius: 4px;
         padding: .15rem .6rem; margin-right: .3rem; cursor: pointer; }
button.chosen { background: #0072B2; border-color: #0072B2; color: #fff; }
button:disabled { color: #aaa; cursor: default; }
input[type=search] { font: inherit; padding: .15rem .5rem; width: 24rem; max-width: 60vw;
                     margin: 0 .6rem; border: 1px solid #bbb; border-radius: 4px; }
output { margin-right: .4rem; color: #444; }
th[tabindex] { cursor: pointer; user-select: none; }
#tables { overflow-x: auto; }
.list { max-height: 10rem; overflow-y: auto; margin: .5rem 0 1rem; }
.list table { margin: 0; } .list tr { cursor: pointer; } .list tr.chosen td { background: #dcebf5; }
.list th { position: sticky; top: 0; background: #fff; }
"""


def page(spec, values: pd.DataFrame) -> str:
    """The HTML document of a figure: its own page, or its values as a table."""
    own = spec.body()
    if own is not None:
        return document(spec.title, own(values))
    shown = values.fillna("").astype(str)
    return document(spec.title, table(list(shown.columns), shown.to_numpy().tolist()))


def document(title: str, body: str) -> str:
    """A whole HTML document without any outside resource; `title` is escaped, `body` is not."""
    safe = html.escape(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{safe}</title>\n<style>{STYLE_SHEET}</style>\n</head>\n"
        f"<body>\n<h1>{safe}</h1>\n{body}\n</body>\n</html>\n"
    )


def packed(name: str, data: bytes) -> str:
    """Data in a page: gzip in base64, which packed.js unpacks by this name."""
    text = base64.b64encode(data).decode()
    return f'<script type="text/plain" id="{name}">{text}</script>'


def zipped(values: object) -> bytes:
    """Plain values as JSON in gzip, without a time stamp."""
    return gzip.compress(json.dumps(values).encode(), 9, mtime=0)


def scripts(*names: str) -> str:
    """Scripts of this folder, behind what they read: in one element, first to last."""
    here = Path(__file__).parent
    return "<script>\n" + "\n".join((here / name).read_text() for name in names) + "</script>"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table of text cells, escaped; numbers stand right."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in header)
    body = "\n".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _cell(text: str) -> str:
    number = text.replace(",", "").replace("−", "-").replace("%", "").strip()
    first = text.replace(":", " ").split(" ", 1)[0]
    try:
        float(number)
    except ValueError:
        kind = f' class="{first}"' if first in VERDICTS else ""
        return f"<td{kind}>{html.escape(text)}</td>"
    return f'<td class="number">{html.escape(text)}</td>'
