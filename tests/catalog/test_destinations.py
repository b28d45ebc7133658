"""Places, however agents write them."""

from catalog.destinations import Destination


def test_codes_are_read_however_they_are_typed():
    assert Destination(country=" us", state="ny ") == Destination(country="US", state="NY")


def test_a_state_may_carry_its_country():
    assert Destination(country="US", state="US-NY").state == "NY"
