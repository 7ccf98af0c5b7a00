"""What is rendered once for everybody."""

from django.template import Context, Engine
from django.utils import translation

TEMPLATE = (
    "{% load everybody i18n %}{% foreverybody %}{% translate 'Stop' %} {{ name }}{% endforeverybody %}, {{ name }}"
)


def test_nothing_of_one_person_gets_to_another_and_each_reads_their_language():
    template = Engine.get_default().from_string(TEMPLATE)
    shown = {}
    for language, name in [("en", "Alice"), ("de", "Bob"), ("en", "Charlie")]:
        with translation.override(language):
            shown[name] = template.render(Context({"name": name}))
    assert shown == {"Alice": "Stop , Alice", "Bob": "Stopp , Bob", "Charlie": "Stop , Charlie"}
