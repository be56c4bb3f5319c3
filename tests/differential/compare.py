"""One case through both engines and the oracle."""

from tests.differential import oracle
from tests.differential.generate import Case

from escalation import ledger, rete


def difference(case: Case) -> str:
    """Where two of the three disagree first, in words; "" if they agree on every world of the case."""
    network = rete.compile_network(case.pack)
    for number, (entities, world) in enumerate(case.worlds):
        expected = oracle.decide(case.pack, entities, world)
        for name, found in (
            ("durable-rules", rete.run(network, entities, world)),
            ("the ledger", ledger.decide(case.pack, entities, world)),
        ):
            if found != expected:
                fired = sorted(set(found.fired) ^ set(expected.fired))
                made = sorted(set(found.concluded) ^ set(expected.concluded))
                return f"world {number} of case {case.seed}: {name} differs from the oracle on {fired} and {made}"
    return ""
