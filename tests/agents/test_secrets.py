"""Seals."""

import pytest

from agents.secrets import SealBroken, seal, unseal


def test_what_is_sealed_can_be_read_again_but_not_seen():
    sealed = seal("s3cret")

    assert unseal(sealed) == "s3cret"
    assert "s3cret" not in sealed


def test_two_seals_of_the_same_differ():
    assert seal("s3cret") != seal("s3cret")


def test_a_seal_opens_after_the_secret_key_moved_to_the_fallbacks(settings):
    sealed = seal("s3cret")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"

    assert unseal(sealed) == "s3cret"


def test_a_seal_does_not_open_with_another_secret_key(settings):
    sealed = seal("s3cret")
    settings.SECRET_KEY = "another"

    with pytest.raises(SealBroken):
        unseal(sealed)
