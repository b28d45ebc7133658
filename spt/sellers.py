"""Who a token is for. Stripe names sellers by their network business profile; ours follows from the account.

A profile that is none of the sandbox's (such as the one in Stripe's own examples) names a seller we cannot tell from
others, so whoever holds the token's id is taken for them. The id cannot be guessed.
"""

import re
from collections.abc import Collection

from payments.sandbox.accounts import TILL, account_of

_OURS = re.compile(r"profile_test_([0-9a-f]{16})")

NETWORK_AGENT = str(account_of("sk_test_network_agent"))  # who issues what a seller's test helper makes


def profile_of(account: str) -> str:
    """Return the network business profile of an account of the sandbox."""
    return f"profile_test_{account.partition('_')[2]}"


def account_named(profile: str) -> str:
    """Return the account whose profile this is, or "" if it is none of the sandbox's."""
    match = _OURS.fullmatch(profile)
    return f"acct_{match[1]}" if match else ""


def flaw_of(profile: str, *, agent: str, names: Collection[str]) -> str | None:
    """Why the account `agent` cannot issue to this profile, in Stripe's words (stripe.md §1.7); None if it can.

    `names` are those that the shop answers to. They may stand for its profile.
    """
    if not profile or profile in names or profile.startswith("profile_test_"):
        is_own = profile == profile_of(agent)
        return "The network_id provided is the same as the counterparty network_id." if is_own else None
    if profile.startswith("profile_"):
        return "The livemode of the API request and the network_id provided do not match."
    return "Stripe business profile not found."


def is_shop(*, profile: str, external_id: str, names: Collection[str]) -> bool:
    """Whether a token for this seller is for the shop itself, which answers to `names`.

    A token that names nobody is for whoever holds it: so the seed's mock issued them.
    """
    known = {*names, profile_of(TILL)}
    return (not profile or profile in known) and (not external_id or external_id in known)
