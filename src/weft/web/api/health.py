"""For machines that watch this process: alive, ready, figures."""

from collections.abc import Iterator

from litestar import Request, Response, Router, get
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from weft.web.api.describe import Provided
from weft.web.api.late import Readiness, readiness_of
from weft.web.api.services import Services

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, bool]:
    """Say that this process answers."""
    return {"alive": True}


@get("/readyz", sync_to_thread=False)
def readyz(services: Provided) -> Response[Readiness]:
    """Say whether every worker is well: 200, or 503 and which is not."""
    readiness = readiness_of(services)
    return Response(readiness, status_code=200 if readiness.ready else 503)


@get("/metrics", media_type=METRICS_TYPE, sync_to_thread=True)
def metrics(request: Request[object, object, State]) -> Response[bytes]:
    """Figures for Prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=METRICS_TYPE)


class EngineFigures(Collector):
    """Reads the engine's figures when they are asked for."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Yield what Prometheus asks for."""
        backlog = self._services.log.backlog()
        yield GaugeMetricFamily("weft_log_head_events", "Events that the log took.", backlog.head)
        yield GaugeMetricFamily("weft_log_behind_events", "Events not yet in the warehouse.", backlog.behind)
        healthy = GaugeMetricFamily("weft_worker_healthy", "1 while the worker is well.", labels=["worker"])
        done = GaugeMetricFamily("weft_worker_done", "Units of work since the start.", labels=["worker"])
        for worker in self._services.workers():
            healthy.add_metric([worker.name], float(worker.healthy))
            done.add_metric([worker.name], worker.done)
        yield healthy
        yield done
        refused = GaugeMetricFamily("weft_quarantined_events", "Refused events.", labels=["reason"])
        for reason, number in self._services.quarantine.counts().items():
            refused.add_metric([reason], number)
        yield refused
        members = GaugeMetricFamily("weft_audience_members", "Current members.", labels=["audience"])
        for audience, number in self._services.facts.sizes().items():
            members.add_metric([audience], number)
        yield members


def registry_of(services: Services) -> CollectorRegistry:
    """Return the registry of one application."""
    registry = CollectorRegistry()
    registry.register(EngineFigures(services))
    return registry


router = Router("/", route_handlers=[healthz, readyz, metrics], tags=["health"])
