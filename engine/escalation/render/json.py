"""The trace as JSON text: one object for one file, an array in input order for several."""

from __future__ import annotations

import json
from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.trace import trace

__all__ = ["dump"]


def dump(found: Sequence[Assessment], several: bool) -> str:
    """JSON with stable key order; characters outside ASCII are kept, control characters are escaped by JSON itself."""
    traces = [trace(one) for one in found]
    return json.dumps(traces if several else traces[0], indent=2, ensure_ascii=False)
