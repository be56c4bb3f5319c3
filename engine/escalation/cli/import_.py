"""`assess import CASEBOOK -o DIR`: historical cases into scenarios, with a list of what is lost on the way."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from escalation.analysis.forms import Form, read_form
from escalation.analysis.importer import CASEBOOK_LIMITS, Imported, import_cases
from escalation.diagnostics import Mark, Problems
from escalation.pack import load_pack
from escalation.render.problems import text as problems_text
from escalation.render.safe import safe
from escalation.scenario import read_scenario
from escalation.source import read_bytes
from escalation.vocabulary import Vocabulary

__all__ = ["command"]


@click.command("import")
@click.argument("casebook", metavar="CASEBOOK")
@click.option("-o", "--output", required=True, metavar="DIR", help="Folder for the scenarios; made if it is not there.")
@click.option("--form", "form_file", metavar="FILE", help="How the casebook is written (default: the pack's form).")
@click.option("--report", metavar="FILE", help="Write every single loss to FILE, with its place in the casebook.")
@click.option("--force", is_flag=True, help="Write over scenarios that are there, with what was added to them by hand.")
@click.option("--rules", metavar="DIR", help="Use the vocabulary and forms of the pack in DIR.")
def command(
    casebook: str, output: str, form_file: str | None, report: str | None, force: bool, rules: str | None
) -> None:
    """Make scenarios of the cases in CASEBOOK, a YAML file with a list of coded cases.

    The form of the casebook is data: rules/imports/casebook.yaml describes one and explains how to describe another.
    What a scenario has no place for is listed on stderr. Complete the files by hand; to import again, use a new folder.
    """
    pack = load_pack(rules)
    problems = Problems()
    form = _form(form_file or str(Path(pack.folder) / "imports" / "casebook.yaml"), problems)
    data = read_bytes(casebook, problems, CASEBOOK_LIMITS)
    cases = import_cases(data, casebook, form, pack.vocabulary, problems) if form and data is not None else []
    written = [one for one in cases if _write(one, Path(output), force, pack.vocabulary, problems)]
    click.echo(_summary(casebook, output, written), err=True)
    if report:
        lines = [_line(casebook, one) for one in cases]
        Path(report).write_text("".join(lines), encoding="utf-8")
    if problems.found:
        click.echo(problems_text(problems.found), err=True)
        sys.exit(2)


def _form(path: str, problems: Problems) -> Form | None:
    data = read_bytes(path, problems)
    return None if data is None else read_form(data, path, problems)


def _write(case: Imported, folder: Path, force: bool, vocabulary: Vocabulary, problems: Problems) -> bool:
    """Write one scenario if it is one; whether it was written."""
    path = folder / case.folder / f"{case.id}.yaml"
    data = case.text.encode()
    if read_scenario(data, str(path), vocabulary, problems) is None:
        return False
    if path.exists() and not force:
        help = "import into another folder, or --force if nothing was added by hand"
        problems.add("FILE-5", "is there already, and is left as it is", Mark(str(path), 1, 1), help)
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return True


def _summary(casebook: str, output: str, cases: Sequence[Imported]) -> str:
    """What was written and, by path and reason, what was lost."""
    apart = Counter(case.folder for case in cases if case.folder)
    kept_apart = "".join(f", {number} of them in {folder}/" for folder, number in apart.items())
    lines = [f"{casebook}: {len(cases)} scenarios written to {output}{kept_apart}"]
    for title, declared in (("Values with no place", False), ("Left out by the form", True)):
        losses = [loss for case in cases for loss in case.losses if loss.declared is declared]
        counted = Counter((loss.path, loss.why) for loss in losses)
        lines += [f"{title} (how many, what, why):"] if losses else []
        lines += [f"  {number:4}  {path}: {why}" for (path, why), number in sorted(counted.items())]
    return safe("\n".join(lines))


def _line(casebook: str, case: Imported) -> str:
    return "".join(
        safe(f"{loss.mark.file}:{loss.mark.line}: {loss.case} {loss.path}: '{loss.value}': {loss.why}") + "\n"
        for loss in case.losses
    )
