"""Images from outside: known by their bytes, and rewritten with nothing in them but what draws them."""

import zlib
from base64 import b64decode

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from surveys.actions.authoring import SurveyNotReady, publish_survey
from surveys.actions.logos import store_logo
from surveys.images import MAX_UPLOAD, ImageRefused, read_image
from surveys.models import Logo, Survey
from tests.factories import NPS, published_survey

# Six by four pixels each, as Chromium writes them, without what `read_image` leaves out.
PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAYAAAAECAYAAACtBE5DAAAAJUlEQVR4AZSJsQkAAAjDpLsv+oD/zzoV2rGB"
    "QCDonaMlQNoyHw8AAP//NsZHlwAAAAZJREFUAwAAKwWIHG49OAAAAABJRU5ErkJggg=="
)
JPG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABQODxIPDRQSEBIXFRQYHjIhHhwcHj0sLiQySUBMS0dARkVQWnNi"
    "UFVtVkVGZIhlbXd7gYKBTmCNl4x9lnN+gXz/2wBDARUXFx4aHjshITt8U0ZTfHx8fHx8fHx8fHx8fHx8fHx8"
    "fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHx8fHz/wAARCAAEAAYDASIAAhEBAxEB/8QAFQABAQAAAAAA"
    "AAAAAAAAAAAAAAb/xAAaEAEAAQUAAAAAAAAAAAAAAAAAAQIFNHKx/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQL/"
    "xAAXEQADAQAAAAAAAAAAAAAAAAAAAQMy/9oADAMBAAIRAxEAPwCXuWRTpHZALInlH//Z"
)
WEBP = b64decode(
    "UklGRlYAAABXRUJQVlA4WAoAAAAQAAAABQAAAwAAQUxQSAsAAAABDzD/ERGiBxH9DwBWUDggJAAAAHABAJ0B"
    "KgYABAADgFolkAJ0AUAAAP7sa9b1jv4M6nt4U0wAAA=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
IMAGES = {"png": PNG, "jpg": JPG, "webp": WEBP}


def png_chunk(kind, data):
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def with_secrets():
    """Each image with a place in its metadata and a second file behind its end."""
    text = png_chunk(b"tEXt", b"GPS\x00 secret")
    exif = b"\xff\xe1" + (2 + len(b"Exif secret")).to_bytes(2, "big") + b"Exif secret"
    riff = WEBP + b"EXIF" + (6).to_bytes(4, "little") + b"secret"
    return [
        ("png", PNG[:33] + text + PNG[33:] + b"<script>secret</script>"),
        ("jpg", JPG[:2] + exif + JPG[2:] + b"PK secret"),
        ("webp", b"RIFF" + (len(riff) - 8).to_bytes(4, "little") + riff[8:] + b"secret"),
    ]


@pytest.mark.parametrize(("extension", "data"), with_secrets(), ids=list(IMAGES))
def test_what_does_not_draw_is_left_out(extension, data):
    assert b"secret" in data
    image = read_image(data)
    assert (image.extension, image.content) == (extension, IMAGES[extension])
    assert read_image(image.content) == image


def sized(width, height):
    head = png_chunk(b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + PNG[24:29])
    return PNG[:8] + head + PNG[33:]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "PNG, JPEG or WebP"),
        (SVG, "an SVG can carry scripts"),
        (b"GIF89a/*" + b"x" * 50, "PNG, JPEG or WebP"),
        (b"<!doctype html>", "PNG, JPEG or WebP"),
        (PNG + b"\x00" * MAX_UPLOAD, "too large"),
        (PNG[:8] + SVG, "damaged"),
        (PNG[:40], "damaged"),
        (PNG[:50] + b"\xff" + PNG[51:], "damaged"),
        (JPG[:100], "damaged"),
        (JPG[:2] + SVG, "damaged"),
        (WEBP[:40], "damaged"),
        (sized(2001, 4), "2001 × 4 pixels"),
        (sized(0, 4), "0 × 4 pixels"),
    ],
)
def test_what_is_no_small_image_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(ImageRefused, match=sentence):
        read_image(data)


def test_an_image_too_heavy_for_a_phone_is_refused():
    heavy = PNG[:33] + png_chunk(b"IDAT", bytes(200_000)) + PNG[33:]
    with pytest.raises(ImageRefused, match="too heavy"):
        read_image(heavy)


@given(st.sampled_from([PNG, JPG, WEBP]), st.data())
def test_no_damage_does_more_than_be_refused(image, data):
    place = data.draw(st.integers(0, len(image) - 1))
    broken = (
        image[:place] + data.draw(st.binary(max_size=6)) + image[data.draw(st.integers(place, len(image))) :]
    )
    try:
        again = read_image(broken)
    except ImageRefused:
        return
    assert read_image(again.content) == again


@pytest.mark.django_db
def test_an_image_is_stored_once_under_a_name_of_its_own():
    name = store_logo(PNG, now=timezone.now())
    assert store_logo(PNG + b"behind", now=timezone.now()) == name
    assert bytes(Logo.objects.get().content) == PNG


@pytest.mark.django_db
@pytest.mark.parametrize("extension", IMAGES)
def test_a_stored_image_is_served_as_nothing_else(client, extension):
    name = store_logo(IMAGES[extension], now=timezone.now())
    answer = client.get(f"/logos/{name}")
    assert answer.content == IMAGES[extension]
    assert (
        answer["Content-Type"] == {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}[extension]
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "immutable" in answer["Cache-Control"]
    assert not answer.cookies
    assert client.post(f"/logos/{name}").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["x", "..%2f..%2fetc%2fpasswd", "0" * 32 + ".svg", "0" * 500])
def test_a_name_of_nothing_is_not_found(client, name):
    assert client.get(f"/logos/{name}").status_code == 404


@pytest.mark.django_db
def test_a_survey_is_not_published_with_a_logo_that_is_not_here():
    survey = published_survey([NPS])
    name = store_logo(PNG, now=timezone.now())
    Survey.objects.filter(pk=survey.pk).update(theme={"logo": name})
    publish_survey(survey, by=None, now=timezone.now())
    Logo.objects.all().delete()
    Survey.objects.filter(pk=survey.pk).update(title="Changed")
    with pytest.raises(SurveyNotReady, match="upload it again"):
        publish_survey(survey, by=None, now=timezone.now())
