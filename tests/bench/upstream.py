"""The upstream's own time, to take off what a turn takes."""

import statistics
import time

import httpx

CALLS = 50
KEY = "SG_5abe0cbe0cbe0cbe"


async def seconds_of_the_upstream(sandbox_url: str, slug: str) -> float:
    """The median, in seconds, of the same call made straight to the sandbox by v1, one at a time."""
    body = {"messages": [{"role": "user", "content": "Say hello in a few words."}]}
    times = []
    async with httpx.AsyncClient(base_url=sandbox_url, headers={"x-api-key": KEY}) as client:
        for _ in range(CALLS):
            started = time.perf_counter()
            answer = await client.post(f"/v1/{slug}", json=body)
            times.append(time.perf_counter() - started)
            answer.raise_for_status()
    return statistics.median(times)
