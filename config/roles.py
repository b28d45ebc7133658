"""What staff may do, by their role; `manage.py seed_roles` makes a group of each.

Everybody reads everything of their rooms. Nobody edits what an operation writes: there are actions, and each asks for a
permission of its own.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

ROOMS = ("checkout", "payments", "sandbox", "coins", "vault", "spt", "catalog", "ocp", "agents")
SUPPORT = {  # read; ask the processor again, replay, give money back up to REFUND_LIMITS
    "payments.change_payment",
    "payments.add_refund",
    "sandbox.change_event",
    "agents.change_outgoingevent",
}
MANAGER = SUPPORT | {  # give back any amount, keep orders, take tokens back, give coins, keep what is on sale
    "payments.refund_without_limit",
    "checkout.change_order",
    "spt.change_sharedpaymenttoken",
    "vault.change_vaulttoken",
    "coins.add_transfer",
    "coins.add_package",
    "coins.change_package",
} | {
    f"catalog.{verb}_{model}"
    for verb in ("add", "change", "delete")
    for model in ("product", "shippingoption", "shippingrate", "taxrate", "promotion", "fee")
}  # fmt: skip
DEVELOPER = {  # agents, their keys, and where events go
    "agents.add_agent",
    "agents.change_agent",
    "agents.change_apikey",
    "agents.add_endpoint",
    "agents.change_endpoint",
    "agents.change_outgoingevent",
    "sandbox.change_event",
    "sandbox.change_webhookendpoint",
}
ROLES = {"support": SUPPORT, "manager": MANAGER, "developer": DEVELOPER}


@transaction.atomic
def seed_roles() -> list[Group]:
    """Make the groups, with exactly these permissions. Whoever is in them stays in them."""
    groups = []
    for name, granted in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(granted))
        groups.append(group)
    return groups


def _permissions(granted: set[str]) -> list[Permission]:
    """:raises LookupError: if there is no such permission; a misspelled one would be a promise not kept."""
    named = Q(pk=None)
    for permission in granted:
        room, codename = permission.split(".")
        named |= Q(content_type__app_label=room, codename=codename)
    found = list(Permission.objects.filter(named).select_related("content_type"))
    missing = granted - {f"{each.content_type.app_label}.{each.codename}" for each in found}
    if missing:
        raise LookupError(f"There is no permission {', '.join(sorted(missing))}")
    reading = Permission.objects.filter(content_type__app_label__in=ROOMS, codename__startswith="view_")
    return [*found, *reading]
