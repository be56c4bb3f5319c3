"""The trace as JSON text: one object for one file, an array in input order for several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from escalation.assess import Assessment
from escalation.opinions import has_review
from escalation.render.safe import safe_json
from escalation.trace import trace

__all__ = ["dump"]


def dump(found: Sequence[Assessment], several: bool) -> str:
    """JSON in a fixed order of keys: a line for each top-level key, and one for each entry of the longer lists.

    Characters outside ASCII are kept, but for those that act on a terminal or reorder a line.
    """
    texts = [safe_json(_object(_data(one))) for one in found]
    return "[\n" + ",\n".join(texts) + "\n]" if several else texts[0]


def _data(found: Assessment) -> dict[str, Any]:
    """The trace, and the state of the review where there is one."""
    if not has_review(found.scenario, found.pack):
        return trace(found)
    from escalation.render.review import data  # few scenarios have one

    return {**trace(found), "review": data(found)}


def _object(data: dict[str, Any]) -> str:
    # json.dumps with indent runs in Python and takes ten times as long, so the lines are broken here
    lines = [f"{_ENCODE(key)}: {_value(value)}" for key, value in data.items()]
    return "{\n" + ",\n".join(lines) + "\n}"


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n  " + ",\n  ".join(_ENCODE(item) for item in value) + "\n]"
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
