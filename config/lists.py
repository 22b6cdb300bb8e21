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

# What an empty list is for, or how its first row comes, by model.
FIRST_WORDS = {
    "surveys.programme": "A programme is the frame over surveys, such as Relationship or Support. "
    "Make one, then a survey in it.",
    "surveys.survey": "Start from a template in six languages, or from a blank page.",
    "surveys.response": "They come in once a survey is published and somebody answers its link.",
    "surveys.campaign": "A campaign sends a survey to an audience by mail: make both first.",
    "surveys.audience": "An audience says whom to ask: by conditions on contacts and accounts, or by a list.",
    "surveys.invitation": "An approved campaign makes them, one for each contact; so does the API.",
    "surveys.mail": "Each mail of a campaign stands here, from when it is planned.",
    "surveys.suppression": "Addresses that bounce or complain come here by themselves and get no more mail.",
    "surveys.collector": "A link, an embed or a QR code opens a survey to whoever has it.",
    "surveys.quota": "A quota stops a survey for an answer that enough people have given.",
    "followups.followup": "An unhappy answer, a wish to be called or a fall in health opens one.",
    "followups.rule": "A rule says which answers open a follow-up, and when it is due.",
    "followups.delivery": "Monthly reports, digests and alerts stand here once they went out by mail.",
    "accounts.account": "Accounts are the companies that are your customers: import them from a file, "
    "send them by the API or add one by hand.",
    "accounts.contact": "Contacts are the people whom you may ask: import them after their accounts.",
    "accounts.subscription": "What accounts pay for, from when to when: revenue, retention and renewals "
    "are worked out from it.",
    "accounts.servicesmonth": "What services brought in and cost, by account and month: the services margin "
    "is worked out from it.",
    "accounts.signal": "Measures of usage, support and payment, from a file or the API: health weighs them.",
    "accounts.event": "What happened elsewhere, such as a ticket closed, as the API was told.",
    "accounts.tableimport": "Bring accounts, contacts, subscriptions, services or signals from a CSV, TSV "
    "or XLSX file. Nothing is stored before you have seen it, and all of it can be undone.",
    "accounts.export": "Take responses, scores or accounts with you as a file.",
    "accounts.apikey": "A key lets a program use the API, with no more rights than you give it.",
    "accounts.signalrule": "A rule makes a signal of events, such as how many tickets were closed in a day.",
    "accounts.team": "Accounts belong to a team, and so do users, whose own page says to which.",
    "accounts.exchangerate": "Needed as soon as amounts are in more than one currency.",
    "metrics.close": "A month's numbers are kept as they were known then, a while after its end.",
    "surveys.version": "Publishing a survey makes one, which stays as it is.",
    "metrics.wordmodel": "What was learnt from your own comments, once there are enough of them.",
    "metrics.comment": "What people write in answers stands here once it has been read.",
    "metrics.taxonomy": "Until you write your own, comments are read for the themes that Earshot brings.",
    "metrics.target": "A goal is the value that a metric is to have reached by a day.",
    "admin.logentry": "What people add, change or delete in these lists stands here.",
}
