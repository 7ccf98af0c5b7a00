"""Everything the stand-in says when it does not answer: one table of statuses and texts, and the pages in HTML."""

import json
from typing import NamedTuple

Headers = list[tuple[bytes, bytes]]
JSON_TYPE: Headers = [(b"content-type", b"application/json")]
HTML_TYPE: Headers = [(b"content-type", b"text/html; charset=utf-8")]


class Response(NamedTuple):
    status: int
    body: bytes
    headers: Headers = JSON_TYPE


# Texts marked (S) are Segmind's published words; "shape" means that Segmind says what the text names, not how;
# the others are ours, in its tone.
TEXTS = {
    "bad-request": (400, "Bad request: the request could not be understood by this model"),
    "no-key": (401, "Missing Authorization or x-api-key in header"),  # (S)
    "unauthorized": (401, "Unauthorized. API key is invalid or may have expired. Please check your key."),  # (S), start
    "forbidden": (403, "You do not have permission to access this model"),
    "missing": (404, "Model {slug} not found"),
    "no-request": (404, "Request {request_id} not found"),  # (S)
    "no-balance": (404, "No credits found for the user"),  # (S)
    "no-route": (404, "The requested URL does not exist"),
    # (S) start; shape: Segmind names the balance and what the call needs.
    "credits": (406, "Insufficient credits. Your balance is {balance} and this request needs {needed}."),
    "credits-short": (406, "Not enough credits"),  # (S), the older pages
    # Shape: Segmind names the period and the cap.
    "spend-limit": (406, "Team spend limit reached: the {period} limit of {cap} credits is used up."),
    "value": (406, "Invalid value for parameter '{parameter}': {reason}"),
    "content-type": (406, "Invalid content type"),  # (S)
    "retired": (410, "Model {slug} has been retired and is no longer available"),
    "fail": (422, "Inference failed: the model could not process the request"),
    "fail-safety": (422, "Content blocked: the request was flagged by the provider's safety system"),
    "rate": (429, "Rate limit exceeded. Too many requests."),
    "server-error": (500, "Internal server error while processing the request"),
}
PAGES = {
    "method": (405, "405 Not Allowed"),
    "bad-gateway": (502, "502 Bad Gateway"),
    "unavailable": (503, "503 Service Temporarily Unavailable"),
    "timeout": (504, "504 Gateway Time-out"),
    "html": (200, "Just a moment"),
}


class Refusal(Exception):
    """Raised anywhere on the way of a call: answer with this and bill nothing."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def error(name: str, /, **names: object) -> Response:
    """The answer `name` of the table, in Segmind's envelope `{"error": "<message>"}`."""
    status, text = TEXTS[name]
    return envelope(status, text.format_map(names))


def envelope(status: int, message: str) -> Response:
    return Response(status, json.dumps({"error": message}).encode())


def too_many(reset_headers: Headers) -> Refusal:
    """The 429; Segmind: it names the time of the reset, and sends no Retry-After."""
    response = error("rate")
    return Refusal(response._replace(headers=[*response.headers, *reset_headers]))


def page(name: str) -> Response:
    """An HTML page, as a server between the client and Segmind would write it (and Segmind itself for a 405)."""
    status, title = PAGES[name]
    body = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n"
    return Response(status, body.encode(), HTML_TYPE)


def sign_in_error() -> Response:
    """Segmind: the sign-in surface has an envelope of its own; a key sent as a bearer token meets it."""
    body = {"error": "invalid_token", "error_description": "Token is invalid or expired.", "status_code": 401}
    return Response(401, json.dumps(body).encode())


def bad_request(message: str) -> Refusal:
    return Refusal(envelope(400, message))


def refuse(name: str, /, **names: object) -> Refusal:
    return Refusal(error(name, **names))
