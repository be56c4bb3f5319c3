"""A picture with its title and caption, and how it becomes SVG, PDF or PNG.

All pictures look alike: dark on white, one family of letters that the renderer brings along (so that equal input gives
equal SVG wherever it runs), levels in one ramp from light to dark that holds for the colour-blind and on a copier,
and every value also written out. Under each stands what it is, what it is not, and what it was made from.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple, TypeAlias

import altair as alt
import vl_convert

from escalation import __version__
from escalation.assess import Assessment
from escalation.pack import Pack
from escalation.render.safe import one_line
from escalation.render.words import day, names, perceiver

__all__ = [
    "INK",
    "LETTER",
    "LINE",
    "NO_ADVICE",
    "QUIET",
    "Chart",
    "Figure",
    "about",
    "axis_labels",
    "banded",
    "ink_on",
    "made_from",
    "picture",
    "ramp",
    "rows",
    "wrapped",
]

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart | alt.HConcatChart | alt.VConcatChart | alt.ConcatChart
NO_ADVICE = "Structured consideration of stated facts, not prediction, and no advice to send or not to send."
INK, QUIET, LINE = "#1b1f24", "#525a64", "#8a929e"
LETTER = 6.2
"""Width of a letter of 12 pixels, about."""
_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # the first comes with vl-convert, the next have its widths
_RAMP = ("#ffffd4", "#fed98e", "#fe9929", "#d95f0e", "#993404")  # ColorBrewer's YlOrBr: ever darker, safe for print
_PNG_SCALE = 2
_ROOM = 106  # letters of a line of the caption


class Figure(NamedTuple):
    """A chart, its title, the line under the title, the paragraphs of its caption, and all of it in words."""

    chart: Chart
    title: str
    subtitle: str
    notes: tuple[str, ...]
    says: str


def picture(figure: Figure, form: str) -> bytes:
    """The figure as a file of one of `kinds.FORMATS`."""
    chart = figure.chart.properties(
        title=alt.TitleParams(
            wrapped(figure.title, 80), subtitle=wrapped(figure.subtitle, _ROOM), frame="bounds", anchor="start"
        )
    )
    caption = [line for note in figure.notes for line in wrapped(note, _ROOM)]
    under = alt.TitleParams(
        caption,
        orient="bottom",
        frame="bounds",
        anchor="start",
        fontSize=11,
        fontWeight="normal",
        color=QUIET,
        offset=14,
    )
    whole = alt.vconcat(chart, title=under).configure(**_look())
    spec = whole.to_dict()
    if form == "svg":
        words = f"<title>{escape(one_line(figure.title))}</title><desc>{escape(one_line(figure.says))}</desc>"
        return vl_convert.vegalite_to_svg(spec).replace(">", f">{words}", 1).encode()
    return vl_convert.vegalite_to_pdf(spec) if form == "pdf" else vl_convert.vegalite_to_png(spec, scale=_PNG_SCALE)


def _look() -> dict[str, Any]:
    free = {"labelLimit": 0, "titleLimit": 0}
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": "bold"}
    return {
        "font": _FONT,
        "background": "white",
        "padding": 16,
        "view": {"stroke": None},
        "axis": {**text, **free, "labelOverlap": False, "domainColor": LINE, "tickColor": LINE, "gridColor": "#e3e6ea"},
        "legend": {**text, **free, "symbolType": "square", "symbolSize": 160, "symbolStrokeColor": LINE},
        "title": {
            "fontSize": 15,
            "subtitleFontSize": 12,
            "color": INK,
            "subtitleColor": QUIET,
            "offset": 14,
            "limit": 0,
        },
        "text": {"fontSize": 11, "color": INK},
    }


# -- words


def about(found: Assessment) -> str:
    """Which transfer, on which day, in whose eyes, by which image."""
    image = f", image {found.pack.profile}" if found.pack.profile else ""
    scenario = found.scenario
    return one_line(f"{scenario.title}, as of {day(scenario.as_of)}, read as {perceiver(found)}{image}")


def made_from(pack: Pack, *digests: str) -> str:
    """The last line of a caption: which rules and scenario, by digest, and which program."""
    scenarios = f", scenario {', '.join(one[:8] for one in digests)}" if digests else ""
    return f"{pack.name} {pack.version} {pack.digest[:8]}{scenarios}, escalation-assess {__version__}."


def rows(records: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Records as the data of a chart; texts are made safe to show."""
    return alt.InlineData([{k: one_line(v) if isinstance(v, str) else v for k, v in one.items()} for one in records])


def wrapped(text: str, room: int) -> list[str]:
    """The lines of a text, none longer than `room` letters but for longer words."""
    return textwrap.wrap(one_line(text), room, break_long_words=len(text) > 4 * room) or [""]


def axis_labels(lines: Sequence[Sequence[str]]) -> str:
    """The expression that labels place 0.5 of an axis with the first lines, 1.5 with the next, and so on."""
    import json

    return f"{json.dumps(list(map(list, lines)))}[floor(datum.value)]"


def banded(labels: Sequence[Sequence[str]], **more: Any) -> alt.Axis:
    """An axis of bands one unit wide, each with its lines of text in the middle."""
    places = [i + 0.5 for i in range(len(labels))]
    bare = {"grid": False, "ticks": False, "domain": False, "labelPadding": 6, **more}
    # without its number of ticks an axis leaves out every other one where it thinks that there are many
    return alt.Axis(values=places, tickCount=len(places), labelExpr=axis_labels(labels), **bare)


# -- colours


def ramp(pack: Pack) -> dict[str, str]:
    """A colour for each level of a pack by name, from the lightest."""
    own = names(pack)
    last = len(_RAMP) - 1
    return {name: _between(i * last / max(1, len(own) - 1)) for i, name in enumerate(own)}


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    light = _light(colour)
    return "#000000" if (light + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def _between(place: float) -> str:
    """The colour at a place of the ramp, counted from 0."""
    at = min(int(place), len(_RAMP) - 2)
    pairs = zip(_channels(_RAMP[at]), _channels(_RAMP[at + 1]), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * (place - at)):02x}" for low, high in pairs)


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _light(colour: str) -> float:
    """The relative luminance of a colour, as the accessibility guidelines define it."""
    parts = (c / 255 for c in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
