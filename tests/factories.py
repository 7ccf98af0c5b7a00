"""Things for tests. Who plays a part in a test is a fixture; these are for all others, and for what people own."""

import secrets
from typing import Any

import factory

from accounts.models import ApiKey, User
from accounts.services.api_keys import add_key
from chat.segmind import KeyValue

PASSWORD = "correct horse battery staple"


def key_value() -> KeyValue:
    """A value that looks like a Segmind key, and that no other test has."""
    return KeyValue(f"SG_{secrets.token_hex(8)}")


class PersonFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User

    name = factory.Sequence(lambda number: f"Person {number}")
    email = factory.Sequence(lambda number: f"person{number}@example.com")
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(*args, **fields)


class ApiKeyFactory(factory.django.DjangoModelFactory[ApiKey]):
    """A sealed key, made by the service. `value` is its KeyValue; other fields are set afterwards."""

    class Meta:
        model = ApiKey

    owner = factory.SubFactory(PersonFactory)
    label = factory.Sequence(lambda number: f"Key {number}")
    value = factory.LazyFunction(key_value)

    @classmethod
    def _create(cls, model_class: type[ApiKey], *args: Any, **fields: Any) -> ApiKey:
        key = add_key(**{name: fields.pop(name) for name in ("owner", "label", "value")})
        model_class.objects.filter(pk=key.pk).update(**fields)
        key.refresh_from_db()
        return key
