"""What coins suggest to an agent that keeps a conversation (`ocp.suggestions`): a package. It is only a hint."""

from agents.models import Agent
from coins.models import Account, Customer, Package, Purchase
from ocp.suggestions import Question, Suggestion

SPENDING = "/stripe/spend-currency"


def package(question: Question) -> Suggestion:
    """The smallest package that covers what is missing, or else the one bought last; on sale, and for this customer."""
    user_id = question.answered.get("user_id") or question.asked.get("user_id")
    if not isinstance(user_id, str):
        return {}
    customer = Customer.objects.of(Agent(pk=question.owner)).select_related("account").filter(pk=user_id).first()
    if customer is None:
        return {}
    short = _shortfall(question, customer.account)
    if short:
        return _suggested(
            Package.objects.on_sale().filter(coins__gte=short).order_by("coins").first(), "covers_shortfall"
        )
    bought = question.context.events.filter(kind="purchase.completed", customer=customer.pk).values("object_id")
    in_context = Purchase.objects.paid().filter(pk__in=bought, package__is_active=True).order_by("-created_at").first()
    if in_context:
        return _suggested(in_context.package, "bought_in_session")
    ever = customer.purchases.paid().filter(package__is_active=True).order_by("-created_at").first()
    return _suggested(ever.package if ever else None, "last_bought")


def _shortfall(question: Question, account: Account) -> int:
    """How many coins a spending that was just refused lacked."""
    wanted = question.asked.get("amount")
    if question.path != SPENDING or "detail" not in question.answered or not isinstance(wanted, int):
        return 0
    return max(0, wanted - (account.balance or 0))


def _suggested(found: Package | None, reason: str) -> Suggestion:
    return {"suggested_package": {"package_id": found.id, "reason": reason}} if found else {}
