from typing import Any, ClassVar

from unfold.forms import AuthenticationForm


class LoginForm(AuthenticationForm):  # type: ignore[misc]
    """Address and password; on a phone the keyboard for addresses opens."""

    error_messages: ClassVar = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Nobody logs in here with this e-mail address and password. Capital letters count.",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "username"
