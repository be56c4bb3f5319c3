"""A backtest as a page of blocks, and as JSON data. Nothing is computed here but shares and sums of what is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from escalation.analysis.backtest import Answer, Backtest, Score
from escalation.analysis.freeze import since
from escalation.analysis.statistics import Estimate
from escalation.render.layout import Block, Column, Paragraph, Row, Section, Table
from escalation.render.words import when

__all__ = ["blocks", "data"]


def blocks(found: Backtest) -> tuple[Block, ...]:
    """The page: what was compared, each question's answer, and what the rules rest on."""
    pack, size, book = found.pack, found.size, found.casebook
    name = f"{pack.name} {pack.version}" + (f" as {pack.profile}" if pack.profile else "")
    aside = (
        ("with a perceiver outside the pack", book.out_of_scope),
        ("kept apart under a banner", book.kept_apart),
        ("without a coding", book.not_coded),
    )
    left_out = "; ".join(f"{len(ids)} {why} ({', '.join(ids)})" for why, ids in aside if ids)
    return (
        Paragraph(f"{name} against {len(book.cases)} historical cases"),
        Paragraph(
            f"{size.rules} rules, {size.moving} of which can move a level; {size.numbers} numbers and word lists set by"
            f" hand: {size.points} points, {size.parameters} parameters, {size.word_lists} word lists,"
            f" {size.thresholds} thresholds, {size.bounds} bounds. Pack {pack.digest[:8]}, written with knowledge to"
            f" {pack.knowledge_to}. {_frozen(found)}"
        ),
        *((Paragraph(f"Not in the figures: {left_out}."),) if left_out else ()),
        Section("What these figures are", tuple(Paragraph(note, 2, 2) for note in found.plan.notes)),
        *(
            Section(f"{answer.question.title}: {len(answer.cases)} cases", _answer(found, answer))
            for answer in found.answers
        ),
        Section("How to read the columns", (Paragraph(_columns(found), 2),)),
        *_rare(found),
        *_removals(found),
    )


def data(found: Backtest) -> dict[str, Any]:
    """The whole result as JSON data; measures that are not defined are null."""
    pack, book = found.pack, found.casebook
    return {
        "backtest_schema": 1,
        "pack": {"name": pack.name, "version": pack.version, "profile": pack.profile or None, "digest": pack.digest},
        "frozen": since(pack)._asdict(),
        "size": {**found.size._asdict(), "numbers": found.size.numbers},
        "notes": list(found.plan.notes),
        "cases": [case.scenario.id for case in book.cases],
        **{name: list(ids) for name, ids in zip(book._fields[1:], book[1:], strict=True)},
        "questions": [_answer_data(answer) for answer in found.answers],
        "firing": found.firing,
        "without_one_rule": [
            {
                "rule": one.rule,
                "fires_in": one.fires,
                "moves": [{"case": c, "scale": s, "level": a, "without": b} for c, s, a, b in one.moves],
                "without": {q: {"exact": n, "mean_absolute_error": e} for q, (n, e) in one.without.items()},
            }
            for one in found.removals
        ],
    }


def _frozen(found: Backtest) -> str:
    """Since when nothing that is able to move a rating has changed."""
    kept = since(found.pack)
    if kept.on and kept.unchanged:
        return f"Last change of anything that is able to move a rating: {when(kept.on)}."
    was = f"since {when(kept.on)}, the day kept in pack.yaml" if kept.on else "on a day that pack.yaml does not keep"
    return f"Changed {was}; to keep it: frozen: {{on: DATE, substance: {kept.substance}}}."


# -- one question


def _answer(found: Backtest, answer: Answer) -> tuple[Block, ...]:
    number = len(answer.cases)
    measures = answer.scores[0].measures
    exact, near = (round(number * (measures[name].value or 0)) for name in ("exact", "within_one"))
    inside = "" if answer.within_coder is None else f", {answer.within_coder} within the coder's own range"
    names = [level.name.upper() for level in found.pack.levels]
    return (
        Paragraph(
            f"Of {number} cases {exact} are exact{inside}, {near} at most one level apart; the farthest is"
            f" {answer.farthest} apart. Agreement with one coder, on {found.size.rules} rules and {found.size.numbers}"
            " numbers.",
            2,
        ),
        Paragraph("; ".join(f"{label} {_with_ends(measures[name])}" for name, label in _LABELS.items()) + ".", 2),
        *(Paragraph(text, 2, 2) for text in _statements(answer)),
        _levels(answer),
        _ranges(answer),
        _confusion(answer, names),
        *_misses(answer, names),
    )


