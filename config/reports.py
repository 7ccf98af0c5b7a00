"""What Django's reports of an error show, mailed or on a page of DEBUG: the way it went, and nothing of what was in it.

Local variables and what was posted hold keys, prompts and passwords; a report needs none of them.
"""

import re
from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from config.logs import mask_keys


class WithoutValues(SafeExceptionReporterFilter):
    """Names of posted fields without their values, no local variables, and no address with a password in it."""

    hidden_settings = re.compile(f"{SafeExceptionReporterFilter.hidden_settings.pattern}|URL", re.IGNORECASE)

    def get_post_parameters(self, request: HttpRequest | None) -> MultiValueDict:
        posted = QueryDict(mutable=True)
        for name in request.POST if request else ():
            posted[mask_keys(name)] = self.cleansed_substitute
        return posted

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        return dict[str, Any]().items()


class MaskingReporter(ExceptionReporter):
    """Masks whatever looks like a key in the finished report: in an exception's text, an address, a header."""

    def get_traceback_html(self) -> SafeString:
        return SafeString(mask_keys(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(mask_keys(super().get_traceback_text()))
