"""Make `.venv`, start the embedded servers, hand over: standard library only."""


def prepare(argv: list[str]) -> None:
    """Replaced in the next commit."""
