"""What staff see and do; everything with a click that can be forged by nobody."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.urls import reverse

from agents import operations
from agents.models import Agent, ApiKey, IdempotentRequest
from agents.secrets import unseal

pytestmark = pytest.mark.django_db

AGENTS, KEYS = "admin:agents_agent_changelist", "admin:agents_apikey_changelist"
PUBLIC_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def act(client, changelist, action, chosen):
    body = {"action": action, "_selected_action": [chosen.pk]}
    return client.post(reverse(changelist), body, follow=True).content.decode()


def save(client, agent, **members):
    members = {"name": agent.name, "pinned_version": "", "is_active": "on", "signing_public_key": ""} | members
    inline = {"keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0}
    return client.post(reverse("admin:agents_agent_change", args=[quote(agent.pk)]), members | inline, follow=True)


def key_in(page):
    (plain,) = re.findall(r"till_\w{24}", page)
    return plain


class TestAnAgent:
    def test_is_added_with_a_key_that_is_shown_once(self, admin_client):
        members = {"name": "Robin", "pinned_version": "", "is_active": "on", "signing_public_key": ""}
        inline = {"keys-TOTAL_FORMS": 0, "keys-INITIAL_FORMS": 0}
        page = admin_client.post(reverse("admin:agents_agent_add"), members | inline, follow=True).content.decode()

        plain = key_in(page)
        assert Agent.objects.get().keys.get().hash == ApiKey.hash_of(plain)
        assert plain not in admin_client.get(reverse(AGENTS)).content.decode()

    def test_is_shown_with_the_prefix_of_its_keys_and_never_a_hash_or_secret(self, admin_client, agent, key):
        secret = operations.set_signing_secret(agent=agent)
        agent.refresh_from_db()
        page = admin_client.get(reverse("admin:agents_agent_change", args=[quote(agent.pk)])).content.decode()

        assert key[:8] in page
        for hidden in (key, agent.keys.get().hash, secret, agent.signing_secret):
            assert hidden not in page

    def test_is_made_inactive_but_not_deleted(self, admin_client, agent):
        assert save(admin_client, agent, is_active="").status_code == 200
        assert not Agent.objects.get().is_active
        assert admin_client.post(reverse("admin:agents_agent_delete", args=[quote(agent.pk)])).status_code == 403

    def test_gets_another_key(self, admin_client, agent):
        plain = key_in(act(admin_client, AGENTS, "issue_key", agent))

        assert agent.keys.filter(hash=ApiKey.hash_of(plain)).exists()
        assert agent.keys.count() == 2

    def test_gets_a_signing_secret_that_is_shown_once(self, admin_client, agent):
        page = act(admin_client, AGENTS, "set_signing_secret", agent)
        agent.refresh_from_db()

        assert unseal(agent.signing_secret) in page
        assert unseal(agent.signing_secret) not in admin_client.get(reverse(AGENTS)).content.decode()

    def test_loses_its_signing_secret(self, admin_client, agent):
        operations.set_signing_secret(agent=agent)
        act(admin_client, AGENTS, "remove_signing_key", agent)

        assert not Agent.objects.get().must_sign

    def test_is_given_a_public_key(self, admin_client, agent):
        save(admin_client, agent, signing_public_key=PUBLIC_KEY)

        assert Agent.objects.get().signing_public_key == PUBLIC_KEY

    def test_is_not_given_a_public_key_that_is_none(self, admin_client, agent):
        assert "32 bytes" in save(admin_client, agent, signing_public_key="nonsense").content.decode()
        assert not Agent.objects.get().must_sign

    def test_is_not_given_a_public_key_beside_a_secret(self, admin_client, agent):
        operations.set_signing_secret(agent=agent)
        save(admin_client, agent, signing_public_key=PUBLIC_KEY)

        assert Agent.objects.get().signing_public_key == ""


class TestAKey:
    def test_is_rotated(self, admin_client, agent):
        old = agent.keys.get()
        plain = key_in(act(admin_client, KEYS, "rotate", old))

        assert agent.keys.get(revoked_at=None).hash == ApiKey.hash_of(plain)
        assert LogEntry.objects.get(object_id=str(old.pk)).change_message == "Rotated."

    def test_is_revoked_and_stays_so(self, admin_client, agent):
        key = agent.keys.get()
        act(admin_client, KEYS, "revoke", key)
        revoked_at = agent.keys.get().revoked_at
        act(admin_client, KEYS, "revoke", key)
        act(admin_client, KEYS, "rotate", key)

        assert revoked_at is not None
        assert agent.keys.get().revoked_at == revoked_at

    def test_is_read_only(self, admin_client, agent):
        page = reverse("admin:agents_apikey_change", args=[quote(agent.keys.get().pk)])

        assert admin_client.get(page).status_code == 200
        assert agent.keys.get().hash not in admin_client.get(page).content.decode()
        assert admin_client.post(page, {"prefix": "x"}).status_code == 403
        assert admin_client.get(reverse("admin:agents_apikey_add")).status_code == 403

    def test_is_not_touched_by_staff_who_may_only_look(self, client, django_user_model, agent):
        from django.contrib.auth.models import Permission

        looker = django_user_model.objects.create_user("looker", is_staff=True)
        looker.user_permissions.add(Permission.objects.get(codename="view_apikey"))
        client.force_login(looker)
        act(client, KEYS, "revoke", agent.keys.get())

        assert agent.keys.get().revoked_at is None


def test_a_remembered_request_is_shown_without_what_was_said(admin_client, agent):
    request = IdempotentRequest.objects.create(
        agent=agent, path="/checkout_sessions", key="k1", response_status=201, response_body="of a buyer"
    )
    page = admin_client.get(reverse("admin:agents_idempotentrequest_change", args=[quote(request.pk)])).content.decode()

    assert "/checkout_sessions" in page
    assert "of a buyer" not in page
