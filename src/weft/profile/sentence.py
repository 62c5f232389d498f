"""A computed trait in a few words: what it is computed from, and how."""

from weft.language.say.english import ENGLISH
from weft.language.say.phrases import Phrases
from weft.language.say.teller import LANGUAGES, Teller
from weft.model.expression import Call, Function, Given
from weft.model.measure import Kind, Measure
from weft.model.trait import Batch, Trait


def trait_sentence(trait: Trait, words: Phrases = ENGLISH) -> str:
    """Return e.g. `sum of total in Order Completed events in the last 30 days`."""
    teller = Teller(words)
    match trait:
        case Trait(value=Measure() as measure):
            return _of_context(teller, trait, _measured(teller, measure))
        case Trait(batch=Batch(every_seconds=seconds)):
            return teller.fill(words.traits.sql, duration=teller.duration(seconds))
        case Trait(value=Given(name=name)):
            return teller.fill(words.traits.given, name=name)
        case Trait(formula="", value=Call(function=function, arguments=(Measure() as measure,))):
            unit = words.traits.units["day" if function is Function.DAYS_SINCE else "hour"]
            return teller.fill(
                words.traits.since, unit=unit, facts=teller.many(measure), fact=teller.each(measure)
            )
        case _:
            return teller.fill(words.traits.formula, formula=trait.formula)


def trait_sentences(trait: Trait) -> dict[str, str]:
    """Return language → what the trait is."""
    return {language: trait_sentence(trait, words) for language, words in LANGUAGES.items()}


def _of_context(teller: Teller, trait: Trait, what: str) -> str:
    """Return more of what a context trait is: its session, such a time as now, its half-life, beside what it stands."""
    fading, words = trait.fading, teller.words.traits
    if fading is None:
        return what
    if fading.session_seconds:
        what = teller.fill(words.session, what=what)
    if fading.alike:
        times = teller.listed(teller.words.join_values, (words.times[each.now] for each in fading.alike))
        what = teller.fill(words.alike, what=what, times=times)
    what = teller.fill(words.fading, what=what, duration=teller.duration(fading.half_life_seconds))
    return teller.fill(words.beside, what=what, other=trait.beside_name) if trait.beside_name else what


def _measured(teller: Teller, measure: Measure) -> str:
    words, facts = teller.words.traits, teller.many(measure)
    names = [teller.property(column) for column in measure.properties]
    if not names:
        unit = words.units[measure.unit] if measure.unit else ""
        return teller.fill(words.moments[measure.kind], facts=facts, fact=teller.each(measure), unit=unit)
    if measure.kind is Kind.SUM and len(names) > 1:
        return teller.fill(words.product, facts=facts, property=names[0], other=names[1])
    return teller.fill(words.kinds[measure.kind], facts=facts, property=names[0], k=measure.most)
