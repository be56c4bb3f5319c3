"""What the commands that ask a question print: every page as it is kept, and the same answer in the other forms."""

from __future__ import annotations

import json
from itertools import product

import pytest
from tests.support.command import ROOT, run
from tests.support.golden import check

from escalation import load_pack

GOLDEN = ROOT / "tests" / "golden" / "questions"
PACK = load_pack()
PATRIOT, ATACMS, PACKAGE, KHARKIV, FEATURES = (
    f"scenarios/{name}.yaml"
    for name in (
        "us-patriot-2022",
        "us-atacms-2022",
        "us-package-dec-2022",
        "us-kharkiv-permission-2024",
        "every-feature",
    )
)
STEPS = tuple(
    f"scenarios/casebook/{name}.yaml"
    for name in ("us-atacms-2022-refused", "us-atacms-2023", "us-atacms-inrussia-2024")
)
CREWS = "transfer.supplier_personnel=supplier_crews_in_recipient"
PAGES: dict[str, tuple[str, ...]] = {
    "compare-patriot-atacms": ("compare", PATRIOT, ATACMS),
    "compare-three": ("compare", PATRIOT, PACKAGE, ATACMS),
    "compare-patriot-images": ("compare", PATRIOT, "--profile", "humiliation_averse"),
    "even-if-patriot": ("even-if", PATRIOT),
    "even-if-atacms": ("even-if", ATACMS),
    "even-if-every-feature": ("even-if", FEATURES, "--near", "10"),
    "flip-patriot": ("flip", PATRIOT),
    "flip-atacms-down": ("flip", ATACMS, "--to", "down", "--max", "4"),
    "flip-package": ("flip", PACKAGE),
    "flip-kharkiv": ("flip", KHARKIV, "--to", "moderate"),
    "path-atacms": ("path", *STEPS),
    "shares-every-feature": ("shares", FEATURES),
    "shares-every-feature-sampled": ("shares", FEATURES, "--samples", "5000", "--seed", "1"),
    "shares-patriot": ("shares", PATRIOT),
    "terms-patriot": ("terms", PATRIOT),
    "terms-atacms": ("terms", ATACMS),
    "terms-package": ("terms", PACKAGE),
    "unknowns-patriot": ("unknowns", PATRIOT),
    "unknowns-atacms": ("unknowns", ATACMS),
    "unknowns-every-feature": ("unknowns", FEATURES),
    "what-if-patriot": (
        *("what-if", PATRIOT, "--set", CREWS),
        *("--add", "warning:kind=direct_conflict,office=head_of_state"),
    ),
    "what-if-atacms": ("what-if", ATACMS, "--remove", "warnings", "--set", "item.range=161 km"),
    "why-patriot": ("why", PATRIOT),
    "why-atacms": ("why", ATACMS),
    "why-patriot-LIM-20": ("why", PATRIOT, "LIM-20"),
    "why-atacms-WRN-40": ("why", ATACMS, "WRN-40"),
    "why-not-patriot-RCH-10": ("why-not", PATRIOT, "RCH-10"),
    "why-not-patriot-INV-30": ("why-not", PATRIOT, "INV-30"),
    "why-not-patriot-WRN-20": ("why-not", PATRIOT, "WRN-20"),
    "why-not-atacms-LIM-20": ("why-not", ATACMS, "LIM-20"),
}
MARKDOWN = (
    "compare-patriot-atacms",
    "even-if-patriot",
    "flip-patriot",
    "shares-every-feature",
    "unknowns-patriot",
    "why-not-patriot-RCH-10",
)
"""The pages that are kept in Markdown too; of the others it is only tried."""


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_as_kept(name):
    found = run(*PAGES[name])
    assert (found.code, found.err) == (0, "")
    check(GOLDEN / f"{name}.txt", found.out)


@pytest.mark.parametrize(("name", "form"), list(product(PAGES, ("markdown", "json"))))
def test_other_forms_say_the_same(name, form):
    found = run(*PAGES[name], "--format", form)
    assert (found.code, found.err) == (0, "")
    if form == "json":
        data = json.loads(found.out)
        files = [word for word in PAGES[name][1:] if word.startswith("scenarios/")]
        assert data["question"].startswith(PAGES[name][0].replace("-", "_"))
        assert list(dict.fromkeys(one["file"] for one in data["scenarios"])) == files
        assert {(pack["name"], len(pack["digest"])) for pack in data["packs"]} == {(PACK.name, 64)}
    elif name in MARKDOWN:
        check(GOLDEN / f"{name}.md", found.out)
    else:
        assert found.out.strip()


def test_every_page_that_is_kept_is_tried():
    kept = {path.name for path in GOLDEN.iterdir()}
    assert kept == {f"{name}.txt" for name in PAGES} | {f"{name}.md" for name in MARKDOWN}
