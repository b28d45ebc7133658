"""The sandbox's furniture."""

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from agents.models import Agent, ApiKey
from catalog.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo():
    call_command("seed_demo", verbosity=0)
    return Agent.objects.get(name="demo")


def test_the_demo_agent_speaks_the_version_of_the_first_examples(demo):
    assert demo.pinned_version == "2025-09-29"


@pytest.mark.parametrize("plain", ["api_key_123", "api_key_demo_123", "psp_api_key_456"])
def test_keys_of_existing_client_scripts_open(demo, plain):
    assert ApiKey.objects.get(hash=ApiKey.hash_of(plain)).agent == demo


def test_there_are_staff_and_goods(demo):
    assert authenticate(username="admin", password="admin").is_staff
    assert Product.objects.filter(id="item_123").exists()


def test_a_second_time_adds_nothing(demo):
    before = ApiKey.objects.count(), Product.objects.count()

    call_command("seed_demo", verbosity=0)

    assert (ApiKey.objects.count(), Product.objects.count()) == before


def test_a_shop_is_not_furnished_with_known_keys(settings):
    settings.SANDBOX = False

    with pytest.raises(CommandError):
        call_command("seed_demo")
    assert not Agent.objects.exists()
