"""What the agent asked for wins if it exists; else the cheapest of each kind."""

from checkout.fulfillment import Option, choose, digital_option

STANDARD = Option(type="shipping", id="standard", title="Standard", aliases=("slow",), amount=500, tax=41)
EXPRESS = Option(type="shipping", id="express", title="Express", amount=1500)


def wish(option_id, type="shipping"):
    return {"type": type, "option_id": option_id, "item_ids": []}


def test_the_cheapest_is_chosen_when_nobody_asked():
    assert choose([EXPRESS, STANDARD], []).options == [STANDARD]


def test_a_wish_is_granted():
    assert choose([STANDARD, EXPRESS], [wish("express")]).options == [EXPRESS]


def test_a_wish_may_use_another_name():
    assert choose([EXPRESS, STANDARD], [wish("slow")]).options == [STANDARD]


def test_an_unknown_wish_is_told_and_the_cheapest_kept():
    choice = choose([STANDARD, EXPRESS], [wish("teleport")])

    assert choice.options == [STANDARD]
    assert [problem["param"] for problem in choice.problems] == ["$.selected_fulfillment_options[0].option_id"]


def test_a_wish_made_before_the_address_waits():
    assert choose([], [wish("express")]).problems == []


def test_goods_of_both_kinds_get_an_option_each_with_shipping_first():
    choice = choose([STANDARD, digital_option()], [])

    assert [option.type for option in choice.options] == ["shipping", "digital"]
    assert (choice.amount, choice.tax) == (500, 41)


def test_an_option_shows_what_it_costs_with_tax():
    assert [total["amount"] for total in STANDARD.as_wire()["totals"]] == [500, 41, 541]
