import http.server
import threading

import pytest

from nst_pipeline.style.server import server_responds


@pytest.fixture
def server():
    """A local server that refuses every request."""

    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/weights.h5"
    server.shutdown()
    server.server_close()


def test_a_refusal_is_a_response(server):
    assert server_responds(server)


def test_a_server_that_is_not_there_does_not_respond():
    assert not server_responds("http://127.0.0.1:9/weights.h5")


def test_a_name_that_is_not_a_url_does_not_respond():
    assert not server_responds("weights.h5")
