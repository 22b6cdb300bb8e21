"""Where a page is shown: on its own, in a frame of a page that may, or on a device that many use."""

from dataclasses import dataclass

from django.templatetags.static import static

from surveys.models import Collector
from surveys.visits import Visit

# A kiosk starts again after so many seconds: of thanks, and where no script can tell that nobody is there.
THANKS_SECONDS = 10
UNATTENDED_SECONDS = 180
# With a script: so long without a touch, and then so long for an answer to "are you still there?".
IDLE_SECONDS = 50
WARNING_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Venue:
    """The surroundings of a page; `home` is where a kiosk starts again."""

    channel: str = Collector.Channel.LINK
    origins: tuple[str, ...] = ()
    home: str = ""

    @property
    def is_kiosk(self) -> bool:
        """Whether the next person uses the same device."""
        return self.channel == Collector.Channel.KIOSK

    @property
    def is_framed(self) -> bool:
        """Whether pages of some origins may show this one in a frame."""
        return self.channel == Collector.Channel.EMBED and bool(self.origins)

    @property
    def name(self) -> str:
        """What the form says of its venue, so that the next page is drawn for the same; '' on its own."""
        return str(self.channel) if self.is_kiosk or self.is_framed else ""

    @property
    def ancestors(self) -> str:
        """The value of `frame-ancestors`."""
        return " ".join(self.origins) if self.is_framed else "'none'"

    @property
    def script(self) -> str:
        """The path of the script that the venue needs, '' for none; every page works without."""
        names = {Collector.Channel.KIOSK: "kiosk", Collector.Channel.EMBED: "frame"}
        return static(f"surveys/{names[Collector.Channel(self.channel)]}.js") if self.name else ""


PLAIN = Venue()


def venue_of(visit: Visit, home: str) -> Venue:
    """Return where the pages behind a link are shown."""
    return Venue(visit.channel, visit.allowed_origins, home)