_LABELS = {
    "exact": "exact",
    "mean_absolute_error": "error",
    "weighted_kappa": "kappa",
    "tau": "tau",
    "bias": "bias",
    "coverage": "covered by the range",
    "interval_score": "interval score",
}


def _statements(answer: Answer) -> Iterator[str]:
    """What the comparison with the baselines comes to, in plain words."""
    measures = answer.scores[0].measures
    error, score = (measures[name].value or 0 for name in ("mean_absolute_error", "interval_score"))
    rivals = answer.scores[1:]
    if good := [_against(rival) for rival in rivals if rival.as_good]:
        yield f"As good as the engine (error {_number(error)}, score {_number(score)}) or better: {', '.join(good)}."
    else:
        yield "No baseline is as good as the engine here."
    fitted = [
        f"{rival.forecast.title} ({_number(rival.fitted_error)})"
        for rival in rivals
        if not rival.as_good and rival.fitted_error is not None and rival.fitted_error <= error
    ]
    if fitted:
        yield f"Fitted to these very cases, also as good in error or better: {', '.join(fitted)}."
    alike = [rival.forecast.title for rival in rivals if not rival.as_good and not rival.told_apart]
    if alike:
        yield f"Worse, but not told apart on {len(answer.cases)} cases: {', '.join(alike)}."


def _against(score: Score) -> str:
    levels = score.forecast.levels is not None
    own = score.measures["mean_absolute_error" if levels else "interval_score"].value
    return f"{score.forecast.title} ({'error' if levels else 'score'} {_number(own)})"


def _levels(answer: Answer) -> Table:
    labels = ("numbers", "exact", "error", "fitted", "kappa", "tau", "bias", "engine less it")
    names = ("mean_absolute_error", "weighted_kappa", "tau", "bias")
    rows = []
    for score in answer.scores:
        if score.forecast.levels is not None:
            error, kappa, tau, bias = (_number(score.measures[name].value) for name in names)
            count = round(len(answer.cases) * (score.measures["exact"].value or 0))
            middle = (_numbers(score), str(count), error, _number(score.fitted_error), kappa, tau, bias)
            rows.append(Row((score.forecast.title, *middle, _difference(score))))
    return Table(_labelled("levels", labels), tuple(rows), indent=2)


def _ranges(answer: Answer) -> Table:
    labels = ("numbers", "covered", "width", "score", "engine less it")
    rows = []
    for score in answer.scores:
        if score.forecast.levels is None or score.difference is None:
            figures = (_number(score.measures[name].value) for name in ("coverage", "mean_width", "interval_score"))
            rows.append(Row((score.forecast.title, _numbers(score), *figures, _difference(score))))
    return Table(_labelled("ranges", labels), tuple(rows), indent=2)


def _confusion(answer: Answer, names: list[str]) -> Table:
    rows = (
        Row((f"{i + 1} {name}", *(str(count) if count else "." for count in counts)))
        for i, (name, counts) in enumerate(zip(names, answer.confusion, strict=True))
    )
    columns = (Column("engine, by coded level"), *(Column(str(i + 1), right=True) for i in range(len(names))))
    return Table(columns, tuple(rows), indent=2)


def _labelled(first: str, labels: Sequence[str]) -> tuple[Column, ...]:
    return (Column(first, flex=True), *(Column(label, right=True) for label in labels))


def _misses(answer: Answer, names: list[str]) -> Iterator[Block]:
    """The cases that are not exact, each with what was coded."""
    missed = [
        f"{case.id} {names[case.level - 1]} for {case.target}"
        + (f" ({case.coder_low} to {case.coder_high})" if case.coder_high else "")
        for case in answer.cases
        if case.level != case.target
    ]
    if missed:
        yield Paragraph(f"Not exact: {'; '.join(missed)}.", 2, 2)


