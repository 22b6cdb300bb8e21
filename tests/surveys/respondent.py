"""A browser without JavaScript, as far as a form goes: it sends back what the page holds."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
FOR_SCRIPTS = re.compile(r"<template.*?</template>|<script.*?</script>", re.DOTALL)


class Respondent:
    """Someone with a link open: `page` is what the server said last, `hidden` what its form would send."""

    def __init__(self, path: str, **headers: str) -> None:
        self.path = path
        self.client = Client(headers=headers)
        self.hidden: dict[str, str] = {}
        self.page: HttpResponse | None = None

    def open(self, query: str = "") -> "Respondent":
        return self.see(self.client.get(self.path + query))

    def see(self, page: HttpResponse) -> "Respondent":
        self.page = page
        self.hidden = {name: unescape(value) for name, value in HIDDEN.findall(self.text)}
        return self

    def send(self, **answers: Any) -> HttpResponse:
        page = self.client.post(self.path, {"_go": "next", **self.hidden, **answers})
        self.see(page)
        return page

    @property
    def text(self) -> str:
        assert self.page is not None
        return FOR_SCRIPTS.sub("", self.page.content.decode())


def open_link(survey: Any) -> str:
    return f"/s/{survey.slug}/"
