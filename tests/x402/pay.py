"""PyPI's client as it is pays a node that pay.mjs has started."""

import asyncio
import base64
import json
import os

import httpx
from eth_account import Account
from x402 import x402Client
from x402.http.clients.httpx import x402HttpxClient
from x402.mechanisms.evm.exact.register import register_exact_evm_client

URL = os.environ["HEADWATER_URL"]


def paying(account, space):
    """A client that pays in the node's token, which it does not know by itself."""
    client = x402Client()
    register_exact_evm_client(client, account)
    network = f"eip155:{space['chain_id']}"
    asset = {"network": network, "asset": space["tokens"][0]}
    client.set_spend_controls({"allowed_assets": [asset]})
    return client


async def main():
    account = Account.from_key(os.environ["SECRET"])
    space = httpx.get(URL + "/api/v1/space").json()["genesis"]
    client = paying(account, space)
    async with x402HttpxClient(client, base_url=URL) as http:
        body = {"model": "words", "prompt": "the parcel", "max_tokens": 4}
        for _ in range(2):
            answer = await http.post("/v1/completions", json=body, timeout=30)
            assert answer.status_code == 200, answer.text
            assert "is" in answer.json()["choices"][0]["text"]
            settled = json.loads(base64.b64decode(answer.headers["payment-response"]))
            assert settled["success"] and settled["payer"] == account.address.lower()
    poor = paying(Account.create(), space)
    async with x402HttpxClient(poor, base_url=URL) as http:
        answer = await http.post("/v1/completions", json=body, timeout=30)
        assert answer.status_code == 402, answer.text


asyncio.run(main())
print("PyPI's client: as it should be")
