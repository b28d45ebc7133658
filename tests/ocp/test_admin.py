"""Staff read a conversation as a timeline, and nothing of what its headers claimed."""

import pytest
from django.urls import reverse

from ocp.models import Context
from tests.ocp.conftest import packed
from tests.ocp.test_conversations import in_context

pytestmark = pytest.mark.django_db(transaction=True)


def page_of(admin_client) -> str:
    return admin_client.get(reverse("admin:ocp_context_change", args=[Context.objects.get().pk])).content.decode()


def test_a_conversation_is_told_in_order_with_links(caller, admin_client):
    session = in_context(caller).ready()
    order = caller.complete(session, caller.delegate(session)).json()["order"]["id"]

    page = page_of(admin_client)

    assert page.index("checkout session: created") < page.index("vault token: created") < page.index("order: created")
    assert f">{order}</a>" in page
    assert f">{session['id']}</a>" in page


def test_what_the_headers_claim_is_nowhere(talker, admin_client):
    talker.context["OCP-Session"] = packed({"note": "a secret of the buyer's", "customer_id": "cus_claimed"})
    talker.context["OCP-User"] = "<script>alert(1)</script>"
    talker.post("/v1/customers", "email=a@example.com")

    page = page_of(admin_client)

    assert "a secret of the buyer" not in page
    assert "cus_claimed" not in page
    assert "<script>alert(1)" not in page


def test_the_list_takes_few_queries(talker, admin_client, django_assert_max_num_queries):
    for number in range(10):
        talker.context["OCP-Context-ID"] = f"c-{number}"
        talker.get("/v1/customers")

    with django_assert_max_num_queries(8):
        assert "c-9" in admin_client.get(reverse("admin:ocp_context_changelist")).content.decode()
