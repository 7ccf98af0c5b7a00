"""Parts of the pages that are the same for everybody."""

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.translation import get_language

register = template.Library()


class ForEverybody(template.Node):
    """Knows nothing of the page around it, so that nothing of one person can get into what another is shown."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.kept: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        if language not in self.kept:
            self.kept[language] = self.nodelist.render(context.new({}))
        return self.kept[language]


@register.tag
def foreverybody(parser: Parser, token: Token) -> ForEverybody:
    """Render what stands up to `{% endforeverybody %}` once for each language, and keep it: for the hottest pages."""
    nodelist = parser.parse(("endforeverybody",))
    parser.delete_first_token()
    return ForEverybody(nodelist)
