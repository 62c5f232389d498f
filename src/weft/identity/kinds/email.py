"""E-mail addresses: one form, a weaker key, and the local part."""

# pyarrow has no types.
# pyright: reportAttributeAccessIssue=false

import pyarrow as pa
import pyarrow.compute as pc

from weft.identity.kinds.steps import Cut, Drop, DropWords, Keep, Replace, Steps, Translate, Trim, When
from weft.identity.kinds.text import begin, placeholders

EMAIL_CHARS = 254  # RFC 5321, 4.5.3.1.3 less the brackets

_AROUND = ".,;:<>()[]"

EMAIL_STEPS: Steps = (
    *begin("email"),
    When(
        r"[^a-z0-9.@_+-]|^[.]|[.]$",
        (
            Replace(r"^[^<]*<([^<>]*)>.*$", r"\1"),
            Replace(r"^(?:mailto|e-?mail|smtp): *", ""),
            Translate({}, delete=" \"'`"),
            Trim(_AROUND),
            Replace(r"^([^,;]*@[^,;]*)[,;].*$", r"\1"),
            Trim(_AROUND),
        ),
    ),
    Cut(EMAIL_CHARS),
    Trim(_AROUND),
    Keep("[a-z0-9\u0080-\U0010ffff]@?[^@]{2}"),
    Drop(
        r"^(?:unknown|none|null|no-?e?-?mail|noemail|nomail|no-?reply|do-?not-?reply|donotreply|n/?a|na|xx+)@"
    ),
    Drop(r"@(?:unknown|none|null|noemail|nomail|example|invalid|localhost|test)(?:\.[a-z.]+)?$"),
    DropWords(placeholders("email")),
)

_DOTLESS = "gmail.com|googlemail.com"


def email_key(emails: pa.StringArray) -> pa.StringArray:
    """Return what addresses of one mailbox share: no plus tag, no dots at Gmail, googlemail.com as gmail.com.

    Weaker than the address: some hosts treat "a+b" as another mailbox than "a".
    """
    emails = When("[+]", (Replace(r"^([^@+]+)[+][^@]*@", r"\1@"),)).column(emails)
    gmail = pc.fill_null(pc.match_substring_regex(emails, rf"@(?:{_DOTLESS})$"), False)
    if pc.any(gmail).as_py():
        bare = pc.replace_substring(_before_at(emails.filter(gmail)), ".", "")
        emails = pc.replace_with_mask(emails, gmail, pc.binary_join_element_wise(bare, "gmail.com", "@"))
    return emails


def email_local(emails: pa.StringArray) -> pa.StringArray:
    """Return what stands before the @, without a plus tag."""
    tagged = pc.fill_null(pc.match_substring(emails, "+"), False)
    local = _before_at(emails)
    if not pc.any(tagged).as_py():
        return local
    cut = pc.replace_substring_regex(emails.filter(tagged), r"([^@+]+)(?:[+][^@]*)?@.*$", r"\1")
    return pc.replace_with_mask(local, tagged, cut)


def _before_at(emails: pa.StringArray) -> pa.StringArray:
    return pc.list_element(pc.split_pattern(emails, "@", max_splits=1), 0)
