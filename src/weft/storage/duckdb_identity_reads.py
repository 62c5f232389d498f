"""What the API reads of identity in the warehouse, all of it."""

from typing import TypedDict

from weft.identity.rules import Rules
from weft.storage.duckdb_evidence_read import EvidenceReader
from weft.storage.duckdb_ownership import Ownership
from weft.storage.duckdb_quality import QualityReader
from weft.storage.duckdb_questions import Questions
from weft.storage.duckdb_warehouse import Warehouse


class IdentityReads(TypedDict):
    """The readers by the names under which the API asks for them."""

    evidence: EvidenceReader
    ownership: Ownership
    quality: QualityReader
    questions: Questions


def identity_reads(warehouse: Warehouse, rules: Rules) -> IdentityReads:
    """Return the readers of a warehouse."""
    return IdentityReads(
        evidence=EvidenceReader(warehouse, rules),
        ownership=Ownership(warehouse, rules),
        quality=QualityReader(warehouse, rules),
        questions=Questions(warehouse),
    )
