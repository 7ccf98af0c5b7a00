"""How style sheets, scripts and pictures are served: under hashed names, compressed, one style sheet per page."""

import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import PurePosixPath
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.handlers.asgi import ASGIHandler
from servestatic.asgi import ServeStaticASGI
from servestatic.storage import CompressedManifestStaticFilesStorage

# Only files of the same folder, so that a relative url() inside them still holds after the move.
IMPORT = re.compile(r'^@import url\("(?P<name>[\w.-]+\.css)"\)(?: layer\((?P<layer>[\w.-]+)\))?;[ \t]*$', re.MULTILINE)

type Sources = dict[str, tuple[Storage, str]]
# Of ASGI: it takes scope, receive and send.
type Application = Callable[..., Awaitable[None]]


class ParleyStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Files readable in the source tree, few and far-cached in production."""

    support_js_module_import_aggregation = True

    def post_process(
        self, paths: Sources, dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        """Collectstatic's step after copying. Imports are put in first, so that the hash covers what is served."""
        if not dry_run:
            paths = paths | {name: self._inlined(name, paths) for name in paths if name.endswith(".css")}
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _inlined(self, name: str, paths: Sources) -> tuple[Storage, str]:
        """Where the finished style sheet `name` is to be read: here, if it had imports."""
        before, after = _read(paths[name]), inline_imports(name, paths)
        if before == after:
            return paths[name]
        self.delete(name)
        self.save(name, ContentFile(after.encode()))
        return self, name


def inline_imports(name: str, paths: Sources) -> str:
    """The style sheet `name` with each line `@import url("sibling.css");` replaced by that sibling, in its layer.

    Raises ValueError for a sibling that does not exist, or one that imports itself by a detour.
    """
    return _inline(name, paths, importers=())


def _inline(name: str, paths: Sources, *, importers: tuple[str, ...]) -> str:
    if name in importers:
        raise ValueError(f"{' imports '.join([*importers, name])}: a circle of style sheets.")

    def replacement(found: re.Match[str]) -> str:
        sibling = str(PurePosixPath(name).with_name(found["name"]))
        if sibling not in paths:
            raise ValueError(f"{name} imports {found['name']}, which does not exist.")
        content = _inline(sibling, paths, importers=(*importers, name))
        return f"@layer {found['layer']} {{\n{content}}}\n" if found["layer"] else content

    return IMPORT.sub(replacement, _read(paths[name]))


def _read(source: tuple[Storage, str]) -> str:
    storage, path = source
    with storage.open(path) as file:
        content: bytes = file.read()
    return content.decode()


def with_static_files(django: ASGIHandler) -> Application:
    """`django` with the static files in front of it: from the source tree while developing, else as collected."""
    return ASGIStaticFilesHandler(django) if settings.DEBUG else with_collected_files(django)


def with_collected_files(django: Application) -> Application:
    """`django` with what collectstatic gathered in front. A hashed name never changes its content: browsers keep it."""
    hashed = {settings.STATIC_URL + name for name in getattr(staticfiles_storage, "hashed_files", {}).values()}
    application: Application = ServeStaticASGI(
        django,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        allow_all_origins=False,
        immutable_file_test=lambda path, url: url in hashed,
        add_headers_function=add_security_headers,
    )
    return application


def add_security_headers(headers: Headers, path: str, url: str) -> None:
    """Static files never pass Django's middleware, so what it would say stands here."""
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
