"""What the buyer must be told, in templates: `{{ disclosure|disclosed }}`."""

import re
from collections.abc import Mapping

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def disclosed(disclosure: Mapping[str, str]) -> SafeString:
    """The text of a disclosure; of Markdown, what one sentence needs: **strong** and *emphasis*."""
    text = str(escape(disclosure["content"]))
    if disclosure["content_type"] == "markdown":
        text = re.sub(r"\*\*(\S(?:.*?\S)?)\*\*", r"<strong>\1</strong>", text)
        text = re.sub(r"\*(\S(?:.*?\S)?)\*", r"<em>\1</em>", text)
    return mark_safe(text)  # noqa: S308 - escaped above
