"""Those who knock at every address of the matrix, and the owner's things that they knock for."""

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from asgiref.sync import async_to_sync
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.auth.models import Group as PermissionGroup
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import AuditEntry, Group, KeyNotice, Picture, User, Webhook, WebhookDelivery
from accounts.services import invitations, webhooks
from chat.models import (
    Budget,
    Conversation,
    LanguageModel,
    Preset,
    Prompt,
    Reply,
    ShareReport,
    SharingPolicy,
    SnapshotFile,
)
from chat.services.budget_requests import ask_for_more
from chat.services.budgets import adjust
from chat.services.organising import trash_conversation
from chat.services.snapshots import Choice
from chat.tasks import mail_about_retired_model
from tests.access_matrix import ARGUMENT
from tests.chat.attaching import image_of
from tests.chat.sending import send
from tests.chat.sharing import share, with_files
from tests.factories import ApiKeyFactory, PersonFactory
from tests.signing_in import sign_in

# Whoever knows one of these may use it: they are asked for nothing else.
SECRETS = frozenset({"token", "key", "uidb36"})


@dataclass
class Cast:
    """`sessions` are those of the people of the matrix who are signed in, `things` the values of the arguments."""

    sessions: dict[str, str] = field(default_factory=dict)
    things: dict[str, Any] = field(default_factory=dict)

    def address_of(self, pattern: str, *, of_nothing: bool = False) -> str:
        """The pattern filled in with the owner's own things, or with ids that are nobody's."""
        return ARGUMENT.sub(lambda found: self.value(pattern, found[1], of_nothing), pattern)

    def value(self, pattern: str, argument: str, of_nothing: bool) -> str:
        """Where addresses mean different things by one name, as the admin's by object_id, `things` has them all."""
        folder = pattern.partition("<")[0]
        thing = self.things.get(folder + argument) or self.things[argument]
        return nobodys(thing) if of_nothing and argument not in ("app_label", "content_type_id") else str(thing)

    def ask(self, person: str, method: str, address: str, *, checks_forgery: bool = False) -> Any:
        """An answer, after which everything is again as it was before."""
        client = Client(enforce_csrf_checks=checks_forgery)
        if person in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[person]
        with transaction.atomic():
            response = client.generic(method, address, content_type="application/x-www-form-urlencoded")
            if response.streaming:
                async_to_sync(read)(response)
            transaction.set_rollback(True)
        return response


async def read(response: Any) -> None:
    """To its end, so that the file behind it is closed."""
    async for _piece in response.streaming_content:
        pass


def nobodys(thing: Any) -> str:
    if isinstance(thing, uuid.UUID):
        return str(uuid.uuid4())
    return str(2**31 - 5) if isinstance(thing, int) else "there-is-none"


def gather() -> Cast:
    """Everybody with a session in which they have just signed in, and one of everything that has an address."""
    cast = Cast()
    roles = {"auditor": User.Role.AUDITOR, "administrator": User.Role.ADMINISTRATOR}
    for name in ("disabled", "owner", "member", "auditor", "administrator"):
        person = PersonFactory.create(name=name, email=f"{name}@example.com", role=roles.get(name, User.Role.MEMBER))
        client = Client()
        sign_in(client, person)
        cast.sessions[name] = client.cookies[settings.SESSION_COOKIE_NAME].value
    # Their session is still there, as if the service that ends it had not run.
    User.objects.filter(name="disabled").update(is_active=False)
    owner, administrator = User.objects.get(name="owner"), User.objects.get(name="administrator")
    cast.things |= things_of_chat(owner) | things_of_accounts(owner, administrator)
    return cast