def _columns(found: Backtest) -> str:
    share, outside = found.plan.interval_share, found.plan.left_outside
    return (
        "numbers: set by hand or fitted. exact: cases with the same level. error: mean distance in levels. fitted: the"
        " error of a one-fact table fitted to these very cases; the other columns leave the case itself out of the fit."
        " kappa: Cohen's, quadratic weights. tau: Kendall's tau-b. bias: mean signed distance, above 0 where the"
        " forecast is higher. covered: share of cases within the range. width: of the range, in levels. score: width"
        f" and {2 / share:g} for each level outside, less is better. Engine less it: below 0 the engine is better."
        f" Intervals hold {100 * (1 - outside):g}% of {found.plan.resamples} resamples of the cases (seed"
        f" {found.plan.seed})."
    )


# -- the rules


def _rare(found: Backtest) -> Iterator[Block]:
    few = found.plan.few_cases
    rare = {name: count for name, count in found.firing.items() if count < few}
    if rare:
        groups = [(n, [name for name, count in rare.items() if count == n]) for n in range(few)]
        text = "; ".join(f"in {n or 'none'}: {', '.join(names)}" for n, names in groups if names)
        yield Section(
            f"Rules that fire in fewer than {few} cases", (Paragraph(f"{text}. This casebook cannot test them.", 2),)
        )


def _removals(found: Backtest) -> Iterator[Block]:
    ids = [answer.question.id for answer in found.answers]
    labels = ("fires in", "moves", *(f"{name.replace('_', ' ')}" for name in ids))
    columns = (Column(""), Column("", flex=True), *(Column(label, right=True) for label in labels))
    engine = [answer.scores[0].measures for answer in found.answers]
    figures = zip((len(answer.cases) for answer in found.answers), engine, strict=True)
    all_rules = [
        _exact_and_error(round(n * (m["exact"].value or 0)), m["mean_absolute_error"].value or 0) for n, m in figures
    ]
    rows = [Row(("", "all rules", "", "", *all_rules))]
    for one in found.removals:
        cells = (_exact_and_error(*one.without[name]) for name in ids)
        rows.append(Row((one.rule, one.title, str(one.fires), str(len(one.moves)), *cells)))
    text = "Each rule taken out by itself: where it fires, levels that move, cases exact then, and the error then."
    yield Section("Without one rule", (Table(columns, tuple(rows)), Paragraph(text, 2)))


def _exact_and_error(exact: int, error: float) -> str:
    return f"{exact} {error:.2f}"


# -- small words


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}".replace("-0.00", "0.00")


def _with_ends(one: Estimate) -> str:
    if one.value is None:
        return "not defined"
    return _number(one.value) + ("" if one.low is None else f" [{_number(one.low)}, {_number(one.high)}]")


def _difference(score: Score) -> str:
    return "" if score.difference is None else _with_ends(score.difference)


def _numbers(score: Score) -> str:
    return "" if score.forecast.numbers is None else str(score.forecast.numbers)


def _answer_data(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "id": question.id,
        "title": question.title,
        "scale": question.scale,
        "target": question.target,
        "cases": [case._asdict() for case in answer.cases],
        "within_coder_range": answer.within_coder,
        "farthest": answer.farthest,
        "confusion": [list(row) for row in answer.confusion],
        "scores": [_score_data(score) for score in answer.scores],
    }


def _score_data(score: Score) -> dict[str, Any]:
    one = score.forecast
    return {
        "id": one.id,
        "title": one.title,
        "numbers": one.numbers,
        "hindsight": one.hindsight,
        "measures": {name: estimate._asdict() for name, estimate in score.measures.items()},
        "engine_less_it": score.difference._asdict() if score.difference else None,
        "as_good_as_the_engine": score.as_good if score.difference else None,
        "told_apart_from_the_engine": score.told_apart if score.difference else None,
        "fitted_error": score.fitted_error,
    }
