"""The targets on their seeds and on the corpus, without atheris."""

import pytest

from fuzz.targets import CORPUS, TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_targets_hold_for_seeds_and_corpus(name: str) -> None:
    """Defects that fuzzing has found stay mended."""
    inputs = TARGETS[name].inputs(name)
    assert inputs
    for data in inputs:
        TARGETS[name].check(data)


def test_every_folder_of_the_corpus_has_a_target() -> None:
    """The corpus of a renamed target is not lost."""
    assert {path.name for path in CORPUS.iterdir()} <= TARGETS.keys()
