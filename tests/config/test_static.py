import shutil
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage
from pytest_django import Settings

from config.static import ParleyStaticFilesStorage, Sources, inline_imports


@pytest.fixture
def source(tmp_path: Path) -> StaticFilesStorage:
    """The source tree: a style sheet with two imports, a font, and scripts that import one another."""
    storage = StaticFilesStorage(location=tmp_path / "source", base_url="/static/")
    for name, text in {
        "css/site.css": '@layer base, card;\n@import url("base.css");\n@import url("card.css") layer(card);\n',
        "css/base.css": '@layer base { body { src: url("../font.woff2"); } }\n',
        "css/card.css": ".card { color: red; }\n",
        "font.woff2": "font",
        "js/app.js": 'import "./elements/card.js"\nimport { year } from "./year.js"\nconst card = year\n',
        "js/elements/card.js": "const card = 1\n",
        "js/year.js": "export const year = 1\n",
    }.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return storage


def sources(storage: StaticFilesStorage) -> Sources:
    root = Path(storage.location)
    names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    return {name: (storage, name) for name in names}


def collect(source: StaticFilesStorage, target: Path) -> ParleyStaticFilesStorage:
    """As collectstatic does: copy, then post-process."""
    storage = ParleyStaticFilesStorage(location=target, base_url="/static/")
    shutil.copytree(source.location, target, dirs_exist_ok=True)
    failures = [outcome for _, _, outcome in storage.post_process(sources(source)) if isinstance(outcome, Exception)]
    assert failures == []
    return storage


@pytest.fixture
def collected(source: StaticFilesStorage, tmp_path: Path, settings: Settings) -> ParleyStaticFilesStorage:
    settings.STATIC_ROOT = tmp_path / "collected"
    return collect(source, settings.STATIC_ROOT)


def served(storage: ParleyStaticFilesStorage, name: str) -> str:
    return Path(storage.path(storage.stored_name(name))).read_text()


def test_style_sheet_holds_its_imports_in_their_layers(collected: ParleyStaticFilesStorage) -> None:
    sheet = served(collected, "css/site.css")
    assert "@import" not in sheet
    assert "body {" in sheet
    assert "@layer card {\n.card { color: red; }\n}" in sheet


def test_addresses_inside_an_import_are_hashed(collected: ParleyStaticFilesStorage) -> None:
    font = collected.stored_name("font.woff2")
    assert font != "font.woff2"
    assert f'url("../{font}")' in served(collected, "css/site.css")


def test_changing_an_import_changes_the_name_of_the_style_sheet(
    source: StaticFilesStorage, collected: ParleyStaticFilesStorage, settings: Settings
) -> None:
    before = collected.stored_name("css/site.css")
    Path(source.path("css/card.css")).write_text(".card { color: blue; }\n")
    again = collect(source, settings.STATIC_ROOT)
    assert again.stored_name("css/site.css") != before
    assert "blue" in served(again, "css/site.css")


def test_collecting_twice_gives_the_same_names(
    source: StaticFilesStorage, collected: ParleyStaticFilesStorage, settings: Settings
) -> None:
    assert collect(source, settings.STATIC_ROOT).hashed_files == collected.hashed_files


def test_script_holds_its_elements_each_in_a_scope_of_its_own(collected: ParleyStaticFilesStorage) -> None:
    assert served(collected, "js/app.js").startswith("{\nconst card = 1\n}\n")


def test_imports_of_names_between_scripts_are_hashed(collected: ParleyStaticFilesStorage) -> None:
    year = Path(collected.stored_name("js/year.js")).name
    assert f'import{{year}}from"./{year}"' in served(collected, "js/app.js").replace(" ", "")


def test_files_have_brotli_and_gzip_copies(collected: ParleyStaticFilesStorage, source: StaticFilesStorage) -> None:
    Path(source.path("css/card.css")).write_text(".card { color: red; }\n" * 100)
    storage = collect(source, Path(collected.location))
    sheet = storage.path(storage.stored_name("css/site.css"))
    assert Path(f"{sheet}.br").exists()
    assert Path(f"{sheet}.gz").exists()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("css/site.css", '@import url("missing.css");', "css/site.css imports missing.css, which does not exist"),
        ("css/site.css", '@import url("site.css");', "a circle"),
        ("js/app.js", 'import "./elements/missing.js"', "js/app.js imports elements/missing.js, which does not exist"),
        ("js/app.js", 'import "./year.js"', "js/year.js imports or exports names"),
    ],
)
def test_impossible_import_is_refused(source: StaticFilesStorage, name: str, text: str, complaint: str) -> None:
    Path(source.path(name)).write_text(text)
    with pytest.raises(ValueError, match=complaint):
        inline_imports(name, sources(source))


def test_import_from_elsewhere_stays(source: StaticFilesStorage) -> None:
    text = '@import url("../other/x.css");\n/* @import url("base.css"); */\n'
    Path(source.path("css/site.css")).write_text(text)
    assert inline_imports("css/site.css", sources(source)) == text
