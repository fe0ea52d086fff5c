"""What a user may set: each section of the configuration is one frozen class, a `Section`.

A section stands beside the code that reads it and says of every field its type, range, default
and, in the docstring below it, its meaning; validators (`mode="after"`) hold the rules between
fields and raise `RuleError`. From it come the checks of configuration files, the options of the
verbs (deepexpr.options), ``config/README.md`` and the JSON schema for editors.
"""

import ast
import difflib
import inspect
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
)

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from deepexpr.errors import InputError, raise_all

if TYPE_CHECKING:  # its type is not public; mypy takes no computed base
    from pydantic._internal._model_construction import ModelMetaclass as _Meta
else:
    _Meta = type(BaseModel)

__all__ = ["Field", "RuleError", "Section", "Unique", "members"]

_SEE = "see config/README.md."
#: JSON's words for types, as a user of YAML knows them.
_WORDS = {
    int: "integer", float: "number", str: "string", bool: "boolean", tuple: "array",
    list: "array", dict: "object", type(None): "null",
}  # fmt: skip
_LIMITS: dict[str, Callable[[Any, dict], str]] = {
    "greater_than_equal": lambda v, c: f"{v!r} is less than the minimum of {c['ge']:g}",
    "greater_than": lambda v, c: f"{v!r} is less than or equal to the minimum of {c['gt']:g}",
    "less_than_equal": lambda v, c: f"{v!r} is greater than the maximum of {c['le']:g}",
    "less_than": lambda v, c: f"{v!r} is greater than or equal to the maximum of {c['lt']:g}",
    "multiple_of": lambda v, c: f"{v!r} is not a multiple of {c['multiple_of']:g}",
    "too_short": lambda v, c: f"{v!r} is too short",
    "finite_number": lambda v, c: f"{v!r} is not finite",
    "string_pattern_mismatch": lambda v, c: f"{v!r} does not match {c['pattern']!r}",
}


def _unique(values: tuple) -> tuple:
    if len(set(values)) < len(values):
        raise ValueError(f"{list(values)!r} has non-unique elements")
    return values


#: Marks a tuple in which nothing stands twice: Annotated[tuple[int, ...], Unique].
Unique = AfterValidator(_unique)


class RuleError(InputError, ValueError):
    """A rule between fields is broken; `where` is the field to change."""


class _Telling(_Meta):
    """Makes ``Section(...)`` raise InputError, with every problem, in place of pydantic's error."""

    def __call__(cls, **values: Any) -> Any:
        try:
            return super().__call__(**values)
        except ValidationError as error:
            raise_all(list(_told(error, cls, cls.WHERE)))  # type: ignore[arg-type, attr-defined]  # the class made is a Section


class Section(BaseModel, metaclass=_Telling):
    """Frozen settings; no key that nobody reads, no text where a number belongs.

    YAML 1.1 reads 1e-3 as text, so a float may be written so; a list fills a tuple.
    Raises InputError with all problems when made of values that do not fit.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    WHERE: ClassVar[str] = "settings"

    @field_validator("*", mode="before")
    @classmethod
    def _as_yaml_writes_it(cls, value: Any, info: Any) -> Any:
        kinds = members(cls.model_fields[info.field_name].annotation)
        if isinstance(value, list) and any(get_origin(kind) is tuple for kind in kinds):
            return tuple(value)
        if isinstance(value, str) and float in kinds and str not in kinds:
            try:
                return float(value)
            except ValueError:
                return value
        return value

    @classmethod
    def of(cls, values: Any, where: str) -> Self:
        """The section of a mapping that came from `where`; InputError tells every problem."""
        raise_all(cls.problems(values, where))
        return cls.model_validate(values)

    @classmethod
    def problems(cls, values: Any, where: str, *above: str) -> list[InputError]:
        """What is wrong with `values`, one error each; `above` are the keys they stand under."""
        try:
            cls.model_validate(values)
        except ValidationError as error:
            return list(_told(error, cls, where, above))
        return []

    @classmethod
    def meaning(cls, name: str) -> str:
        """What the field `name` means: its description, or the docstring below it.

        Read when it is asked for: pydantic would read the source of every section at each start.
        """
        if told := cls.model_fields[name].description:
            return told
        return next((d[name] for d in map(_docstrings, cls.__mro__) if name in d), "")

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        """With the meanings of the fields, for documentation and editors."""
        schema = handler(core_schema)
        for name, one in handler.resolve_ref_schema(schema).get("properties", {}).items():
            if meaning := cls.meaning(name):
                one["description"] = meaning
        return schema

    @classmethod
    def value_problem(cls, name: str, value: Any) -> str | None:
        """Why the field `name` cannot be `value`, or None; rules between fields are not asked."""
        try:
            cls.model_validate({name: value})
        except ValidationError as error:
            kind = cls.model_fields[name].annotation
            told = [each for each in error.errors() if each["loc"][:1] == (name,)]
            return _why(told[0], kind, told[0].get("ctx", {}).get("error")) if told else None
        return None

    def changed(self, **values: Any) -> Self:
        """A copy with these fields, checked like any other."""
        return type(self)(
            **{name: getattr(self, name) for name in type(self).model_fields} | values
        )

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON types: tuples are lists."""
        return self.model_dump(mode="json")


