from django.db import models

from surveys.asking.policy import Cap, Policy
from surveys.models.design import Programme


class ContactPolicies(models.QuerySet["ContactPolicy"]):
    """Reads of the contact policy."""

    def current(self) -> "ContactPolicy":
        """The policy in force: the one row, or its defaults."""
        return self.first() or ContactPolicy()


class ContactPolicy(models.Model):
    """The one row says how often a contact may be asked, and when they are left alone."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    quiet_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days between two asks to one contact, whatever the programme; 0 for none."
    )
    is_quiet_in_open_case = models.BooleanField(
        "quiet while a follow-up of the account is open", default=True
    )
    quiet_before_renewal_days = models.PositiveSmallIntegerField(
        "quiet days before a renewal",
        default=0,
        help_text="While a renewal is negotiated; programmes of renewals ask all the same. 0 for none.",
    )

    objects = ContactPolicies.as_manager()

    class Meta:
        verbose_name_plural = "contact policy"
        constraints = (models.CheckConstraint(condition=models.Q(pk=1), name="one_contact_policy"),)

    def __str__(self) -> str:
        return "contact policy"

    def rules(self) -> Policy:
        """Return the rules that count asks."""
        return Policy(self.quiet_days, tuple(cap.rule() for cap in ContactCap.objects.all()))


class ContactCap(models.Model):
    """One row allows so many asks in so many days to one contact, account or mail domain."""

    class Per(models.TextChoices):
        CONTACT = "contact"
        ACCOUNT = "account"
        DOMAIN = "domain", "mail domain"

    policy = models.ForeignKey(ContactPolicy, models.CASCADE, related_name="caps", default=1)
    per = models.CharField(max_length=10, choices=Per, default=Per.ACCOUNT)
    role = models.CharField(
        max_length=20,
        blank=True,
        choices=[("decision_maker", "decision-makers"), ("influencer", "influencers"), ("user", "users")],
        help_text="Counts and protects contacts of this role only.",
    )
    limit = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(per__in=("contact", "account", "domain")),
                name="cap_is_per_something_known",
            ),
            models.CheckConstraint(condition=models.Q(days__gte=1), name="cap_has_days"),
        )

    def __str__(self) -> str:
        return str(self.rule())

    def rule(self) -> Cap:
        """Return the cap as the policy takes it."""
        return Cap(self.per, self.limit, self.days, self.role)  # type: ignore[arg-type]


class Suppression(models.Model):
    """One row is an address that gets no mail any more, known only by its keyed hash.

    It outlives its contact: who is erased and imported again is still left alone.
    """

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed"
        BOUNCED = "bounced"
        COMPLAINED = "complained", "complained to the mail provider"
        LISTED = "listed", "put on the list by us"

    address_hash = models.BinaryField(max_length=32, unique=True)
    reason = models.CharField(max_length=20, choices=Reason)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.reason} {self.created_at:%Y-%m-%d}"


class Preference(models.Model):
    """One row is what the owner of an address wishes: less often, or one programme only."""

    address_hash = models.BinaryField(max_length=32, unique=True)
    quiet_days = models.PositiveSmallIntegerField(default=0)
    only_programme = models.ForeignKey(Programme, models.CASCADE, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"preference of {self.changed_at:%Y-%m-%d}"
