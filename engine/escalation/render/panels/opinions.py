"""What people say beside the rating: the analyst's own level, and the state of the review. Neither moves it.

Both panels say nothing where nobody has said anything.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from escalation.assess import Assessment
from escalation.diagnostics import InputError
from escalation.opinions import has_review, judgement
from escalation.render.layout import Block, Paragraph, Section
from escalation.render.words import counted, levels, spelled
from escalation.scenario import review_path

__all__ = ["analyst", "analyst_line", "brief", "review", "review_line"]


def brief(found: Assessment) -> Sequence[Block]:
    """Both in a sentence each, for the shortest report."""
    return [Paragraph(text, hang=2) for text in (analyst_line(found), review_line(found)) if text]


def analyst(found: Assessment) -> Sequence[Block]:
    """The analyst's own level with its reason, how it lies to the engine's, and the dissent."""
    own = judgement(found.scenario, found.pack)
    if own is None:
        return []
    said = [analyst_line(found)] if own.written else []
    said += [f"Reason: {own.reason.rstrip('.')}."] if own.reason else []
    said += [f"Dissent: {own.dissent.rstrip('.')}."] if own.dissent else []
    blocks = tuple(Paragraph(text, 2, 2) for text in said)
    return [Section("The analyst's own judgement, beside the rating and no part of it (J)", blocks)]


def analyst_line(found: Assessment) -> str:
    """The analyst's own level and how it lies to the engine's, in one sentence; "" where there is none."""
    own, rating = judgement(found.scenario, found.pack), found.rating
    if own is None or not own.written:
        return ""
    if own.level is None:
        return f"The analyst's own level is '{own.written[:40]}', which is no level of this pack."
    apart = abs(own.level - rating.level)
    steps = f"{spelled(apart)} level{'' if apart == 1 else 's'}"
    lies = (
        f"{steps} {'above' if own.level > rating.level else 'below'} the rating" if apart else "the same as the rating"
    )
    if apart and rating.low < rating.high:
        lies += ", inside its range" if rating.low <= own.level <= rating.high else ", outside its range"
    return f"The analyst's own level is {levels(found.pack, own.level, own.level)}: {lies}."


def review(found: Assessment) -> Sequence[Block]:
    """The state of the review: who signed, and the lines in dispute, overridden or re-opened."""
    if not has_review(found.scenario, found.pack):
        return []
    from escalation.analysis.review_file import review_of
    from escalation.render.review import section

    try:
        state = review_of(found)
    except InputError:
        return [Section("Review", (Paragraph(review_line(found).removeprefix("Review: "), 2, 2),))]
    return [section(state)] if state else []


def review_line(found: Assessment) -> str:
    """The state of the review in one sentence; "" where nothing is recorded."""
    if not has_review(found.scenario, found.pack):
        return ""
    from escalation.analysis.review_file import review_of
    from escalation.render.review import sentence

    try:
        state = review_of(found)
    except InputError as error:
        name = os.path.basename(review_path(found.scenario.file))
        return (
            f"Review: {name} is not in order ({counted(len(error.problems), 'problem')}); assess review FILE says why."
        )
    return sentence(state) if state else ""
