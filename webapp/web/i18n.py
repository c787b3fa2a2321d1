"""Texts for people, through gettext. English is the source; a catalogue can replace it."""

from __future__ import annotations

import gettext as catalogues

from flask import Flask

from webapp.errors import Failure, LiaochatError, by_code

_translations = catalogues.NullTranslations()

gettext = _translations.gettext
ngettext = _translations.ngettext


def init_app(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def sentence(error: LiaochatError | Failure) -> str:
    """Say an error in the reader's language."""
    failure = error.failure if isinstance(error, LiaochatError) else error
    kind, values = by_code(failure.code), failure.values
    # As the gauge writes them: 24,000.
    shown = {name: f"{one:,}" if isinstance(one, int) else one for name, one in values.items()}
    try:
        if kind.plural:
            return ngettext(kind.sentence, kind.plural, int(values["number"])) % shown
        return gettext(kind.sentence) % shown
    except KeyError:  # stored by another version, with other values
        return gettext(LiaochatError.sentence)
