"""Mail that is sent to nobody: each is written to a file, in a folder that its owner alone may open."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends import filebased


class EmailBackend(filebased.EmailBackend):
    """Writes to the folder of the settings, which holds names, answers and personal links."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        folder = Path(settings.EMAIL_FILE_PATH)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        super().__init__(*args, **kwargs)
