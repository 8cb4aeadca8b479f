"""The command line, called as a function, run as a program, and on a pseudo-terminal."""

import contextlib
import gzip
import io
import json
import os
import pty
import re
import runpy
import select
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from conftest import LoopbackSession
from fake_ecr import DENIED, ECRServer

from ecr_events import (
    ECREvent,
    ECRImageActionEvent,
    ECRImageScanEvent,
    ECRPullThroughCacheActionEvent,
    ECRReplicationActionEvent,
    EventBridgeEvent,
    Inspector2ScanEvent,
    UnknownEvent,
    encode,
    json_schema,
)
from ecr_events.archives import write
from ecr_events.cli import main
from ecr_events.samples import sample, sample_json

PUSH = encode(sample(ECRImageActionEvent))
COPY = encode(sample(ECRReplicationActionEvent))
EVERYTHING = [sample(cls) for cls in (*get_args(ECREvent), UnknownEvent)]


def run(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], list[str]]:
    """Return exit status, lines on standard output and lines on standard error."""
    capfd.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as error:
        status = int(error.code or 0)
    captured = capfd.readouterr()
    return status, captured.out.splitlines(), captured.err.splitlines()


def on_terminal(*arguments: object, columns: int = 120, **environment: str) -> tuple[int, str]:
    """Return exit status and what a terminal shows of the program."""
    screen, terminal = pty.openpty()
    settings = os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | environment
    command = [sys.executable, "-m", "ecr_events", *map(str, arguments)]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=settings) as process:
        os.close(terminal)
        shown = b""
        while select.select([screen], [], [], 60)[0]:
            try:
                shown += os.read(screen, 65_536)
            except OSError:
                break
    os.close(screen)
    return process.returncode, shown.decode()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Return a file with one of each event."""
    file = tmp_path / "events.ndjson.gz"
    write(EVERYTHING, file)
    return file


# decode


def test_decode_prints_json_where_there_is_no_terminal(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One event a line, as encode writes it, from any kind of archive."""
    status, out, err = run(capfd, "decode", archive)
    assert (status, err) == (0, [])
    assert [line.encode() for line in out] == [encode(event) for event in EVERYTHING]


def test_decode_prints_a_table_on_a_terminal(archive: Path) -> None:
    """What is bad in red, unless NO_COLOR is set; with --json it is JSON there too."""
    status, shown = on_terminal("decode", archive)
    assert status == 0
    assert re.search(r"2026-05-04 09:15:31\s+ECR Image Action\s+PUSH SUCCESS\s+team/app:1.4.2\s+eu-west-1", shown)
    assert "\x1b[31m" in shown
    assert "\x1b[31m" not in on_terminal("decode", archive, NO_COLOR="1")[1]
    assert on_terminal("decode", "--json", archive)[1].startswith('{"detail-type":"ECR Image Action"')


def test_a_table_names_what_it_can(tmp_path: Path) -> None:
    """An event whose repository cannot be made out has a row all the same."""
    scan = sample(Inspector2ScanEvent)
    detail = msgspec.structs.replace(scan.detail, repository_name="arn:odd")
    write([msgspec.structs.replace(scan, detail=detail)], tmp_path / "odd")
    assert "Inspector2 Scan" in on_terminal("decode", tmp_path / "odd")[1]


def test_text_out_of_an_event_cannot_command_the_terminal(tmp_path: Path) -> None:
    """Control characters, markup and changes of direction are shown, and not obeyed."""
    event = sample(ECRImageActionEvent)
    evil = "a\x1b]0;owned\x07[red]\u202e\x9b2J😀\U000e0001"
    detail = msgspec.structs.replace(event.detail, image_tag=evil, result="FAILURE\x1b[2J")
    file = tmp_path / "evil\x1b[2J.json"
    file.write_bytes(encode(msgspec.structs.replace(event, detail=detail)) + b"\n{")
    for arguments in (("decode", file), ("decode", "--json", file), ("summary", file)):
        shown = on_terminal(*arguments, NO_COLOR="1")[1]
        assert not {"\x07", "\x9b", "\u202e", "\U000e0001"} & set(shown)
        assert "\x1b]" not in shown
        assert "\x1b[2J" not in shown
    line = on_terminal("decode", "--json", file, NO_COLOR="1")[1].splitlines()[0]
    assert json.loads(line)["detail"]["image-tag"] == evil


