#!/usr/bin/env python3
"""Django's command line; `demo` and `test` need nothing but Python 3.11 (see config/bootstrap.py)."""

import os
import sys

from config import bootstrap


def main() -> None:
    """Run a management command, after seeing to an environment and a database to run it on."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    bootstrap.prepare(sys.argv)
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
