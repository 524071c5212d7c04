"""What a text of a poster may hold: anything that can be printed on one line, in any script."""

import re
import unicodedata
from itertools import groupby

# Longer texts are too long for any field; their content is not looked at.
_READ_AT_MOST = 10_000
# UAX #15's stream-safe text format: more marks in a row are no language's writing.
MAX_MARKS = 30
_OVERRIDES = re.compile("[\u202d\u202e]")


def complaint(text: str, longest: int) -> tuple[str, str] | None:
    """Return `(code, detail)` of what is wrong with *text*, or None.

    Right-to-left text and isolates stay legal, not the overrides that turn other text round.
    """
    head = text[:_READ_AT_MOST]
    if bad := next((c for c in head if unicodedata.category(c) in ("Cc", "Zl", "Zp")), None):
        return "text_control_chars", f"must not hold control characters, got U+{ord(bad):04X}"
    if _OVERRIDES.search(head):
        return "text_bidi_override", "must not hold the direction overrides U+202D and U+202E"
    if _most_marks(head) > MAX_MARKS:
        detail = f"must not hold more than {MAX_MARKS} combining marks in a row"
        return "text_combining_marks", detail
    if len(text) > longest:
        return "string_too_long", f"must be at most {longest} characters, got {len(text)}"
    return None


def _most_marks(text: str) -> int:
    runs = groupby(unicodedata.category(character) in ("Mn", "Me") for character in text)
    return max((len(list(run)) for is_mark, run in runs if is_mark), default=0)
