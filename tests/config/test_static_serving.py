from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from pytest_django import Settings

from config.static import with_collected_files, with_static_files


@pytest.fixture
def static_root(tmp_path: Path, settings: Settings) -> Path:
    """What collectstatic makes of one style sheet and one file that it must not touch."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "card.css").write_text(".card { color: red; }\n" * 100)
    settings.STATICFILES_DIRS = [tmp_path / "source"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static.ParleyStaticFilesStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    (settings.STATIC_ROOT / "plain.0123456789ab.txt").write_text("looks hashed, but is not")
    return Path(settings.STATIC_ROOT)


@pytest.fixture
def style_sheet(static_root: Path) -> str:
    (file,) = static_root.glob("card.*.css")
    return f"/static/{file.name}"


async def django(scope: Any, receive: Any, send: Any) -> None:
    """Stands for everything behind the static files."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def get(address: str, **headers: str) -> tuple[int, dict[str, str]]:
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "headers": encoded}
    request = ApplicationCommunicator(with_collected_files(django), scope)
    await request.send_input({"type": "http.request"})
    start = await request.receive_output(5)
    await request.wait(5)
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}


async def test_hashed_file_is_kept_for_ever(style_sheet: str) -> None:
    status, headers = await get(style_sheet)
    assert status == 200
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"] == 'text/css; charset="utf-8"'


async def test_name_that_only_looks_hashed_is_not(static_root: Path) -> None:
    status, headers = await get("/static/plain.0123456789ab.txt")
    assert status == 200
    assert "immutable" not in headers["cache-control"]


@pytest.mark.parametrize("encoding", ["br", "gzip"])
async def test_compressed_copy_is_sent_to_whoever_takes_it(style_sheet: str, encoding: str) -> None:
    _, headers = await get(style_sheet, **{"accept-encoding": encoding})
    assert headers["content-encoding"] == encoding
    assert headers["vary"] == "Accept-Encoding"


async def test_browsers_must_not_guess_the_type_or_embed_it_elsewhere(style_sheet: str) -> None:
    _, headers = await get(style_sheet)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "address", ["/", "/static/missing.css", "/static/../settings.py", "/static/staticfiles.json.br"]
)
async def test_everything_else_goes_to_django(static_root: Path, address: str) -> None:
    assert (await get(address))[0] == 418


def test_while_developing_files_come_from_the_source(settings: Settings) -> None:
    settings.DEBUG = True
    assert isinstance(with_static_files(get_asgi_application()), ASGIStaticFilesHandler)
