"""Events as Arrow columns, for Spark, Ray, Polars, DuckDB and every other library that reads Arrow.

Requires the extra ``arrow`` (pyarrow). A data source of Spark is in `ecr_events.columns.spark`.
"""

from ecr_events.columns.athena import athena_ddl
from ecr_events.columns.batches import from_arrow, to_arrow
from ecr_events.columns.reading import decode_batches, read_arrow
from ecr_events.columns.schema import arrow_schema, nested_schema

__all__ = ["arrow_schema", "athena_ddl", "decode_batches", "from_arrow", "nested_schema", "read_arrow", "to_arrow"]
