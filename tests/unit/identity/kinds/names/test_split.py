"""Full names taken apart, in the orders and scripts that files hold."""

import pyarrow as pa
import pytest

from weft.identity.kinds.names.split import split_name, split_names

NAMES: list[tuple[str, str | None, str | None]] = [
    ("John Smith", "john", "smith"),
    ("Smith, John", "john", "smith"),
    ("SMITH, JOHN A.", "john a", "smith"),
    ("Dr. Jane van der Berg, PhD", "jane", "van der berg"),
    ("Mr John O'Brien Jr.", "john", "obrien"),
    ("J. R. Smith", "j r", "smith"),
    ("Ludwig van Beethoven", "ludwig", "van beethoven"),
    ("de la Cruz, Maria", "maria", "de la cruz"),
    ("Omar bin Al-Hassan", "omar", "bin al hassan"),
    ("VAN DER BERG Jan", "jan", "van der berg"),
    ("Maria Garcia Lopez", "maria", "garcia lopez"),
    ("Juan Carlos Garcia de la Torre", "juan carlos", "garcia de la torre"),
    ("Jose Ortega y Gasset", "jose", "ortega y gasset"),
    ("Kim Smith", "kim", "smith"),
    ("Lee Harris", "lee", "harris"),
    ("Jo Anna", "jo", "anna"),
    ("KIM Min-su", "min su", "kim"),
    ("Min-su Kim", "min su", "kim"),
    ("MINSU KIM", "minsu", "kim"),
    ("Kim Minsu", "minsu", "kim"),
    ("Kim Min Su", "min su", "kim"),
    ("Min Su Kim", "min su", "kim"),
    ("Lee, Ji-eun", "ji eun", "lee"),
    ("김민수", "민수", "김"),
    ("김 민수", "민수", "김"),
    ("김민수님", "민수", "김"),
    ("김구", "구", "김"),
    ("김구님", "구", "김"),
    ("김태양", "태양", "김"),
    ("남궁민수", "민수", "남궁"),
    ("민수 김", "민수", "김"),
    ("王小明", "小明", "王"),
    ("歐陽修文", "修文", "歐陽"),
    ("陳林美玉", "美玉", "陳林"),
    ("王小明先生", "小明", "王"),
    ("Wang Xiaoming", "xiaoming", "wang"),
    ("Hsiao-ming Wang", "hsiao ming", "wang"),
    ("Chen Shu-fen", "shu fen", "chen"),
    ("LI Wei", "wei", "li"),
    ("Tan Wei Ming", "wei ming", "tan"),
    ("田中 太郎", "太郎", "田中"),
    ("Иван Иванов", "иван", "иванов"),
    ("Иванов Иван Иванович", "иван иванович", "иванов"),
    ("Madonna", "madonna", None),
    ("", None, None),
    ("n/a", None, None),
    ("---", None, None),
    (",", None, None),
    ("\U0001f600", None, None),
]


@pytest.mark.parametrize(("name", "given", "family"), NAMES)
def test_a_full_name_has_two_parts(name: str, given: str | None, family: str | None) -> None:
    assert split_name(name) == (given, family)


def test_a_column_of_full_names() -> None:
    given, family = split_names(pa.array([None, *(name for name, _, _ in NAMES)]))
    assert given.to_pylist() == [None, *(part for _, part, _ in NAMES)]
    assert family.to_pylist() == [None, *(part for _, _, part in NAMES)]
