import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.language.span import NAMED, Reader, read_window, relative_of, written_relative, written_window
from weft.language.text import duration_of, microseconds_of, seconds_of, short_iso_of, signed_seconds_of
from weft.model.span import Boundary, Calendar, Fixed, Relative, Sliding, Span, Unit, Zone

DAY = 86_400
YEAR_2100_US = 4_102_444_800_000_000


@pytest.mark.parametrize(
    ("text", "relative"),
    [
        ("now", Relative()),
        ("now-30d", Relative(None, -30 * DAY)),
        ("now+2h", Relative(None, 7_200)),
        ("today", Relative(Boundary(Unit.DAY))),
        ("today-7d", Relative(Boundary(Unit.DAY, -7))),
        ("today+3d", Relative(Boundary(Unit.DAY, 3))),
        ("this_week", Relative(Boundary(Unit.WEEK))),
        ("this_month-1", Relative(Boundary(Unit.MONTH, -1))),
        ("this_year+1", Relative(Boundary(Unit.YEAR, 1))),
    ],
)
def test_a_relative_time_is_read_and_written(text: str, relative: Relative) -> None:
    assert relative_of(text) == relative
    assert written_relative(relative) == text


@pytest.mark.parametrize(
    "text",
    ["", "Now", "now-", "now-0d", "now-36501d", "now-1y", "now 1d", "now-1d ", "today-7", "today-7h", "today+36501d",
     "tomorrow", "this_month-1d", "this_month-1m", "this_year-1201", "this_day", "now-99999999999d", "now-١d"],
)  # fmt: skip
def test_no_other_text_is_one(text: str) -> None:
    assert relative_of(text) is None


SECONDS = st.integers(1, 18_250 * DAY)
UNITS = st.sampled_from(list(Unit))
SPANS: st.SearchStrategy[Span] = st.one_of(
    st.builds(lambda last, before: Sliding(last + before, before), SECONDS, SECONDS | st.just(0)),
    st.builds(
        lambda unit, start, length, zone: Calendar(
            Boundary(unit, start, zone), Boundary(unit, min(1, start + length), zone)
        ),
        UNITS,
        st.integers(-1_200, 0),
        st.integers(1, 1_200),
        st.sampled_from(list(Zone)),
    ),
    st.builds(
        lambda since, length: Fixed(since, since + length),
        st.integers(-YEAR_2100_US, YEAR_2100_US),
        st.integers(1, 10**12),
    ),
    st.builds(lambda since: Fixed(since, None), st.integers(0, YEAR_2100_US)),
)


@given(SPANS)
def test_a_window_is_written_as_it_is_read(span: Span) -> None:
    reader = Reader("w.yaml", "w")
    assert read_window(reader, written_window(span), "", "window") == span
    assert not reader.problems


def test_named_windows_have_names() -> None:
    assert [written_window(span) for span in NAMED.values()] == list(NAMED)


@given(st.integers(1, 36_500 * DAY))
def test_durations_are_written_as_they_are_read(seconds: int) -> None:
    assert seconds_of(duration_of(seconds)) == seconds
    assert signed_seconds_of(duration_of(-seconds)) == -seconds
    assert signed_seconds_of("+" + duration_of(seconds)) == seconds


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_times_are_written_as_they_are_read(at_us: int) -> None:
    assert microseconds_of(short_iso_of(at_us)) == at_us


def test_times_are_as_short_as_they_can_be() -> None:
    times = ["2026-01-31", "2026-01-31T08:00Z", "2026-01-31T08:00:01.000Z", "2026-01-31T08:00:01.000001Z"]
    assert [short_iso_of(microseconds_of(text) or 0) for text in times] == times
    assert microseconds_of("0001-01-01T00:00+14:00") is None
