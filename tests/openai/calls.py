"""PyPI's client as it is against the gateway of a node that calls.mjs has started."""

import asyncio
import os

import openai

URL = os.environ["HEADWATER_URL"] + "/v1"
HELLO = [{"role": "user", "content": "hello"}]


def client(name, kind=openai.OpenAI):
    return kind(api_key=os.environ["KEY_" + name], base_url=URL, max_retries=0)


def refused(kind, code, call):
    try:
        call()
    except kind as error:
        assert error.code == code, error
        return
    raise AssertionError(f"no {kind.__name__}")


def answers(own):
    assert {"words", "points", "echo"} <= {model.id for model in own.models.list()}
    raw = own.chat.completions.with_raw_response.create(model="echo", messages=HELLO)
    chat = raw.parse()
    assert chat.choices[0].message.content == "you said hello"
    assert chat.usage.total_tokens == 7
    assert raw.headers["x-headwater-cost"] == "57"
    assert raw.headers["x-headwater-receipt"]
    chunks = list(own.chat.completions.create(model="echo", messages=HELLO, stream=True))
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(text or "" for text in texts) == "you said hello"
    assert chunks[-1].usage.total_tokens == 7
    texts = own.completions.create(model="words", prompt="the parcel", max_tokens=4)
    assert "is" in texts.choices[0].text
    asked = dict(model="points", input=["one text", "another"])
    points = own.embeddings.create(**asked)
    plain = own.embeddings.create(**asked, encoding_format="float")
    assert [len(point.embedding) for point in points.data] == [256, 256]
    assert points.data[0].embedding == plain.data[0].embedding
    assert own.responses.create(model="echo", input="hello").output_text == "you said hello"


def refusals(own):
    def chat(who, model="echo"):
        return lambda: who.chat.completions.create(model=model, messages=HELLO)

    nobody = openai.OpenAI(api_key="hw_m_none", base_url=URL, max_retries=0)
    refused(openai.AuthenticationError, "invalid_api_key", chat(nobody))
    refused(openai.NotFoundError, "model_not_found", chat(own, "nobody"))
    embed = lambda: own.embeddings.create(model="words", input="x")  # noqa: E731
    refused(openai.BadRequestError, "route_not_supported", embed)
    refused(openai.PermissionDeniedError, "model_not_allowed", chat(client("WORDS")))
    refused(openai.InternalServerError, "upstream_error", chat(own, "broken"))
    rare = client("RARE")
    chat(rare)()
    refused(openai.RateLimitError, "rate_limited", chat(rare))
    refused(openai.RateLimitError, "budget_exceeded", chat(client("POOR")))
    stop = [{"role": "user", "content": "stop"}]
    stream = own.chat.completions.create(model="echo", messages=stop, stream=True)
    try:
        list(stream)
    except openai.APIError:
        return
    raise AssertionError("an answer that breaks off looks like a whole one")


async def in_turns():
    async with client("ALL", openai.AsyncOpenAI) as own:
        calls = [own.chat.completions.create(model="echo", messages=HELLO) for _ in range(8)]
        chats = await asyncio.gather(*calls)
    assert all(chat.usage.total_tokens == 7 for chat in chats)


answers(client("ALL"))
refusals(client("ALL"))
asyncio.run(in_turns())
print("PyPI's client: as it should be")
