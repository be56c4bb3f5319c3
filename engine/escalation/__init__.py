"""Rates how escalatory a proposed arms transfer would be read, by declarative rules, with a trace of every condition.

    from escalation import assess, load_pack, load_scenario

    found = assess("scenarios/us-patriot-2022.yaml")
    found.rating.name, found.rating.low, found.rating.high

To read the code, start with `assess.py`, which shows the whole pipe.
"""

__version__ = "0.1.0"  # first: modules below read it

from escalation.assess import Assessment, Rating, assess
from escalation.diagnostics import InputError, InternalError, Problem
from escalation.pack import Pack, load_pack
from escalation.scenario import Scenario, load_scenario

__all__ = [
    "Assessment",
    "InputError",
    "InternalError",
    "Pack",
    "Problem",
    "Rating",
    "Scenario",
    "__version__",
    "assess",
    "load_pack",
    "load_scenario",
]
