"""The lists that the menu names, by group."""

# Title, symbol and model of each link, by group.
LISTS = {
    "Listen": (
        ("Programmes", "campaign", "surveys.programme"),
        ("Surveys", "quiz", "surveys.survey"),
        ("Responses", "forum", "surveys.response"),
    ),
    "Ask": (
        ("Campaigns", "send", "surveys.campaign"),
        ("Audiences", "group_work", "surveys.audience"),
        ("Invitations", "outgoing_mail", "surveys.invitation"),
        ("Mails", "mail", "surveys.mail"),
        ("Contact policy", "do_not_disturb_on", "surveys.contactpolicy"),
        ("Suppressed addresses", "block", "surveys.suppression"),
        ("Links and embeds", "link", "surveys.collector"),
        ("Quotas", "pie_chart", "surveys.quota"),
    ),
    "Act": (
        ("Follow-ups", "task_alt", "followups.followup"),
        ("Follow-up rules", "rule", "followups.rule"),
        ("Reports by mail", "mark_email_read", "followups.mailing"),
        ("Reports sent", "outbox", "followups.delivery"),
    ),
    "Customers": (
        ("Accounts", "domain", "accounts.account"),
        ("Contacts", "contacts", "accounts.contact"),
        ("Subscriptions", "contract", "accounts.subscription"),
        ("Services", "handyman", "accounts.servicesmonth"),
        ("Signals", "monitoring", "accounts.signal"),
        ("Events", "bolt", "accounts.event"),
    ),
    "Data": (
        ("Imports", "upload", "accounts.tableimport"),
        ("Exports", "download", "accounts.export"),
        ("Closed months", "event_available", "metrics.close"),
    ),
    "Settings": (
        ("Users", "person", "accounts.user"),
        ("Who is in which team", "group_add", "accounts.team"),
        ("Roles", "badge", "auth.group"),
        ("API keys", "key", "accounts.apikey"),
        ("Themes of comments", "sell", "metrics.taxonomy"),
        ("Signals from events", "conversion_path", "accounts.signalrule"),
        ("Exchange rates", "currency_exchange", "accounts.exchangerate"),
        ("History", "history", "admin.logentry"),
    ),
}
