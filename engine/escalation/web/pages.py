"""Pages to read: the list of scenarios, one scenario, the rules, a rule, a code of a message."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from starlette.responses import PlainTextResponse, Response

from escalation.diagnostics import InputError
from escalation.ledger import CANNOT_TELL
from escalation.pack import Pack, data_folder
from escalation.render.explain import explained
from escalation.rules import Rule
from escalation.web.cases import Case
from escalation.web.desk import Ask, Desk
from escalation.web.folder import Missing
from escalation.web.page import bases_of, report
from escalation.web.reviewing import review_state, reviewed
from escalation.workbench.listing import chosen, effect

__all__ = ["code", "report_file", "rule", "rules", "scenario", "scenarios", "stamp"]


_MOST_LINES = 40
"""Lines of a rule that its form in the ledger offers; there may be hundreds, and as many forms as rules."""


class Line(NamedTuple):
    """A scenario in the list: its case under no image and under each of the pack's, and the state of its review."""

    case: Case
    images: tuple[Case, ...]
    review: str

    @property
    def title(self) -> str:
        """What the scenario is called."""
        return (self.case.found.scenario.title if self.case.found else "") or self.case.name


class RuleLine(NamedTuple):
    """A rule in the list: what it gives, and the scenarios in which it fires, cannot be told, or does neither."""

    rule: Rule
    effect: str
    fired: tuple[str, ...]
    cannot: tuple[str, ...]


_SORTS: dict[str, Callable[[Line], Any]] = {
    "title": lambda line: line.title.casefold(),
    "date": lambda line: line.case.found.scenario.as_of.isoformat() if line.case.found else "",
    "level": lambda line: (line.case.found.rating.level, line.case.found.rating.score) if line.case.found else (0, 0),
    "review": lambda line: line.review,
    "range": lambda line: line.case.found.rating.high - line.case.found.rating.low if line.case.found else -1,
}


def scenarios(desk: Desk, ask: Ask) -> Response:
    """Every scenario of the folder: searched, sorted, with its level under every image."""
    cases, pack = desk.cases, desk.cases.pack()
    held = cases.folder.held()
    sort = ask.query.get("sort", "")
    sort = sort if sort in _SORTS else "title"
    down = ask.query.get("down", "") == "1"
    wanted = ask.query.get("q", "").strip()
    lines = [line for line in _lines(desk, held.names, pack) if _meets(line, wanted)]
    lines.sort(key=_SORTS[sort], reverse=down)
    return desk.page(
        "scenarios.html",
        ask,
        stamp="*",
        lines=lines,
        held=held,
        sort=sort,
        down=down,
        wanted=wanted,
        pack=pack,
    )


def scenario(desk: Desk, ask: Ask) -> Response:
    """One scenario as in the report, or what is wrong with its file."""
    name, profile = ask.path["name"], desk.image(ask)
    case = desk.cases.case(name, profile)
    if case.found is None:
        return desk.page("broken.html", ask, stamp=name, case=case)
    view = desk.view(case.found)
    review = None if profile else reviewed(desk, ask, case.found)  # a review is of the pack as it is
    if review and review.problems:  # told above the report, and nothing of the file is shown
        view = view._replace(panels={name: panel for name, panel in view.panels.items() if name != "review"})
    return desk.page(
        "scenario.html",
        ask,
        stamp=name,
        case=case,
        v=view,
        bases=bases_of([case.found]),
        profile=profile,
        images=desk.cases.pack().profiles,
        review=review,
        most_lines=_MOST_LINES,
    )


def report_file(desk: Desk, ask: Ask) -> Response:
    """The report on one scenario, to keep: the same file as `assess report` writes."""
    case = desk.cases.case(ask.path["name"], desk.image(ask))
    if case.found is None:
        raise InputError(case.problems)
    if problems := reviewed(desk, ask, case.found).problems:
        raise InputError(problems)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.splitext(case.name)[0])
    headers = {"Content-Disposition": f'attachment; filename="{name}.html"'}
    return Response(report([case.found]), media_type="text/html", headers=headers)


def stamp(desk: Desk, ask: Ask) -> Response:
    """Whether a page is still what the files say: a word that changes with them."""
    return PlainTextResponse(desk.mark(ask.query.get("of", "*")))


def rules(desk: Desk, ask: Ask) -> Response:
    """The rules of the pack, searched, each with the scenarios in which it fires."""
    pack = desk.cases.pack()
    text = ask.query.get("q", "").strip()
    factor = ask.query.get("factor", "")
    factor = factor if factor in {one.name for one in pack.factors} else ""
    cases = list(desk.cases.every(desk.cases.folder.held().names))
    lines = [_rule_line(one, pack, cases) for one in chosen(pack, text, factor)]
    return desk.page("rules.html", ask, stamp="*", lines=lines, pack=pack, wanted=text, factor=factor, cases=cases)


def rule(desk: Desk, ask: Ask) -> Response:
    """One rule: what it says and rests on, and where it fires."""
    pack = desk.cases.pack()
    found = pack.rule(ask.path["rule"])
    if found is None:
        raise Missing(f"the pack has no rule {ask.path['rule']}")
    cases = list(desk.cases.every(desk.cases.folder.held().names))
    line = _rule_line(found, pack, cases)
    blocks = explained(pack, found.id)
    return desk.page("rule.html", ask, stamp="*", line=line, blocks_of_rule=blocks, cases=cases)


def code(desk: Desk, ask: Ask) -> Response:
    """What a code of a message means, as `assess explain` says it."""
    wanted = ask.path["code"]
    for folder in (data_folder("codes"), data_folder(os.path.join("docs", "codes"))):
        path = os.path.join(folder, f"{wanted}.md")
        if re.fullmatch(r"[A-Z]+-[0-9]+", wanted) and os.path.isfile(path):
            with open(path, encoding="utf-8") as file:
                return desk.page("code.html", ask, code=wanted, text=file.read())
    raise Missing(f"no message has the code {wanted}")


def _lines(desk: Desk, names: Iterable[str], pack: Pack) -> Iterator[Line]:
    packs = [desk.cases.pack(image) for image in pack.profiles]
    for name in names:
        try:
            case = desk.cases.under(name, pack)
            images = [desk.cases.under(name, image) for image in packs] if case.found else []
        except Missing:
            continue  # taken away since it was listed
        yield Line(case, tuple(images), review_state(desk, case))


def _meets(line: Line, wanted: str) -> bool:
    """Whether every word that is looked for is somewhere in what the list shows of a scenario."""
    found = line.case.found
    said = [
        line.case.name,
        line.title,
        line.review,
        found.scenario.id if found else "",
        found.rating.name if found else "not rated",
    ]
    text = " ".join(said).casefold()
    return all(word in text for word in wanted.casefold().split())


def _rule_line(rule: Rule, pack: Pack, cases: Iterable[Case]) -> RuleLine:
    fired, cannot, at = [], [], pack.rules.index(rule)
    for case in cases:
        if case.found is None:
            continue
        if rule.id in case.found.fired:
            fired.append(case.name)
        if case.found.ledger.rules[at].state == CANNOT_TELL:
            cannot.append(case.name)
    return RuleLine(rule, effect(rule, pack), tuple(fired), tuple(cannot))
