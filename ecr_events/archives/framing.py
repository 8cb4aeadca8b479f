"""Framing: the boundaries of JSON documents in text that contains many, intact or damaged.

Theory of operation

An archive is a sequence of JSON objects. White space, the commas and brackets of arrays, and byte
order marks separate them. `frame_entry` finds where the entry at a position ends, and decides it
from the text behind that position alone, so that the result depends neither on the chunks in which
the text arrives nor on how the reader decodes what is intact.

An object that is valid JSON is an intact document: msgspec skips it, and says where it ends, or at
which byte the syntax breaks. Anything else is damage, and the question is where the next document
starts. A brace is not enough: a broken document contains braces of its own. Two things are:

1. The start of a line, if the damaged entry started a line, and the line begins with the same
   indentation and a brace. No document contains such a line, unless its keys are not indented.
2. A whole event: an object that is valid JSON and has all nine fields of the envelope, and whose
   surroundings do not say that it is nested. Nested is what follows a key and a colon, and what is
   followed, possibly after more objects of the same list, by the end of an object or by another key.
   At top level is what is followed by another object without a comma, or by the end of an array with
   nothing but another document behind it. If the surroundings say nothing, an event is nested if its
   list follows a key, or if it precedes the first syntax error, and at top level otherwise. Behind
   damage that opens no object, what follows an event says nothing.

The first of these positions ends the damage. Every byte is part of a document, of damage or of
a separator.

Ambiguity. Some damage leaves more than one reading if documents do not begin lines. An event is
lost that could be a value of the truncated document before it: `{"detail":` or `"resources":[` right
before it. So is one between a damaged document and one that has lost its first brace. If a document
breaks off between two events of a list inside of it, in an array, those of the list are taken for
events of the array. After damage, what is neither an event nor such a line is part of the damage.

Cost: an intact document is parsed once to be found. In damage, objects are parsed from outside in,
and what is inside of a valid one is skipped, so that work is repeated only for the objects that are
open where the syntax breaks; after `_MAX_NESTED` of them, the rest up to there is skipped. Neither
is looked further than `MAX_DOCUMENT_SIZE`. Time is therefore linear in the length of the text.
"""

import re
from enum import Enum
from typing import NamedTuple

import msgspec

__all__ = ["MAX_DOCUMENT_SIZE", "MAX_INDENTATION", "Entry", "Kind", "frame_entry", "parse_object", "skip_separators"]

MAX_DOCUMENT_SIZE = 1 << 22
"""Maximum document size: four times the 1 MiB of an event in EventBridge, for indentation."""

_MAX_NESTED = 16
"""Maximum number of objects that are parsed up to the same syntax error."""

MAX_INDENTATION = 256
"""Maximum number of bytes that are looked at in front of an entry."""

_MIN_RECURSION = 512
"""Minimum length of an object that is nested too deeply for msgspec."""

_SEPARATORS = re.compile(rb"(?:[\s,\[\]]|\xef\xbb\xbf)*+")
_SPACE = re.compile(rb"[ \t\r\n]*+")
_OBJECT = re.compile(rb'\{\s*+"')
_CLOSING = re.compile(rb"[\]\s]*+")
_SCALAR = re.compile(
    rb"(?:null|true|false|-?[0-9][0-9.eE+-]*+)(?=[\s,\]])"
    rb'|"(?:[^"\\\x00-\x1f]|\\.)*+"(?=[ \t]*+[,\]\r\n])'  # not a key
)
_KEY = re.compile(rb'"(?:[^"\\]|\\.)*+\\?+(?:"\s*+(:)?)?')
_VALUE = re.compile(rb'"\s*+:([\s\[]*+)\Z')
_INDENTATION = re.compile(rb"(?:\n|\xef\xbb\xbf)([ \t]*+)\Z")
_FIRST_KEY = re.compile(rb"\{[ \t]*+\r?\n([ \t]*+)[^\s{]")
_POSITION = re.compile(r"\(byte (\d+)\)")

_skip = msgspec.json.Decoder(msgspec.Raw).decode


class _Envelope(msgspec.Struct, rename="kebab"):
    """The fields that every event has."""

    version: msgspec.Raw
    id: msgspec.Raw
    detail_type: msgspec.Raw
    source: msgspec.Raw
    account: msgspec.Raw
    time: msgspec.Raw
    region: msgspec.Raw
    resources: msgspec.Raw
    detail: msgspec.Raw


_parse_envelope = msgspec.json.Decoder(_Envelope).decode


