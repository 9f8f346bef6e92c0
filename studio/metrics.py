"""What Prometheus may ask: HTTP by route, and jobs, engines and failures as the records tell of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, MutableMapping
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from studio.comfy.pool import Pool
from studio.lately import Answers
from studio.records import Database, hooks, measures

disable_created_metrics()  # series of their own for when each counter began, which nobody reads

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ANSWER_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
WORK_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600, 1800, 3600)
EVENTS_AT_ONCE = 500  # SQLite takes so many ids in one query anywhere
OTHER = "other"  # what no route of ours answers, so that nobody can name a route into being
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class HttpMeter:
    """Counts answers by method, route template and status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "studio_http_requests",
            "HTTP requests that were answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "studio_http_request_seconds",
            "Seconds until the answer to a request began.",
            ("method", "route"),
            buckets=ANSWER_S,
            registry=self.registry,
        )
        self.lately = Answers()
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        ProcessCollector(registry=self.registry)

    def observe(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        """Note one answer; `scope` is the request's, after it was routed."""
        method = scope["method"] if scope["method"] in METHODS else OTHER
        key = (method, route_of(scope), status)
        if (children := self._known.get(key)) is None:
            children = (
                self._answers.labels(key[0], key[1], str(status)),
                self._seconds.labels(key[0], key[1]),
            )
            self._known[key] = children
        children[0].inc()
        children[1].observe(seconds)
        self.lately.note(*key, seconds)


def route_of(scope: MutableMapping[str, Any]) -> str:
    """The template of the route that answered."""
    context = scope.get("fastapi", {}).get("effective_route_context") if "fastapi" in scope else None
    path = getattr(context, "path", None) or getattr(scope.get("route"), "path", None)
    return path if isinstance(path, str) and path else OTHER


class JobMeter(Collector):
    """Tells of jobs; what has ended is counted from the records' events whenever somebody asks."""

    def __init__(self, database: Database, pool: Pool) -> None:
        self._database = database
        self._pool = pool
        self._reading = threading.Lock()
        self._seq = measures.latest_event(database)
        self.registry = CollectorRegistry()
        self._ended = Counter(
            "studio_jobs_ended", "Jobs that came to an end.", ("kind", "status"), registry=self.registry
        )
        self._job_seconds = Histogram(
            "studio_job_seconds",
            "Seconds from the creation of a job to its completion.",
            ("kind",),
            buckets=WORK_S,
            registry=self.registry,
        )
        self._engine_seconds = Histogram(
            "studio_engine_seconds",
            "Seconds that a server took for one piece of a job, waiting there included.",
            ("engine",),
            buckets=WORK_S,
            registry=self.registry,
        )
        self._failures = Counter(
            "studio_failures",
            "Failures by error code, of work that ended so or was tried again.",
            ("code",),
            registry=self.registry,
        )
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """How things are at this moment."""
        queue = GaugeMetricFamily("studio_queue_tasks", "Pieces of work by state.", labels=("state",))
        queue.add_metric(("waiting",), measures.tasks_waiting(self._database))
        queue.add_metric(("running",), measures.tasks_running(self._database))
        yield queue
        jobs = GaugeMetricFamily("studio_jobs", "Jobs in the records.", labels=("kind", "status"))
        for labels, count in measures.jobs_by_state(self._database).items():
            jobs.add_metric(labels, count)
        yield jobs
        servers = GaugeMetricFamily(
            "studio_servers", "ComfyUI servers and engines by state.", labels=("engine", "state")
        )
        states: dict[tuple[str, str], int] = {}
        for server in self._pool.servers:
            state = (server.kind, "online" if server.online else "offline")
            states[state] = states.get(state, 0) + 1
        for labels, count in states.items():
            servers.add_metric(labels, count)
        yield servers
        # Kept in the records, so that this counter goes on over a restart.
        attempts = CounterMetricFamily(
            "studio_webhook_attempts", "Webhooks that were sent, each attempt.", labels=("outcome",)
        )
        for outcome, count in hooks.outcomes(self._database).items():
            attempts.add_metric((outcome,), count)
        yield attempts
        waiting = hooks.waiting_count(self._database)
        yield GaugeMetricFamily("studio_webhooks_waiting", "Webhooks that wait for an attempt.", waiting)

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering reads no records."""
        return iter(())

    def catch_up(self) -> None:
        """Count what has ended since the last time."""
        with self._reading:
            while True:
                news = measures.news_since(self._database, self._seq, EVENTS_AT_ONCE)
                if news.seq == self._seq:
                    return
                self._seq = news.seq
                self._count(news)

    def _count(self, news: measures.News) -> None:
        for job in news.jobs:
            self._ended.labels(job.kind, job.status).inc()
            if job.status == "completed" and job.seconds is not None:
                self._job_seconds.labels(job.kind).observe(max(0.0, job.seconds))
        for piece in news.pieces:
            if piece.status == "completed" and piece.seconds is not None and piece.server is not None:
                server = self._pool.by_url(piece.server)
                self._engine_seconds.labels(server.kind if server else "gone").observe(
                    max(0.0, piece.seconds)
                )
            elif piece.status == "failed":
                self._failures.labels(piece.error_code or "unknown").inc()
        for code in news.retried:
            self._failures.labels(code).inc()


def exposition(http: HttpMeter, jobs: JobMeter) -> bytes:
    """All numbers in Prometheus' text format."""
    jobs.catch_up()
    return generate_latest(jobs.registry) + generate_latest(http.registry)
