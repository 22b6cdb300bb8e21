"""Files between the page that shows what would become of them and the press that makes it so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

FOLDER = "responses"
KEPT = timedelta(days=1)


class UploadGone(Exception):
    """The file was imported, or lay for longer than a day."""


def keep_upload(upload: "UploadedFile[bytes]", *, now: datetime) -> str:
    """Keep the file for a day and return the name it is known by; older ones go."""
    discard_uploads(before=now - KEPT)
    return default_storage.save(f"{FOLDER}/upload", File(upload))


@contextmanager
def kept_upload(name: str) -> Iterator[Path]:
    """Give the file as a path. Raises UploadGone."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "upload.xlsx")  # whatever it is: openpyxl wants the name, and nobody else looks
        try:
            with default_storage.open(name) as kept, path.open("wb") as file:
                file.writelines(kept.chunks())
        except FileNotFoundError:
            raise UploadGone from None
        yield path


def discard_upload(name: str) -> None:
    """Delete the file."""
    default_storage.delete(name)


def discard_uploads(*, before: datetime) -> None:
    """Delete the files that were left lying since before the instant."""
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < before:
            default_storage.delete(path)