class Kind(Enum):
    """The state of an entry."""

    INTACT = "intact"
    """Valid JSON."""

    DAMAGED = "damaged"
    """Not valid JSON, up to the next document or to the end."""

    UNFINISHED = "unfinished"
    """The beginning of damage that is longer than a document may be."""


class Entry(NamedTuple):
    """The end of an entry of an archive, and its state."""

    end: int
    kind: Kind


class _IncompleteError(Exception):
    """The result depends on text that has not been received yet."""


def skip_separators(text: bytes, position: int) -> int:
    """Return the position after white space, commas, brackets and byte order marks."""
    separators = _SEPARATORS.match(text, position)
    return separators.end() if separators else position


def parse_object(text: bytes, start: int, end: int) -> tuple[bool, int]:
    """Return whether the text from `start` to `end` begins with a valid object, and where the object ends.

    If not, the position is that of the syntax error, and `end` if there is none.
    """
    try:
        with memoryview(text)[start:end] as view:
            _skip(view)
    except msgspec.DecodeError as error:
        position = _POSITION.search(str(error))
        if position is None:
            return False, end
        found = start + int(position[1])
        if "trailing characters" in str(error):
            # The position is the one behind the first of them.
            return True, text.rindex(b"}", start, found - 1) + 1
        return False, min(found, end)
    except RecursionError:
        return False, min(start + _MIN_RECURSION, end)
    return True, text.rindex(b"}", start, end) + 1


def frame_entry(text: bytes, start: int, *, final: bool, in_array: bool, continued: bool) -> Entry | None:
    """Return the end of the entry at `start`, which is not a separator; None if more text is needed, or none is left.

    Args:
        text: The text, with what precedes the entry on its line.
        start: The position of the entry.
        final: Whether the text ends here.
        in_array: Whether the documents are in an array that is still open.
        continued: Whether the entry before was unfinished, and this one continues it.
    """
    try:
        return _Frame(text, start, final=final, in_array=in_array).entry(continued=continued)
    except _IncompleteError:
        return None


