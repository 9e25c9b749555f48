"""Everything that `vigie demo` is, opened in order and closed in the reverse order."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from app import server, web
from app.access.demo import DemoLogin, seed_demo_users
from app.bootstrap import House, linker_of, open_house
from app.demo.alerts import seed_alerts
from app.demo.asking import HubClient
from app.demo.centre import Centre
from app.demo.child import Child
from app.demo.links import seed_links
from app.demo.progress import Progress
from app.duties import Duties
from app.errors import Conflict, WrongUse
from app.settings import Settings
from ingest.lock import Locks
from ingest.worker import Worker

HOST = "127.0.0.1"
#: The hub takes the port after the cockpit's.
LAST_PORT = 65_534
#: What the cursor of the simulated feeds can hold.
LAST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asked for."""

    port: int
    speed: float
    seed: int
    simulate: bool


def play(settings: Settings, wish: Wish) -> None:
    """Serve the demo until SIGINT or SIGTERM; afterwards nothing of it runs any more.

    Raises WrongUse; server.PortTaken, before anything is begun; what opening the database may
    raise.
    """
    _refuse(wish)
    with _Interrupt() as interrupt, ExitStack() as closing:
        socket = closing.enter_context(server.listening(HOST, wish.port))
        hub_port = _hub_port(wish)
        progress = closing.enter_context(Progress())
        progress.says("opening the database")
        house = closing.enter_context(open_house(settings.model_copy(update={"tour": True})))
        _alone(house, closing)
        closing.callback(Child("hub", "--host", HOST, "--port", str(hub_port)).stop)
        logins = seed_demo_users(house, _now())
        seed_links(house, _now())
        seed_alerts(house, _now())
        worker = Worker(house.database, house.store, settings.sources().values())
        closing.callback(worker.stop)
        closing.enter_context(linker_of(house)).start()
        _populate(house, wish, hub_port, progress, closing)
        worker.start()
        closing.enter_context(Duties(house)).start()
        progress.close()
        server.run(web.create_app(house), socket, _announcer(hub_port, logins))
        interrupt.enough()


def _refuse(wish: Wish) -> None:
    if not 0 <= wish.port <= LAST_PORT:
        raise WrongUse(f"no port {wish.port}: give a --port from 0 to {LAST_PORT}")
    if not 1.0 <= wish.speed <= 100.0:
        raise WrongUse(f"no speed {wish.speed:g}: give a --speed from 1 to 100")
    if not 0 <= wish.seed <= LAST_SEED:
        raise WrongUse(f"no seed {wish.seed}: give a --seed from 0 to {LAST_SEED}")


def _alone(house: House, closing: ExitStack) -> None:
    """Raises Conflict: two centres would tell one story twice, with different ends."""
    locks = Locks(house.database)
    closing.callback(locks.close)
    if not locks.hold("demo"):
        raise Conflict("a demo runs on this database already: stop it, or give another VIGIE_HOME")


def _hub_port(wish: Wish) -> int:
    """Found free: the one after ours, or any where any was wished.  Raises server.PortTaken."""
    wanted = wish.port + 1 if wish.port else 0
    with server.listening(HOST, wanted) as theirs:
        return int(theirs.getsockname()[1])


def _populate(
    house: House, wish: Wish, hub_port: int, progress: Progress, closing: ExitStack
) -> None:
    """The simulated centre: a new house gets its history, then it lives where that is wished."""
    centre = Centre(house, wish.seed, _now)
    progress.says("writing seven days of history" if centre.is_new else "coming back")
    centre.open(progress.share)
    if wish.simulate:
        centre.live(HubClient(HOST, hub_port), wish.speed)
        closing.callback(centre.stop)
    else:
        centre.finish(progress.share)


def _announcer(hub_port: int, logins: list[DemoLogin]) -> Callable[[str], None]:
    def announce(address: str) -> None:
        print(f"Vigie answers on {address} (its hub on http://{HOST}:{hub_port})")
        print(f"  a customer sees {address}/hub/demo")
        for login in logins:
            print(f"  log in as {login.name:<10} password {login.password}")
        print("Ctrl-C stops it.", flush=True)

    return announce


def _now() -> datetime:
    return datetime.now(UTC)


class _Interrupt:
    """SIGINT, SIGTERM and SIGHUP as one KeyboardInterrupt; further ones do not disturb."""

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> _Interrupt:
        self._heard = False
        self._before = {number: signal.signal(number, self._hear) for number in self._SIGNALS}
        return self

    def enough(self) -> None:
        """We are stopping already."""
        self._heard = True

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if not self._heard:
            self._heard = True
            raise KeyboardInterrupt

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
