"""The rules of identity: what may tie identifiers together, how strongly, and what one profile may hold.

One definition, `definitions/identity/rules.yaml`; what it leaves out keeps its default.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from weft.definitions import Definition
from weft.identity.live.fields import IGNORE, PERSON_KINDS
from weft.identity.live.weights import DEFAULT, Weights
from weft.language.strict import Problem, Reader, inside
from weft.model.identifier import ANONYMOUS_ID, EMAIL, PHONE, SEPARATOR, USER_ID
from weft.model.measure import content_hash

KIND = "identity"
RULES = "rules"
"""The name of the one definition of rules."""

NAMESPACE = re.compile(r"[a-z0-9][a-z0-9_]{0,63}")
CERTAIN_BITS = 20.0
"""Evidence of one link on two ids that name one person each: odds of 1,000,000 : 1."""


class Namespace(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the identifiers of a namespace; the fields are those of `WrittenNamespace`."""

    priority: int = 9
    most_per_profile: int = 1_000
    most_profiles: int = 10
    half_life_days: float | None = None
    bits: float = 10.0
    blocked: tuple[str, ...] = ()
    owned_by_login: bool = False
    stitch_back_days: float = 30.0


_NO_PERSON = ("unknown@*", "nobody@*", "none@*", "noreply@*", "no-reply@*", "donotreply@*")
_NO_PHONE = (
    "+0*",
    "00000",
    "*000000",
    *(f"*{digit * 7}" for digit in "123456789"),
    "12345",
    "123456",
    "*1234567",
    "*12345678",
)
"""What is typed where a number is asked for: a run of one digit, or the keys in their order."""
_DEVICE = Namespace(priority=10, half_life_days=180.0, bits=8.0, owned_by_login=True)
_OTHERS = Namespace()
_NAMED = {
    USER_ID: Namespace(priority=1, most_per_profile=1, bits=CERTAIN_BITS),
    EMAIL: Namespace(priority=2, most_per_profile=5, bits=15.0, blocked=_NO_PERSON),
    PHONE: Namespace(priority=3, most_per_profile=5, bits=12.0, blocked=_NO_PHONE),
    ANONYMOUS_ID: _DEVICE,
    "device_id": _DEVICE,
    "advertising_id": _DEVICE,
}
_UP_TO = "(?:.*?"
"""Begins the group of a part of a pattern that stands anywhere behind the one before it."""
_LOG_OUT = ("Logged Out", "Log Out", "Signed Out", "Sign Out", "User Signed Out", "User Logged Out")


