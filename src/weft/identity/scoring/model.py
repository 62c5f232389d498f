"""The model: what agreement on each field is worth, as a file that can be read, compared and explained.

Fellegi and Sunter, "A theory for record linkage" (1969), with three outcomes for a pair instead of two: the
same person, two persons of one household, two strangers. A pair's bits for an outcome are the sum over its
fields of log2(probability of the level given the outcome / given strangers), plus the prior.
"""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from weft.errors import Rejected
from weft.identity.scoring.compare import LEVELS, RARITIES, VARIANTS, level
from weft.identity.scoring.table import Bits
from weft.model.measure import content_hash

VERSION = 1
VERSION_CHARS = 12
CONTEXTS = ("alone", "parents_agree", "parents_differ", "some_agree")
