"""The dashboard asks for nothing that is not told."""

import json
import re

import pytest
from django.conf import settings
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

BOARD = json.loads((settings.BASE_DIR / "deploy" / "grafana.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
FROM_POSTGRESQL = {"till_database_connections": {"state"}}


@pytest.fixture
def told(client, db):
    """Every number's name at /metrics, with the names of its labels."""
    client.get("/health")
    families = text_string_to_metric_families(client.get("/metrics").content.decode())
    names = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    return names if connection.vendor == "postgresql" else names | FROM_POSTGRESQL


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_each_panel_asks_for_what_there_is(panel, told):
    for target in panel["targets"]:
        names = re.findall(r"till_\w+", target["expr"])
        assert names
        labels = set().union(*(told[name] for name in names))
        asked = re.findall(r"by \(([^)]*)\)", target["expr"]) + re.findall(r"\{(\w+)=", target["expr"])
        asked += re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
        assert {label for found in asked for label in re.split(r",\s*", found)} <= labels


def test_everything_that_is_told_of_the_shop_is_shown(told):
    shown = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])

    parts = r"_(created|count|sum)$"  # of a histogram or a counter
    assert {name for name in told if not re.search(parts, name)} == set(re.findall(r"till_\w+", shown))


def test_panels_do_not_lie_on_one_another():
    cells = [
        (x, y)
        for panel in BOARD["panels"]
        for at in [panel["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
