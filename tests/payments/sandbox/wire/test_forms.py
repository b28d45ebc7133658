from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError
from stripe._encode import _api_encode

from payments.sandbox.wire.forms import decode


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("", {}),
        ("a=1&b=two+words&c=%26", {"a": "1", "b": "two words", "c": "&"}),
        ("a=", {"a": ""}),
        ("a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a=1&a=2", {"a": "2"}),
        ("a[b=1", {"a[b": "1"}),
        ("a]=1", {"a]": "1"}),
        ("[a]=1", {"[a]": "1"}),
    ],
)
def test_brackets_become_hashes(text, decoded):
    assert decode(text) == decoded


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=1&a=2", "a[b]=1&a[b][c]=2", "a" + "[b]" * 10 + "=1", "a=%00"])
def test_what_means_two_things_is_refused(text):
    with pytest.raises(ParseError):
        decode(text)


names = st.text(st.characters(codec="utf-8", exclude_characters="[]\x00", exclude_categories=["Cs"]), min_size=1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]))
hashes = st.recursive(texts, lambda inner: st.dictionaries(names, inner, min_size=1, max_size=3), max_leaves=8)


@given(st.dictionaries(names, hashes, max_size=4))
def test_whatever_the_sdk_encodes_is_read_back(said):
    encoded = urlencode(list(_api_encode(said))).replace("%5B", "[").replace("%5D", "]")  # as its requestor does

    assert decode(encoded) == said
