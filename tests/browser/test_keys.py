"""Several providers in the page: the menu by provider, and a key for each that wants one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Route, expect

from tests.browser.person import Person
from tests.support import canary
from tests.support.server import Server
from tests.upstream import upstream

_KEY = "test-key-for-one-81"


def test_a_key_is_entered_under_its_providers_name_and_never_carried_to_another(
    meet: Callable[..., Person], start_server: Callable[..., Server], tmp_path: Path
) -> None:
    canary.note(_KEY)
    with upstream(pace=0.001) as asked:
        models = "".join(
            f'[[providers]]\nid = "{name}"\nname = "{name.title()}"\nurl = "{asked.url}/v1"\n'
            f'key = "session"\nlist = false\n'
            f'[[models]]\nprovider = "{name}"\nid = "m"\nname = "{name.title()} model"\n'
            for name in ("one", "two")
        )
        (tmp_path / "models.toml").write_text(f'{models}[[models]]\nid = "gpt-4"\nname = "GPT-4"\n')
        tab = meet(start_server(models_file=str(tmp_path / "models.toml"))).sign_in()
        expect(tab.model.locator("optgroup[label=Two] option")).to_have_text(
            "Two model needs a key"
        )
        tab.choose("One model")
        button = tab.page.get_by_role("button", name="Key (not set)")
        expect(tab.page.get_by_text("One model needs a key.", exact=True)).to_be_visible()

        # Half a key, and then the answer to a choice that was made before it.
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        tab.page.route("**/session/model", hold)
        tab.model.select_option("two/m")
        button.click()
        tab.panel.get_by_label("Key for One").fill(_KEY)
        tab.until(lambda: held)[0].continue_()
        expect(tab.page.get_by_text("Two model needs a key.", exact=True)).to_be_attached()
        tab.page.unroute("**/session/model")
        button.click()
        expect(tab.panel.get_by_label("Key for Two")).to_have_value("")
        expect(tab.panel).to_contain_text(f"It is sent to {asked.url} alone.")
        tab.page.keyboard.press("Escape")

        tab.choose("One model")
        expect(tab.page.get_by_text("One model needs a key.", exact=True)).to_be_attached()
        button.click()
        tab.panel.get_by_label("Key for One").fill(_KEY)
        tab.page.keyboard.press("Enter")
        expect(tab.page.get_by_role("button", name="Key (set)")).to_be_visible()
        tab.send("#echo with a key")
        tab.expect_end()
        tab.choose("Two model")

        expect(button).to_be_visible()
        assert [one.auth_code for one in asked.received] == [_KEY]
