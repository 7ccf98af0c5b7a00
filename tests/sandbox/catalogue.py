"""The models on offer: wire format, and the cost in credits (USD) and the latency of an average request."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

TYPICAL_LATENCY_SECONDS = 2.7
UNKNOWN = "-"


class WireFormat(StrEnum):
    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    GEMINI = "gemini"


@dataclass(frozen=True, slots=True)
class Model:
    slug: str
    wire_format: WireFormat
    cost: Decimal
    latency_factor: float
    highest_temperature: float | None
    reads_images: bool


# One model a line: slug, average cost, average latency in seconds. The first two left Segmind's public list in 2026;
# their numbers are ours.
PUBLISHED = {
    WireFormat.ANTHROPIC: """
        claude-3-haiku 0.00071 1.6
        claude-3.5-sonnet 0.0062 3.1
        claude-4-sonnet 0.021 11.2
        claude-4.5-sonnet 0.046 23.5
        claude-opus-4.7 0.069 17.6
    """,
    WireFormat.OPENAI: """
        gpt-4 0.029 13.1
        gpt-4-turbo 0.0053 9.9
        gpt-4o 0.0075 6.0
        gpt-5 0.042 61.7
        gpt-5-mini 0.010 47.9
        gpt-5-nano 0.0010 30.1
        gpt-5.1 0.0072 9.0
        gpt-5.2 0.0125 20.5
        gpt-5.4 0.0094 4.6
        gpt-5.4-mini 0.00054 5.1
        gpt-5.4-nano 0.0029 3.5
        gpt-5.5 0.044 16.5
        o3 0.0050 11.0
        o4-mini 0.0068 12.0
        deepseek-chat 0.0013 34.1
        deepseek-reasoner 0.047 67.2
        kimi-k2-instruct-0905 0.0010 2.2
        glm-5.2 0.0012 -
        minimax-m3 0.0098 2.7
        nemotron-3-ultra 0.0029 -
        mixtral-8x22b-instruct 0.00051 2.7
        llama-v3-8b-instruct 0.00063 1.3
        llama-v3p1-8b-instruct 0.000027 1.7
        llama-v3p1-70b-instruct 0.0019 2.7
        llama4-maverick-instruct-basic 0.0010 2.5
        llama4-scout-instruct-basic 0.00071 2.7
    """,
    WireFormat.GEMINI: """
        gemini-2.5-flash 0.0038 11.1
        gemini-2.5-flash-lite 0.00055 4.4
        gemini-2.5-pro 0.025 27.4
        gemini-3-flash 0.0088 18.2
        gemini-3-pro 0.0031 31.4
        gemini-3.1-flash-lite 0.0011 3.4
        gemini-3.1-pro 0.074 38.5
    """,
}
# Segmind: the pages of these two list `messages` and nothing else.
WITHOUT_TEMPERATURE = {"llama-v3-8b-instruct", "llama-v3p1-70b-instruct"}
TEXT_ONLY = {*WITHOUT_TEMPERATURE, "llama-v3p1-8b-instruct", "mixtral-8x22b-instruct"}
HIGHEST_TEMPERATURE = {WireFormat.ANTHROPIC: 1.0, WireFormat.OPENAI: 2.0, WireFormat.GEMINI: 2.0}


def _latency_factor(published: str) -> float:
    """How slow a model is beside a typical one, kept between half and four times, so that nobody waits a minute."""
    seconds = TYPICAL_LATENCY_SECONDS if published == UNKNOWN else float(published)
    return min(max(seconds / TYPICAL_LATENCY_SECONDS, 0.5), 4.0)


def _model(line: str, wire_format: WireFormat) -> Model:
    slug, cost, latency = line.split()
    return Model(
        slug=slug,
        wire_format=wire_format,
        cost=Decimal(cost),
        latency_factor=_latency_factor(latency),
        highest_temperature=None if slug in WITHOUT_TEMPERATURE else HIGHEST_TEMPERATURE[wire_format],
        reads_images=slug not in TEXT_ONLY,
    )


MODELS = {
    model.slug: model
    for wire_format, lines in PUBLISHED.items()
    for model in (_model(line, wire_format) for line in lines.strip().splitlines())
}
