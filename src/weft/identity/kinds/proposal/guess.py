"""Tells the kind of a column from its values alone."""

from weft.identity.kinds.proposal import looks as look
from weft.identity.kinds.proposal.choice import Choice
from weft.identity.kinds.proposal.looks import Looks

UNIQUE = 0.95
"""From this share of distinct values on a column numbers the rows."""
FEW_VALUES = 20
MANY_ROWS = 50
"""Up to 20 different values, each in 50 rows or more, make a category."""
LIFETIME_YEARS = 15
"""Dates that spread over fewer years are not those of people's births."""


def kind_by_values(seen: Looks, row_count: int) -> Choice:
    """Return the kind that the values are most like: what has a form first, then numbers, then words."""
    for guess in (_formed, _dated, _numbered, _coded, _repeated, _named, _placed):
        found = guess(seen)
        if found:
            return found
    return _worded(seen, row_count)


def _percent(share: float) -> str:
    return f"{share:.0%} of its values"


def _formed(seen: Looks) -> Choice | None:
    """Values whose form says what they are."""
    uuids, emails = seen.share(look.UUID), seen.share(look.EMAIL)
    if uuids >= 0.8:
        return Choice("id", f"{_percent(uuids)} are UUIDs")
    if emails >= 0.6:
        return Choice("email", f"{_percent(emails)} are e-mail addresses")
    if seen.genders >= 0.9 and seen.distinct <= 8:
        return Choice("gender", f"{_percent(seen.genders)} name a gender")
    ids = seen.share(look.SSN)
    if ids >= 0.6:
        return Choice("national_id", f"{_percent(ids)} have the form of a national id")
    postcodes = seen.share(look.UK_POSTCODE)
    return (
        Choice("postcode", f"{_percent(postcodes)} have the form of a postcode") if postcodes >= 0.6 else None
    )


def _dated(seen: Looks) -> Choice | None:
    dates = seen.share(look.DATE)
    if dates >= 0.7:
        if seen.share(look.CLOCK) - seen.share(look.MIDNIGHT) >= 0.5:
            return Choice("ignore", "its values are moments, with a time of day")
        read, years = seen.birth_years
        if read >= 0.6 and years >= LIFETIME_YEARS:
            return Choice(
                "birth_date", f"{_percent(dates)} are dates, most of them spread over {years} years"
            )
        return Choice("ignore", "its values are dates that lie too close together to be of births")
    phones = seen.share(look.PHONE)
    if phones >= 0.7 and seen.share(look.PHONE_WRITTEN) >= 0.4:
        return Choice("phone", f"{_percent(phones)} are written like telephone numbers")
    return None


def _numbered(seen: Looks) -> Choice | None:
    if seen.share(r"^[-+]?[0-9][0-9.,]*$") < 0.9:
        return None
    if seen.share(r"[.,][0-9]*[1-9]") >= 0.2:
        return Choice("ignore", "its values measure something")
    length, spread = seen.lengths
    if spread <= 0.25:
        read, years = seen.birth_years
        if round(length) == 4 and read >= 0.97 and years >= 2 * LIFETIME_YEARS:
            return Choice("birth_date", f"its values are years, most of them spread over {years} years")
        if round(length) == 4 and seen.share("^(?:19|20)[0-9]{2}$") >= 0.97:
            return Choice("ignore", "its values are years that lie too close together to be of births")
        if 4 <= round(length) <= 6 and seen.distinct_share < 0.7 and seen.distinct > 5:
            return Choice("postcode", f"its values are numbers of {round(length)} digits that rows share")
        if round(length) >= 7 and 0.1 < seen.distinct_share < UNIQUE:
            return Choice(
                "national_id", f"its values are numbers of {round(length)} digits that few rows share"
            )
    if seen.distinct_share >= UNIQUE:
        return Choice("id", "each row has a number of its own")
    return Choice("ignore", "its values are numbers that count or measure something")


def _coded(seen: Looks) -> Choice | None:
    """Codes: letters and digits without blanks."""
    if seen.share(r"^[a-z0-9_.:#-]*[0-9][a-z0-9_.:#-]*$") < 0.8:
        return None
    if seen.distinct_share >= UNIQUE or seen.share("_") >= 0.5:
        return Choice("id", "its values are codes that number something")
    if seen.distinct_share > 0.1 and seen.lengths[0] >= 8 and seen.lengths[1] <= 1:
        return Choice("national_id", "its values are codes of one length that few rows share")
    return Choice("category" if seen.distinct_share <= 0.1 else "id", "its values are codes")


def _repeated(seen: Looks) -> Choice | None:
    """Few different words in many rows are no names: states, races, kinds of housing."""
    if seen.regions >= 0.8 and seen.distinct > 1:
        return Choice("region", f"{_percent(seen.regions)} are known states or provinces")
    if seen.filled >= MANY_ROWS * seen.distinct and seen.distinct <= FEW_VALUES:
        return Choice("category", f"it has only {seen.distinct} different values")
    return None


def _named(seen: Looks) -> Choice | None:
    if seen.share(look.PLAIN_WORD) < 0.7 or seen.lengths[0] > 40:
        return None
    if seen.eastern_names >= 0.6 and seen.distinct > 2:
        if seen.lengths[0] >= 2.5:
            return Choice(
                "full_name", f"{_percent(seen.eastern_names)} are names in Hangul or Han characters"
            )
        return Choice("given_name", "its values are words of two syllables in Hangul or Han characters")
    two_words = seen.words >= 1.6
    if two_words and seen.comma_names >= 0.4:
        return Choice("full_name", "its values are a family name, a comma and a known given name")
    if two_words and seen.eastern_families >= 0.5:
        return Choice(
            "full_name", f"{_percent(seen.eastern_families)} begin with a Korean or Chinese family name"
        )
    if seen.given_names >= 0.2 and seen.given_names >= seen.family_names:
        kind = "full_name" if two_words else "given_name"
        return Choice(kind, f"{_percent(seen.given_names)} begin with a known given name")
    if seen.family_names >= 0.12 and not two_words:
        return Choice("family_name", f"{_percent(seen.family_names)} are known family names")
    if seen.given_names >= 0.2 and two_words:
        return Choice("full_name", f"{_percent(seen.given_names)} begin with a known given name")
    return None


def _placed(seen: Looks) -> Choice | None:
    streets, cities = seen.share(look.STREET), seen.cities
    if streets >= 0.3:
        return Choice("street", f"{_percent(streets)} are written like streets")
    if cities >= 0.15 and seen.distinct > 2:
        return Choice("city", f"{_percent(cities)} are known cities")
    return None


def _worded(seen: Looks, row_count: int) -> Choice:
    if seen.lengths[0] > 60 or seen.words > 6:
        return Choice("ignore", "its values are long texts")
    if seen.distinct <= 60 or seen.distinct_share < 0.01:
        return Choice("category", f"it has {seen.distinct} different values")
    if seen.distinct_share >= UNIQUE and row_count > 200:
        return Choice("id", "almost every row has a value of its own")
    return Choice("text", f"its values are words: {seen.distinct} different ones")
