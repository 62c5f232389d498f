"""What a workspace has that a text may name: facts, properties, traits, audiences, values that were seen."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from weft.language.strict import closest
from weft.model.audience import Audience
from weft.model.catalogue import Learned
from weft.model.measure import Source, ValueType
from weft.model.trait import Trait

VALUE_CHARACTERS = 40
DESCRIPTION_CHARACTERS = 60
TYPES = {
    "string": ValueType.TEXT,
    "number": ValueType.NUMBER,
    "integer": ValueType.NUMBER,
    "boolean": ValueType.BOOLEAN,
    "array": ValueType.LIST,
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT = re.compile(r"[\s_\-.:/]+")


class Named(msgspec.Struct, frozen=True):
    """What a name may stand for. kind: fact, property, told, computed, audience, value or purpose.

    source: of a fact, and of the property or value of one. name: the trait's, the path, …; value: that was seen there.
    """

    kind: str
    name: str
    source: Source | None = None
    type: ValueType | None = None
    value: str = ""


class Catalogue(msgspec.Struct, frozen=True, dict=True):
    """What a workspace has. purposes: of consent; lists: uploaded ones."""

    learned: tuple[Learned, ...] = ()
    traits: tuple[Trait, ...] = ()
    audiences: tuple[Audience, ...] = ()
    purposes: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    @cached_property
    def facts(self) -> tuple[Source, ...]:
        """Every event and record that was seen."""
        seen = {(each.type, each.name) for each in self.learned if each.name}
        return tuple(Source(*each) for each in sorted(seen) if each[0] in ("track", "record"))

    @cached_property
    def properties(self) -> tuple[Named, ...]:
        """Every property of them, and the told traits, with an example."""
        found: list[Named] = []
        for each in self.learned:
            kind = TYPES.get(each.json_type)
            if not each.property or kind is None:
                continue
            if each.type in ("track", "record"):
                source = Source(each.type, each.name)
                found.append(Named("property", each.property, source, kind, each.example))
            elif each.type == "identify":
                found.append(Named("told", each.property, None, kind, each.example))
        return tuple(found)

    @cached_property
    def names(self) -> dict[str, tuple[Named, ...]]:
        """Words, set apart by spaces, as they may be typed → what they may stand for."""
        found: dict[str, dict[Named, None]] = {}
        for words, named in self._named():
            found.setdefault(" ".join(words_of(words)), {})[named] = None
        return {words: tuple(named) for words, named in found.items() if words}

    def _named(self) -> Iterator[tuple[str, Named]]:
        for source in self.facts:
            yield source.name or "", Named("fact", source.name or "", source)
        for each in self.properties:
            yield each.name, msgspec.structs.replace(each, value="")
            if each.type is ValueType.TEXT and 1 < len(each.value) <= VALUE_CHARACTERS:
                yield each.value, Named("value", each.name, each.source, each.type, each.value)
        for trait in self.traits:
            named = Named("computed", trait.called, None, trait.value_type)
            yield trait.name, named
            if trait.description and len(trait.description) <= DESCRIPTION_CHARACTERS:
                yield trait.description, named
        for audience in self.audiences:
            yield audience.name, Named("audience", audience.name)
        for purpose in self.purposes:
            yield purpose, Named("purpose", purpose)
        for name in self.lists:
            yield name, Named("list", name)

    def told(self, path: str) -> Named | None:
        """Return the told trait of this path."""
        return next((each for each in self.properties if each.kind == "told" and each.name == path), None)

    def of(self, source: Source) -> tuple[Named, ...]:
        """Return the properties of a fact."""
        return tuple(each for each in self.properties if each.source == source)

    def near(self, words: str) -> tuple[str, ...]:
        """Return names that may have been meant."""
        names = {named.name: None for each in self.names.values() for named in each}
        by_words = {" ".join(words_of(name)): name for name in names}
        return tuple(by_words[each] for each in closest(" ".join(words_of(words)), by_words))


def words_of(name: str) -> list[str]:
    """Return the words of a name, small: `Order Completed`, `orderCompleted` and `order_completed` have the same."""
    return [word.casefold() for word in _SPLIT.split(_CAMEL.sub(" ", name)) if word]


def stems_of(name: str) -> frozenset[str]:
    """Return the stems of the words of a name, in no order, so that `Viewed Products` is `Product Viewed`."""
    return frozenset(map(_stem, words_of(name)))


def _stem(word: str) -> str:
    for ending in ("ies", "ing", "es", "ed", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word.removesuffix(ending)
            return (f"{stem}y" if ending == "ies" else stem).removesuffix("e")
    return word.removesuffix("e")


def by_stems(names: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Return the names that have the stems of one of the wanted, in the order of those."""
    stems = {name: stems_of(name) for name in names}
    return [name for each in wanted for name in stems if stems[name] == stems_of(each)]
