"""The only code that knows Segmind's URLs, headers and JSON. It imports nothing of ours."""

from chat.segmind.answers import Balance, Completion, Progress, Submission
from chat.segmind.client import SegmindClient, Timeouts
from chat.segmind.errors import Billed, Expired, NotAccepted, OutcomeUnknown, Refused, SegmindError, UnusableAnswer
from chat.segmind.key import KeyValue
from chat.segmind.requests import ChatRequest, Image, Turn, WireFormat

__all__ = [
    "Balance",
    "Billed",
    "ChatRequest",
    "Completion",
    "Expired",
    "Image",
    "KeyValue",
    "NotAccepted",
    "OutcomeUnknown",
    "Progress",
    "Refused",
    "SegmindClient",
    "SegmindError",
    "Submission",
    "Timeouts",
    "Turn",
    "UnusableAnswer",
    "WireFormat",
]
