import json
from collections.abc import Callable

import pytest
from archive_styles import DOCUMENTS, LINES, every_style

from ecr_events.archives.framing import MAX_DOCUMENT_SIZE, Entry, Kind, frame_entry, parse_object, skip_separators


def frame(
    text: bytes, start: int = 0, *, final: bool = True, in_array: bool = False, continued: bool = False
) -> Entry | None:
    return frame_entry(text, start, final=final, in_array=in_array, continued=continued)


def event(id: str, *, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else None
    return json.dumps(DOCUMENTS[0] | {"id": id}, indent=indent, separators=separators).encode()


@every_style
def test_intact_text_is_split_into_its_documents(style: Callable[[list[str]], str]) -> None:
    """Every byte outside the documents is a separator."""
    text = style(LINES).encode()
    start, documents = skip_separators(text, 0), []
    while entry := frame(text, start):
        assert entry.kind is Kind.INTACT
        documents.append(json.loads(text[start : entry.end]))
        start = skip_separators(text, entry.end)
    assert documents == DOCUMENTS
    assert start == len(text)


@pytest.mark.parametrize(
    "document",
    [
        b'{"a": "\\u00e9\\n", "b": [-1.5e+10, 0, true, false, null, {}], "\\"": {"c": []}}',
        b'{"pair": "\\ud83d\\ude00"}',
        *(text.encode() for text in LINES[:3]),
    ],
)
def test_a_document_is_incomplete_at_every_byte(document: bytes) -> None:
    """A document that the text truncates is not damage, unless the text is final."""
    for end in range(1, len(document)):
        assert frame(document[:end], final=False) is None
        assert frame(document[:end]) == (end, Kind.DAMAGED)
    assert frame(document, final=False) == (len(document), Kind.INTACT)


@pytest.mark.parametrize("scalar", [b"null", b"true", b"-12.5e3", b'"a \\" b"'])
@pytest.mark.parametrize("behind", [b",\n{", b" \n{", b"]\n"])
def test_a_scalar_is_a_document(scalar: bytes, behind: bytes) -> None:
    """Its error says that an object was expected."""
    assert frame(scalar + behind) == (len(scalar), Kind.INTACT)


@pytest.mark.parametrize("separators", [b"", b" \t\r\n", b",", b"][", b",\n  ", b"\n\xef\xbb\xbf"])
def test_separators_lead_to_the_next_document(separators: bytes) -> None:
    """White space, commas, brackets and byte order marks, up to the end of the text."""
    assert skip_separators(b"{}" + separators + b"{", 2) == 2 + len(separators)
    assert skip_separators(b"{}" + separators, 2) == 2 + len(separators)


A, B, C = event("a"), event("b"), event("c")
NESTED = b'"list":[' + A + b"," + B + b"]"


@pytest.mark.parametrize(
    ("text", "array", "expected"),
    [
        # At top level.
        pytest.param(b'{"x":"y' + A + B, False, A, id="lost quote, adjacent"),
        pytest.param(b'{"x":{"y":1}' + A, False, A, id="lost brace, last"),
        pytest.param(b'{"x":["y",' + A + b"," + B + b"]", True, A, id="truncated in a list"),
        pytest.param(b'{"x":[{"y":1},' + A + b"," + B + b"]", True, A, id="truncated in a list of objects"),
        pytest.param(b'{"x":[{"y":1},' + A + b"," + B + b"]\n[", True, A, id="end of an array before another"),
        pytest.param(b'{"x":[{"y":1},' + A + b"," + B + b'],{"', True, A, id="end of an array before a document"),
        pytest.param(b'{"x" 1},' + A + b',"garbage', True, A, id="before garbage"),
        pytest.param(b'{"x" 1},' + A + b',{"garbage', True, A, id="before a damaged event"),
        pytest.param(b'{"x" 1},' + A + b"," + B + b',"version":1', True, A, id="before a lost brace"),
        pytest.param(b"{" + A + b",", False, A, id="surplus brace"),
        pytest.param(b"}\n" + A, False, A, id="surplus brace behind"),
        pytest.param(b"}\n" + A + b"}\n" + B, False, A, id="surplus braces around"),
        pytest.param(b"garbage" + A + b'],"y":1}' + B, False, A, id="damage that opens nothing"),
        pytest.param(b"event:" + A + b"event:" + B, False, A, id="colon that follows no key"),
        pytest.param(b'{"x":"09:' + A + B, False, A, id="truncated behind a colon in a string"),
        pytest.param(b'{"x" 1,"y":[1]},' + A + b"],[", True, A, id="end of an array before another in an array"),
        pytest.param(b"{'x': 1}," + A, True, A, id="single quotes"),
        pytest.param(b'{"x" 1,' + NESTED + b"}" + C, False, C, id="behind a nested list"),
        pytest.param(b'{"x" 1,"y":' + A + b"}" + B, False, B, id="behind a nested event"),
        pytest.param(b'{"list":[' + A + b"," + B + C, False, C, id="truncated behind a nested event"),
        pytest.param(b'{"x" 1},{"y":1},{"z":' + A + b"}," + B, True, B, id="behind documents that are not events"),
        # Nested.
        pytest.param(b'{"x" 1,"y":' + A + b"}", False, None, id="value"),
        pytest.param(b'{"x" 1,"y"' + A + b"}", False, None, id="value without its colon"),
        pytest.param(b'{"x" 1,"y"' + A + b',"z":1}', False, None, id="value before a key"),
        pytest.param(b'{"y":' + A, False, None, id="value before the end"),
        pytest.param(b'{"x" 1,' + NESTED + b"}", True, None, id="list"),
        pytest.param(b'{"x" 1,' + NESTED + b',"z":1}', True, None, id="list before a key"),
        pytest.param(b"{" + NESTED, False, None, id="list before the end"),
        pytest.param(b"{" + NESTED[:-1], True, None, id="truncated list"),
        pytest.param(b'{"x" 1,"list":[{"version":"0" ' + A + b"," + B + b"]}", True, None, id="damaged list"),
        pytest.param(b'{"x" 1,"list":[' + A + B + b"]}", True, None, id="list without its comma"),
        pytest.param(b'{"list":[[' + A + b"],[@]]}", True, None, id="list of lists"),
        pytest.param(b'garbage{"x" 1,"y":{' + NESTED + b"}}", True, None, id="list behind garbage"),
        pytest.param(b'{"list":[1,' + A, True, None, id="truncated behind the event in a list"),
    ],
)
@pytest.mark.parametrize("before", [b"{}", b"\n"], ids=["same line", "new line"])
def test_damage_ends_at_the_next_event_at_top_level(
    text: bytes, array: object, expected: bytes | None, before: bytes
) -> None:
    """The text around an event decides whether it is nested in the damaged document."""
    end = len(before + text) if expected is None else len(before) + text.index(expected)
    assert frame(before + text, len(before), in_array=bool(array)) == (end, Kind.DAMAGED)


@pytest.mark.parametrize("key", [b'"id":1', b'"\\"\\\\" :1', b'"id"\n:\n1'])
def test_a_key_is_incomplete_at_every_byte(key: bytes) -> None:
    """A key behind an event says that it is nested, and a text truncated in the key does not say the opposite."""
    text = b'{"x" 1,"y":[],' + A + b"," + key + b"}\n" + A
    for end in range(text.index(key), len(text) - 1):
        assert frame(text[:end], final=False) is None
    assert frame(text) == (text.rindex(A), Kind.DAMAGED)


@pytest.mark.parametrize(
    ("first", "between", "second", "is_line"),
    [
        (b'{"x":', b"\n", b"{", True),
        (b'{"x":', b"\r\n", b'{"y', True),
        (b'\n    {"x":[1', b",\n    ", b"{", True),
        (b'\n    {"x":[1', b",\n     ", b'{"y":1}', False),
        (b'\n    {"x":[1', b",\n", b'{"y":1}', False),
        (b'\n{\n"x": [\n', b",\n", b'{\n"y": 1\n}', False),
        (b'"x": 1}', b"\n", b'{"y": 1}', False),
    ],
)
def test_damage_ends_at_the_next_line_of_the_same_form(
    first: bytes, between: bytes, second: bytes, *, is_line: bool
) -> None:
    """Whether the text up to there is valid JSON or not, unless keys are indented no more than braces."""
    first = b"\n" + first.removeprefix(b"\n")
    start = len(first) - len(first.lstrip())
    end = len(first + between) if is_line else len(first + between + second)
    assert frame(first + between + second, start) == (end, Kind.DAMAGED)


def test_every_event_behind_damage_that_is_cut_anywhere_is_found() -> None:
    """In an array on one line, wherever an event with nested events is truncated."""
    nested = json.dumps(DOCUMENTS[0] | {"id": "x", "detail": {"event": DOCUMENTS[1] | {"id": "inner"}}})
    array = b"[" + b",".join((nested.encode(), A, B)) + b"]"
    for cut in range(2, len(nested)):
        text = array[: 1 + cut] + array[1 + len(nested) :]
        entry = frame(text, 1, in_array=True)
        assert entry == (text.index(A), Kind.DAMAGED), text[:cut][-30:]


def test_a_document_may_be_as_long_as_the_maximum() -> None:
    """A longer one is damage, and reported in pieces that do not cut what may be an event."""
    longest = b'{"a":"' + b"x" * (MAX_DOCUMENT_SIZE - 8) + b'"}'
    assert frame(longest + A, final=False) == (MAX_DOCUMENT_SIZE, Kind.INTACT)
    longer = longest[:-2] + b"xxx" + A
    assert frame(longer[:-1], final=False) == (MAX_DOCUMENT_SIZE, Kind.UNFINISHED)
    text = b"x" * (MAX_DOCUMENT_SIZE - 100) + A
    cut = frame(text, final=False)
    assert cut is not None
    assert cut == (MAX_DOCUMENT_SIZE - 100, Kind.UNFINISHED)
    assert frame(text, cut.end, continued=True) == (len(text), Kind.INTACT)


def test_an_event_further_away_than_the_maximum_is_at_top_level() -> None:
    """Because a document cannot be so long, whatever the brackets say."""
    many = b'{"list":[' + (A + b",") * (MAX_DOCUMENT_SIZE // len(A) + 2)
    assert frame(b"[" + many, 1, in_array=True) == (1 + many.index(A), Kind.DAMAGED)


def test_deep_nesting_is_damage() -> None:
    """Deeper than the recursion limit of Python; the next event is found."""
    text = b'{"a":' * 100_000
    assert frame(text + A[1:]) == (len(text + A[1:]), Kind.DAMAGED)
    text = b'{"detail": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert frame(text + A) == (len(text), Kind.DAMAGED)


def test_messages_of_msgspec_have_the_position() -> None:
    """Framing reads it from them."""
    for text, error in ((b'{"a" 1}', 5), (b'{"a": x}', 6), (b'{"a": 1,}', 8), (b'{"a": "\n"}', 7), (b"{x", 1)):
        assert parse_object(text, 0, len(text)) == (False, error), text
