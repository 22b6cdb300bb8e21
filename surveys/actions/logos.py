from datetime import datetime
from hashlib import sha256

from surveys.images import read_image
from surveys.models import Logo


def store_logo(data: bytes, *, now: datetime) -> str:
    """Store an uploaded image and return its name; the same image is stored once. Raises ImageRefused."""
    image = read_image(data)
    name = f"{sha256(image.content).hexdigest()[:32]}.{image.extension}"
    Logo.objects.get_or_create(name=name, defaults={"content": image.content, "created_at": now})
    return name
