"""Options of the command line made of a `Section`: its fields, their ranges and defaults.

A verb takes a whole section as ``--settings`` (JSON text, or a JSON or YAML file) and single
fields as options of their own, which win.
"""

import argparse
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, get_args, get_origin

from deepexpr.errors import InputError, UsageError
from deepexpr.settings import Section, members

S = TypeVar("S", bound=Section)
#: What `run` of a verb is given: a value for each of its options.
Arguments = argparse.Namespace

#: An option of `declare`.
_OPTION = re.compile(
    r"\[?(--[\w-]+)(?: (\S+?)(\.\.\.)?)?(?: \((\S+)\))?\]?",
)

#: Options of several verbs.
ALIASES = """
[--aliases TABLE]  read chromosomes under other names as the genome's: a chromAlias table of UCSC,
                   or auto for chr1 and 1, chrM and MT
"""
CONFIGFILE = """
[--configfile FILE...]
                     configuration files, later ones laid over earlier ones (config/config.yaml if
                     left out)
"""
#: What is taken without --configfile, in the folder of a run.
OWN_CONFIG = "config/config.yaml"


def configfiles(args: Arguments) -> list[str]:
    """The configuration files that are meant; UsageError where none is named and none is there."""
    if args.configfile:
        return list(args.configfile)
    if not Path(OWN_CONFIG).is_file():
        raise UsageError(
            "--configfile is needed.",
            expected=f"configuration files, or {OWN_CONFIG} in this folder",
            fix="Name them (--configfile config/config.yaml mine.yaml), or go to the folder of the "
            "run.",
        )
    return [OWN_CONFIG]


def add_settings(
    parser: argparse.ArgumentParser,
    section: type[Section],
    fields: Iterable[str] | None = None,
    **flags: str,
) -> None:
    """Add ``--settings``, which takes any field of the section, and options for `fields`."""
    parser.add_argument(
        "--settings",
        metavar="JSON",
        help="JSON text, or a JSON or YAML file, with any of: " + ", ".join(section.model_fields),
    )
    parser.set_defaults(settings_of=section)
    add_options(parser, section, fields, **flags)


def add_options(
    parser: argparse.ArgumentParser,
    section: type[Section],
    fields: Iterable[str] | None = None,
    **flags: str,
) -> None:
    """Add an option for each of `fields` (all of the section if None); `given` reads them.

    flags : options whose name is not the field's, such as biotypes="--biotype".
    """
    for name in section.model_fields if fields is None else fields:
        field = section.model_fields[name]
        default = field.get_default(call_default_factory=True)
        shown = " ".join(map(str, default)) if isinstance(default, tuple) else default
        hint = "" if field.is_required() or shown in (None, False, "") else f" (default: {shown})"
        text = (section.meaning(name).removesuffix(".") + hint).replace("%", "%%")
        flag = flags.get(name, f"--{name.replace('_', '-')}")
        shape = _shape(section, name) | ({"required": True} if field.is_required() else {})
        parser.add_argument(flag, dest=name, default=None, help=text, **shape)


def add_verb(parser: argparse.ArgumentParser, command: ModuleType) -> None:
    """Add what a module of deepexpr/commands takes, by these names of its own.

    OPTIONS : see `declare`. ONE_OF : options of which one must be given. SETTINGS : the section
    that ``--settings`` fills; SHOWN : its fields with options of their own, all if absent.
    FIELDS : section -> fields of it that are options. FLAGS : field -> its option, where that has
    another name. `add_arguments` : for what is none of these.
    """
    told = vars(command)
    flags = told.get("FLAGS", {})
    if "ONE_OF" in told:
        declare(parser.add_mutually_exclusive_group(required=True), command.ONE_OF)
    declare(parser, told.get("OPTIONS", ""))
    for section, fields in told.get("FIELDS", {}).items():
        add_options(parser, section, fields, **flags)
    if "SETTINGS" in told:
        add_settings(parser, command.SETTINGS, told.get("SHOWN"), **flags)
    if "add_arguments" in told:
        command.add_arguments(parser)


def choices(names: Iterable[str]) -> str:
    """One of these, as `declare` has it."""
    return f"{{{','.join(names)}}}"


