from datetime import UTC, datetime

import pytest
import stripe
from django.utils import timezone

from payments.sandbox.models import Customer
from tests.payments.sandbox.conftest import Wire

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def customers(db) -> list[str]:
    """The ids of 25, newest first."""
    return [Customer.objects.create(email=f"{number}@example.com").pk for number in range(25)][::-1]


def ids(page: stripe.ListObject) -> list[str]:
    return [each.id for each in page.data]


def test_a_list_begins_with_the_newest(sdk, customers):
    page = sdk.customers.list()

    assert ids(page) == customers[:10]
    assert (page.object, page.url, page.has_more) == ("list", "/v1/customers", True)


def test_it_goes_on_after_an_object(sdk, customers):
    assert ids(sdk.customers.list({"limit": 3, "starting_after": customers[4]})) == customers[5:8]
    last = sdk.customers.list({"limit": 5, "starting_after": customers[19]})
    assert (ids(last), last.has_more) == (customers[20:], False)


def test_or_ends_before_one(sdk, customers):
    page = sdk.customers.list({"limit": 3, "ending_before": customers[10]})

    assert (ids(page), page.has_more) == (customers[7:10], True)
    assert ids(sdk.customers.list({"ending_before": customers[0]})) == []


def test_the_sdk_walks_through_all_of_it(sdk, customers):
    forth = [each.id for each in sdk.customers.list({"limit": 4}).auto_paging_iter()]
    back = [each.id for each in sdk.customers.list({"limit": 4, "ending_before": customers[-1]}).auto_paging_iter()]

    assert forth == customers
    assert back == customers[:-1][::-1]


def test_objects_of_the_same_moment_are_all_seen(sdk, customers):
    Customer.objects.update(created_at=timezone.now())

    assert sorted(each.id for each in sdk.customers.list({"limit": 7}).auto_paging_iter()) == sorted(customers)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"limit": 0}, "parameter_invalid_integer", "limit"),
        ({"limit": 101}, "parameter_invalid_integer", "limit"),
        ({"limit": "many"}, "parameter_invalid_integer", "limit"),
        ({"starting_after": "cus_nobody"}, "resource_missing", "starting_after"),
        ({"ending_before": "cus_nobody"}, "resource_missing", "ending_before"),
        ({"starting_after": "a", "ending_before": "b"}, "parameters_exclusive", None),
        ({"created": {"gt": "yesterday"}}, "parameter_invalid_integer", "created[gt]"),
        ({"created": {"around": 5}}, "parameter_unknown", "created[around]"),
        ({"created": 10**12 - 1}, "parameter_invalid_integer", "created"),
    ],
)
def test_what_is_wrong_is_named(sdk, body, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.customers.list(body)

    assert (refused.value.code, refused.value.param) == (code, param)


def test_times_are_whole_seconds(sdk):
    second = 1_900_000_000
    for offset in (0.0, 0.9, 1.0):
        row = Customer.objects.create(email=str(offset))
        Customer.objects.filter(pk=row.pk).update(created_at=datetime.fromtimestamp(second + offset, UTC))

    def emails(created) -> set[str]:
        return {each.email for each in sdk.customers.list({"created": created}).data}

    assert emails(second) == {"0.0", "0.9"}
    assert emails({"gt": second}) == {"1.0"}
    assert emails({"gte": second + 1}) == {"1.0"}
    assert emails({"lt": second + 1}) == {"0.0", "0.9"}
    assert emails({"lte": second}) == {"0.0", "0.9"}


def test_a_page_takes_few_queries(django_assert_max_num_queries, customers):
    with django_assert_max_num_queries(3):
        Wire().get("/v1/customers?limit=25")
