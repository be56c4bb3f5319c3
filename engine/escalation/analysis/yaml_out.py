"""YAML for people: plain data written as a scenario is written by hand.

Facts with annotations and lists of words stand on one line, dates are plain, and long text is folded. Only what is
written for an analyst to go on with (imported cases, scenarios that a search found) needs this; results are JSON.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["Flow", "dump"]

_ENDS = re.compile("[\r\x85\u2028\u2029]")


class Flow(dict[str, Any]):
    """A mapping to be written on one line."""


def dump(document: dict[str, Any]) -> str:
    """A document as YAML, a blank line between its parts."""
    parts = [
        yaml.dump({key: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=116)
        for key, value in document.items()
    ]
    text = ""
    for part in parts:
        text += ("\n" if text and part.count("\n") > 1 else "") + part
    return text


class _Dumper(yaml.SafeDumper):
    """Plain dates, one-line facts, and no aliases."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
        for first, rows in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)  # lists stand in from their key

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    """Text, quoted with escapes where it holds what YAML takes for the end of a line: it would be read as a space."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style='"' if _ENDS.search(data) else None)


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.SequenceNode:
    scalars = not any(isinstance(item, dict | list) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=scalars)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(
    Flow, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)
