"""Addresses that want to be told of events."""

import secrets
from collections.abc import Mapping
from typing import Any

from agents.secrets import seal
from payments.sandbox.accounts import TILL
from payments.sandbox.labels import Labels, merged
from payments.sandbox.models import WebhookEndpoint
from payments.sandbox.refusals import NoSuchObject


def create_webhook_endpoint(
    *,
    url: str,
    enabled_events: list[str],
    description: str = "",
    api_version: str = "",
    metadata: Labels | None = None,
    account: str = TILL,
) -> WebhookEndpoint:
    """Have `url` told of events. Its secret signs what it is told; it is shown to whoever creates it."""
    return WebhookEndpoint.objects.create(
        account=account,
        url=url,
        enabled_events=enabled_events,
        description=description,
        api_version=api_version,
        metadata=merged({}, metadata),
        sealed_secret=seal(f"whsec_{secrets.token_urlsafe(24)}"),
    )


def update_webhook_endpoint(
    *,
    webhook_endpoint_id: str,
    changes: Mapping[str, Any],
    description: str | None = None,
    metadata: Labels | None = None,
    is_disabled: bool | None = None,
    account: str = TILL,
) -> WebhookEndpoint:
    """:raises NoSuchObject: if there is no such endpoint."""
    endpoint = retrieve_webhook_endpoint(webhook_endpoint_id=webhook_endpoint_id, account=account)
    for name, value in changes.items():
        setattr(endpoint, name, value)
    endpoint.description = endpoint.description if description is None else description
    endpoint.metadata = merged(endpoint.metadata, metadata)
    if is_disabled is not None:
        endpoint.switch(disabled=is_disabled)
    endpoint.save()
    return endpoint


def delete_webhook_endpoint(*, webhook_endpoint_id: str, account: str = TILL) -> None:
    """:raises NoSuchObject: if there is no such endpoint."""
    retrieve_webhook_endpoint(webhook_endpoint_id=webhook_endpoint_id, account=account).delete()


def retrieve_webhook_endpoint(*, webhook_endpoint_id: str, account: str = TILL) -> WebhookEndpoint:
    """:raises NoSuchObject: if there is no such endpoint."""
    endpoint = WebhookEndpoint.objects.filter(pk=webhook_endpoint_id, account=account).first()
    if endpoint is None:
        raise NoSuchObject("webhook endpoint", webhook_endpoint_id)
    return endpoint
