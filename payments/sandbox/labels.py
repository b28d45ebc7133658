"""Metadata: text by name, which callers keep on Stripe's objects for themselves."""

from collections.abc import Mapping

Labels = Mapping[str, str]


def merged(labels: Labels, given: Labels | None) -> dict[str, str]:
    """Return `labels` after an update: names are added and replaced, and taken away by an empty text.

    An update with no names at all takes all of them away; None is no update.
    """
    if given is None:
        return dict(labels)
    return {name: label for name, label in ({**labels, **given} if given else {}).items() if label}
