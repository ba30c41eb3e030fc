"""A program that answers for models of a gateway: says what it was asked, or uses other models."""

import json
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}


class Program:
    """``url``: where it listens. ``node``: whom it asks. ``fails``: questions that it fails on."""

    def __init__(self):
        self.node, self.fails = None, {"break"}
        program = self

        class Answers(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                program.answer(self, json.loads(body))

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def answer(self, asks, asked):
        text = asked["input"] if "input" in asked else asked["messages"][-1]["content"]
        if asked["model"] == "composed":
            said = self.compose(asks.headers["headwater-call"], text)
        else:
            said = f"you said {text}"
        if text in self.fails:
            return send(asks, "application/json", json.dumps({}), 500)
        if asks.path.endswith("/responses"):
            document = response(said)
            if not asked.get("stream"):
                return send(asks, "application/json", json.dumps(document))
            pieces = [said[:3], said[3:]]
            events = [{"type": "response.output_text.delta", "delta": it} for it in pieces]
            events.append({"type": "response.completed", "response": document})
            lines = [f"event: {it['type']}\ndata: {json.dumps(it)}\n\n" for it in events]
            return send(asks, "text/event-stream", "".join(lines))
        message = {"role": "assistant", "content": said}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        whole = {"object": "chat.completion", "choices": [choice]}
        return send(asks, "application/json", json.dumps(whole))

    def compose(self, call, text):
        """A label by asset 0, then words by asset 1."""
        label = self.use(call, "classify", {"model": "asset-0", "input": text})
        words = self.use(call, "completions", {"model": "asset-1", "prompt": "my", "max_tokens": 2})
        return label["data"][0]["label"] + ":" + words["choices"][0]["text"]

    def use(self, call, route, body):
        headers = {
            "authorization": f"Bearer {call}", "content-type": "application/json",
            "idempotency-key": route,
        }
        asked = urllib.request.Request(
            f"{self.node}/v1/{route}", json.dumps(body).encode(), headers
        )
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)


def response(said):
    part = {"type": "output_text", "text": said, "annotations": []}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [part]}
    return {
        "id": "resp-1", "object": "response", "created_at": 1, "status": "completed",
        "model": "echo", "output": [message], "usage": USAGE,
    }


def send(asks, kind, text, status=200):
    asks.send_response(status)
    asks.send_header("content-type", kind)
    asks.send_header("content-length", str(len(text.encode())))
    asks.end_headers()
    asks.wfile.write(text.encode())


@contextmanager
def started():
    """The program, until it is not needed any more."""
    program = Program()
    thread = threading.Thread(target=program.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield program
    finally:
        program.server.shutdown()
        program.server.server_close()
        thread.join()
