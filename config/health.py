"""Is it alive, is it ready, how is it doing: for load balancers, supervisors and Prometheus, never for people."""

from contextlib import suppress
from datetime import timedelta
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from procrastinate.contrib.django.models import ProcrastinateWorker

# A worker writes its heartbeat every ten seconds.
FRESH_HEARTBEAT_SECONDS = 30


@never_cache
@login_not_required
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """This process answers. Says nothing about the database, so that its outage restarts nobody."""
    return JsonResponse({"alive": True})


@never_cache
@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 unless a message sent now would be stored and answered."""
    checks = dict.fromkeys(CHECKS, False)
    # The first one that the database refuses ends the asking: each could wait ten seconds for a connection.
    with suppress(DatabaseError):
        for name, check in CHECKS.items():
            checks[name] = check()
    everything = all(checks.values())
    return JsonResponse(
        {"ready": everything, "checks": checks}, status=HTTPStatus.OK if everything else HTTPStatus.SERVICE_UNAVAILABLE
    )


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' format. A 404 for strangers, and for all who come through a proxy, whose address is not their own."""
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    if forwarded or request.META["REMOTE_ADDR"] not in settings.METRICS_ALLOWED_IPS:
        return HttpResponseNotFound()
    exported: HttpResponse = ExportToDjangoView(request)
    return exported


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def migrations_applied() -> bool:
    """Asked of the database until it says yes: then it stays so for as long as this code runs."""
    try:
        return _migrations_applied()
    except _Pending:
        return False


class _Pending(Exception):
    """An exception, because `cache` must not remember a no."""


@cache
def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _Pending
    return True


def worker_alive() -> bool:
    since = timezone.now() - timedelta(seconds=FRESH_HEARTBEAT_SECONDS)
    return ProcrastinateWorker.objects.filter(last_heartbeat__gte=since).exists()


CHECKS = {"database": database_answers, "migrations": migrations_applied, "worker": worker_alive}

urlpatterns = [
    path("healthz", alive, name="alive"),
    path("readyz", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
]
