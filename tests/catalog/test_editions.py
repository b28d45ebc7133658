"""What is remembered of the small tables is what they say, whoever wrote them and however."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.editions import ANSWERS, LONGEST, one_edition, remembered
from catalog.models import Fee, Product, Promotion, ShippingOption, ShippingRate, TaxRate
from tests.caller import Caller, total_of
from tests.catalog.factories import (
    FeeFactory,
    ProductFactory,
    PromotionFactory,
    ShippingOptionFactory,
    ShippingRateFactory,
    TaxRateFactory,
)
from tests.payments.threads import at_once
from tests.torture.supervisor import ROOT, environment

FACTORIES: dict[Any, Any] = {
    Fee: FeeFactory,
    Promotion: PromotionFactory,
    ShippingOption: ShippingOptionFactory,
    ShippingRate: ShippingRateFactory,
    TaxRate: TaxRateFactory,
}
CHANGES: dict[Any, dict[str, Any]] = {
    Fee: {"amount": 9},
    Promotion: {"rate_bps": 9},
    ShippingOption: {"carrier": "9"},
    ShippingRate: {"amount": 9},
    TaxRate: {"goods_bps": 9},
}

pytestmark = pytest.mark.django_db


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def answers_to(model):
    """A question that remembers all that a table says."""
    return remembered(lambda: tuple(model.objects.order_by("pk").values_list()))


def cost(work):
    with CaptureQueriesContext(connection) as asked:
        work()
    return len(asked)


@remembered
def goods_bps():
    return TaxRate.objects.get().goods_bps


class TestAWrite:
    """Of each table, in each way: what was remembered is read again."""

    @pytest.fixture(params=FACTORIES, ids=lambda model: model.__name__)
    def model(self, request):
        return request.param

    @pytest.fixture
    def row(self, model):
        return FACTORIES[model].create()

    @pytest.fixture(autouse=True)
    def is_told(self, model, row):
        """Whatever the test does to the table, afterwards it is seen, and remembered again."""
        ask = answers_to(model)
        before = ask()
        assert cost(ask) == 1
        yield
        assert ask() != before
        assert ask() == tuple(model.objects.order_by("pk").values_list())
        assert cost(ask) == 1

    def changed(self, row):
        for name, value in CHANGES[type(row)].items():
            setattr(row, name, value)
        return row

    def another(self, model, **values):
        options = {"option": ShippingOptionFactory.create()} if model is ShippingRate else {}
        elsewhere = {"country": "NZ"} if model is TaxRate else {}
        return FACTORIES[model].build(**options, **elsewhere, **values)

    def test_by_save(self, row):
        self.changed(row).save()

    def test_of_a_new_row(self, model):
        self.another(model).save(force_insert=True)

    def test_by_update(self, model):
        model.objects.update(**CHANGES[model])

    def test_by_update_or_create(self, model, row):
        model.objects.update_or_create(pk=row.pk, defaults=CHANGES[model])

    def test_by_bulk_update(self, model, row):
        model.objects.bulk_update([self.changed(row)], list(CHANGES[model]))

    def test_by_bulk_create(self, model):
        model.objects.bulk_create([self.another(model)])

    def test_by_bulk_create_that_ignores_conflicts(self, model, row):
        model.objects.bulk_create([row, self.another(model)], ignore_conflicts=True)

    def test_by_bulk_create_that_updates_on_conflicts(self, model, row):
        fields = list(CHANGES[model])
        model.objects.bulk_create(
            [self.changed(row)], update_conflicts=True, unique_fields=["pk"], update_fields=fields
        )

    def test_by_delete(self, row):
        row.delete()

    def test_by_delete_of_them_all(self, model):
        model.objects.all().delete()

    def test_by_sql(self, model):
        (name,) = CHANGES[model]
        execute(f"UPDATE {model._meta.db_table} SET {name} = %s", "9" if name == "carrier" else 9)

    def test_by_sql_that_deletes_everything(self, model):
        execute(f"DELETE FROM {model._meta.db_table}")

    def test_by_a_fixture(self, row, tmp_path):
        (tmp_path / "rows.json").write_text(serializers.serialize("json", [self.changed(row)]))

        call_command("loaddata", tmp_path / "rows.json", verbosity=0)

    @pytest.mark.needs_postgres
    def test_by_truncate(self, model):
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the row's own are still to be looked at
        execute(f"TRUNCATE {model._meta.db_table} CASCADE")

    @pytest.mark.needs_postgres
    def test_by_copy(self, model, row):
        rows: list[bytes] = []
        with connection.cursor() as cursor:
            with cursor.copy(f"COPY {model._meta.db_table} TO STDOUT") as copy:
                rows += map(bytes, copy)
            row.delete()
            ask = answers_to(model)
            assert ask() == ()
            with cursor.copy(f"COPY {model._meta.db_table} FROM STDIN") as copy:
                copy.write(b"".join(rows))
        assert len(ask()) == 1
        execute(f"DELETE FROM {model._meta.db_table}")  # as it was before would be no news

    @pytest.mark.needs_postgres
    def test_by_somebody_who_may_write_only_this(self, model):
        (name,) = CHANGES[model]
        execute("CREATE ROLE clerk")
        execute(f"GRANT SELECT, UPDATE ON {model._meta.db_table} TO clerk")

        execute("SET LOCAL ROLE clerk")
        execute(f"UPDATE {model._meta.db_table} SET {name} = %s", "9" if name == "carrier" else 9)
        execute("RESET ROLE")


class TestAnswers:
    def test_are_remembered_apart_for_each_thing_asked(self):
        TaxRateFactory.create(country="US", goods_bps=1)
        TaxRateFactory.create(country="NZ", goods_bps=2)
        ask = remembered(lambda country: TaxRate.objects.get(country=country).goods_bps)

        assert [ask("US"), ask("NZ"), ask("US"), ask("NZ")] == [1, 2, 1, 2]
        assert cost(lambda: (ask("US"), ask("NZ"))) == 2

    def test_outlast_what_does_not_concern_them(self):
        TaxRateFactory.create()
        goods_bps()

        Product.objects.update(stock=1)
        ProductFactory.create()

        assert cost(goods_bps) == 1

    def test_may_be_that_there_is_nothing(self):
        ask = remembered(lambda: TaxRate.objects.first())

        assert ask() is None
        assert cost(ask) == 1

    def test_are_remembered_of_so_many_things_and_no_more(self):
        asked = list[str]()
        ask = remembered(asked.append)
        with one_edition():
            for number in range(ANSWERS + 1):
                ask(str(number))

            ask("0")

        assert len(asked) == ANSWERS + 2

    def test_to_what_a_caller_made_up_are_not_remembered(self):
        asked = list[str]()
        ask = remembered(asked.append)

        ask("X" * (LONGEST + 1))
        ask("X" * (LONGEST + 1))

        assert len(asked) == 2

    def test_are_not_remembered_where_the_edition_is_lost(self):
        TaxRateFactory.create(goods_bps=1)
        goods_bps()
        execute("DELETE FROM catalog_edition")

        assert goods_bps() == 1
        TaxRate.objects.update(goods_bps=2)
        assert goods_bps() == 2

    def test_are_told_that_a_read_failed(self):
        TaxRate.objects.all().delete()

        with pytest.raises(TaxRate.DoesNotExist):
            goods_bps()
        TaxRateFactory.create(goods_bps=1)
        assert goods_bps() == 1


def test_what_is_asked_together_asks_once_for_the_edition():
    TaxRateFactory.create()
    goods_bps()

    def all_together():
        with one_edition():
            goods_bps(), goods_bps(), goods_bps()

    assert cost(all_together) == 1


class TestARollback:
    @pytest.fixture(autouse=True)
    def rate(self):
        TaxRateFactory.create(goods_bps=1)
        assert goods_bps() == 1

    def test_takes_back_what_its_own_transaction_was_told(self):
        with transaction.atomic():
            TaxRate.objects.update(goods_bps=2)
            assert goods_bps() == 2
            transaction.set_rollback(True)

        assert goods_bps() == 1

    def test_is_not_taken_for_the_next_change(self):
        """As it would be if editions were counted: the second change would have the number of the first."""
        with transaction.atomic():
            TaxRate.objects.update(goods_bps=2)
            goods_bps()
            transaction.set_rollback(True)

        TaxRate.objects.update(goods_bps=3)

        assert goods_bps() == 3


class TestAPrice:
    """By the wire: staff change something, and the next session costs as much."""

    @pytest.fixture
    def caller(self):
        option = ShippingOptionFactory.create(id="standard_shipping")
        ShippingRateFactory.create(option=option, amount=500)
        TaxRateFactory.create(goods_bps=0, shipping_bps=0)
        ProductFactory.create(id="item_123", unit_amount=10_000)
        caller = Caller()
        assert total_of(caller.ready()) == 10_500
        return caller

    def test_has_a_new_rate_of_shipping(self, caller):
        ShippingRate.objects.update(amount=700)

        assert total_of(caller.ready()) == 10_700

    def test_has_shipping_that_costs_nothing_by_an_option_that_honors_it(self, caller):
        Product.objects.update(free_shipping=True)
        ShippingOption.objects.update(honors_free_shipping=True)

        assert total_of(caller.ready()) == 10_000

    def test_has_a_new_tax(self, caller):
        TaxRate.objects.update(goods_bps=1_000)

        assert total_of(caller.ready()) == 11_500

    def test_has_a_new_promotion(self, caller):
        PromotionFactory.create(rate_bps=1_000)

        assert total_of(caller.ready()) == 9_500

    def test_has_a_new_fee(self, caller):
        FeeFactory.create(amount=250)

        assert total_of(caller.ready()) == 10_750

    def test_of_a_session_that_is_changed_is_of_now(self, caller):
        session = caller.ready()
        FeeFactory.create(amount=250)

        assert total_of(caller.update(session, line_items=[{"id": "item_123", "quantity": 2}])) == 20_750

    def test_is_what_staff_made_it_in_the_admin(self, caller, admin_client):
        rate = TaxRate.objects.get()
        form = {"country": "US", "state": "", "goods_bps": 1_000, "shipping_bps": 0}

        assert admin_client.post(f"/admin/catalog/taxrate/{rate.pk}/change/", form).status_code == 302

        assert total_of(caller.ready()) == 11_500

    def test_asks_once_for_the_edition_and_nothing_else_of_it(self, caller):
        with CaptureQueriesContext(connection) as asked:
            caller.ready()

        of_prices = [
            each["sql"] for each in asked if "catalog_" in each["sql"] and "catalog_product" not in each["sql"]
        ]
        assert of_prices == ["SELECT name FROM catalog_edition"]


def in_another_thread(work):
    return at_once(1, lambda _: work())[0]


@pytest.mark.django_db(transaction=True)
class TestOthers:
    """Who writes at the same time, over connections of their own."""

    @pytest.fixture(autouse=True)
    def rate(self):
        TaxRateFactory.create(goods_bps=1)
        assert goods_bps() == 1

    def test_are_heard_when_they_commit_and_not_before(self):
        has_written, may_commit = Event(), Event()

        def write():
            with transaction.atomic():
                TaxRate.objects.update(goods_bps=2)
                has_written.set()
                assert may_commit.wait(30)

        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(in_another_thread, write)
            assert has_written.wait(30)
            assert goods_bps() == 1
            assert cost(goods_bps) == 1
            may_commit.set()
            writing.result()

        assert goods_bps() == 2

    def test_are_not_heard_if_they_roll_back(self):
        def write():
            with transaction.atomic():
                TaxRate.objects.update(goods_bps=2)
                assert goods_bps() == 2
                transaction.set_rollback(True)

        assert in_another_thread(write) is None
        assert goods_bps() == 1

    @pytest.mark.parametrize("comes", ["before the rows", "after the rows"])
    def test_who_write_while_it_is_read_leave_no_old_answer_nor_one_too_new(self, comes):
        """A commit comes between the edition and the rows: what was read is of no edition that we know."""

        def write():
            TaxRate.objects.update(goods_bps=2)

        @remembered
        def ask():
            if comes == "before the rows" and not are_there:
                are_there.append(in_another_thread(write))
            found = TaxRate.objects.get().goods_bps
            if comes == "after the rows" and not are_there:
                are_there.append(in_another_thread(write))
            return found

        are_there = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM catalog_edition")
            (old,) = cursor.fetchone()
        assert ask() == (2 if comes == "before the rows" else 1)
        assert ask() == 2

        with transaction.atomic():  # a standby takes over, which had not heard of it
            TaxRate.objects.update(goods_bps=1)
            execute("UPDATE catalog_edition SET name = %s", old)
        assert ask() == 1

    def test_who_are_other_processes_are_heard(self, tmp_path):
        rate = TaxRate.objects.get()
        rate.goods_bps = 2
        (tmp_path / "rates.json").write_text(serializers.serialize("json", [rate]))

        command = [sys.executable, "manage.py", "loaddata", str(tmp_path / "rates.json")]
        subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True)

        assert goods_bps() == 2

    def test_who_empty_the_tables_are_heard(self):
        FeeFactory.create()
        ask = answers_to(Fee)
        assert len(ask()) == 1

        call_command("flush", interactive=False, verbosity=0)

        assert ask() == ()
        assert cost(ask) == 1

    def test_however_many_are_heard(self):
        """Even rates are committed, each higher than the last; odd ones never. Nobody reads an old one or an odd."""
        TaxRate.objects.update(goods_bps=0)
        committed, is_over = [0], Event()

        def write(dice):
            for _ in range(40):
                with transaction.atomic():
                    rate = TaxRate.objects.select_for_update().get()
                    rate.goods_bps += 1
                    rate.save()
                    assert goods_bps() == rate.goods_bps
                    rate.goods_bps += 1
                    if dice.random() < 0.5:
                        transaction.set_rollback(True)
                    else:
                        rate.save()
                committed.append(TaxRate.objects.get().goods_bps)

        def read():
            count = 0
            while not is_over.is_set() or not count:
                least = max(committed)
                found = goods_bps()
                assert found % 2 == 0
                assert found >= least
                count += 1

        def work(number):
            if number:
                return read()
            try:
                return write(random.Random(number))
            finally:
                is_over.set()

        assert at_once(5, work) == [None] * 5

    @pytest.mark.needs_postgres
    def test_who_write_two_tables_crosswise_wait_for_each_other_without_a_deadlock(self):
        FeeFactory.create(amount=1)
        tables = [Fee.objects, TaxRate.objects]

        def write(number):
            for _ in range(20):
                with transaction.atomic():
                    for table in tables if number % 2 else reversed(tables):
                        table.update(**CHANGES[table.model])

        assert at_once(4, write) == [None] * 4

    @pytest.mark.needs_postgres
    def test_who_look_at_one_moment_remember_it_as_it_was(self):
        """A transaction that sees a snapshot goes on seeing it; what it remembers misleads nobody else."""
        ask = answers_to(TaxRate)
        with transaction.atomic():
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            before = goods_bps()
            in_another_thread(lambda: TaxRate.objects.update(goods_bps=2))
            assert goods_bps() == before == 1
            old = ask()

        assert goods_bps() == 2
        assert ask() != old
