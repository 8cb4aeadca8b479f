"""Pictures of what people look at: ``python -m benchmarks.pictures [FOLDER]``.

Writes the picture of ``ecr-events summary`` in the README. With a folder, also writes there the first screen of the
README, light and dark, and each command on terminals of 80 and 40 columns. That requires Chromium.
"""

import argparse
import io
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

import msgspec
from markdown_it import MarkdownIt
from PIL import Image
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from benchmarks.workloads import make_events
from ecr_events import decode, encode
from ecr_events.archives import write
from ecr_events.cli.counts import EventCounts
from ecr_events.cli.summary import show
from ecr_events.testing import deliver

sys.path.append(str(Path(__file__).parent.parent / "tests"))
from command_line import on_terminal
from fake_ecr import ECRServer

_ROOT = Path(__file__).parents[1]

_COMMANDS = [
    "--help",
    "demo",
    "decode events.ndjson --limit 4",
    "decode broken.ndjson",
    "decode sqs.json",
    "decode events.ndjson --type image-acton",
    "decode gone.ndjson",
    "summary events.ndjson",
    "lookup events.ndjson --type image-action --limit 6",
    "convert events.ndjson --to events.parquet",
    "pattern image-action result=SUCCESS 'repository-name=team/*'",
    "sample image-action",
    "schema --help",
]

_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 "Liberation Sans", sans-serif; max-width: 1012px; margin: 32px auto }
body { color: #1f2328; background: #fff }
code { font: 85%/1.45 "DejaVu Sans Mono", monospace; background: #818b981f; padding: .2em .4em; border-radius: 6px }
pre { background: #818b981f; padding: 16px; border-radius: 6px; line-height: 1.45 }
pre code { background: none; padding: 0 }
a { color: #0969da; text-decoration: none }
@media (prefers-color-scheme: dark) { body { color: #f0f6fc; background: #0d1117 } a { color: #4493f8 } }
"""

_TERMINAL = """
body { color: #c5c8c6; background: #292929; margin: 24px; column-width: WIDTHpx; column-gap: 32px }
pre { font: 13px/1.25 "DejaVu Sans Mono", monospace; margin: 0 0 20px; white-space: pre; break-inside: avoid }
"""


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER")
    folder: Path | None = parser.parse_args().folder
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True, highlight=False)
    counts = EventCounts()
    counts.add(map(decode, make_events(5_000)))
    show(counts, console)
    (_ROOT / "benchmarks" / "summary.svg").write_text(console.export_svg(title="ecr-events summary events.ndjson.gz"))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        readme = MarkdownIt("commonmark", {"html": True}).enable("table").render((_ROOT / "README.md").read_text())
        for scheme in "dark", "light":
            _write_png(folder / f"readme-{scheme}.png", readme, _STYLE, (1280, 960), scheme)
        for columns, size in (80, (2_080, 1_500)), (40, (2_000, 1_500)):
            style = _TERMINAL.replace("WIDTH", str(8 * columns))
            _write_png(folder / f"commands-{columns}.png", _commands(columns), style, size, "dark")


def _commands(columns: int) -> str:
    """Return each command with what it prints on a terminal, as HTML."""
    events = [decode(event) for event in make_events(500)]
    with tempfile.TemporaryDirectory() as folder, chdir(folder), ECRServer() as ecr:
        for event in events[:400]:
            for reference in event.image_references:
                ecr.add(reference)
        write(events, "events.ndjson")
        Path("broken.ndjson").write_bytes(
            b"\n".join([*map(encode, events[:2]), b'{"detail-type": 1}', *[b"{"] * 10_000])
        )
        Path("sqs.json").write_bytes(msgspec.json.encode(deliver(events[:2], "sns-sqs")))
        return "".join(_command(command, columns, ecr) for command in _COMMANDS)


def _command(command: str, columns: int, ecr: ECRServer) -> str:
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL_ECR": ecr.url}
    _, shown = on_terminal(*shlex.split(command), columns=columns, **keys)
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(Text(f"$ ecr-events {command}", style="bold"))
    console.print(Text.from_ansi(shown.replace("\r\n", "\n")))
    return console.export_html(theme=SVG_EXPORT_THEME, inline_styles=True, code_format="<pre>{code}</pre>")


def _write_png(path: Path, content: str, style: str, size: tuple[int, int], scheme: str) -> None:
    """Write what a browser shows of HTML."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(f'<meta charset="utf-8"><base href="{_ROOT.as_uri()}/"><style>{style}</style>{content}')
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={folder}/profile"]
        options += [f"--window-size={size[0]},{size[1]}", f"--screenshot={path.resolve()}"]
        options += [f"--blink-settings=preferredColorScheme={int(scheme == 'light')}", page.as_uri()]
        subprocess.run([shutil.which("chromium") or "chromium", *options], check=True, capture_output=True)
    with Image.open(path) as picture:
        picture.quantize(32).save(path, optimize=True)


if __name__ == "__main__":
    main()
