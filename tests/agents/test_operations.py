"""Agents and keys."""

import pytest
import time_machine
from django.db import IntegrityError, transaction

from agents import operations
from agents.models import Agent, ApiKey
from agents.secrets import unseal

pytestmark = pytest.mark.django_db


class TestCreateAgent:
    def test_gives_an_agent_and_its_first_key(self):
        agent, plain = operations.create_agent(name="Robin", pinned_version="2025-09-29")

        assert agent.pk.startswith("agt_")
        assert agent.pinned_version == "2025-09-29"
        assert agent.keys.get().hash == ApiKey.hash_of(plain)

    def test_refuses_a_name_that_is_taken_and_leaves_nothing(self, agent):
        with pytest.raises(IntegrityError), transaction.atomic():
            operations.create_agent(name=agent.name)

        assert Agent.objects.count() == ApiKey.objects.count() == 1


class TestAKey:
    def test_is_stored_as_a_hash_with_eight_visible_characters(self, agent, key):
        stored = agent.keys.get()

        assert stored.prefix == key[:8]
        assert str(stored) == f"{key[:8]}…"
        assert key not in str(ApiKey.objects.values().get())
        assert key not in repr(stored)

    def test_is_long_and_random(self, agent):
        _, one = operations.issue_key(agent=agent)
        _, other = operations.issue_key(agent=agent)

        assert one != other
        assert len(one) >= 24

    def test_may_be_a_well_known_one_for_a_demo(self, agent):
        key, plain = operations.issue_key(agent=agent, plain="api_key_123")

        assert (key.prefix, plain) == ("api_key_", "api_key_123")

    def test_is_rotated_by_revoking_it_and_issuing_another(self, agent):
        old = agent.keys.get()
        new, _ = operations.rotate_key(key=old)

        assert new.agent == agent
        assert old.revoked_at is not None
        assert list(agent.keys.filter(revoked_at=None)) == [new]

    def test_is_revoked_once(self, agent):
        key = agent.keys.get()
        with time_machine.travel("2026-01-01", tick=False):
            operations.revoke_key(key=key)
        operations.revoke_key(key=ApiKey.objects.get())

        key.refresh_from_db()
        assert key.revoked_at.year == 2026
        assert key.revoked_at.month == 1


class TestASigningSecret:
    def test_is_sealed_and_shown_once(self, agent):
        plain = operations.set_signing_secret(agent=agent)
        agent.refresh_from_db()

        assert agent.must_sign
        assert plain not in agent.signing_secret
        assert unseal(agent.signing_secret) == plain
        assert plain not in repr(agent)

    def test_replaces_the_one_before_and_a_public_key(self, agent):
        agent.signing_public_key = "A" * 43
        first, second = (operations.set_signing_secret(agent=agent) for _ in range(2))
        agent.refresh_from_db()

        assert first != second
        assert unseal(agent.signing_secret) == second
        assert agent.signing_public_key == ""

    def test_may_be_removed(self, agent):
        operations.set_signing_secret(agent=agent)
        operations.remove_signing_key(agent=agent)
        agent.refresh_from_db()

        assert not agent.must_sign

    def test_and_a_public_key_exclude_each_other(self, agent):
        operations.set_signing_secret(agent=agent)

        with pytest.raises(IntegrityError, match="an_agent_signs_in_one_way"), transaction.atomic():
            Agent.objects.update(signing_public_key="A" * 43)
