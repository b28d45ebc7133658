"""Stock, one order at a time and many at once (real threads, each with a connection of its own)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from catalog.models import Product
from catalog.operations import give_back_stock, take_stock
from tests.catalog.factories import ProductFactory


def left(product):
    return Product.objects.get(pk=product.pk).stock


@pytest.mark.django_db
class TestTakeStock:
    def test_takes_units_of_each_product(self):
        mugs, lamps = ProductFactory.create(stock=5), ProductFactory.create(stock=3)

        assert take_stock(quantities={mugs.pk: 2, lamps.pk: 3}) == []
        assert (left(mugs), left(lamps)) == (3, 0)

    def test_takes_nothing_at_all_if_one_is_short(self):
        mugs, lamps, sofas = (
            ProductFactory.create(stock=5),
            ProductFactory.create(stock=2),
            ProductFactory.create(stock=0),
        )

        assert take_stock(quantities={sofas.pk: 1, lamps.pk: 3, mugs.pk: 2}) == [lamps.pk, sofas.pk]
        assert (left(mugs), left(lamps), left(sofas)) == (5, 2, 0)

    def test_does_not_count_what_nobody_counts(self):
        ebook = ProductFactory.create(stock=None)

        assert take_stock(quantities={ebook.pk: 1_000}) == []
        assert left(ebook) is None

    def test_tells_what_is_no_longer_sold_as_short(self):
        counted = ProductFactory.create(stock=9, is_active=False)
        uncounted = ProductFactory.create(stock=None, is_active=False)

        assert take_stock(quantities={counted.pk: 1, uncounted.pk: 1, "unknown": 1}) == sorted(
            [counted.pk, uncounted.pk, "unknown"]
        )
        assert left(counted) == 9

    def test_is_one_query_if_nobody_counts(self, django_assert_num_queries):
        uncounted = ProductFactory.create_batch(3, stock=None)

        with django_assert_num_queries(1):
            take_stock(quantities={product.pk: 1 for product in uncounted})

    @pytest.mark.parametrize("products", [1, 30])
    def test_is_three_queries_however_many_products(self, django_assert_num_queries, products):
        counted = ProductFactory.create_batch(products, stock=5)
        uncounted = ProductFactory.create_batch(products, stock=None)

        with django_assert_num_queries(3):
            take_stock(quantities={product.pk: 1 for product in counted + uncounted})


@pytest.mark.django_db
class TestGiveBackStock:
    def test_undoes_take_stock(self):
        mugs, lamps, ebook = (
            ProductFactory.create(stock=5),
            ProductFactory.create(stock=3),
            ProductFactory.create(stock=None),
        )
        quantities = {mugs.pk: 2, lamps.pk: 3, ebook.pk: 1}
        take_stock(quantities=quantities)

        give_back_stock(quantities=quantities)

        assert (left(mugs), left(lamps), left(ebook)) == (5, 3, None)

    def test_gives_back_what_is_no_longer_sold(self):
        mugs = ProductFactory.create(stock=0, is_active=False)

        give_back_stock(quantities={mugs.pk: 2})

        assert left(mugs) == 2

    @pytest.mark.parametrize("products", [1, 30])
    def test_is_two_queries_however_many_products(self, django_assert_num_queries, products):
        counted = ProductFactory.create_batch(products, stock=5)

        with django_assert_num_queries(2):
            give_back_stock(quantities={product.pk: 1 for product in counted})


def at_once(*tasks):
    """Run each task in a thread and a transaction of its own, all released together; return their results."""
    gate = Barrier(len(tasks))

    def run(task):
        try:
            gate.wait(timeout=10)
            with transaction.atomic():
                return task()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_sixteen_want_the_last_one_and_one_gets_it(self):
        clock = ProductFactory.create(stock=1)

        answers = at_once(*[lambda: take_stock(quantities={clock.pk: 1})] * 16)

        assert sorted(answers) == [[]] + [[clock.pk]] * 15
        assert left(clock) == 0

    def test_orders_of_the_same_products_the_other_way_round_never_deadlock(self):
        mugs, lamps = ProductFactory.create(stock=1_000), ProductFactory.create(stock=1_000)

        def back_and_forth(quantities):
            take_stock(quantities=quantities)
            give_back_stock(quantities=quantities)

        for _ in range(20):
            at_once(
                *[lambda: back_and_forth({mugs.pk: 1, lamps.pk: 1})] * 4,
                *[lambda: back_and_forth({lamps.pk: 1, mugs.pk: 1})] * 4,
            )

        assert (left(mugs), left(lamps)) == (1_000, 1_000)

    def test_many_orders_take_exactly_what_there_is(self):
        mugs = ProductFactory.create(stock=10)

        answers = at_once(*[lambda: take_stock(quantities={mugs.pk: 3})] * 16)

        assert answers.count([]) == 3
        assert left(mugs) == 1

    def test_what_nobody_counts_is_not_waited_for(self):
        ebook = ProductFactory.create(stock=None)
        gate = Barrier(4)

        def buy():
            short = take_stock(quantities={ebook.pk: 1})
            gate.wait(timeout=10)  # passes only while all four transactions are open
            return short

        assert at_once(*[buy] * 4) == [[]] * 4

    def test_a_new_session_does_not_wait_for_stock_that_is_being_taken(self):
        clock = ProductFactory.create(stock=5)
        taken, referred = Event(), Event()

        def buy():
            take_stock(quantities={clock.pk: 1})
            taken.set()
            return referred.wait(timeout=10)

        def refer():
            taken.wait(timeout=10)
            with connection.cursor() as cursor:  # the lock that a foreign key takes
                cursor.execute("SELECT 1 FROM catalog_product WHERE id = %s FOR KEY SHARE NOWAIT", [clock.pk])
            referred.set()

        assert at_once(buy, refer) == [True, None]
