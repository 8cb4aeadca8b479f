"""Archives made at random, intact and damaged, and what reading them must give.

``python tests/generated_archives.py --archives 12000`` reads as many, and shows what was lost, by kind of damage.
"""

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from archive_styles import DOCUMENTS

from ecr_events import ArchiveError, DecodeError, decode
from ecr_events.archives import read

Document = dict[str, Any]


class Style(NamedTuple):
    """The form of an archive."""

    begin: str
    between: str
    end: str
    indent: int | str | None = None
    item: str = ":"
    """The separator of keys and values, without indentation."""
    nested: bool = False
    """Whether documents are indented as the elements of an array."""

    def dump(self, document: Document) -> str:
        """Return the text of a document."""
        if self.indent is None:
            return json.dumps(document, separators=(self.item.replace(":", ","), self.item))
        text = json.dumps(document, indent=self.indent)
        unit = self.indent if isinstance(self.indent, str) else " " * self.indent
        return unit + text.replace("\n", f"\n{unit}") if self.nested else text

    @property
    def has_lines(self) -> bool:
        """Whether every document begins a line, and no other line begins like it."""
        return self.between.endswith("\n") and self.indent not in {0, ""} and not self.begin.endswith("[")


STYLES = {
    "lines": Style("", "\n", "\n"),
    "lines, not terminated": Style("", "\n", ""),
    "CRLF lines": Style("", "\r\n", "\r\n", item=": "),
    "blank lines": Style("", "\n \n\n", ""),
    "adjacent": Style("", "", ""),
    "spaced": Style("", " ", "", item=": "),
    "array": Style("[", ",", "]"),
    "spaced array": Style("[", ", ", "]", item=": "),
    "array of lines": Style("[\n", ",\n", "\n]\n"),
    "array of lines on its line": Style("[", ",\n", "]\n"),
    "array with commas before lines": Style("[\n", "\n,", "\n]"),
    **{
        f"{name}, indented by {indent!r}": Style(begin, between, end, indent, nested=nested)
        for indent in (0, 1, 2, 4, "\t")
        for name, begin, between, end, nested in (
            ("documents", "", "\n", "\n", False),
            ("adjacent documents", "", "", "", False),
            ("array", "[\n", ",\n", "\n]\n", True),
        )
    },
}

ORDERS: dict[str, Callable[[list[str], random.Random], object]] = {
    "AWS's": lambda keys, choose: None,
    "detail-type first": lambda keys, choose: keys.sort(key=lambda key: key != "detail-type"),
    "sorted": lambda keys, choose: keys.sort(),
    "reversed": lambda keys, choose: keys.reverse(),
    "shuffled": lambda keys, choose: choose.shuffle(keys),
}


def _replace(old: str, new: str) -> Callable[[str, random.Random], str]:
    """Return the damage that replaces one occurrence of `old`."""

    def damage(text: str, choose: random.Random) -> str:
        places = [place for place in range(len(text)) if text.startswith(old, place)]
        if not places:
            return text
        place = choose.choice(places)
        return text[:place] + new + text[place + len(old) :]

    return damage


DAMAGES: dict[str, Callable[[str, random.Random], str]] = {
    "truncated": lambda text, choose: text[: choose.randrange(1, len(text))],
    "truncated behind a token": lambda text, choose: text[
        : choose.choice([place + 1 for place, char in enumerate(text[:-1]) if char in ':,[{}]"'])
    ],
    "lost quote": _replace('"', ""),
    "lost opening brace": _replace("{", ""),
    "lost closing brace": _replace("}", ""),
    "lost opening bracket": _replace("[", ""),
    "lost closing bracket": _replace("]", ""),
    "lost colon": _replace(":", ""),
    "lost comma": _replace(",", ""),
    "stray comma": _replace(",", ",,"),
    "stray comma behind": lambda text, choose: f"{text},",
    "surplus brace": lambda text, choose: f"{{{text}",
    "surplus brace behind": lambda text, choose: f"{text}}}",
    "garbage behind": lambda text, choose: f"{text}garbage",
    "null": lambda text, choose: "null",
    "number": lambda text, choose: "12",
    "string": lambda text, choose: '"text"',
    "garbage": lambda text, choose: "garbage",
    "another object": lambda text, choose: '{"a": {"b": [{}, {"c": 1}]}}',
    "nothing": lambda text, choose: "",
    "wrong type": _replace('"0"', "0"),
    "invalid UTF-8": _replace("aws.", "aws\udcff."),
    "raw line break": _replace("aws.", "aws\n."),
    "NUL": _replace("aws.", "aws\0."),
    "single quotes": lambda text, choose: text.replace('"', "'"),
}


