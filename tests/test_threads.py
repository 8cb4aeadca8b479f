"""The first use in many threads at once, in fresh interpreters: msgspec crashes if each builds a decoder."""

import subprocess
import sys

import pytest

_THREADS = """
import sys, threading
import ecr_events
from ecr_events.samples import sample_json
from ecr_events import *

sys.setswitchinterval(1e-6)
samples = [sample_json(cls) for cls in (ECRImageActionEvent, ECRReplicationActionEvent, Inspector2FindingEvent)]
{prepare}
barrier = threading.Barrier(8)
done = []


def work(number):
    barrier.wait()
    for turn in range(9):
        use((number + turn) % 3)
    done.append(number)


threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(done))
"""

USES = {
    "JSON": "use = lambda number: decode(samples[number])",
    "a dict": "import json; documents = [*map(json.loads, samples)]; use = lambda number: decode(documents[number])",
    "a type": "use = lambda number: decode(samples[number], type=UnknownEvent)",
    "an archive": "from ecr_events.archives import read; use = lambda number: list(read(samples[number]))",
    "a message": """
import json
from ecr_events.deliveries import unwrap
texts = [json.dumps({"Type": "Notification", "Message": sample.decode()}) for sample in samples]
use = lambda n: list(unwrap({"Records": [{"messageId": "1", "body": texts[n], "messageAttributes": {}}]}))
""",
    "a batch as bytes": """
import json
from ecr_events.deliveries import unwrap
records = [[{"messageId": "1", "body": sample.decode(), "messageAttributes": {}}] for sample in samples]
texts = [json.dumps({"Records": each}, separators=(",", ":")).encode() for each in records]
use = lambda number: list(unwrap(texts[number]))
""",
    "a response of ECR": """
from ecr_events.service import api
response = {"imageDetails": [{"imageDigest": "sha256:1", "registryId": "1", "repositoryName": "a"}]}
use = lambda _: api._convert(response, "DescribeImagesResponse")
""",
}


@pytest.mark.parametrize("prepare", USES.values(), ids=USES)
def test_the_first_use_may_be_in_many_threads(prepare: str) -> None:
    """Each thread gets its results, and the process goes on."""
    code = _THREADS.format(prepare=prepare)
    for _ in range(4):
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout, run.stderr) == (0, "8\n", "")
