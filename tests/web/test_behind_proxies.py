"""Behind a real nginx and a real Caddy, with the guide's own lines: right, and spoilt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.support.events import EventWire
from tests.support.page import Page
from tests.support.real_proxies import Caddy, Nginx, RealProxy, sites_of_the_guide
from tests.support.server import Address, Browser, Server
from tests.upstream import Upstream
from webapp.clock import SystemClock
from webapp.doctor import examine

_NGINX = sites_of_the_guide("nginx")[0]
_CADDY, _CADDY_UNDER, _CADDY_NAMED = sites_of_the_guide("caddy")


@dataclass(frozen=True)
class Kind:
    """One make of proxy, and its configurations."""

    make: type[RealProxy]
    right: str
    stripped: str
    holding: str
    misnamed: str
    under: str
    named: str


_KINDS = {
    "nginx": Kind(
        Nginx,
        right=_NGINX,
        stripped=re.sub(r".*(Upgrade|Connection) \$http.*\n", "", _NGINX),
        # By itself it would obey X-Accel-Buffering, which every stream of ours has.
        holding=_NGINX.replace(
            "proxy_buffering off;", "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
        ),
        misnamed=re.sub(r".*Host \$http_host.*\n", "", _NGINX),
        under=_NGINX.replace("location / {", "location /chat/ {"),
        named=_NGINX.replace("location / {", "location /chat/ {")
        .replace(":8000;", ":8000/;")
        .replace('Prefix "";', "Prefix /chat;"),
    ),
    "caddy": Kind(
        Caddy,
        right=_CADDY,
        stripped=_CADDY.replace("reverse_proxy", "request_header -Upgrade\nreverse_proxy"),
        # What is held back so is the answer to an upgrade, too; other proxies let it pass.
        holding=_CADDY.replace("reverse_proxy", "@plain not header Upgrade *\nreverse_proxy @plain")
        .replace("header_up", "buffer_responses\nheader_up")
        .replace("}\n}", "}\nreverse_proxy 127.0.0.1:8000\n}"),
        misnamed=_CADDY.replace("header_up", "header_up Host {upstream_hostport}\nheader_up"),
        under=_CADDY_UNDER,
        named=_CADDY_NAMED,
    ),
}


@pytest.fixture(params=_KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return _KINDS[request.param]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    """A server that believes what proxies on this machine say."""
    settings = {"liaobots_url": liaobots.url, "trusted_proxies": "127.0.0.1"}
    with Server(tmp_path_factory.mktemp("behind"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory, liaobots: Upstream) -> Iterator[Server]:
    settings = {"liaobots_url": liaobots.url, "url_prefix": "/chat"}
    with Server(tmp_path_factory.mktemp("under"), settings) as running:
        yield running


Put = Callable[..., Address]


@pytest.fixture
def put(kind: Kind, tmp_path: Path) -> Iterator[Put]:
    """Put a proxy before a server; gives where the server is met then."""
    with ExitStack() as proxies:

        def before(server: Server, site: str, path: str = "") -> Address:
            port = int(server.origin.rpartition(":")[2])
            proxy = proxies.enter_context(kind.make(tmp_path, port, site))
            return Address(proxy.url + path, server.data_dir)

        yield before


def _faults(address: Address) -> list[str]:
    found = list(examine(address.url, now=SystemClock().now()))
    assert len(found) >= 6
    return [one.text for one in found if not one.good]


def _come(address: Address) -> Browser:
    """Sign in, and choose a model: three forms, their answers, and the cookie."""
    person = Browser(address, link=address.link_of_a_newcomer())
    person.use("liaobots/gpt-4", "test-1234567890")
    assert "GPT-4" in person.get("/").text
    return person


def _ask(person: Browser, page: Page) -> None:
    """See an answer that has begun and would not end by itself, and stop it."""
    person.pages.append(page)
    page.send("#stall")
    page.wait_for_text("This is all that")
    page.stop()
    page.wait("ended", state="stopped")


def _ask_by_events(person: Browser) -> None:
    _ask(person, Page(EventWire(person)))  # type: ignore[arg-type]


def test_with_the_lines_of_the_guide_all_is_well(kind: Kind, put: Put, behind: Server) -> None:
    address = put(behind, kind.right)

    assert _faults(address) == []
    with _come(address) as person:
        _ask(person, person.open())
        _ask_by_events(person)
        large = {"file": ("all.json", b" " * 2_000_000)}
        answer = person.http.post(f"{address.url}/import", files=large, timeout=20)
        assert answer.url.startswith(f"{address.url}/import/")


def test_an_upgrade_that_is_stripped_is_named_and_done_without(
    kind: Kind, put: Put, behind: Server
) -> None:
    address = put(behind, kind.stripped)

    (fault,) = _faults(address)

    assert "The upgrade to a WebSocket is stripped" in fault
    with _come(address) as person:
        _ask_by_events(person)


def test_buffering_is_named_and_sockets_get_through(kind: Kind, put: Put, behind: Server) -> None:
    address = put(behind, kind.holding)

    (fault,) = _faults(address)

    assert "holds answers back" in fault
    with _come(address) as person:
        _ask(person, person.open())


def test_a_host_that_is_not_handed_on_is_named(kind: Kind, put: Put, behind: Server) -> None:
    address = put(behind, kind.misnamed)

    (fault,) = _faults(address)

    assert f"believes to be {behind.url}" in fault
    assert f"Set LIAOCHAT_PUBLIC_URL={address.url}" in fault


def test_under_a_path_that_is_set_all_is_well(kind: Kind, put: Put, under: Server) -> None:
    address = put(under, kind.under, "/chat")

    assert _faults(address) == []
    with _come(address) as person:
        _ask(person, person.open())
        _ask_by_events(person)
    assert requests.get(address.url, timeout=10).url == f"{address.url}/"
    beside = requests.get(f"{address.origin}/sign-in/x", timeout=10)
    assert "Liaochat" not in beside.text


def test_under_a_path_that_the_proxy_names_all_is_well(
    kind: Kind, put: Put, behind: Server
) -> None:
    address = put(behind, kind.named, "/chat")

    assert _faults(address) == []
    with _come(address) as person:
        _ask(person, person.open())
        _ask_by_events(person)


def test_a_path_that_the_server_does_not_know_of_is_named(
    kind: Kind, put: Put, behind: Server
) -> None:
    address = put(behind, re.sub(r".*Prefix.*\n", "", kind.named), "/chat")

    (fault,) = _faults(address)

    assert "Set LIAOCHAT_URL_PREFIX=/chat" in fault


def test_what_visitors_say_of_a_path_is_not_handed_on(kind: Kind, put: Put, behind: Server) -> None:
    address = put(behind, kind.right)

    page = requests.get(
        f"{address.url}/sign-in/x", headers={"X-Forwarded-Prefix": "/evil"}, timeout=10
    )

    assert 'action="/sign-in"' in page.text


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that it signed itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return file


def _cookie(address: Address, certificate: Path) -> str:
    """Sign in over https, and give the cookie as the server sets it."""
    with Browser(address, sign_in=False) as person:
        person.http.verify = str(certificate)
        answer = person.http.post(
            f"{address.url}/sign-in",
            data={"token": address.link_of_a_newcomer().rpartition("/")[2]},
            allow_redirects=False,
            timeout=10,
        )
        assert answer.status_code == 303
        return answer.headers["Set-Cookie"]


def test_over_https_the_cookie_is_bound_to_the_host(
    behind: Server, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = int(behind.url.rpartition(":")[2])
    with Nginx(tmp_path, port, _KINDS["nginx"].named, certificate=certificate) as proxy:
        address = Address(f"{proxy.url}/chat", behind.data_dir)

        assert _faults(address) == []
        cookie = _cookie(address, certificate)

    assert cookie.startswith("__Host-liaochat+chat=")
    assert "; Secure;" in cookie
    assert "; Path=/;" in cookie


def test_a_cookie_that_is_not_secure_is_named(
    behind: Server, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port = int(behind.url.rpartition(":")[2])
    site = re.sub(r".*X-Forwarded-Proto.*\n", "", _NGINX)
    with Nginx(tmp_path, port, site, certificate=certificate) as proxy:
        faults = _faults(Address(proxy.url, behind.data_dir))

    assert len(faults) == 2
    assert f"Set LIAOCHAT_PUBLIC_URL={proxy.url}" in faults[0]
    assert "lacks Secure" in faults[1]


def test_a_certificate_that_nobody_trusts_is_named(
    behind: Server, certificate: Path, tmp_path: Path
) -> None:
    port = int(behind.url.rpartition(":")[2])
    with Nginx(tmp_path, port, _NGINX, certificate=certificate) as proxy:
        (fault,) = [one.text for one in examine(proxy.url, now=SystemClock().now())]

    assert "TLS fails" in fault
