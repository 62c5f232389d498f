"""Which trait a clause is about, and with what it is compared."""

from typing import Any

from weft.audience.text.bag import Bag, NotRead, Operand
from weft.audience.text.catalogue import Catalogue, Named
from weft.audience.text.concepts import COUNTRIES, PLACES, place_in, traits_for
from weft.audience.text.concepts import TRAITS as TRAITS_OF
from weft.audience.text.lexicon import Part
from weft.audience.text.scan import Token
from weft.language.condition import written_number
from weft.language.text import duration_of
from weft.model.measure import ValueType

TRAITS = ("computed", "told")
PLACED = ("place", "city", "country")


def trait_of(bag: Bag, catalogue: Catalogue) -> Named | None:
    """Take the trait that a clause is about: named, a known thing such as the age, or the one that has the value."""
    for kind in TRAITS:
        token = bag.take_named(kind)
        if token is not None:
            bag.take_all(Part.TRAIT)
            found = next(each for each in token.named if each.kind == kind)
            return catalogue.told(found.name) if kind == "told" else found
    concept = bag.take(Part.TRAIT)
    place = next((each for each in bag.tokens if each.part is Part.PLACE), None)
    if place is not None and (concept is None or concept.value in PLACED):
        bag.take_all(Part.TRAIT)
        return _where(place, catalogue)
    if concept is not None:
        bag.take_all(Part.TRAIT)
        found = traits_for(concept.value, catalogue)
        if not found:
            called = " or ".join(f"`{each}`" for each in TRAITS_OF.get(concept.value, ()))
            known = "no trait that is known is this"
            raise NotRead((concept,), f"{known}; one that is called {called} would be" if called else known)
        return found[0]
    for token in bag.tokens:
        for named in token.named:
            if named.kind == "value" and named.source is None:
                return catalogue.told(named.name)
    return None


def _where(place: Token, catalogue: Catalogue) -> Named:
    concept = "country" if PLACES[" ".join(place.text.casefold().split())] in COUNTRIES else "city"
    found = traits_for(concept, catalogue)
    if not found:
        raise NotRead((place,), f"no trait that is known is a {concept}")
    return found[0]


def comparison_of(operand: Operand, named: Named) -> dict[str, Any]:
    """Return the operator and its operands, as they are written. Raises NotRead if they do not fit the type."""
    operator = operand.operator
    if operator in ("exists", "missing"):
        return {"exists": operator == "exists"}
    if operand.numbers:
        return _numeric(operand, named)
    if operand.tokens[0].part is Part.AGO:
        if named.type not in (ValueType.TIME, None) or not operator:
            raise NotRead(operand.tokens, "this is no time")
        return {operator: f"now-{duration_of(operand.tokens[0].seconds)}"}
    values = [_value(token, named) for token in operand.tokens]
    if operator in ("one_of", "none_of"):
        return {operator: values} if len(values) > 1 else {operator.replace("one_of", "is"): values[0]}
    if len(values) > 1:
        raise NotRead(operand.tokens, "more than one value")
    if operator in ("more_than", "at_least", "at_most", "less_than", "between"):
        raise NotRead(operand.tokens, "this is no number")
    return {operator or "is": values[0]}


def _numeric(operand: Operand, named: Named) -> dict[str, Any]:
    if named.type not in (ValueType.NUMBER, None):
        raise NotRead(operand.tokens, f"`{named.name}` is no number")
    numbers = [written_number(each) for each in operand.numbers]
    operator = operand.operator or "is"
    if operator == "between":
        if numbers[0] > numbers[1]:
            raise NotRead(operand.tokens, "the first is above the second; swap them")
        return {operator: numbers}
    if operator.endswith("_percent") and not 0 < numbers[0] <= 100:
        raise NotRead(operand.tokens, "a share is above 0 and at most 100 percent")
    return {"is" if operator == "some" else operator: numbers[0]}


def _value(token: Token, named: Named) -> Any:
    if token.part is Part.BOOLEAN:
        if named.type is not ValueType.BOOLEAN:
            raise NotRead((token,), f"`{named.name}` is not true or false")
        return token.value == "true"
    if named.type not in (ValueType.TEXT, ValueType.LIST, None):
        raise NotRead((token,), f"`{named.name}` is {named.type}, and this is text")
    if token.part is Part.PLACE and named.name not in {each for kind in PLACED for each in TRAITS_OF[kind]}:
        return token.text
    if token.part is Part.PLACE:
        return place_in(PLACES[" ".join(token.text.casefold().split())], named.value, token.text)
    seen = next(
        (each.value for each in token.named if each.kind == "value" and each.name == named.name), None
    )
    if seen is None and token.named and all(each.kind == "value" for each in token.named):
        raise NotRead(
            (token,), f"this was seen elsewhere, not in `{named.name}`; put it into quotes if it is meant"
        )
    return seen if seen is not None else token.text
