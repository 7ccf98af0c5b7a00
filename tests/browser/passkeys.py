"""Chromium's virtual authenticator: a security key, or a phone with a fingerprint, that says yes."""

from playwright.sync_api import Page


def plug_in(page: Page) -> str:
    """The id of a new authenticator in the page's browser. It needs `localhost`: no other address here is secure."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    found: str = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return found


def as_localhost(url: str) -> str:
    """The same site in a secure context, which passkeys need: without HTTPS only this name is one."""
    return url.replace("127.0.0.1", "localhost")
