"""The yardstick itself: the mended official files are sound, and agree with their own examples but for a known few."""

import pytest
from jsonschema import Draft202012Validator

from tests.spec import official
from tests.spec.bodies import V1, VERSIONS
from tests.spec.examples import EXPECTED_FAILURES, load_examples

EXAMPLES = [example for version in VERSIONS for example in load_examples(version)]
SOUND = [example for example in EXAMPLES if example.is_sound]
UNSOUND = [example for example in EXAMPLES if not example.is_sound]


@pytest.mark.parametrize("file", official.official_files())
def test_a_mended_file_holds_valid_schemas(file):
    document = official.load(file)

    for definition in official.definitions(document).values():
        Draft202012Validator.check_schema(definition)


@pytest.mark.parametrize("mend", official.MENDS, ids=lambda mend: mend.wrong[:2])
def test_every_mend_still_finds_its_defect(mend):
    files = [file for file in official.official_files() if mend.mends(file)]

    assert any(_changes(mend, file) for file in files)


def test_every_format_the_official_files_use_is_checked():
    used = {value for file in official.official_files() for value in _values_of(official.load(file), "format")}

    assert used == set(official.FORMATS)


@pytest.mark.parametrize("example", SOUND, ids=str)
def test_an_official_example_is_valid(example):
    official.validate(example.version, example.document, example.definition, example.body)


@pytest.mark.parametrize("example", UNSOUND, ids=str)
def test_an_example_that_is_known_to_fail_still_fails(example):
    assert not official.is_valid(example.version, example.document, example.definition, example.body)


def test_every_expected_failure_names_an_example():
    assert len(UNSOUND) == len(EXPECTED_FAILURES)


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("date-time", "2026-11-21"),
        ("date-time", "2026-11-21T10:00:00"),
        ("date-time", "2026-13-21T10:00:00Z"),
        ("uri", "/orders/ord_123"),
        ("uri", "https://shop.example/a b"),
        ("email", "nobody"),
    ],
)
def test_a_format_refuses_what_only_looks_like_it(format, text):
    assert not official.format_checker().conforms(text, format)


def test_a_refusal_says_where_and_why():
    body = {"type": "invalid_request", "code": "invalid", "message": 7}

    with pytest.raises(AssertionError, match=r"2025-09-29 JSON Schema Error: \$\.message: 7 is not of type 'string'"):
        official.validate(V1, "agentic_checkout", "Error", body)


def _changes(mend, file):
    text = official.read(file)
    if mend.mend_text:
        return mend.mend_text(text) != text
    before = official.parse(file, text)
    after = official.parse(file, text)
    mend.mend_document(after)
    return before != after


def _values_of(node, keyword):
    if isinstance(node, list):
        for member in node:
            yield from _values_of(member, keyword)
    if isinstance(node, dict):
        if isinstance(node.get(keyword), str):
            yield node[keyword]
        for member in node.values():
            yield from _values_of(member, keyword)
