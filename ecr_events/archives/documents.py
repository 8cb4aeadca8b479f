"""Where JSON documents begin and end in text that holds many, whole or broken."""

import re
from collections.abc import Iterator

import msgspec

__all__ = ["documents", "last_start", "skip"]

LARGEST_EVENT = 1 << 18
"""EventBridge takes no larger event."""

LONGEST = 16 * LARGEST_EVENT
"""How long a document may be, indented by whoever liked it so."""

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]]', re.DOTALL)

_BETWEEN = re.compile(rb"[\s,\[\]]*+")

# Where the next document begins behind a broken one: outside strings, only documents follow
# each other without a comma. An event of EventBridge begins with its version, and one that
# was encoded here with its detail-type.
_NEXT_DOCUMENT = re.compile(rb'\}\s*+(?P<next>\{)|(?P<first>\{"(?:version|detail-type)":)')


def last_start(text: bytes) -> int:
    """Return where the last document in `text` seems to begin, at the cost of a glance; 0 if none does.

    Right where documents stand in lines, are indented, or follow each other directly, unless
    a string holds the like.
    """
    return max(text.rfind(b"\n{") + 1, text.rfind(b"}{") + 1)


def documents(text: bytes, *, final: bool) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each document in `text`, and of each stretch that is none.

    The commas and brackets of an array around the documents are passed over. What is left
    over at the end, the beginning of a document, is not yielded unless it is `final` or too long.
    """
    begin, line = skip(text, 0), 0
    while begin < len(text):
        if line <= begin:
            # A line that begins with a brace begins a document, also where the one before is broken.
            line = text.find(b"\n{", begin) + 1 or len(text)
        segment = text[begin:line] if line - begin < LARGEST_EVENT else b""
        end = line if _is_json(segment) else _end_of(text, begin)
        if end is None or not _is_json(text[begin:end]):
            # Broken, or not here as a whole yet. As a rule, a line that begins with a brace tells.
            left = len(text) - begin
            if not final and (left <= LARGEST_EVENT or (line == len(text) and left <= LONGEST)):
                return
            following = _NEXT_DOCUMENT.search(text, begin + 1, line)
            end = following.start(following.lastgroup or 0) if following else line
        yield begin, end
        begin = skip(text, end)


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
                    return token.end()
            case _:
                pass
    return None


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True
