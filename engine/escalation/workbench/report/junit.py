"""A report as JUnit XML, which build servers show: a suite for each group, a case for each thing that was checked."""

from __future__ import annotations

import re
from xml.sax.saxutils import quoteattr

from escalation.render.layout import Look
from escalation.workbench.finding import FAILED, SKIPPED, Item, Report

__all__ = ["write"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, look: Look) -> str:
    """The items of the report; what is skipped is counted as skipped, with its reason."""
    groups: dict[str, list[Item]] = {}
    for item in report.items:
        groups.setdefault(item.group, []).append(item)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites name={_attribute(report.command)}>"]
    for name, items in groups.items():
        failed, skipped = (sum(item.state == state for item in items) for state in (FAILED, SKIPPED))
        lines.append(
            f'  <testsuite name={_attribute(name)} tests="{len(items)}" failures="{failed}" skipped="{skipped}">'
        )
        lines += [line for item in items for line in _case(item)]
        lines.append("  </testsuite>")
    return "\n".join([*lines, "</testsuites>"])


def _case(item: Item) -> list[str]:
    place = f' file={_attribute(item.mark.file)} line="{item.mark.line}"' if item.mark else ""
    head = f"    <testcase classname={_attribute(item.group)} name={_attribute(item.name)}{place}"
    if item.state == FAILED:
        return [f"{head}>", f"      <failure message={_attribute(item.message)}/>", "    </testcase>"]
    if item.state == SKIPPED:
        return [f"{head}>", f"      <skipped message={_attribute(item.message)}/>", "    </testcase>"]
    return [f"{head}/>"]


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("?", text))
