"""pyarrow's JSON reader, to a table of inferred types, on all cores."""

from pyarrow.json import read_json

from benchmarks.contenders import Contender

CONTENDER = Contender(
    label="pyarrow.json, columns",
    packages=("pyarrow",),
    read=lambda path: range(read_json(path).num_rows),
)
