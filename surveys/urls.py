from django.urls import path, re_path

from surveys import views

urlpatterns = [
    path("s/<str:name>/", views.answer_open, name="answer_open"),
    path("s/<str:name>/thanks/", views.thanks_open, name="thanks_open"),
    path("r/<str:name>/", views.answer_personal, name="answer_personal"),
    path("r/<str:name>/thanks/", views.thanks_personal, name="thanks_personal"),
    path("r/<str:name>/unsubscribe/", views.leave_personal, name="leave_personal"),
    # A bracket or a full stop of the sentence around a link becomes part of it.
    re_path(r"^[sr]/(?P<name>(.*/)?)$", views.answer_nowhere, name="answer_nowhere"),
    path("embed.js", views.embed_script, name="embed_script"),
    path("webhooks/mail/", views.hear_provider, name="mail_events"),
    path("logos/<str:name>", views.show_logo, name="logo"),
]
