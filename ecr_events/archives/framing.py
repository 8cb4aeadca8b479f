"""Framing: the boundaries of JSON documents in text that contains many, intact or damaged.

Theory of operation

An archive is a sequence of JSON objects. Nothing, white space, or the commas and brackets of an
array separate them. The reader works on one chunk at a time and needs two answers about it.

`last_document_start`: where may the chunk be cut? The last document of a chunk is usually
incomplete, so it is left for the next chunk. The answer comes from searching backwards for what
separates documents: a line that begins with a brace, ``}{``, or in an array a brace followed by the first
key of an event. It is a guess, since a string may contain the same bytes. A wrong guess costs
time, never an event: msgspec refuses the cut chunk, and `split_documents` takes over.

`split_documents`: where does each document of a refused chunk begin and end? Ends are never
trusted before msgspec has parsed the text up to there. They are looked for in the order of their cost:

1. A line. The document ends before the next line that begins with a brace.
2. A probe. The document ends before one of the next few places where a document seems to begin.
3. A scan. Brackets are counted outside strings until they balance. Damage can make a scan run to
   the end of the text, so all scans of a text together are limited to a multiple of its length.
4. Damage. Without an end, the document extends to the next place where a document seems to
   begin. It is yielded like any other, and its decoding gives the error.

Every byte is part of a yielded document or of a separator, so text is never dropped silently. An
incomplete document at the end is not yielded until it is final, or longer than a document may be.

Cost: step 1 is one parse per document. Steps 2 and 3 parse or scan again, at most a constant number
of times an event's maximum size per document. With many small documents that are not events, this and the
reader's counting of lines grow with the square of the chunk's length.

Limits: documents that begin neither on a new line nor with one of EventBridge's first keys are not
found again behind damage, as in an indented array with sorted keys. The rest of that text is then
one error, and its events are lost. An event nested in a damaged document may be taken for one
of the archive.
"""

import re
from collections.abc import Iterator
from itertools import islice

import msgspec

__all__ = ["last_document_start", "skip_separators", "split_documents"]

MAX_EVENT_SIZE = 1 << 18
"""Maximum size of an event in EventBridge."""

MAX_DOCUMENT_SIZE = 16 * MAX_EVENT_SIZE
"""Maximum document size, indentation included."""

# The last alternative is an unpaired quote.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[{}\[\]"]', re.DOTALL)

_SEPARATORS = re.compile(rb"[\s,\[\]]*+")

# EventBridge sends the version first. `encode` writes the detail-type first.
_FIRST_KEY = rb'"(?:version|detail-type)":'

_START = re.compile(rb"\n(?P<line>\{)|\}\s*+(?P<adjacent>\{)|(?P<event>\{" + _FIRST_KEY + rb")")

_START_IN_ARRAY = re.compile(rb"[\[,]\s*+(\{\s*+" + _FIRST_KEY + rb")")

_ARRAY_WINDOW = 1 << 16
"""Length of text, from its end, that is searched for the last event of an array."""

_MAX_PROBES = 8
"""Maximum number of starts that are tried as the end of the document before."""

_SCAN_FACTOR = 8
"""Scan budget, as a multiple of the text's length."""


def last_document_start(text: bytes) -> int:
    """Return the probable start of the last document in `text`; 0 if there is none."""
    last = max(text.rfind(b"\n{") + 1, text.rfind(b"}{") + 1)
    if not last:
        for found in _START_IN_ARRAY.finditer(text, max(0, len(text) - _ARRAY_WINDOW)):
            last = found.start(1)
    return last


def split_documents(text: bytes, *, final: bool) -> Iterator[tuple[int, int]]:
    """Yield start and end of each document in `text`, and of each stretch that is not a document.

    An incomplete document at the end is not yielded unless `final`, or too long for an event.
    """
    start, line, budget = skip_separators(text, 0), 0, _SCAN_FACTOR * len(text)
    while start < len(text):
        if line <= start:
            line = text.find(b"\n{", start) + 1 or len(text)
        is_line = line - start < MAX_EVENT_SIZE and _is_json(text[start:line])
        end = line if is_line else _probe_end(text, start)
        if end is None and budget > 0:
            end = _scan_end(text, start)
            budget -= (end or len(text)) - start
        if end is None:
            # Damaged or incomplete.
            left = len(text) - start
            if not final and (left <= MAX_EVENT_SIZE or (line == len(text) and left <= MAX_DOCUMENT_SIZE)):
                return
            following = _START.search(text, start + 1, line)
            end = _start(following) if following else line
        yield start, end
        start = skip_separators(text, end)


def skip_separators(text: bytes, position: int) -> int:
    """Return the position after white space, commas and the brackets of an array."""
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position


def _probe_end(text: bytes, start: int) -> int | None:
    """Return the end of the document at `start` if one of the next probable starts follows it."""
    if not text.startswith(b"{", start):
        return None
    starts = map(_start, islice(_START.finditer(text, start + 1, start + MAX_EVENT_SIZE), _MAX_PROBES))
    rest = [len(text)] if len(text) - start <= MAX_EVENT_SIZE else []
    for following in (*starts, *rest):
        document = text[start:following].rstrip(b" \t\r\n,]")
        if document.endswith(b"}") and _is_json(document):
            return start + len(document)
    return None


def _start(found: re.Match[bytes]) -> int:
    return found.start(found.lastgroup or 0)


def _scan_end(text: bytes, start: int) -> int | None:
    """Return the end of the object at `start`, found by counting brackets; None without one."""
    depth = 0
    for token in _TOKEN.finditer(text, start) if text.startswith(b"{", start) else ():
        match token[0]:
            case b"{" | b"[":
                depth += 1
            case b"}" | b"]":
                depth -= 1
                if depth == 0:
                    return token.end() if _is_json(text[start : token.end()]) else None
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
