"""A private PostgreSQL and a private Valkey, for a machine that offers none: standard library only.

`hold` gives a URL and keeps the server running for as long as this process lives. Each server is the child
of a keeper process, which waits on a file lock that every user shares: the kernel releases it however a user
dies, so the last one out stops the server even after a kill -9.
"""

from config.embedded.lease import Lease, hold
from config.embedded.places import home_of
from config.embedded.server import ServerFailed

__all__ = ["Lease", "ServerFailed", "hold", "home_of"]
