"""Edition <-> the JSON kept in edition.chosen, an exact round trip. Pure.

Reading raises ValueError for JSON that is not an edition.
"""

from typing import Any

from pydantic import TypeAdapter

from digest.model.edition import Edition

_ADAPTER = TypeAdapter(Edition)


def to_json(edition: Edition) -> dict[str, Any]:
    """Objects, lists, strings, numbers and nulls only; instants as ISO 8601."""
    found: dict[str, Any] = _ADAPTER.dump_python(edition, mode="json")
    return found


def from_json(value: dict[str, Any]) -> Edition:
    """The edition that to_json() was given."""
    return _ADAPTER.validate_python(value)
