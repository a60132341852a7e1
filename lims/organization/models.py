"""Centres, people and what each may do; customers and their products."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from lims.records.models import Record


class InForce(models.QuerySet[Any]):
    """Rows with a first and an optional last day."""

    def on(self, day: date) -> Any:
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day)


class Dated(models.Model):
    """Something in force from one day to another; no last day means until further notice."""

    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = InForce.as_manager()

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        return self.valid_until is not None and self.valid_until < timezone.localdate()


class People(BaseUserManager["User"]):
    def create_user(self, username: str, name: str, password: str | None = None, **more: Any) -> User:
        person = self.model(username=username, name=name, **more)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, name: str, password: str | None = None, **more: Any) -> User:
        return self.create_user(username, name, password, is_staff=True, is_superuser=True, **more)


class User(AbstractBaseUser, PermissionsMixin, Record):
    """A person with one account: laboratory staff, or somebody of a customer. One name field, as Korean names are."""

    PERSONAL = frozenset({"username", "name", "email", "password"})
    UNAUDITED = frozenset({"last_login", "password"})

    username = models.CharField(_("login name"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, default="ko")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may see the administration pages"), default=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = People()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name


class Centre(Record):
    """A legally separate testing laboratory with its own accreditation, people, numbers and seal."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name_ko = models.CharField(_("Korean name"), max_length=120)
    name_en = models.CharField(_("English name"), max_length=120)
    address = models.CharField(_("address"), max_length=200)
    accreditation_no = models.CharField(_("accreditation number"), max_length=40, blank=True)
    one_person_may_review_and_authorize = models.BooleanField(
        _("one person may review and authorize"), default=False
    )

    class Meta:
        verbose_name = _("centre")
        permissions = [("work_in_centre", "May work in this centre")]

    def __str__(self) -> str:
        return self.name_ko


class CentreUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Centre, on_delete=models.CASCADE)


class CentreGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Centre, on_delete=models.CASCADE)


class AccreditationState(Dated, Record):
    """What the accreditation body says of a centre, from a day on. Source: KOLAS; ISO/IEC 17025:2017, 8.1."""

    class State(models.TextChoices):
        VALID = "valid", _("Valid")
        SUSPENDED = "mark_suspended", _("Mark suspended")
        EXPIRED = "expired", _("Expired")
        CLOSED = "closed", _("Closed")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="accreditation_states")
    state = models.CharField(_("state"), max_length=20, choices=State)
    FROZEN = ("centre_id", "state", "valid_from")

    class Meta:
        verbose_name = _("accreditation state")

    def __str__(self) -> str:
        return f"{self.centre.code} {self.state} {self.valid_from}"


class ScopeRow(Dated, Record):
    """One line of a centre's scope of accreditation: a standard's edition and test item, at which kind of place."""

    class Place(models.TextChoices):
        FIXED = "fixed", _("Fixed laboratory")
        ON_SITE = "on_site", _("On site")
        REMOTE = "remote", _("Remote")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="scope")
    standard = models.CharField(_("standard and edition"), max_length=60)
    test_item = models.CharField(_("test item"), max_length=60)  # a measure's id, such as FCp-1-G
    place = models.CharField(_("place of work"), max_length=10, choices=Place, default=Place.FIXED)
    FROZEN = ("centre_id", "standard", "test_item", "place", "valid_from")

    class Meta:
        verbose_name = _("scope row")

    def __str__(self) -> str:
        return f"{self.centre.code} {self.standard} {self.test_item}"


class Appointment(Dated, Record):
    """A person's role in a centre, with its days. Source: ISO/IEC 17025:2017, 6.2.2, 5.5 b."""

    class Role(models.TextChoices):
        RECEPTION = "reception", _("Reception")
        TESTER = "tester", _("Testing engineer")
        TECHNICAL_MANAGER = "technical_manager", _("Technical manager")
        QUALITY_MANAGER = "quality_manager", _("Quality manager")
        CONSULTANT = "consultant", _("Consultant")
        INSTRUCTOR = "instructor", _("Instructor")

    person = models.ForeignKey(User, models.PROTECT, related_name="appointments")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="appointments")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    FROZEN = ("person_id", "centre_id", "role", "valid_from")

    class Meta:
        verbose_name = _("appointment")

    def __str__(self) -> str:
        return f"{self.person} {self.role}"


class Authorization(Dated, Record):
    """What a person may do with a module, and since when. Source: ISO/IEC 17025:2017, 6.2.6."""

    class Step(models.TextChoices):
        RUN = "run", _("Run tests")
        REVIEW = "review", _("Review results")
        AUTHORIZE = "authorize", _("Authorize reports")

    person = models.ForeignKey(User, models.PROTECT, related_name="authorizations")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="authorizations")
    module_id = models.CharField(_("test module"), max_length=40)
    step = models.CharField(_("step"), max_length=10, choices=Step)
    basis = models.CharField(_("basis"), max_length=200)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    FROZEN = ("person_id", "centre_id", "module_id", "step", "basis", "valid_from")

    class Meta:
        verbose_name = _("authorization")

    def __str__(self) -> str:
        return f"{self.person} {self.step} {self.module_id}"


class Customer(Record):
    """The party that asks for a test."""

    PERSONAL = frozenset({"address", "contact"})

    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.CharField(_("address"), max_length=200)
    contact = models.CharField(_("contact"), max_length=120)
    is_fictitious = models.BooleanField(_("fictitious (demonstration)"), default=False)
    centres = models.ManyToManyField(
        Centre, related_name="customers", blank=True
    )  # who has met this customer

    class Meta:
        verbose_name = _("customer")
        permissions = [("act_for_customer", "May act for this customer")]

    def __str__(self) -> str:
        return self.name


class CustomerUserPermission(UserObjectPermissionBase):
    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)


class CustomerGroupPermission(GroupObjectPermissionBase):
    content_object = models.ForeignKey(Customer, on_delete=models.CASCADE)


class Product(Record):
    """A customer's software product, apart from its versions: what consulting and testing have in common."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="products")
    name = models.CharField(_("product"), max_length=120)
    developer = models.CharField(_("developer"), max_length=120)

    class Meta:
        verbose_name = _("product")
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="one_product_a_name")]

    def __str__(self) -> str:
        return self.name
