"""How the admin looks and what its sidebar lists: settings for django-unfold."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static

ROOMS = "checkout payments coins vault spt catalog ocp agents".split()  # what staff need daily comes first
BACKGROUND = {"sandbox", "auth"}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Till",
    "SITE_HEADER": "Till",
    "SITE_SYMBOL": "point_of_sale",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/checkout/till.svg"}],
    "STYLES": [lambda request: static("config/admin.css")],
    "DASHBOARD_CALLBACK": "config.dashboard.front_page",
    "SIDEBAR": {"navigation": "config.theme.navigation", "show_search": True},
    "COLORS": {
        "primary": {
            "50": "#eefaf4",
            "100": "#dff3ea",
            "200": "#bfe6d5",
            "300": "#8fd3b8",
            "400": "#58c29b",
            "500": "#2f9470",
            "600": "#1f6f54",
            "700": "#1a5c46",
            "800": "#164a39",
            "900": "#123b2e",
            "950": "#08251c",
        }
    },
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: of the rooms, what this person may see."""
    rooms = admin.site.get_app_list(request)
    rooms.sort(key=lambda room: ROOMS.index(room["app_label"]) if room["app_label"] in ROOMS else len(ROOMS))
    return [
        {
            "title": room["name"],
            "collapsible": room["app_label"] in BACKGROUND,
            "items": [{"title": model["name"], "link": model["admin_url"]} for model in room["models"]],
        }
        for room in rooms
    ]