class Part(NamedTuple):
    """A document of an archive."""

    id: str
    text: str
    is_good: bool
    """Whether the document is an event."""
    may_be_lost: bool
    """Whether the damage beside it leaves more than one reading."""


@dataclass
class Archive:
    """An archive, and the documents in it."""

    seed: int
    style: str
    damage: str
    text: bytes
    packed: bytes
    parts: list[Part]
    damaged: int


def make_archive(seed: int, damage: str | None = None) -> Archive:
    """Return the archive of a seed."""
    choose = random.Random(seed)
    style_name, damage = choose.choice(list(STYLES)), choose.choice(list(DAMAGES)) if damage is None else damage
    style, order = STYLES[style_name], ORDERS[choose.choice(list(ORDERS))]
    documents = [_make_document(number, choose) for number in range(choose.randrange(1, 9))]
    texts = []
    for document in documents:
        keys = list(document)
        order(keys, choose)
        texts.append(style.dump({key: document[key] for key in keys}))
    damaged: dict[int, str] = {}
    for number in choose.choices(range(len(texts)), k=choose.choice((0, 1, 1, 1, 2, 3))):
        if not {number - 1, number, number + 1} & {*damaged}:
            text = texts[number].lstrip()
            damaged[number] = texts[number].removesuffix(text) + DAMAGES[damage](text, choose)
    parts = list(_parts(texts, damaged, style))
    text = style.begin + style.between.join(part.text for part in parts) + style.end
    encoded = b"\xef\xbb\xbf" * (choose.random() < 0.1) + text.encode("utf-8", "surrogateescape")
    return Archive(seed, style_name, damage, encoded, _pack(encoded, choose), parts, len(damaged))


def _make_document(number: int, choose: random.Random) -> Document:
    """Return an event, now and then with whole events or with the marks of documents inside."""
    document, inner = choose.choice(DOCUMENTS), DOCUMENTS[0] | {"id": "inner"}
    details: list[Any] = [document["detail"]] * 6
    details += [
        {"event": inner},
        {"event": inner, "last": [{"a": 1}, {"b": {}}]},
        {"events": [inner] * 3, "last": 1},
        {"last": [], "events": [inner] * 2},
        {"texts": ['}{"version":"0"},', "{\n    {", '{"', "'", "},\n{"]},
    ]
    detail = choose.choice(details)
    unknown = {} if detail is document["detail"] else {"detail-type": "Other", "source": "example"}
    return {**document, **unknown, "id": f"id{number}", "detail": detail}


def _parts(texts: list[str], damaged: dict[int, str], style: Style) -> Iterator[Part]:
    """Yield what a reader finds that is told where each document begins."""
    for number, intact in enumerate(texts):
        text = damaged.get(number, intact)
        is_good = intact.strip() in text or _is_event(text)
        before = damaged.get(number - 1, "").rstrip()
        # The event could be the value of the key.
        ambiguous = before.endswith((":", "[", ",")) and not style.has_lines
        # It could be one of a list of events that is truncated between them.
        ambiguous |= before.endswith("}") and '"inner"' in before and "," in style.between and not style.has_lines
        # It could be a value in a damaged document, if the document behind it has lost its first brace.
        ambiguous |= before != "" and not damaged.get(number + 1, "{").lstrip().startswith("{")
        yield Part(f"id{number}", text, is_good, ambiguous)


