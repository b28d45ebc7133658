"""What each test card does, for people who have to pick one."""

from payments.sandbox.behaviors import ALWAYS, BEHAVIORS, IF_PRESENT, ON_REQUEST, UNLESS_SET_UP, Behavior
from payments.sandbox.cards import TestCard

_CHALLENGES = {
    ALWAYS: "Asks the buyer first",
    UNLESS_SET_UP: "Asks the buyer first, unless it was set up for later",
    IF_PRESENT: "Asks the buyer first, if they are there",
    ON_REQUEST: "Asks the buyer only if the shop wants that",
}
_DISPUTES = {
    "fraudulent": "the buyer says later that it was not them",
    "product_not_received": "the buyer says later that nothing came",
    "inquiry": "the bank inquires about it later",
    "early_fraud_warning": "the bank warns of fraud later",
    "many": "it is disputed several times",
}


def what_it_does(card: TestCard) -> str:
    """One sentence, without its full stop."""
    behavior = BEHAVIORS[card.behavior]
    if behavior.challenge in _CHALLENGES:
        ending = f"is declined all the same: {_decline(behavior)}" if behavior.decline else "pays if they approve"
        return f"{_CHALLENGES[behavior.challenge]}; {ending}"
    if behavior.decline:
        kept = " (it can be kept for a customer)" if behavior.attachable and behavior.risk_level == "normal" else ""
        return f"Is declined: {_decline(behavior)}{kept}"
    return "Pays" + "".join(f"; {note}" for note in _notes(behavior))


def _decline(behavior: Behavior) -> str:
    if behavior.decline is None:
        return ""
    reason = behavior.decline.decline_code or behavior.decline.code
    return reason.replace("_", " ")


def _notes(behavior: Behavior) -> list[str]:
    checks = {
        "security code": behavior.cvc_check,
        "address": behavior.line1_check,
        "postal code": behavior.postal_code_check,
    }
    notes = [f"its {name} does not match" for name, result in checks.items() if result == "fail"]
    notes += ["its address is not checked"] if behavior.line1_check == "unavailable" else []
    notes += [f"its risk is {behavior.risk_level}"] if behavior.risk_level != "normal" else []
    notes += [_DISPUTES[behavior.dispute]] if behavior.dispute else []
    notes += ["a refund takes a while"] if behavior.refund_begins != "succeeded" else []
    notes += ["a refund fails"] if behavior.refund != "succeeded" else []
    notes += ["the money is there at once"] if behavior.funds == "available" else []
    return notes