def test_decode_reports_what_it_refuses_and_goes_on(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """File, line, offset and error go to standard error, the exit status is 1, and no other event is lost."""
    file = tmp_path / "lines.ndjson"
    file.write_bytes(PUSH + b"\n" + PUSH.replace(b'"PUSH"', b"7") + b"\n" + COPY)
    report = f"{file}:2: byte {len(PUSH) + 1}: expected `str`, got `int` at $.detail.action-type"
    assert run(capfd, "decode", file) == (1, [PUSH.decode(), COPY.decode()], [report])
    assert run(capfd, "decode", "--on-error", "skip", file) == (0, [PUSH.decode(), COPY.decode()], [])
    assert run(capfd, "decode", "--on-error", "stop", file) == (1, [PUSH.decode()], [report])


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The others are read, and the exit status is 2."""
    file = tmp_path / "event.json"
    file.write_bytes(PUSH)
    status, out, err = run(capfd, "decode", tmp_path / "missing.json", f"{tmp_path}/*.missing", file)
    assert (status, out) == (2, [PUSH.decode()])
    assert "no file matches the pattern" in err[0]
    assert "missing.json" in err[1]


def test_events_come_from_standard_input() -> None:
    """A dash is where a pipe ends."""
    command = [sys.executable, "-m", "ecr_events", "decode", "-"]
    process = subprocess.run(command, check=True, capture_output=True, input=gzip.compress(PUSH))
    assert process.stdout == PUSH + b"\n"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--type", "image-action"], {"ECR Image Action"}),
        (
            ["--type", "ECRReplicationActionEvent", "--type", "ECR Image Scan"],
            {"ECR Replication Action", "ECR Image Scan"},
        ),
        (["--type", "unknown"], {"ECR Artifact Action"}),
        (["--repository", "docker-hub/*"], {"ECR Pull Through Cache Action"}),
        (["--repository", "team/worker"], {"ECR Scan Resource Change"}),
        (["--repository", "nothing"], set()),
        (["--since", "2026-05-06"], {"AWS Service Event via CloudTrail", "ECR Referrer Action"}),
        (["--since", "2026-05-05T07:41:14", "--until", "2026-05-05T07:41:15Z"], {"Inspector2 Finding"}),
    ],
)
def test_events_are_filtered(
    arguments: list[str], expected: set[str], archive: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By type, in any spelling; by repository, with a pattern; and by time, in UTC where nothing is said."""
    status, out, _ = run(capfd, "decode", *arguments, archive)
    assert status == 0
    assert {json.loads(line)["detail-type"] for line in out} == expected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["decode"], "PATH"),
        (["decode", "--type", "x", "-"], "no type of event: 'x'; there are ECR Image Action,"),
        (["decode", "--since", "yesterday", "-"], "no date and no time: 'yesterday'"),
        (["nothing"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_argument_exits_with_2(arguments: list[str], complaint: str, capfd: pytest.CaptureFixture[str]) -> None:
    """As every command line does."""
    status, out, err = run(capfd, *arguments)
    assert (status, out) == (2, [])
    assert complaint in " ".join(err)


def test_output_is_utf8_whatever_the_locale_is(tmp_path: Path) -> None:
    """JSON is UTF-8, also where Python would write something else."""
    file = tmp_path / "lines.ndjson"
    file.write_bytes((PUSH.replace(b"1.4.2", "é".encode()) + b"\n") * 1_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    whole = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert whole.stdout == file.read_bytes()


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipe is broken quietly, in this process and in one of its own."""
    file = tmp_path / "event.json"
    file.write_bytes((PUSH + b"\n") * 5_000)
    command = [sys.executable, "-m", "ecr_events", "decode", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert main(["decode", str(file)]) == 1


def test_a_stream_of_another_kind_will_do() -> None:
    """Somebody may have put one in the place of standard error."""
    complaints = io.StringIO()
    with contextlib.redirect_stderr(complaints):
        assert main(["decode", "/nowhere/at/all"]) == 2
    assert "/nowhere/at/all" in complaints.getvalue()


def test_an_interruption_is_quiet(monkeypatch: pytest.MonkeyPatch, archive: Path) -> None:
    """With the exit status that shells give it."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ecr_events.cli.decode.encode", interrupt)
    assert main(["decode", str(archive)]) == 130


def test_a_long_archive_shows_progress_on_a_terminal(tmp_path: Path) -> None:
    """With its rate; not where standard error is no terminal."""
    file = tmp_path / "long.ndjson"
    file.write_bytes((PUSH + b"\n") * 60_000)
    shown = on_terminal("summary", file)[1]
    assert "/s" in shown
    assert "MB" in shown
    assert "60,000 events" in shown


# summary


def test_summary_counts_and_puts_what_is_bad_first(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Failed replications and critical findings, then types, repositories and days."""
    failed = sample(ECRReplicationActionEvent)
    failed = msgspec.structs.replace(failed, detail=msgspec.structs.replace(failed.detail, result="FAILED"))
    cached = sample(ECRPullThroughCacheActionEvent)
    cached = msgspec.structs.replace(cached, detail=msgspec.structs.replace(cached.detail, sync_status="FAILURE"))
    pushes = [
        msgspec.structs.replace(event, detail=msgspec.structs.replace(event.detail, repository_name=f"app-{number}"))
        for number, event in enumerate([sample(ECRImageActionEvent)] * 12)
    ]
    odd = sample(Inspector2ScanEvent)
    odd = msgspec.structs.replace(odd, detail=msgspec.structs.replace(odd.detail, repository_name="arn:odd"))
    broken = sample(ECRImageScanEvent)
    scans = [
        msgspec.structs.replace(
            broken, detail=msgspec.structs.replace(broken.detail, scan_status="FAILED", image_tags=(tag,))
        )
        for tag in "abcdef"
    ]
    write([*EVERYTHING, *[failed] * 3, cached, *pushes, odd, *scans], tmp_path / "events.ndjson")
    status, out, err = run(capfd, "summary", tmp_path)
    text = "\n".join(" ".join(line.split()) for line in out)
    assert (status, err) == (0, [])
    assert text.startswith("14 events need a look")
    listed = [
        text.index(what) for what in ("replication failed team/app eu-west-1 to us-east-1 3", "critical finding team")
    ]
    assert listed == sorted(listed)
    assert "critical finding team/app CVE-2026-EXAMPLE - example-xml 1" in text
    assert "critical findings in scan team/app 1.4.2 2" in text
    assert "ECR Pull Through Cache Action: FAILURE docker-hub/library/alpine eu-west-1 1" in text
    assert "ECR Replication Action FAILED 3" in text
    assert "ECR Image Action PUSH SUCCESS 13" in text
    assert "team/app 18" in text
    assert "and 5 more" in text
    assert "2026-05-04 28" in text
    assert text.endswith("34 events")


def test_summary_of_nothing_and_of_something_broken(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """An empty archive is no error; what is no event is counted."""
    (tmp_path / "empty").write_bytes(b"")
    assert run(capfd, "summary", tmp_path / "empty")[1][-1] == "0 events"
    (tmp_path / "broken").write_bytes(b"{\n{\n" + PUSH)
    status, out, err = run(capfd, "summary", tmp_path / "broken")
    assert (status, out[-1], err[-1]) == (1, "1 events", "2 texts were no events")


# lookup


def test_lookup_asks_about_everything_at_once(
    archive: Path, capfd: pytest.CaptureFixture[str], server: ECRServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each image and repository once, as JSON where there is no terminal; errors on standard error, with status 1."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECR", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    event = sample(ECRImageActionEvent)
    server.add_image(
        "team/app", str(event.detail.image_digest), tags=["1.4.2"], region="eu-west-1", registry_id=event.account
    )
    status, out, err = run(capfd, "lookup", archive)
    assert (status, err) == (0, [])
    found = {line["uri"]: line["found"] for line in map(json.loads, out)}
    assert event.image_reference is not None
    assert found[event.image_reference.uri]["imageTags"] == ["1.4.2"]
    assert found[event.repository_reference.uri]["repositoryName"] == "team/app"
    assert list(found.values()).count(None) == len(found) - 2
    status, shown = on_terminal("lookup", archive)
    assert status == 0
    assert re.search(
        r"team/app\s+1.4.2\s+eu-west-1\s+found, 1.0 kB, pushed 2026-01-01", re.sub(r"\x1b\[[\d;]*m", "", shown)
    )
    assert "missing" in shown
    server.fail(DENIED, times=None, operation="DescribeImages")
    status, out, err = run(capfd, "lookup", "--type", "image-action", archive)
    assert status == 1
    assert [json.loads(line)["uri"] for line in out] == [event.repository_reference.uri]
    assert err[0].startswith("team/app@sha256:1508")
    assert "not authorized" in err[0]


def test_lookup_takes_a_profile(
    archive: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As boto3 knows them."""
    asked: list[str] = []

    def made(*, profile_name: str) -> LoopbackSession:
        asked.append(profile_name)
        return session

    monkeypatch.setattr("boto3.Session", made)
    assert run(capfd, "lookup", "--profile", "audit", archive)[0] == 0
    assert asked == ["audit"]


def test_lookup_with_a_profile_that_is_none(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and what boto3 says."""
    status, _, err = run(capfd, "lookup", "--profile", "nonexistent", archive)
    assert status == 2
    assert "nonexistent" in err[-1]


def test_a_full_disk_is_an_error(archive: Path) -> None:
    """Exit status 2, and no traceback; nor where the terminal has not the characters for a bar."""
    for command in ("decode", "summary"):
        with open("/dev/full", "wb") as full:  # noqa: PTH123
            line = [sys.executable, "-m", "ecr_events", command, str(archive)]
            process = subprocess.run(line, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
        assert process.returncode == 2
        assert "No space left" in process.stderr
        assert "Traceback" not in process.stderr
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    line = [sys.executable, "-m", "ecr_events", "summary", str(archive)]
    assert b"11 events" in subprocess.run(line, check=True, capture_output=True, env=environment).stdout


def test_lookup_refuses_what_cannot_be(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], session: LoopbackSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event whose repository is none, or in no region, is reported; without boto3 the extra is named."""
    monkeypatch.setattr("boto3.client", session.client)
    scan = sample(Inspector2ScanEvent)
    scan = msgspec.structs.replace(scan, detail=msgspec.structs.replace(scan.detail, repository_name="arn:odd"))
    write([scan, msgspec.structs.replace(sample(ECRImageActionEvent), region="evil.example/")], tmp_path / "e")
    status, out, err = run(capfd, "lookup", tmp_path / "e")
    assert (status, out) == (1, [])
    assert "not the ARN or the URI of an ECR repository: 'arn:odd'" in err[0]
    assert "not an AWS region" in err[1]
    monkeypatch.setitem(sys.modules, "boto3", None)
    write([sample(ECRImageActionEvent)], tmp_path / "e")
    status, _, err = run(capfd, "lookup", tmp_path / "e")
    assert status == 2
    assert "pip install 'ecr_events[boto3]'" in err[-1]


# sample, schema, pattern


@pytest.mark.parametrize("type", get_args(ECREvent), ids=lambda type: type.__name__)
def test_sample_and_schema_print_what_the_library_has(
    type: type[EventBridgeEvent], capfd: pytest.CaptureFixture[str]
) -> None:
    """For every type."""
    status, out, _ = run(capfd, "sample", type.__name__)
    assert (status, json.loads("".join(out))) == (0, json.loads(sample_json(type)))
    status, out, _ = run(capfd, "schema", str(type.__struct_config__.tag))
    assert (status, json.loads("".join(out))) == (0, json_schema(type))


def test_schema_without_a_type_is_that_of_all(capfd: pytest.CaptureFixture[str]) -> None:
    """The union's."""
    assert json.loads("".join(run(capfd, "schema")[1])) == json_schema()


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["image-action"], {"source": ["aws.ecr"], "detail-type": ["ECR Image Action"]}),
        (
            ["api-call-via-cloudtrail", "time=2026-05-04*", "requestParameters.imageTag=1.4.x"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "time": [{"prefix": "2026-05-04"}],
                "detail": {"requestParameters": {"imageTag": ["1.4.x"]}},
            },
        ),
        (
            ["image-action", "action-type=PUSH", "action-type=DELETE", "repository-name=team/*", "region=eu-west-1"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Action"],
                "detail": {"action-type": ["PUSH", "DELETE"], "repository-name": [{"prefix": "team/"}]},
                "region": ["eu-west-1"],
            },
        ),
        (
            [
                "inspector2-finding",
                "severity=CRITICAL",
                "inspectorScore=9.8",
                "resources.details.awsEcrContainerImage.inUseCount=2",
            ],
            {
                "source": ["aws.inspector2"],
                "detail-type": ["Inspector2 Finding"],
                "detail": {
                    "severity": ["CRITICAL"],
                    "inspectorScore": [9.8],
                    "resources": {"details": {"awsEcrContainerImage": {"inUseCount": [2]}}},
                },
            },
        ),
        (
            [
                "api-call-via-cloudtrail",
                "detail.readOnly=false",
                'requestParameters.repositoryName="a"',
                'userIdentity.sessionContext.attributes.mfaAuthenticated="true"',
            ],
            {
                "source": ["aws.ecr"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "readOnly": [False],
                    "requestParameters": {"repositoryName": ["a"]},
                    "userIdentity": {"sessionContext": {"attributes": {"mfaAuthenticated": ["true"]}}},
                },
            },
        ),
        (
            ["image-scan", "finding-severity-counts.CRITICAL=1", "image-tags=latest"],
            {
                "source": ["aws.ecr"],
                "detail-type": ["ECR Image Scan"],
                "detail": {"finding-severity-counts": {"CRITICAL": [1]}, "image-tags": ["latest"]},
            },
        ),
    ],
)
def test_a_pattern_is_typed(arguments: list[str], pattern: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    """Fields of the detail, of the envelope, in each other and in arrays, with values of their own types."""
    status, out, _ = run(capfd, "pattern", *arguments)
    assert (status, json.loads("".join(out))) == (0, pattern)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["image-action", "tag=1"], "ECRImageActionEvent has no field 'tag': no 'tag' there, it has action-type,"),
        (["image-action", "action-type.x=1"], "no 'x' there, there is nothing in it"),
        (["image-action", "PUSH"], "not of the form FIELD=VALUE: 'PUSH'"),
        (["api-call-via-cloudtrail", "readOnly=perhaps"], "'readOnly' cannot be 'perhaps'"),
        (["api-call-via-cloudtrail", "userIdentity=me"], "'userIdentity' holds fields, and no value"),
        (["unknown"], "an unknown event has no pattern"),
        (["image-action", "source=aws.rds"], "'source' is 'aws.ecr' in every event of this type"),
        (["image-action", "time=soon"], "'time' cannot be 'soon': no date and no time"),
    ],
)
def test_a_pattern_that_fits_no_event_is_refused(
    arguments: list[str], complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A rule with it would never match, which nobody notices."""
    status, out, err = run(capfd, "pattern", *arguments)
    assert (status, out) == (2, [])
    assert complaint in err[0]


# The program


@pytest.mark.parametrize("command", ["decode", "summary", "lookup", "sample", "schema", "pattern", "demo"])
def test_every_command_has_help_with_an_example(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    """What it does, what it takes, and how it is used."""
    status, out, _ = run(capfd, command, "--help")
    assert status == 0
    assert f"example: ecr-events {command}" in "\n".join(out)


def test_the_version_is_that_of_the_package(capfd: pytest.CaptureFixture[str]) -> None:
    """As the installer knows it."""
    status, out, _ = run(capfd, "--version")
    assert status == 0
    assert re.fullmatch(r"ecr-events \d+\.\d+\.\d+", out[0])


def test_without_rich_the_extra_is_named() -> None:
    """For every command, with exit status 2."""
    code = "import sys; sys.modules['rich'] = None; from ecr_events.cli import main; sys.exit(main(['sample', 'scan']))"
    process = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert process.returncode == 2
    assert "pip install 'ecr_events[cli]'" in process.stderr


def test_the_module_is_the_command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """`python -m ecr_events` exits with the status of the command."""
    monkeypatch.setattr(sys, "argv", ["ecr_events", "sample", "image-action"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("ecr_events", run_name="__main__")
    assert caught.value.code == 0
    assert json.loads(capfd.readouterr().out) == json.loads(sample_json(ECRImageActionEvent))
