"""How style sheets, scripts and pictures are served: hashed names, compressed, one style sheet and one script."""

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

# Style sheets only of the same folder, so that a relative url() inside them still holds after the move; scripts only
# those of which no name is imported.
IMPORTS = {
    ".css": re.compile(
        r'^@import url\("(?P<name>[\w.-]+\.css)"\)(?: layer\((?P<layer>[\w.-]+)\))?;[ \t]*$', re.MULTILINE
    ),
    ".js": re.compile(r'^import "\./(?P<name>(?:elements/)?[\w-]+\.js)"[ \t]*$', re.MULTILINE),
}
# What would break, or would be another thing, inside another script.
OF_MODULES = re.compile(r"^(import|export)\b|\bimport[.(]", re.MULTILINE)

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
            paths = paths | {
                name: self._inlined(name, paths) for name in paths if PurePosixPath(name).suffix in IMPORTS
            }
        yield from super().post_process(paths, dry_run=dry_run, **options)

    def _inlined(self, name: str, paths: Sources) -> tuple[Storage, str]:
        """Where the finished file `name` is to be read: here, if it had imports."""
        before, after = _read(paths[name]), inline_imports(name, paths)
        if before == after:
            return paths[name]
        self.delete(name)
        self.save(name, ContentFile(after.encode()))
        return self, name


def inline_imports(name: str, paths: Sources) -> str:
    """The file `name` with its imports replaced by what they import.

    A style sheet's `@import url("sibling.css");` in its layer, a script's `import "./elements/name.js"` in a scope of
    its own. Raises ValueError for one that does not exist, that imports itself by a detour, or a script that imports or
    exports names.
    """
    return _inline(name, paths, importers=())


def _inline(name: str, paths: Sources, *, importers: tuple[str, ...]) -> str:
    if name in importers:
        raise ValueError(f"{' imports '.join([*importers, name])}: a circle.")

    def replacement(found: re.Match[str]) -> str:
        imported = str(PurePosixPath(name).parent / found["name"])
        if imported not in paths:
            raise ValueError(f"{name} imports {found['name']}, which does not exist.")
        content = _inline(imported, paths, importers=(*importers, name))
        return _in_its_scope(imported, content, found.groupdict().get("layer"))

    return IMPORTS[PurePosixPath(name).suffix].sub(replacement, _read(paths[name]))


def _in_its_scope(name: str, content: str, layer: str | None) -> str:
    if name.endswith(".css"):
        return f"@layer {layer} {{\n{content}}}\n" if layer else content
    if OF_MODULES.search(content):
        raise ValueError(f"{name} imports or exports names, so that it can't be put into another script.")
    return f"{{\n{content}}}\n"


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
