"""What people say beside the rating and never as part of it: the analyst's own level and dissent, and a review.

A scenario may say under `analyst:` what its author would answer, why, and where the author dissents from the result. No
rule sees it. The level may be written by name or by number; one that the pack does not have is kept as it was written.
A review stands in a file of its own (`analysis/review.py`); here is only whether there is one.
"""

import os
from typing import NamedTuple

from escalation.pack import Pack
from escalation.scenario import Scenario, review_path
from escalation.source import Mapping, Text

__all__ = ["Judgement", "has_review", "judgement"]


class Judgement(NamedTuple):
    """What the analyst says: a level of the pack from 1 (None: none said, or none of the pack's), and why.

    `written` is the level as in the file; every text may be "".
    """

    level: int | None
    written: str
    reason: str
    dissent: str


def judgement(scenario: Scenario, pack: Pack) -> Judgement | None:
    """The analyst's own judgement; None where the scenario states none."""
    stated = scenario.analyst
    if not isinstance(stated, Mapping):
        return None
    texts = {key.value: value.value.strip() for key, value in stated.entries if isinstance(value, Text)}
    written, reason, dissent = (texts.get(key, "") for key in ("level", "reason", "dissent"))
    if not (written or reason or dissent):
        return None
    names = [level.name.casefold() for level in pack.levels]
    numbers = [str(number + 1) for number in range(len(names))]
    known = {word: number + 1 for words in (names, numbers) for number, word in enumerate(words)}
    return Judgement(known.get(written.casefold()), written, reason, dissent)


def has_review(scenario: Scenario, pack: Pack) -> bool:
    """Whether a review file stands beside the scenario, and is of this pack: under an image other rules count."""
    path = review_path(scenario.file)
    return bool(path) and not pack.profile and os.path.lexists(path)
