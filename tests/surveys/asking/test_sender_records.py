"""What the DNS says about a sender's domain, asked of a name server on loopback."""

import socket
import threading
from contextlib import contextmanager
from functools import partial

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver

from surveys.mail.sender_records import sender_records


@contextmanager
def name_server(texts):
    """A resolver that asks a server knowing these texts by name; names above them exist, others do not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        is_over = threading.Event()

        def serve():
            while not is_over.is_set():
                try:
                    wire, peer = server.recvfrom(4096)
                except TimeoutError:
                    continue
                query = dns.message.from_wire(wire)
                answer = dns.message.make_response(query)
                answer.flags |= dns.flags.RA
                name = query.question[0].name.to_text(omit_final_dot=True)
                if name in texts:
                    rows = [f'"{text}"' for text in texts[name]]
                    answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *rows))
                elif not any(known.endswith(f".{name}") for known in texts):
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                server.sendto(answer.to_wire(), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        try:
            yield resolver
        finally:
            is_over.set()
            thread.join()


GOOD = {
    "example.com": ["something else", "v=spf1 include:mail.example -all"],
    "k1._domainkey.example.com": ["v=DKIM1; p=x"],
    "_dmarc.example.com": ["v=DMARC1; p=none"],
}


@pytest.fixture
def be_patient(monkeypatch):
    """Set how many seconds an answer may take."""
    return partial(monkeypatch.setattr, "surveys.mail.sender_records.PATIENCE")


def found(texts, sender="Voice <voice@example.com>"):
    with name_server(texts) as resolver:
        return {record.name: record.is_there for record in sender_records(sender, resolver=resolver)}


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ((), set()),
        (("example.com",), {"SPF"}),
        (("k1._domainkey.example.com",), {"DKIM"}),
        (("_dmarc.example.com",), {"DMARC"}),
        (tuple(GOOD), {"SPF", "DKIM", "DMARC"}),
    ],
)
def test_each_record_is_found_or_missed(without, missing, be_patient):
    be_patient(60)
    texts = {name: rows for name, rows in GOOD.items() if name not in without}
    assert found(texts) == {name: name not in missing for name in ("SPF", "DKIM", "DMARC")}


def test_two_spf_records_count_as_none(be_patient):
    be_patient(60)
    assert found(GOOD | {"example.com": ["v=spf1 -all", "v=spf1 ~all"]})["SPF"] is False


def test_silence_is_not_an_answer(be_patient):
    be_patient(0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], mute.getsockname()[1]
        records = sender_records("voice@example.com", resolver=resolver)
    assert [record.is_there for record in records] == [None, None, None]


def test_a_sender_of_this_machine_has_no_records():
    assert [record.is_there for record in sender_records("Earshot <noreply@localhost>")] == [False]
