"""The kinds of picture: one entry each. `assess plot` makes a command of every entry.

A kind is drawn from one of three things: the assessment of a scenario, the results of a sweep, or a backtest. What the
user may ask beyond that (axes, a pair of facts, questions) is passed on as it was written. Nothing here imports what
draws, so that help needs no extra.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["FORMATS", "KINDS", "Kind"]

FORMATS = ("svg", "pdf", "png")
"""The forms in which a picture is written, by the ending of a file."""


class Kind(NamedTuple):
    """One kind: its name, what it is drawn from, the function that draws it (MODULE:NAME in `plots`), and its help.

    `axes` is how many `--vary` it takes.
    """

    name: str
    of: Literal["scenario", "results", "backtest"]
    draw: str
    help: str
    example: str
    axes: int = 0


KINDS = (
    Kind(
        "heatmap",
        "scenario",
        "heatmap:figure",
        """The level at every pair of values of two facts of FILE.

        --vary is given twice, PATH=VALUES: first the fact that goes across, then the one that goes up. VALUES are * for
        all, words or numbers with commas between, or LOW:HIGH:STEP. Numbers are drawn with edges exactly where a
        rating changes. All other facts stand as stated or assumed.""",
        "assess plot heatmap scenarios/us-patriot-2022.yaml -o heat.svg \\\n"
        "    --vary 'transfer.supplier_personnel=*' --vary 'items[0].role=*'",
        axes=2,
    ),
    Kind(
        "sweep",
        "results",
        "sweep:figure",
        """The lowest and highest level in OUT, the results of a sweep, by two of the facts that it varies.

        OUT is a file of `assess sweep -o`. The figures are over all rows: what else was varied goes through all of its
        values in every cell. Needs the extra `bulk` too.""",
        "assess plot sweep rows.parquet --pair permitted_targets,range -o sweep.svg",
    ),
    Kind(
        "tornado",
        "scenario",
        "tornado:figure",
        """What each fact of FILE does by itself to the score, widest first.

        The figures are those of `assess even-if`: every fact through all its values, the others as they stand.""",
        "assess plot tornado scenarios/us-patriot-2022.yaml -o tornado.pdf",
    ),
    Kind(
        "shares",
        "scenario",
        "shares:figure",
        """How the stated uncertainty of FILE falls on the levels.

        The figures are those of `assess shares`: the spread of the inputs as stated, not the
        likelihood of a reaction.""",
        "assess plot shares scenarios/every-feature.yaml -o shares.svg",
    ),
    Kind(
        "confusion",
        "backtest",
        "agreement:confusion",
        """Historical cases by rated and coded level.

        DIR is a folder of cases (default: the casebook). The figures are those of `assess backtest`: agreement with
        one coder, never accuracy.""",
        "assess plot confusion -o confusion.svg",
    ),
    Kind(
        "calibration",
        "backtest",
        "agreement:calibration",
        """The mean coded level of the historical cases rated at each level.

        DIR is a folder of cases (default: the casebook). The figures are those of `assess backtest`: agreement with
        one coder, never accuracy.""",
        "assess plot calibration --question ex_ante -o calibration.pdf",
    ),
)
