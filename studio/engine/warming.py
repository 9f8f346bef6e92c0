"""The figure's kernels, made ready in the background; whoever needs them first waits and is told why."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

HOLD_BACK_S = 2.0  # a server that has just started has better things to do, unless somebody asks
HOLD_BACK = "AVATARFORGE_WARM_UP_AFTER_S"  # other seconds, for machines where many engines start and few draw
PORTRAITS_AFTER_S = 20.0  # once the figure is ready, as hardly anybody begins with a video
LOOK_EVERY_S = 0.1
END_S = 0.2
PATIENCE_S = 0.4  # a shorter wait needs no words
FIRST_START = "Preparing the drawing engine (first start only, about 15 s)"
LATER_START = "Loading the drawing engine"


# The figure is imported late, as it takes a second to load and a server should answer at once.
def warm_figure() -> None:
    """Draw what needs every kernel of the figure."""
    from studio.engine.figure import warm_up

    warm_up()


def warm_portraits() -> None:
    """Draw what needs every kernel of a talking face; nobody who only wants pictures waits for them."""
    from studio.engine.talking.portraits.ready import make_ready

    make_ready()


def is_first_start() -> bool:
    """Whether no kernel has been kept on this machine yet."""
    from studio.engine.figure.kept import any_kept

    return not any_kept()


class WarmUp:
    """One background thread that prepares the figure, and the wait for it."""

    def __init__(self, prepare: Callable[[], None] = warm_figure) -> None:
        self._prepare = prepare
        self._afterwards = warm_portraits if prepare is warm_figure else None
        self._thread = threading.Thread(target=self._work, name="warm-up", daemon=True)
        self._lock = threading.Lock()
        self._started = False
        self._reason = LATER_START
        self._wanted = threading.Event()
        self._done = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin, at low priority and not at once; to start twice does nothing."""
        with self._lock:
            if not self._started:
                self._started = True
                self._thread.start()

    def stop(self) -> bool:
        """Do not begin any more, and tell whether nothing is under way; what is cannot be stopped."""
        self._stopping.set()
        self._wanted.set()
        with self._lock:
            idle = not self._started
            self._started = True
        if not idle:
            self._thread.join(END_S)
        return idle or not self._thread.is_alive()

    def wait(self, say: Callable[[str], None], check: Callable[[], None]) -> None:
        """Return when the figure can draw; `say` gets the reason of a wait and then "", `check` may raise."""
        if self._done.is_set():
            return
        self._wanted.set()
        self.start()
        if self._done.wait(PATIENCE_S):
            return
        say(self._reason)
        while not self._done.wait(LOOK_EVERY_S):
            check()
        say("")

    def _work(self) -> None:
        is_first = is_first_start()
        if is_first:
            self._reason = FIRST_START
        asked_for = self._wanted.wait(_hold_back_s())
        try:
            if not self._stopping.is_set():
                if not asked_for:
                    _yield_to_others()
                self._prepare()
        except Exception:
            # whoever draws next meets the same trouble and is told of it
            log.exception("the figure could not be prepared")
        finally:
            self._done.set()
        # What has to be compiled is begun at once, what is only loaded can wait.
        if self._afterwards is not None and not self._stopping.wait(0 if is_first else PORTRAITS_AFTER_S):
            try:
                self._afterwards()
            except Exception:
                # whoever makes a face talk next meets the same trouble and is told of it
                log.exception("talking portraits could not be prepared")


def _hold_back_s() -> float:
    try:
        return max(0.0, float(os.environ[HOLD_BACK]))
    except (KeyError, ValueError):
        return HOLD_BACK_S


def _yield_to_others() -> None:
    """Let the rest of the machine go before this thread, where a thread can have a priority of its own."""
    try:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
        elif sys.platform == "win32":
            kernel32 = ctypes.windll.kernel32
            kernel32.SetThreadPriority(kernel32.GetCurrentThread(), -1)
        elif sys.platform == "darwin":
            utility = 0x11  # QOS_CLASS_UTILITY
            ctypes.CDLL(None).pthread_set_qos_class_self_np(utility, 0)
    except (OSError, AttributeError) as problem:
        log.debug("the warm-up keeps its ordinary priority: %s", problem)
