"""Fuzzing with atheris: targets that check what the library promises, and the command that runs them.

``python tests/fuzz`` lists the targets, and ``python tests/fuzz decode --seconds 600`` runs one. To add a target, write
a function that takes bytes and asserts, with its seeds, and list it in `targets`. `test_fuzz` replays the seeds and the
inputs in ``corpus``, without atheris.
"""
