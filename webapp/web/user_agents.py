"""What a browser calls itself, in words: “Firefox on Linux”."""

from __future__ import annotations

from webapp.web.i18n import gettext

# Who imitates another names it, too; so the imitators come first.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_PLATFORMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> str:
    """Say which browser on which system somebody seems to use."""
    browser, platform = _first(_BROWSERS, user_agent), _first(_PLATFORMS, user_agent)
    if browser and platform:
        return gettext("%(browser)s on %(platform)s") % {"browser": browser, "platform": platform}
    return browser or platform or gettext("Unknown browser")


def _first(known: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for sign, name in known if sign in user_agent), "")
