import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User

ALICE = User(name="Alice Liddell", email="alice@wonderland.example")


def codes_of(password: str) -> set[str | None]:
    """Why it is refused."""
    try:
        validate_password(password, ALICE)
    except ValidationError as exc:
        return {error.code for error in exc.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "only lower case here",
        "лошадь батарея скрепка",
        "一匹正确的马电池订书钉在这里吧好的呢",
        "🐎🔋 horse, battery and so on",
        "x7" * 7 + " and a tail of its own",
        "parley is where I talk to machines",
        "k3v9 " * 24 + "12345678",
    ],
)
def test_any_characters_will_do_if_there_are_enough(password: str) -> None:
    assert codes_of(password) == set()


@pytest.mark.parametrize(("length", "codes"), [(14, {"password_too_short"}), (15, set()), (128, set())])
def test_15_to_128_characters(length: int, codes: set[str]) -> None:
    assert codes_of(("k3v9 zebras quiz; " * 8)[:length]) == codes


def test_129_characters_are_too_many() -> None:
    assert codes_of("k3v9 " * 25 + "1234") == {"password_too_long"}


@pytest.mark.parametrize(
    "password",
    [
        "parleyparleyparley",
        "Parley-Segmind-2026",
        "segmind password 1!",
        "alice liddell 2026!!",
        "wonderland alice 1",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "1212121212121212121",
    ],
)
def test_a_few_words_that_anybody_would_try_are_refused(password: str) -> None:
    assert "password_too_plain" in codes_of(password)


def test_a_common_password_with_digits_behind_is_refused() -> None:
    assert "password_too_plain" in codes_of("administrator2026")
