"""A prepared query finds what its queryset finds, and asks anew each time."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent, ApiKey
from agents.operations import create_agent, issue_key, revoke_key
from agents.prepared import Prepared
from catalog.models import Product
from checkout.models import LineItem

pytestmark = pytest.mark.django_db


def test_rows_are_those_of_the_queryset(caller):
    session = caller.create("item_123", "ebook_123")
    queryset = LineItem.objects.select_related("product", "session__agent").order_by("position")
    prepared = Prepared(lambda id: queryset.filter(session=id))

    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            found = prepared(session["id"])
            products = [line.product for line in found]
            agents = [line.session.agent for line in found]

        assert [session["id"] in query["sql"] for query in asked] == [True]
        assert found == list(queryset.filter(session=session["id"]))
        assert [vars(product) | {"_state": 0} for product in products] == [
            vars(Product.objects.get(pk=product.pk)) | {"_state": 0} for product in products
        ]
        assert agents == [caller.agent, caller.agent]


def test_a_null_relation_is_none(agent):
    prepared = Prepared(lambda name: Agent.objects.filter(name=name).select_related("endpoint"))

    assert prepared("Robin") == [agent]


def test_sees_what_was_changed_since(agent):
    prepared = Prepared(lambda hash: ApiKey.objects.filter(hash=hash, revoked_at=None))
    key, plain = issue_key(agent=agent)
    hash = ApiKey.hash_of(plain)
    assert prepared(hash) == [key]

    revoke_key(key=key)

    assert prepared(hash) == []


def test_a_value_may_be_anything():
    prepared = Prepared(lambda name, other: Agent.objects.filter(name__in=[name, other]).order_by("name"))
    for name in ("%s", "'; DROP TABLE x", "~1~", "é😀"):
        create_agent(name=name)

    assert [row.name for row in prepared("%s", "'; DROP TABLE x")] == ["%s", "'; DROP TABLE x"]
    assert [row.name for row in prepared("~1~", "é😀")] == ["~1~", "é😀"]
    assert [row.name for row in prepared("~1~", "~1~")] == ["~1~"]


def test_two_prepared_queries_are_two(agent):
    by_name = Prepared(lambda name: Agent.objects.filter(name=name))
    by_id = Prepared(lambda id: Agent.objects.filter(pk=id))

    assert by_name("Robin") == by_id(agent.pk) == [agent]
    assert by_name(agent.pk) == by_id("Robin") == []


def test_there_may_be_any_number_of_values(agent):
    by_names = Prepared(lambda *names: Agent.objects.filter(name__in=names).order_by("name"))
    create_agent(name="Ada")

    assert [row.name for row in by_names("Robin", "Ada", "Eve")] == ["Ada", "Robin"]
    assert [row.name for row in by_names("Robin")] == ["Robin"]