def members(kind: Any) -> tuple[Any, ...]:
    """The types of a union, without their limits; a single type alone."""
    if get_origin(kind) is Annotated:
        return members(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return tuple(one for part in get_args(kind) for one in members(part))
    return (kind,)


@cache
def _docstrings(section: type) -> dict[str, str]:
    """The docstring below each field that the class itself declares."""
    if section is Section or not issubclass(section, Section):
        return {}
    try:
        source = inspect.getsource(section)
    except (OSError, TypeError):  # typed in, not in a file
        return {}
    (declared,) = ast.parse(textwrap.dedent(source)).body
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(declared.body)  # type: ignore[attr-defined]  # a class
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def _told(
    error: ValidationError, section: type[Section], where: str, above: tuple[str, ...] = ()
) -> Iterator[InputError]:
    """One InputError per violation, ordered by key; keys missing side by side are one."""
    found: dict[tuple[str, ...], list[InputError]] = {}
    missing: dict[tuple[str, ...], list[str]] = {}
    short: set[tuple[str, ...]] = set()
    for each in error.errors():
        place, owner, kind = _place(each["loc"], section)
        path = (*above, *place)
        if each["type"] == "too_short":
            short.add(path)
        if each["type"] == "missing":
            missing.setdefault(path[:-1], []).append(path[-1])
        elif each["type"] == "extra_forbidden":
            found.setdefault(path[:-1], []).append(_unknown(path, owner, where))
        elif path not in found or each["type"] in _LIMITS:  # a union tells of each of its types
            found[path] = [_bad_value(each, path, owner, kind, where)]
    for path, names in missing.items():
        absent = InputError(
            f"Missing key {', '.join(map(repr, names))}{_under(path)}.",
            where=where,
            fix=f"Add it; {_SEE}",
        )
        found.setdefault(path, []).append(absent)
    for path in sorted(found):
        # Items that cannot be used are not counted, so that their list seems too short.
        if not (path in short and any(p[: len(path)] == path != p for p in found)):
            yield from found[path]


def _place(loc: tuple, section: type[Section]) -> tuple[tuple[str, ...], type[Section], Any]:
    """The key that pydantic's `loc` stands for, the section it is in, its declared type."""
    path: list[str] = []
    owner: type[Section] = section
    kind: Any = section
    for part in loc:
        kinds = [k for k in members(kind) if k is not type(None)]
        inner = kinds[0] if len(kinds) == 1 else None
        if isinstance(inner, type) and issubclass(inner, Section):
            owner = inner
            field = owner.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif get_origin(inner) in (dict, Mapping) and part != "[key]":
            kind = get_args(inner)[1]
        elif isinstance(part, int) and inner is not None:
            kind = get_args(inner)[0]
        else:
            break
        path.append(str(part))
    return tuple(path), owner, kind


def _unknown(path: tuple[str, ...], owner: type[Section], where: str) -> InputError:
    known = sorted(owner.model_fields)
    close = difflib.get_close_matches(path[-1], known, n=1)
    return InputError(
        f"Unknown key {path[-1]!r}{_under(path[:-1])}.",
        where=f"{where}, key {'.'.join(path)}",
        expected="one of " + ", ".join(known),
        fix=f"Did you mean {close[0]!r}?" if close else f"Remove it; {_SEE}",
    )


def _bad_value(
    each: Any, path: tuple[str, ...], owner: type[Section], kind: Any, where: str
) -> InputError:
    rule = each.get("ctx", {}).get("error")
    if isinstance(rule, RuleError):
        key = ".".join([*path, *filter(None, [rule.where])])
        return InputError(
            rule.problem,
            where=f"{where}, key {key}" if key else where,
            expected=rule.expected,
            found=rule.found,
            fix=rule.fix or f"Change the value; {_SEE}",
        )
    field = next((p for p in reversed(path) if p in owner.model_fields), None)
    key = ".".join(path)
    return InputError(
        f"The value{f' of {key!r}' if key else ''} cannot be used: {_why(each, kind, rule)}.",
        where=f"{where}, key {key}" if key else where,
        expected=" ".join(owner.meaning(field).split()) if field else None,
        fix=f"Change the value; {_SEE}",
    )


def _why(each: Any, kind: Any, rule: Exception | None) -> str:
    value, name = each["input"], each["type"]
    if rule is not None:
        return str(rule)
    if name in _LIMITS:
        return _LIMITS[name](value, each.get("ctx", {}))
    choices = [c for k in members(kind) if get_origin(k) is Literal for c in get_args(k)]
    words = ", ".join(repr(_word(k)) for k in members(kind) if get_origin(k) is not Literal)
    if choices:
        return f"{value!r} is not one of {choices}" + (f" or of type {words}" if words else "")
    return f"{value!r} is not of type {words}"


def _word(kind: Any) -> str:
    kind = get_origin(kind) or kind
    return _WORDS.get(kind, "object")


def _under(path: tuple[str, ...]) -> str:
    return f" under {'.'.join(path)!r}" if path else ""
