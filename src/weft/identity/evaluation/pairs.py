"""Precision and recall of people against a truth."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Quality:
    """Pairwise precision, recall and F1 over all pairs within clusters (so after closure), and B-cubed F1.

    B-cubed: Bagga and Baldwin, "Entity-based cross-document coreferencing" (1998): precision and recall of each
    record's own cluster, averaged over records.
    """

    precision: float
    recall: float
    f1: float
    b3_f1: float


def quality(found: Numbers, truth: Numbers) -> Quality:
    """Compare clusters with the truth. Both: one number per record, -1 in the truth where it is not known."""
    known = truth >= 0
    found, truth = found[known], truth[known]
    both = pc.dictionary_encode(pa.array((found.astype(np.int64) << 32) | truth)).indices.to_numpy()
    sizes = [np.bincount(one) if len(one) else np.zeros(1, np.int64) for one in (found, truth, both)]
    pairs = [float((size.astype(np.float64) * (size - 1)).sum() / 2) for size in sizes]
    precision = pairs[2] / pairs[0] if pairs[0] else 1.0
    recall = pairs[2] / pairs[1] if pairs[1] else 1.0
    if not len(found):
        return Quality(1.0, 1.0, 1.0, 1.0)
    shared = sizes[2][both]
    b3_precision = float((shared / sizes[0][found]).mean())
    b3_recall = float((shared / sizes[1][truth]).mean())
    return Quality(precision, recall, _f1(precision, recall), _f1(b3_precision, b3_recall))


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def expected_calibration_error(
    confidence: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 15
) -> float:
    """Return the ECE of pair confidences: the mean gap between confidence and share right.

    Over pairs with a confidence above .01, in `bins` bins of equal width; each bin's gap |mean confidence - share
    right| weighs by its pairs (Naeini, Cooper, Hauskrecht 2015).
    """
    kept = confidence > 0.01
    said, right = confidence[kept].astype(np.float64), right[kept]
    if not len(said):
        return 0.0
    place = np.minimum((said * bins).astype(np.int64), bins - 1)
    gap = np.bincount(place, weights=said - right, minlength=bins)
    return float(np.abs(gap).sum() / len(said))
