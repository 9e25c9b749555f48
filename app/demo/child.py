"""A ``vigie`` command as a child process that ends with us, whatever ends us.

The child holds the reading end of a pipe whose other end only we have: when we are gone,
be it by kill -9, the pipe closes and the child stops as if it had been told to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

STOPS_WITHIN_S = 6.0


class Child:
    """One running command, in a process group of its own: a Ctrl-C reaches us first."""

    def __init__(self, *words: str) -> None:
        self._process = subprocess.Popen(
            # -P: what lies in the working directory is nobody's module.
            [sys.executable, "-P", "-m", "app.demo.child", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Stop it in order, at once if it will not."""
        self._process.terminate()
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        finally:
            if self._process.stdin is not None:
                self._process.stdin.close()


def _stop_with_parent() -> None:
    """Wait until the parent's end of the pipe is closed."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    from app.cli import main

    threading.Thread(target=_stop_with_parent, name="parent", daemon=True).start()
    main()
