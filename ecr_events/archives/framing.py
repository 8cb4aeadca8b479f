"""Where JSON documents begin and end in text that holds many, whole or broken."""

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

__all__ = ["documents", "last_start", "skip"]

LARGEST_EVENT = 1 << 18
"""EventBridge takes no larger event."""

LONGEST = 16 * LARGEST_EVENT
"""How long a document may be, indented by whoever liked it so."""

# A quote by itself is a string that does not end.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)

_BETWEEN = re.compile(rb"[\s,\[\]]*+")

# An event of EventBridge begins with its version, one that was encoded here with its detail-type.
_FIRST_KEY = rb'"(?:version|detail-type)":'

# Where a document seems to begin. Outside strings, only documents follow each other without a
# comma; lines that are not indented begin with one; and events begin with their first key.
_BEGINNING = re.compile(rb"\n(?P<line>\{)|\}\s*+(?P<next>\{)|(?P<first>\{" + _FIRST_KEY + rb")")

# In an array they do so behind its bracket or a comma.
_IN_ARRAY = re.compile(rb"[\[,]\s*+(\{\s*+" + _FIRST_KEY + rb")")
_NEARBY = 1 << 16
"""So many bytes from the end, the last event of an array is looked for."""

_GUESSES = 8
"""So many of these places are tried as the end of the document before, at little cost."""

_PATIENCE = 8
"""So many times the length of a text is searched for ends where they are not to be guessed, and no more."""


def last_start(text: bytes) -> int:
    """Return where the last document in `text` seems to begin, at the cost of a glance; 0 if none does.

    Right where documents stand in lines, are indented, follow each other directly, or are
    events in an array, unless a string holds the like.
    """
    last = max(text.rfind(b"\n{") + 1, text.rfind(b"}{") + 1)
    if not last:
        for found in _IN_ARRAY.finditer(text, max(0, len(text) - _NEARBY)):
            last = found.start(1)
    return last


def documents(text: bytes, *, final: bool) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each document in `text`, and of each stretch that is none.

    The commas and brackets of an array around the documents are passed over. What is left
    over at the end, the beginning of a document, is not yielded unless it is `final` or too long.
    """
    begin, line, budget = skip(text, 0), 0, _PATIENCE * len(text)
    while begin < len(text):
        if line <= begin:
            # As a rule, a line that begins with a brace begins a document.
            line = text.find(b"\n{", begin) + 1 or len(text)
        whole = line - begin < LARGEST_EVENT and _is_json(text[begin:line])
        end = line if whole else _guessed_end(text, begin)
        if end is None and budget > 0:
            end = _end_of(text, begin)
            budget -= (end or len(text)) - begin
        if end is None:
            # Broken, or not here as a whole yet.
            left = len(text) - begin
            if not final and (left <= LARGEST_EVENT or (line == len(text) and left <= LONGEST)):
                return
            following = _BEGINNING.search(text, begin + 1, line)
            end = _place(following) if following else line
        yield begin, end
        begin = skip(text, end)


def _guessed_end(text: bytes, begin: int) -> int | None:
    """Return where the document that begins at `begin` ends, if that is before one of the next beginnings."""
    if not text.startswith(b"{", begin):
        return None
    beginnings = map(_place, islice(_BEGINNING.finditer(text, begin + 1, begin + LARGEST_EVENT), _GUESSES))
    nearby = [len(text)] if len(text) - begin <= LARGEST_EVENT else []
    for beginning in (*beginnings, *nearby):
        document = text[begin:beginning].rstrip(b" \t\r\n,]")
        if document.endswith(b"}") and _is_json(document):
            return begin + len(document)
    return None


def _place(beginning: re.Match[bytes]) -> int:
    return beginning.start(beginning.lastgroup or 0)


def skip(text: bytes, begin: int) -> int:
    """Return where the next document, or something else, begins behind what only separates them."""
    between = _BETWEEN.match(text, begin)
    return between.end() if between else begin


def _end_of(text: bytes, begin: int) -> int | None:
    """Return where the object that begins at `begin` ends; None if it does not, or if there is none."""
    depth = 0
    for token in _TOKEN.finditer(text, begin) if text.startswith(b"{", begin) else ():
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
                if depth == 0:
                    return token.end() if _is_json(text[begin : token.end()]) else None
            case b'"':
                return None
            case _:
                pass
    return None


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True
