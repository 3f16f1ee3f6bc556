"""Optuna's dashboard of a study's searches, in a browser, which follows a study that runs."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

from optuna.storages import InMemoryStorage

from study.records.exports.exports import DASHBOARD, EVERY_S
from study.records.exports.optuna_trials import OptunaTrials
from study.records.exports.searches import Changes
from study.records.results import Results
from study.schema import StudyError


def serve(results: Results, host: str, port: int, tell: Callable[[str], None] = print) -> None:
    """Serve the dashboard until the process is stopped; what it shows lives in memory, and nothing
    is written.

    port: 0 takes any that is free. tell: hears the address once, when the server is about to
    listen.

    Raises
    ------
    StudyError
        optuna-dashboard is not installed, the port is taken, or there is no trial yet.
    """
    DASHBOARD.check()
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    from optuna_dashboard import wsgi

    class Silent(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    if not results.paths.trials.is_dir():
        raise StudyError(f"{results.root} has no trial to show yet. Resume: {results.again}.")
    kept, changes = OptunaTrials(InMemoryStorage()), Changes(results)
    kept.sync(changes)
    try:
        server = make_server(host, port, wsgi(kept.storage), handler_class=Silent)
    except (OSError, OverflowError, socket.gaierror) as error:
        raise StudyError(
            f"Can't listen on {host}:{port}: {error}. Choose another --port."
        ) from None
    threading.Thread(target=_follow, args=(kept, changes), daemon=True).start()
    tell(f"http://{host}:{server.server_port}/")
    with server:
        server.serve_forever()


def _follow(kept: OptunaTrials, changes: Changes) -> None:
    while True:
        threading.Event().wait(EVERY_S)
        try:
            kept.sync(changes)
        except Exception:
            logging.getLogger(__name__).exception(
                "The dashboard could not read what is new; it tries again."
            )