def things_of_chat(owner: User) -> dict[str, Any]:
    key, model = ApiKeyFactory.create(owner=owner), LanguageModel.objects.on_offer()[0]
    lost = send(owner, "What became of this?", model=model).question.conversation
    lost_reply = Reply.objects.get(message__conversation=lost)
    lost_reply.move(to="submitting", submit_started_at=timezone.now())
    lost_reply.move(to="unknown", billed="unknown")
    conversation = send(owner, "hello", model=model).question.conversation
    budget = Budget.objects.create(owner=owner, limit=100)
    asked = ask_for_more(budget=budget, person=owner, amount=Decimal(1), reason="more")
    trashed = send(owner, "to be forgotten", model=model).question.conversation
    trash_conversation(conversation=trashed)
    mail_about_retired_model.defer(model_id=model.pk)
    with_files(conversation)
    link, path = share(conversation, Choice(with_images=True), may_continue=True)
    reported, _path = share(conversation)
    return {
        "key_id": key.pk,
        "conversation_id": conversation.pk,
        "/trash/conversation_id": trashed.pk,
        "attachment_id": image_of(owner).pk,
        "thing_id": Prompt.objects.create(owner=owner, name="Mine", text="Of {{topic}}").pk,
        "/settings/presets/thing_id": Preset.objects.create(owner=owner, name="Mine").pk,
        "message_id": conversation.active_leaf_id,
        "/messages/message_id": conversation.messages.get(role="user").pk,
        "reply_id": Reply.objects.get(message__conversation=conversation).pk,
        "content_type_id": ContentType.objects.get_for_model(Conversation).pk,
        "share_id": link.pk,
        "image_id": SnapshotFile.objects.get(snapshot=link.pk).pk,
        "/s/token": path.split("/")[2],
        "/admin/chat/share/object_id": link.pk,
        "/admin/chat/sharereport/object_id": ShareReport.objects.create(share=reported, reporter=owner, reason="?").pk,
        "/admin/chat/sharingpolicy/object_id": SharingPolicy.objects.create().pk,
        "/admin/r/object_id": conversation.pk,
        "/admin/accounts/apikey/object_id": key.pk,
        "/admin/chat/languagemodel/object_id": model.pk,
        "/admin/chat/budget/object_id": budget.pk,
        "/admin/chat/budgetadjustment/object_id": adjust(budget=budget, amount=Decimal(1), reason="more", by=owner).pk,
        "/admin/chat/budgetrequest/object_id": asked.pk,
        "budget_id": budget.pk,
        "/admin/chat/unknownreply/object_id": lost_reply.pk,
        "/admin/procrastinate/procrastinatejob/object_id": ProcrastinateJob.objects.latest("pk").pk,
    }


def passkey_data() -> dict[str, Any]:
    """What allauth stores of a passkey: it reads all of it wherever a person's passkeys are shown."""
    public_key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    attested = AttestedCredentialData.create(Aaguid.NONE, b"laptop", public_key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    facts = AuthenticatorData.create(sha256(b"testserver").digest(), flags, 0, attested)
    client = CollectedClientData.create(CollectedClientData.TYPE.CREATE, b"challenge", "http://testserver")
    response = {
        "clientDataJSON": websafe_encode(client),
        "attestationObject": websafe_encode(AttestationObject.create("none", facts, {})),
    }
    name = websafe_encode(b"laptop")
    return {
        "name": "Laptop",
        "credential": {"id": name, "rawId": name, "type": "public-key", "response": response},
    }


def things_of_accounts(owner: User, administrator: User) -> dict[str, Any]:
    owner.picture = Picture.objects.create(webp=b"RIFF")
    owner.save(update_fields=["picture"])
    email = EmailAddress.objects.create(user=owner, email=owner.email, primary=True)
    passkey = Authenticator.objects.create(user=owner, type="webauthn", data=passkey_data())
    sent = invitations.invite(
        email="dora@example.com", role="member", invited_by=administrator, site_url="https://parley.test/"
    )
    webhook = Webhook(name="Mine", address="https://testserver/hook", kinds=[])
    webhooks.give_secret(webhook)
    webhook.save()
    delivery = webhooks.write_test(webhook)
    WebhookDelivery.objects.update(body="hello")
    notice = KeyNotice(person=owner, key=owner.api_keys.all()[0], kind="key.refused", day=timezone.localdate())
    notice.save()
    return {
        "notice_id": notice.pk,
        "/admin/accounts/webhook/object_id": webhook.pk,
        "/admin/accounts/webhookdelivery/object_id": delivery.pk,
        "picture_id": owner.picture.pk,
        "token": sent.link.rstrip("/").split("/")[-1],
        "pk": passkey.pk,
        "key": EmailConfirmationHMAC(email).key,
        "uidb36": user_pk_to_url_str(owner),
        "/accounts/password/reset/key/key": default_token_generator.make_token(owner),
        "app_label": "accounts",
        "url": "there-is-none",
        "/admin/accounts/user/object_id": owner.pk,
        "/admin/accounts/invitation/object_id": sent.invitation.pk,
        "/admin/mfa/authenticator/object_id": passkey.pk,
        "/admin/accounts/auditentry/object_id": AuditEntry.objects.latest("number").pk,
        "/admin/auth/group/object_id": PermissionGroup.objects.create(name="A group").pk,
        "/admin/accounts/group/object_id": Group.objects.create(name="Design").pk,
        "/admin/account/emailaddress/object_id": email.pk,
    }