def declare(parser: argparse._ActionsContainer, text: str) -> None:
    """Add options that are written as a usage message has them, each with its help behind it.

    ``--output TSV`` must be given, ``[--qc TSV]`` may be, ``[--seed N (1)]`` is 1 if it is not;
    N is a whole number, ``TSV...`` one or more, ``{a,b}`` one of these; ``[--all]`` takes nothing.
    Two blanks or the line's end close the option; lines that begin with blanks go on with its help.
    """
    for row in re.findall(r"^\S.*(?:\n .*)*", text, re.MULTILINE):
        written, told = re.split(r"  |\n", row, maxsplit=1)
        flag, value, many, default = _OPTION.fullmatch(written).groups()  # type: ignore[union-attr]  # ours
        kind = int if value == "N" else str
        shape: dict[str, Any] = {"type": kind, "metavar": value, "required": row[0] != "["}
        if not value:
            shape = {"action": "store_true"}
        elif value.startswith("{"):
            shape |= {"choices": value[1:-1].split(","), "metavar": None}
        if many:
            shape |= {"nargs": "+", "action": "extend", "default": []}
        if default:
            shape |= {"default": kind(default)}
        parser.add_argument(flag, help=" ".join(told.split()), **shape)


def given(args: argparse.Namespace, section: type[S]) -> S:
    """The section of what the command line gave, over --settings, over the fields' defaults."""
    takes_settings = issubclass(section, getattr(args, "settings_of", ()))
    values = read_options(args.settings) if takes_settings else {}
    told = {name: getattr(args, name, None) for name in section.model_fields}
    values |= {name: value for name, value in told.items() if value is not None}
    return section.of(values, "--settings" if takes_settings and args.settings else "options")


def named(items: Iterable[str], option: str, form: str = "NAME=PATH") -> dict[str, str]:
    """What stands behind each NAME= given to an option that has this form, in the order given.

    Raises UsageError where a part lacks or a name stands twice.
    """
    found: dict[str, str] = {}
    for item in items:
        name, _, text = item.partition("=")
        if not name or not text or name in found:
            raise UsageError(
                f"{name!r} is given twice." if name in found else f"{item!r} is not {form}.",
                where=option,
                expected=f"{option} {form}, each name once",
                found=item,
            )
        found[name] = text
    return found


#: How the file of a sample is given where its cell line counts too.
OF_SAMPLE = "CELL_LINE:SAMPLE:PATH"


def of_samples(items: Iterable[str]) -> list[tuple[str, str, str]]:
    """Cell line, sample and path of each `OF_SAMPLE`.

    Raises UsageError where a part lacks or a sample stands twice.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for item in items:
        line, sample, path = (*item.split(":", 2), "", "")[:3]
        if not (line and sample and path):
            raise UsageError(f"{item!r} names no sample.", expected=OF_SAMPLE)
        if sample in found:
            raise UsageError(f"The sample {sample} is given twice.", fix="Name samples uniquely.")
        found[sample] = (line, sample, path)
    return list(found.values())


def read_options(text: str | None) -> dict[str, Any]:
    """The mapping of JSON text, or of a JSON or YAML file at that path; empty if None."""
    import yaml

    from deepexpr.files import reading

    if not text:
        return {}
    where = "--settings"
    try:
        if text.lstrip().startswith("{"):
            values = json.loads(text)
        else:
            where = str(Path(text))
            with reading(text, "settings") as handle:
                values = yaml.safe_load(handle)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise InputError(f"Not valid JSON or YAML: {error}.", where=where) from error
    if not isinstance(values, dict):
        raise InputError("The settings must hold keys and values.", where=where, found=repr(values))
    return values


def _shape(section: type[Section], name: str) -> dict[str, Any]:
    """How argparse reads one field."""
    kinds = [k for k in members(section.model_fields[name].annotation) if k is not type(None)]
    kind = kinds[0]
    if kind is bool:
        return {"action": argparse.BooleanOptionalAction}
    if get_origin(kind) is tuple:
        item = get_args(kind)[0]
        return {"nargs": "*", "action": "extend", "type": item}
    if get_origin(kind) is Literal and len(kinds) == 1:
        return {"choices": get_args(kind)}
    return {"type": _reader(section, name, str if str in kinds else kind), "metavar": "VALUE"}


def _reader(section: type[Section], name: str, kind: type) -> Callable[[str], Any]:
    """Reads the option's text; a value out of the field's range is wrong usage."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {_NOUNS[kind]}") from None
        told = section.value_problem(name, value)
        if told:
            raise argparse.ArgumentTypeError(told)
        return value

    return read


_NOUNS = {int: "whole number", float: "number", str: "text"}
