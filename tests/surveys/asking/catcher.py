"""A mail server on loopback that does as the address of each recipient says, and keeps what it took.

`soft`: 450 once, then it is taken; `hard`: 550; `refuse`: 554 to the words; `hang`: silence after the words;
`keep`: keeps them and drops the line before it says so; `drop`: drops the line at DATA. Others are taken.
"""

import multiprocessing
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from multiprocessing.connection import Connection


class Catcher(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, delay: float = 0) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.taken: list[bytes] = []
        self.tries: Counter[str] = Counter()
        self.delay = delay
        self.is_over = threading.Event()

    @property
    def port(self) -> int:
        return self.server_address[1]

    @property
    def kept(self) -> list[EmailMessage]:
        """What it took, read only when somebody asks."""
        return [message_from_bytes(words, policy=policy.default) for words in self.taken]

    def kept_by_id(self) -> Counter[str]:
        return Counter(message["Message-ID"] for message in self.kept)

    def handle_error(self, request, client_address) -> None:
        """Say nothing: lines break here on purpose."""


class Conversation(socketserver.StreamRequestHandler):
    server: Catcher

    def handle(self) -> None:
        self.say("220 catcher")
        to = ""
        while line := self.rfile.readline().decode(errors="replace").strip():
            verb = line[:4].upper()
            if verb == "RCPT":
                to = line.partition("<")[2].partition(">")[0]
                self.say(self.answer_to(to))
            elif verb == "DATA":
                if to.startswith("drop") or not self.take_words(to):
                    return
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def answer_to(self, to: str) -> str:
        self.server.tries[to] += 1
        if to.startswith("hard"):
            return "550 nobody here"
        if to.startswith("soft") and self.server.tries[to] == 1:
            return "450 later"
        return "250 ok"

    def take_words(self, to: str) -> bool:
        """Whether the conversation goes on."""
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        words = b"".join(lines)
        if to.startswith("refuse"):
            self.say("554 we do not like it")
            return True
        if to.startswith("hang"):
            self.server.is_over.wait()
            return False
        self.server.taken.append(words)
        if to.startswith("keep"):
            return False
        self.say("250 taken")
        return True

    def say(self, line: str) -> None:
        time.sleep(self.server.delay)
        self.wfile.write(line.encode() + b"\r\n")


@contextmanager
def catching(delay: float = 0) -> Iterator[Catcher]:
    """A catcher that listens on a port of its own as long as the block lasts."""
    with Catcher(delay) as catcher:
        thread = threading.Thread(target=catcher.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield catcher
        finally:
            catcher.is_over.set()
            catcher.shutdown()
            thread.join(5)


@contextmanager
def catching_apart(delay: float) -> Iterator[Connection]:
    """A catcher with a process of its own: says its port, and how many mails it took when sent a word."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_catch, args=(delay, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()


def _catch(delay: float, pipe: Connection) -> None:
    with catching(delay) as catcher:
        pipe.send(catcher.port)
        pipe.recv()
        pipe.send(len(catcher.taken))
