"""What would come of a merge or a split."""

import msgspec

from weft.model.consent import ConsentRecord
from weft.model.profile import ProfileDocument


class Person(msgspec.Struct, frozen=True):
    """A profile in a preview. consents: the records that hold on its nodes."""

    document: ProfileDocument
    consents: tuple[ConsentRecord, ...]


class Preview(msgspec.Struct, frozen=True):
    """Who is who now, and who would be who; what is computed is as of the preview. moved: nodes."""

    before: tuple[Person, ...]
    after: tuple[Person, ...]
    moved: int
