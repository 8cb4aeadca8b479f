"""Docstrings of fields, for `help` and for the JSON Schema.

Python discards the docstring under a field. It is read from the source of the module on first use; without the source,
fields have no description.
"""

import ast
import inspect
import sys
from functools import cache

__all__ = ["docstrings"]


def docstrings(cls: type) -> dict[str, str]:
    """Return the docstrings of the fields of a class, inherited ones included, by name."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        found |= _by_class(base.__module__).get(base.__qualname__, {})
    return found


@cache
def _by_class(module: str) -> dict[str, dict[str, str]]:
    """Return the docstrings under the fields of each top-level class of a module, by the names of both."""
    try:
        body = ast.parse(inspect.getsource(sys.modules[module])).body
    except (KeyError, OSError, TypeError, SyntaxError):
        return {}
    found: dict[str, dict[str, str]] = {}
    for definition in body:
        if isinstance(definition, ast.ClassDef):
            docs = found[definition.name] = dict[str, str]()
            for field, following in zip(definition.body, definition.body[1:], strict=False):
                match field, following:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        docs[name] = inspect.cleandoc(text)
                    case _:
                        pass
    return found