class Rules(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules in force. merge, review: calibrated probabilities; repeat_days: see `WrittenRules`."""

    merge: float = 0.95
    review: float = 0.6
    repeat_days: float = 30.0
    namespaces: Mapping[str, Namespace] = msgspec.field(default_factory=lambda: dict(_NAMED))
    others: Namespace = _OTHERS
    log_out: tuple[str, ...] = _LOG_OUT
    fields: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    country: str = ""
    behaviour: Weights = DEFAULT

    def of(self, namespace: str) -> Namespace:
        """Return what holds for a namespace."""
        return self.namespaces.get(namespace, self.others)

    @cached_property
    def devices(self) -> frozenset[str]:
        """Namespaces whose ids belong to whoever was logged in, by intervals."""
        return frozenset(name for name, each in self.namespaces.items() if each.owned_by_login)

    @cached_property
    def blocked(self) -> str:
        """Regular expression (RE2) of blocked identifiers as `namespace SEPARATOR value`; "" for none.

        Upper and lower case are alike; a value of many words is searched whole.
        """
        each = [
            re.escape(name) + re.escape(SEPARATOR) + _pattern(name, pattern)
            for name, rule in sorted(self.namespaces.items())
            for pattern in rule.blocked
        ]
        return f"(?is)^(?:{'|'.join(each)})$" if each else ""

    @cached_property
    def blocks(self) -> re.Pattern[str]:
        """The same for Python, with groups that it does not go back into: else it tries every way to part a value."""
        return re.compile(self.blocked.replace(_UP_TO, "(?>.*?"))

    @cached_property
    def version(self) -> str:
        """Changes when a group might be solved differently."""
        solving = msgspec.structs.replace(self, fields={}, country="", behaviour=DEFAULT)
        return content_hash(msgspec.to_builtins(solving))

    def bits_of(self, one: str, other: str) -> float:
        """Return the evidence of one link between identifiers of two namespaces: that of the weaker."""
        return min(self.of(one).bits, self.of(other).bits)

    def half_life_days(self, one: str, other: str) -> float | None:
        """Return in how many days the evidence of a link halves: the shorter of both; None for never."""
        return min((days for name in (one, other) if (days := self.of(name).half_life_days)), default=None)


Count = Annotated[int, Meta(ge=1, le=1_000_000)]
DAYS_MOST = 36_500
"""A hundred years; longer is never."""
BLOCKED_MOST = 1_000
BLOCKED_CHARS = 512
"""As long as an identifier may be."""
BLOCKED_CHARS_IN_ALL = 500_000
"""RE2 compiles some more in the 8 MB that it takes at most."""
Days = Annotated[float, Meta(gt=0, le=DAYS_MOST)]


class WrittenNamespace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for the identifiers of a namespace."""

    priority: Annotated[Count | UnsetType, Meta(description="1 is the first.")] = UNSET
    most_per_profile: Annotated[
        Count | UnsetType, Meta(description="Most values that one profile may hold.")
    ] = UNSET
    most_profiles: Annotated[
        Count | UnsetType,
        Meta(description="A value of more people than this is generic: it ties nobody together."),
    ] = UNSET
    half_life_days: Annotated[
        Days | UnsetType | None,
        Meta(
            description="Days in which evidence of such a link halves unless it is seen again; null: never."
        ),
    ] = UNSET
    bits: Annotated[
        Annotated[float, Meta(gt=0, le=64)] | UnsetType,
        Meta(description="Strength of one link: log2 of the odds that it names one person."),
    ] = UNSET
    blocked: Annotated[
        Annotated[list[Annotated[str, Meta(max_length=BLOCKED_CHARS)]], Meta(max_length=BLOCKED_MOST)]
        | UnsetType,
        Meta(description="Values that name nobody; `*` stands for anything, case does not matter."),
    ] = UNSET
    owned_by_login: Annotated[
        bool | UnsetType, Meta(description="A device: it belongs to whoever is logged in, by intervals.")
    ] = UNSET
    stitch_back_days: Annotated[
        Annotated[float, Meta(ge=0, le=DAYS_MOST)] | UnsetType,
        Meta(description="How long before a log-in what a device did goes to who logs in."),
    ] = UNSET


_Entry = {"additionalProperties": {"$ref": "#/$defs/WrittenNamespace"}}


class WrittenRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of identity. What is left out keeps its default."""

    name: Annotated[str, Meta(description="`rules`: there is one definition.", pattern=f"^{RULES}$")]
    description: Annotated[str, Meta(description="Shown to people.", max_length=2_000)] = ""
    merge: Annotated[
        Annotated[float, Meta(gt=0.5, lt=1)] | UnsetType,
        Meta(description="Links of at least this confidence merge."),
    ] = UNSET
    review: Annotated[
        Annotated[float, Meta(gt=0, lt=1)] | UnsetType,
        Meta(description="From here on up to `merge` a steward is asked."),
    ] = UNSET
    repeat_days: Annotated[
        Annotated[float, Meta(ge=1, le=DAYS_MOST)] | UnsetType,
        Meta(description="A link that is seen again is noted again once in so many days."),
    ] = UNSET
    namespaces: Annotated[dict[str, Any], Meta(description="By namespace.", extra_json_schema=_Entry)] = {}
    others: Annotated[
        dict[str, Any],
        Meta(
            description="Namespaces that are not named.",
            extra_json_schema={"$ref": "#/$defs/WrittenNamespace"},
        ),
    ] = {}
    log_out: Annotated[
        list[str] | UnsetType, Meta(description="Events that end the log-in on their device, by name.")
    ] = UNSET

    fields: Annotated[
        dict[str, str],
        Meta(
            description="Which trait says what of a person: trait → kind, or `ignore`. A trait that is left out says "
            "what its name says.",
            extra_json_schema={"additionalProperties": {"enum": [*PERSON_KINDS, IGNORE]}},
        ),
    ] = {}
    country: Annotated[
        str,
        Meta(
            description="Where most phones and postcodes are from: two letters, such as KR.",
            pattern="^([A-Z]{2})?$",
        ),
    ] = ""
    behaviour: Annotated[Weights, Meta(description="What behaviour is worth for pairs that are scored.")] = (
        DEFAULT
    )


def read_rules(definitions: Iterable[Definition]) -> tuple[Rules, tuple[Problem, ...]]:
    """Read the definition of the kind `identity`; the defaults without one. Every problem is returned."""
    rules, problems = Rules(), list[Problem]()
    for definition in definitions:
        if definition.kind != KIND:
            continue
        reader = Reader(definition.path, definition.name)
        if definition.name == RULES:
            body = reader.plain(definition.body)
            rules = (_read(reader, body) if body is not None else None) or rules
        else:
            reader.fault("name", f"there is one definition, `{RULES}`; put everything into it")
        problems += reader.problems
    return rules, tuple(problems)


def rules_schema() -> dict[str, Any]:
    """Return the JSON Schema of the rules."""
    (schema, _), components = msgspec.json.schema_components(
        (WrittenRules, WrittenNamespace), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Weft identity rules",
        **schema,
        "$defs": components,
    }


def _read(reader: Reader, body: dict[str, Any]) -> Rules | None:
    written = reader.struct(WrittenRules, body, "")
    given = body.get("others", {})
    others = _namespace(reader, given, _OTHERS, "others", "") if isinstance(given, dict) else _OTHERS
    if others.owned_by_login:
        reader.fault("others.owned_by_login", "name the namespaces of devices under `namespaces`")
    if others.blocked:
        reader.fault("others.blocked", "name the namespaces of these values under `namespaces`")
    named = _named(reader, body.get("namespaces", {}), others)
    if written is None:
        return None
    default = Rules()
    rules = Rules(
        merge=_given(written.merge, default.merge),
        review=_given(written.review, default.review),
        repeat_days=_given(written.repeat_days, default.repeat_days),
        namespaces=named,
        others=others,
        fields=written.fields,
        country=written.country,
        behaviour=written.behaviour,
        log_out=tuple(written.log_out) if not isinstance(written.log_out, UnsetType) else default.log_out,
    )
    for trait, kind in rules.fields.items():
        if kind not in (*PERSON_KINDS, IGNORE):
            kinds = ", ".join((*PERSON_KINDS, IGNORE))
            reader.fault(inside("fields", trait), f"there is no kind `{kind}`; kinds: {kinds}")
    if len(rules.blocked) > BLOCKED_CHARS_IN_ALL:
        reader.fault(
            "namespaces",
            f"the blocked values have {len(rules.blocked):,} letters in all; at most {BLOCKED_CHARS_IN_ALL:,}",
        )
    if rules.review > rules.merge:
        reader.fault("review", f"{rules.review} is above `merge` ({rules.merge}); make it at most that")
    return rules


def _named(reader: Reader, written: object, others: Namespace) -> dict[str, Namespace]:
    named = dict(_NAMED)
    for name, content in written.items() if isinstance(written, dict) else ():
        at = inside("namespaces", str(name))
        if not NAMESPACE.fullmatch(str(name)):
            reader.fault(at, f"`{name}` is no namespace: lower-case letters, digits and `_`")
        named[str(name)] = _namespace(reader, content, _NAMED.get(str(name), others), at, str(name))
    return named


def _namespace(reader: Reader, content: object, default: Namespace, at: str, name: str) -> Namespace:
    written = reader.struct(WrittenNamespace, content, at)
    if written is None:
        return default
    given = {
        key: value
        for key, value in msgspec.structs.asdict(written).items()
        if not isinstance(value, UnsetType)
    }
    if "blocked" in given:
        given["blocked"] = tuple(given["blocked"])
        _check_blocked(reader, name, given["blocked"], inside(at, "blocked"))
    return msgspec.structs.replace(default, **given)


def _check_blocked(reader: Reader, namespace: str, patterns: Iterable[str], at: str) -> None:
    for each in patterns:
        if not each.strip("* "):
            reader.fault(at, "this pattern blocks every value; say which ones name nobody")
        elif not _held(namespace, each).strip("*+"):
            reader.fault(at, f"`{each}` has no digits, and a phone number is held against its digits alone")


def _given(value: float | UnsetType, default: float) -> float:
    return default if isinstance(value, UnsetType) else value


def _pattern(namespace: str, pattern: str) -> str:
    """Return a pattern of values as a regular expression."""
    first, *between = map(re.escape, _held(namespace, pattern).split("*"))
    if not between:
        return first
    return first + "".join(f"{_UP_TO}{part})" for part in between[:-1] if part) + ".*" + between[-1]


def _held(namespace: str, pattern: str) -> str:
    """Return what of a pattern is held against values: a phone number's digits."""
    return re.sub(r"[^0-9+*]", "", pattern) if namespace == PHONE else pattern.strip()
