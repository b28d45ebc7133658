"""What operators type."""

import pytest
from django.core.management import CommandError, call_command

from catalog.models import Product
from coins.models import Package
from tests.coins.factories import balance, buy

pytestmark = pytest.mark.django_db(transaction=True)

ONE = '[[package]]\nid = "package_1"\nname = "Tiny Pack"\ncoins = 50\nprice_amount = 600\n'


class TestSeedPackages:
    def test_may_run_again(self, packages):
        call_command("seed_packages")

        assert list(Package.objects.on_sale().values_list("coins", flat=True)) == [100, 300, 700]

    def test_updates_what_the_file_names_and_leaves_the_rest(self, customer, tmp_path):
        bought = buy(customer)
        file = tmp_path / "packages.toml"
        file.write_text(ONE)
        call_command("seed_packages", file)

        bought.refresh_from_db()
        assert (bought.coins, bought.amount, bought.package_name) == (100, 1000, "Starter Pack")
        assert Package.objects.get(pk="package_1").coins == 50
        assert Product.objects.get(pk="package_1").unit_amount == 600
        assert Package.objects.count() == 3

    @pytest.mark.parametrize(
        "text",
        [
            ONE.replace("coins", "coin"),
            ONE.replace("50", "0"),
            ONE.replace("600", '"much"'),
            ONE.replace("[[package]]", "[[pack]]"),
            "[[package]",
            '[[package]]\nid = "x"\n',
        ],
    )
    def test_says_what_is_wrong_and_changes_nothing(self, packages, tmp_path, text):
        file = tmp_path / "packages.toml"
        file.write_text(text)

        with pytest.raises(CommandError):
            call_command("seed_packages", file)
        assert Package.objects.get(pk="package_1").coins == 100


class TestGrantCoins:
    def test_gives_coins(self, customer, capsys):
        call_command("grant_coins", customer.id, 50, reason="sorry")

        assert balance(customer) == 50
        assert "Ada has 50 coins now" in capsys.readouterr().out
        call_command("verify_ledger")

    @pytest.mark.parametrize("coins", [0, -1, 10**16])
    def test_gives_a_number_above_zero(self, customer, coins):
        with pytest.raises(CommandError):
            call_command("grant_coins", customer.id, coins)

    def test_needs_somebody(self, packages):
        with pytest.raises(CommandError, match="there is no customer nobody"):
            call_command("grant_coins", "nobody", 1)