class _Frame:
    """The search for the end of one entry."""

    def __init__(self, text: bytes, start: int, *, final: bool, in_array: bool) -> None:
        self.text = text
        self.start = start
        self.end = min(len(text), start + MAX_DOCUMENT_SIZE)
        self.is_too_long = self.end < len(text) or self.end - start == MAX_DOCUMENT_SIZE
        self.is_incomplete = not (final or self.is_too_long)
        self.in_array = in_array
        self.error = start
        """Position of the first syntax error, or the end of the text without one."""
        self.truncated: list[int] = []
        """Starts of objects that the end of the text truncates."""
        self.is_open = text.startswith((b"{", b'"'), start)
        """Whether the text before a position may be part of an object that is still open."""

    def entry(self, *, continued: bool) -> Entry:
        """Return the entry. Raises _IncompleteError if more text is needed."""
        if self.start == self.end:
            raise _IncompleteError
        intact = None if continued else self.intact_end()
        if intact is not None:
            return Entry(intact, Kind.INTACT)
        line = self.next_line()
        following = self.next_event(self.start if continued else self.start + 1, line or self.end)
        if following is None:
            following = line
        if following is not None:
            # An unfinished entry may end where an event starts.
            return Entry(following, Kind.DAMAGED) if following > self.start else self.entry(continued=False)
        if self.is_incomplete:
            raise _IncompleteError
        if not self.is_too_long:
            return Entry(self.end, Kind.DAMAGED)
        # An event that is not complete here is not cut in two.
        half = self.start + MAX_DOCUMENT_SIZE // 2
        cut = next((start for start in self.truncated if start > half), self.end)
        return Entry(cut, Kind.UNFINISHED)

    def intact_end(self) -> int | None:
        """Return the end of the document if it is valid, and note the syntax error if not."""
        scalar = _SCALAR.match(self.text, self.start)
        if scalar:
            return scalar.end()
        if not self.text.startswith(b"{", self.start):
            return None
        is_valid, stop = parse_object(self.text, self.start, self.end)
        if is_valid:
            return stop
        if stop == self.end and self.is_incomplete:
            raise _IncompleteError
        self.error = stop
        return None

    def next_line(self) -> int | None:
        """Return the start of the next line that begins like the line of this entry and with a brace."""
        text, start = self.text, self.start
        indentation = _INDENTATION.search(text, max(0, start - MAX_INDENTATION), start)
        if indentation is None or text.startswith(b'"', start):
            return None
        marker = b"\n%b{" % indentation[1]
        line = text.find(marker, start, self.end) + len(marker) - 1
        if line < start:
            return None
        self.skip_space(line + 1, self.end)  # up to the key
        keys = (_FIRST_KEY.match(text, opening, self.end) for opening in (start, line))
        return None if any(key and key[1] == indentation[1] for key in keys) else line

    def next_event(self, position: int, end: int) -> int | None:
        """Return the start of the first event at top level from `position` on, and before `end`."""
        furthest, nested = self.error, 0
        while found := _OBJECT.search(self.text, position, end):
            start = found.start()
            if start >= furthest:
                nested = 0
            elif nested == _MAX_NESTED:
                position = furthest
                continue
            is_valid, stop = parse_object(self.text, start, end)
            if not is_valid:
                if stop == self.end:
                    if self.is_incomplete:
                        raise _IncompleteError
                    self.truncated.append(start)
                nested += 1
                self.is_open = True
                furthest, position = max(furthest, stop), start + 1
            elif not self.is_event(start, stop):
                position = stop
            else:
                is_nested, position = self.is_nested(start, stop, end)
                if not is_nested:
                    return start
        return None

    def is_event(self, start: int, end: int) -> bool:
        """Return whether the object has the fields of the envelope."""
        try:
            with memoryview(self.text)[start:end] as view:
                _parse_envelope(view)
        except (ValueError, RecursionError):
            return False
        return True

    def is_nested(self, start: int, stop: int, end: int) -> tuple[bool, int]:
        """Return whether the event from `start` to `stop` is part of another document, and where to go on if so."""
        value = _VALUE.search(self.text[max(self.start, start - MAX_INDENTATION) : start])
        in_list = value is not None and b"[" in value[1]
        if value is not None and not in_list:
            return True, stop
        if not (self.is_open or in_list):
            return False, stop
        is_nested, position = self.follow(stop, end, in_list=in_list)
        return in_list or stop <= self.error if is_nested is None else is_nested, position

    def follow(  # noqa: C901, PLR0911 - a list of cases, each decided where it is found
        self, position: int, end: int, *, in_list: bool
    ) -> tuple[bool | None, int]:
        """Return whether what follows an object says that it is nested, and the position up to which it is.

        Objects that follow after a comma are siblings: what follows the last of them decides.
        """
        text, is_alone, precedes_error = self.text, True, position <= self.error
        while True:
            position = self.skip_space(position, end)
            if not text.startswith(b",", position, end):
                break
            sibling = self.skip_space(position + 1, end)
            if not text.startswith(b"{", sibling, end):
                if is_alone and self.is_key(sibling, end):
                    return True, sibling
                position = sibling
                break
            is_valid, stop = parse_object(self.text, sibling, end)
            if not is_valid:
                if stop == self.end and self.is_incomplete:
                    raise _IncompleteError
                if stop < end and self.in_array and not in_list:
                    # A list of other values and of whole events is less likely than two damaged events.
                    return False, sibling
                return self.undecided(stop), sibling
            is_alone, position = False, stop
        if position == end:
            return self.undecided(position), position
        if text.startswith(b"{", position):
            return in_list, position
        if text.startswith(b"}", position):
            return is_alone or None, position
        return self.is_list_nested(position, end, precedes_error=precedes_error), position

    def is_key(self, position: int, end: int) -> bool:
        """Return whether a key of an object starts at `position`."""
        key = _KEY.match(self.text, position, end)
        if key and key.end() == self.end and not key[1] and self.is_incomplete:
            raise _IncompleteError
        return key is not None and key[1] is not None

    def is_list_nested(self, position: int, end: int, *, precedes_error: bool) -> bool | None:
        """Return whether the list that ends at `position` is nested; None if none ends there."""
        closing = _CLOSING.match(self.text, position, end)
        behind = closing.end() if closing else position
        if behind == position:
            return None
        if not self.in_array:
            return True
        comma = self.text.startswith(b",", behind, end)
        behind = self.skip_space(behind + comma, end)
        if behind == end:
            return end < self.end
        if comma and precedes_error and self.text.startswith(b"[", behind):
            return True
        return {b"}": True, b'"': True, b"{": False, b"[": False}.get(self.text[behind : behind + 1])

    def undecided(self, position: int) -> bool | None:
        """Return that an object is not nested if the document would be too long, else nothing."""
        return False if position == self.end and self.is_too_long else None

    def skip_space(self, position: int, end: int) -> int:
        """Return the position after white space."""
        space = _SPACE.match(self.text, position, end)
        stop = space.end() if space else position
        if stop == end == self.end and self.is_incomplete:
            raise _IncompleteError
        return stop
