"""Which addresses may be connected to, and that none other is."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from checks.notify import webhook
from checks.notify.addresses import PrivateAddress, UnknownHost, address_to_connect, is_public
from checks.notify.channels import Channel
from checks.notify.words import of_test
from checks.records import MessageKind
from checks.values import Secret
from tests.notifying import NOON, message
from tests.sinks import web_sink

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
]
PRIVATE += ["255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1"]
PRIVATE += ["64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "192.0.2.1", "198.18.0.1"]
PRIVATE += ["::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "fec0::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_not_everybody_reaches_are_private(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_other_addresses_are_public(address):
    assert is_public(address)


@pytest.fixture
def names(monkeypatch):
    """A name service that knows the names that it is told, one answer after another."""
    known: dict[str, list[list[str]]] = {}
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *args, **kwargs):
        if host not in known:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        answers = known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known, asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(names):
    names[0]["example.com"] = [["8.8.8.8", "10.0.0.1"]]
    with pytest.raises(
        PrivateAddress, match=r"^example\.com is 10\.0\.0\.1, which is not a public address, so nothing"
    ):
        address_to_connect("example.com", 443, allow_private=False)
    assert address_to_connect("example.com", 443, allow_private=True) == "8.8.8.8"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
def test_odd_ways_to_write_this_machine_are_seen_through(host):
    with pytest.raises((PrivateAddress, UnknownHost)):
        address_to_connect(host, 80, allow_private=False)


def test_a_name_that_is_none_is_told():
    with pytest.raises(UnknownHost, match=r"^the name no-such-host\.invalid can not be resolved$"):
        address_to_connect("no-such-host.invalid", 80, allow_private=False)


def post(url: str, *, allow_private: bool):
    key, told = b"0123456789abcdef0123456789abcdef", message(MessageKind.TEST, number=None)
    channel = Channel("hook", Secret(url), key, allow_private=allow_private)
    return webhook.post(channel, told, of_test(told, "https://vitals.example.com"), (), NOON)


def test_a_name_is_looked_up_once_and_the_address_that_was_looked_at_is_connected_to(names):
    known, asked = names
    with web_sink() as sink:
        known["hooks.example.com"] = [["127.0.0.1"], ["8.8.8.8"]]
        assert post(f"http://hooks.example.com:{sink.port}/x", allow_private=True).error is None
    assert asked == ["hooks.example.com"]
    assert sink.arrived[0].headers["host"] == f"hooks.example.com:{sink.port}"


def test_a_name_that_turns_to_a_private_address_after_it_was_looked_at_changes_nothing(names):
    known, asked = names
    with web_sink() as sink:
        known["hooks.example.com"] = [["192.0.2.1"], ["127.0.0.1"]]
        refused = post(f"http://hooks.example.com:{sink.port}/x", allow_private=False)
    assert refused.error is not None and "192.0.2.1" in refused.error
    assert (asked, sink.arrived, sink.refused) == (["hooks.example.com"], [], [])


@pytest.fixture
def certified(tmp_path):
    """A TLS server whose certificate nobody has signed, that notes the names that it is asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    until = datetime.now(UTC) + timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, until - timedelta(days=2), until)
    names = x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")])
    signed = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    file = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + signed.public_bytes(Encoding.PEM))
    context, asked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    context.load_cert_chain(file)
    context.sni_callback = lambda _, name, __: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_one_handshake, args=(listening, context))
        thread.start()
        yield listening.getsockname()[1], asked
        thread.join(10)


def _one_handshake(listening: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listening.accept()
    with connection, suppress(OSError):
        context.wrap_socket(connection, server_side=True).close()


def test_in_tls_the_name_is_asked_for_and_its_certificate_looked_at(names, certified):
    port, asked = certified
    names[0]["hooks.example.com"] = [["127.0.0.1"]]
    came = post(f"https://hooks.example.com:{port}/x", allow_private=True)
    assert came.error == "hooks.example.com could not be reached (ConnectError)"
    assert asked == ["hooks.example.com"]