def _is_event(text: str) -> bool:
    try:
        decode(text.encode("utf-8", "surrogateescape"))
    except DecodeError:
        return False
    return True


def _pack(text: bytes, choose: random.Random) -> bytes:
    """Return the text, or gzip of it in members that end anywhere, with padding."""
    if choose.random() < 0.5:
        return text
    ends = sorted(choose.choices(range(len(text) + 1), k=choose.randrange(3)))
    members = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return b"".join(gzip.compress(member, 1) + bytes(choose.choice((0, 0, 1, 600))) for member in members)


class Pieces:
    """A stream that returns few bytes at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        """Return at most `size` bytes at a time."""
        self._data, self._size, self._position = data, size, 0

    def read(self, size: int, /) -> bytes:
        """Return some bytes."""
        piece = self._data[self._position : self._position + min(size, self._size)]
        self._position += len(piece)
        return piece


class Result(NamedTuple):
    """Differences between the events read and those expected."""

    lost: list[str]
    excused: list[str]
    """Lost, but ambiguous."""
    surfaced: list[str]
    wrong: list[str]


def check(archive: Archive, size: int) -> Result:
    """Read an archive in pieces of a size, and compare."""
    errors: list[ArchiveError] = []
    found = [event.id for event in read(Pieces(archive.packed, size), on_error=errors.append)]
    good = [part for part in archive.parts if part.is_good]
    lost = [part for part in good if part.id not in found]
    ids = [part.id for part in good]
    wrong = list(_wrong_errors(archive, errors))
    if [id for id in found if id in ids] != [id for id in ids if id in found]:
        wrong.append("order, or duplicates")
    if all(part.is_good for part in archive.parts) and archive.damaged == 0 and errors:
        wrong.append("an error without damage")
    if not all(part.is_good or part.text.strip(" \t\r\n,[]") == "" for part in archive.parts) and not errors:
        wrong.append("damage without an error")
    return Result(
        [part.id for part in lost if not part.may_be_lost],
        [part.id for part in lost if part.may_be_lost],
        [id for id in found if id not in ids],
        wrong,
    )


def _wrong_errors(archive: Archive, errors: list[ArchiveError]) -> Iterator[str]:
    """Yield what the positions and bytes of errors have wrong."""
    end = 0
    for error in errors:
        payload = error.payload
        assert isinstance(payload, bytes)
        if archive.text[error.offset : error.offset + len(payload)] != payload or error.offset < end:
            yield f"payload at {error.offset}"
        if error.line != archive.text.count(b"\n", 0, error.offset) + 1:
            yield f"line at {error.offset}"
        end = error.offset + len(payload)


SIZES = (1, 7, 64, 1_000, 1 << 18)


def main() -> None:
    """Read many archives, and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archives", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--damage", choices=DAMAGES)
    parser.add_argument("--show", type=int, default=20, help="number of failing archives to show")
    options = parser.parse_args()
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("none", *DAMAGES)}
    for seed in range(options.seed, options.seed + options.archives):
        archive = make_archive(seed, options.damage)
        results = [check(archive, size) for size in (SIZES[seed % len(SIZES)], SIZES[-1])]
        count, result = counts[archive.damage if archive.damaged else "none"], results[0]
        count["archives"] += 1
        count["events"] += sum(part.is_good for part in archive.parts)
        count.update({field: len(getattr(result, field)) for field in Result._fields})
        count["differ by size"] += results[0] != results[1]
        failed = result.lost or result.surfaced or result.wrong or results[0] != results[1]
        if failed and options.show:
            options.show -= 1
            print(seed, archive.style, archive.damage, *results)
    fields = ("archives", "events", *Result._fields, "differ by size")
    print(f"{'':26}", *(f"{field:>14}" for field in fields))
    for name, count in [*counts.items(), ("all", sum(counts.values(), Counter()))]:
        print(f"{name:26}", *(f"{count[field]:14,}" for field in fields))


if __name__ == "__main__":
    main()
