"""A source that can't be asked is told at start."""

import pytest

from catalog.checks import check_sources


def test_the_sources_that_settings_name_are_found():
    assert check_sources() == []


@pytest.mark.parametrize("path", ["catalog.shipping.Nobody", "nowhere.at.all", "catalog.taxes.TableTaxes", "x"])
def test_a_source_that_can_not_be_asked_is_told_at_start(settings, path):
    settings.SHIPPING_SOURCE = path

    (error,) = check_sources()

    assert error.id == "catalog.E001"
    assert "SHIPPING_SOURCE" in error.msg
