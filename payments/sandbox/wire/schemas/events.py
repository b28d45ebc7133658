"""Events and webhook endpoints: what may be said of them."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from payments.sandbox.wire.paging import DatedPageParams, PageParams
from payments.sandbox.wire.parameters import (
    Array,
    ClearableText,
    Flag,
    Labels,
    Link,
    RequestParams,
    Text,
    Words,
    at_most,
    wrong,
)


class EventList(DatedPageParams):
    type: Text | None = None
    types: Array[Text] | None = None
    delivery_success: Flag | None = None


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or len(value) > 2000 or not (value.isascii() and value.isprintable() and " " not in value):
        raise wrong("Invalid URL: An explicit scheme (such as https) must be provided.", "url_invalid")
    return value


Url = Annotated[Link, AfterValidator(_url)]


class WebhookEndpointUpdate(RequestParams):
    description: Annotated[ClearableText, at_most(500)] = None
    disabled: Flag = False
    enabled_events: Array[Words] = []
    metadata: Labels | None = None
    url: Url | None = None


class WebhookEndpointCreate(RequestParams):
    url: Url
    enabled_events: Array[Words]
    api_version: Annotated[Words, at_most(64)] | None = None
    connect: Flag = False
    description: Annotated[ClearableText, at_most(500)] = None
    metadata: Labels | None = None


class WebhookEndpointList(PageParams):
    """Nothing but a page."""
