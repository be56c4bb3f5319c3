"""The questions that can be asked of ratings, for use from Python.

    from escalation import assess
    from escalation.questions import compare, what_if, why_not

    patriot, atacms = assess("scenarios/us-patriot-2022.yaml"), assess("scenarios/us-atacms-2022.yaml")
    why_not(patriot, rule_id).failing()
    what_if(patriot, assign=["transfer.supplier_personnel=supplier_crews_in_recipient"]).after.rating.name
    compare([patriot, atacms]).pairs[0].shares

The review of a scenario's trace is read with `load_review`, changed with `record`, `sign` and `forget`, and kept with
`save_review`; `standing` says what of it still holds (docs/review.md).

Each takes assessments and gives an immutable answer that holds everything the command of the same name shows; `data()`
of an answer is its JSON.
"""

from __future__ import annotations

from escalation.analysis.compare import compare
from escalation.analysis.compare_packs import compare_packs
from escalation.analysis.even_if import even_if
from escalation.analysis.flip import flip
from escalation.analysis.path import path
from escalation.analysis.proof import prove
from escalation.analysis.review import Entry, Signature, forget, record, sign, standing
from escalation.analysis.review_file import load as load_review
from escalation.analysis.review_file import save_review
from escalation.analysis.review_lines import review_lines
from escalation.analysis.shares import shares
from escalation.analysis.terms import terms
from escalation.analysis.unknowns import unknowns
from escalation.analysis.what_if import what_if
from escalation.analysis.why import why
from escalation.analysis.why_not import why_not

__all__ = [
    "Entry",
    "Signature",
    "compare",
    "compare_packs",
    "even_if",
    "flip",
    "forget",
    "load_review",
    "path",
    "prove",
    "record",
    "review_lines",
    "save_review",
    "shares",
    "sign",
    "standing",
    "terms",
    "unknowns",
    "what_if",
    "why",
    "why_not",
]
