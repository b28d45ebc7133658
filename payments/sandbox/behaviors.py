"""How a test card behaves, by name. Payment methods keep the name, so that no number has to be kept.

What happens at the charge is acted on by `operations.charging`, what comes after it by `operations.refunds` and
`operations.disputes`.
"""

from dataclasses import dataclass

# Whether the buyer is asked to approve a payment (3D Secure).
NEVER, ON_REQUEST, UNLESS_SET_UP, IF_PRESENT, ALWAYS = "never", "on_request", "unless_set_up", "if_present", "always"


@dataclass(frozen=True)
class Decline:
    """A card error in Stripe's words."""

    code: str
    message: str
    decline_code: str = ""


@dataclass(frozen=True)
class Behavior:
    """What a bank does with a card. The plain one pays."""

    decline: Decline | None = None
    challenge: str = NEVER
    attachable: bool = True  # a card that is declined cannot be kept for a customer either
    cvc_check: str = "pass"
    line1_check: str = "pass"
    postal_code_check: str = "pass"
    risk_level: str = "normal"
    dispute: str = ""  # the reason the buyer gives after the charge
    refund: str = "succeeded"  # how a refund ends …
    refund_begins: str = "succeeded"  # … and how it looks at first
    funds: str = "pending"  # whether the money has to wait

    def challenges(self, *, is_requested: bool = False, is_off_session: bool = False, is_set_up: bool = False) -> bool:
        """Whether the buyer must approve a payment before it is charged."""
        if self.challenge == UNLESS_SET_UP:
            return not is_set_up
        if self.challenge == IF_PRESENT:
            return not is_off_session
        return self.challenge == ALWAYS or is_requested and self.challenge == ON_REQUEST


DECLINED = "Your card was declined."
GENERIC = Decline("card_declined", DECLINED, "generic_decline")
NO_FUNDS = Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds")
LOST = Decline("card_declined", DECLINED, "lost_card")
STOLEN = Decline("card_declined", DECLINED, "stolen_card")
FRAUDULENT = Decline("card_declined", DECLINED, "fraudulent")
EXPIRED = Decline("expired_card", "Your card has expired.")
WRONG_CVC = Decline("incorrect_cvc", "Your card's security code is incorrect.")
BROKEN = Decline("processing_error", "An error occurred while processing your card. Try again in a little bit.")
TOO_OFTEN = Decline(
    "card_declined",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    "card_velocity_exceeded",
)

UNAUTHENTICATED = Decline(
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
    "authentication_required",
)

BEHAVIORS: dict[str, Behavior] = {
    "succeeds": Behavior(),
    "bypasses_pending": Behavior(funds="available"),
    # Declined at the charge (stripe.md §2.2)
    "declined": Behavior(GENERIC, attachable=False),
    "insufficient_funds": Behavior(NO_FUNDS, attachable=False),
    "lost_card": Behavior(LOST, attachable=False),
    "stolen_card": Behavior(STOLEN, attachable=False),
    "fraudulent": Behavior(FRAUDULENT, attachable=False),
    "expired_card": Behavior(EXPIRED, attachable=False),
    "incorrect_cvc": Behavior(WRONG_CVC, attachable=False),
    "processing_error": Behavior(BROKEN, attachable=False),
    "velocity_exceeded": Behavior(TOO_OFTEN, attachable=False),
    "declined_after_attaching": Behavior(GENERIC),
    "lost_after_attaching": Behavior(LOST),
    "stolen_after_attaching": Behavior(STOLEN),
    # Looked at by fraud prevention. Nothing but `blocked` is refused, as with a new account's rules.
    "blocked": Behavior(FRAUDULENT, risk_level="highest"),
    "highest_risk": Behavior(risk_level="highest"),
    "elevated_risk": Behavior(risk_level="elevated"),
    "cvc_check_fails": Behavior(cvc_check="fail"),
    "postal_code_check_fails": Behavior(postal_code_check="fail"),
    "line1_check_fails": Behavior(line1_check="fail"),
    "address_checks_fail": Behavior(line1_check="fail", postal_code_check="fail"),
    "address_unchecked": Behavior(line1_check="unavailable", postal_code_check="unavailable"),
    # 3D Secure (§2.3)
    "challenged_unless_set_up": Behavior(challenge=UNLESS_SET_UP),
    "challenged_if_present": Behavior(challenge=IF_PRESENT),
    "challenged": Behavior(challenge=ALWAYS),
    "challenged_then_declined": Behavior(GENERIC, challenge=ALWAYS),
    "challenged_then_insufficient_funds": Behavior(NO_FUNDS, challenge=ALWAYS),
    "challenged_on_request": Behavior(challenge=ON_REQUEST),
    "challenge_breaks": Behavior(GENERIC),  # the look-up fails, so nobody is asked
    # Disputes and refunds (§2.4)
    "disputed_as_fraudulent": Behavior(dispute="fraudulent"),
    "disputed_as_not_received": Behavior(dispute="product_not_received"),
    "inquired": Behavior(dispute="inquiry"),
    "warned_of_fraud": Behavior(dispute="early_fraud_warning"),
    "disputed_many_times": Behavior(dispute="many"),
    "refund_pending": Behavior(refund_begins="pending"),
    "refund_fails": Behavior(refund="failed"),
}
