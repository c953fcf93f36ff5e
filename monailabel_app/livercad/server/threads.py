"""MONAI Label's routes as they should be: `async def` over blocking code becomes a function in a worker thread."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from fastapi.routing import APIRoute

Endpoint = Callable[..., Coroutine[Any, Any, Any]]


def in_thread(endpoint: Endpoint) -> Callable[..., Any]:
    """Make an endpoint that FastAPI runs in a worker thread.

    Parameters
    ----------
    endpoint : callable
        ``async def`` that blocks.

    Returns
    -------
    callable
        A plain function of the same signature.
    """

    def call(**arguments: Any) -> Any:
        try:
            return asyncio.run(endpoint(**arguments))
        except BaseException:
            # They remove temporary files, and FastAPI runs them after a good answer only.
            for tasks in (value for value in arguments.values() if isinstance(value, BackgroundTasks)):
                asyncio.run(tasks())
            raise

    # Not functools.wraps: FastAPI would look through it, see the coroutine and run it in the event loop again.
    call.__name__, call.__doc__ = endpoint.__name__, endpoint.__doc__
    call.__signature__ = inspect.signature(endpoint, eval_str=True)  # type: ignore[attr-defined]
    return call


def add_in_threads(app: FastAPI, router: APIRouter, check: Callable[..., None]) -> None:
    """Add the routes of a router to an application, each in a worker thread.

    Parameters
    ----------
    app : FastAPI
        Where to.
    router : APIRouter
        One of MONAI Label's.
    check : callable
        A dependency that each request meets first.
    """
    for route in router.routes:
        if isinstance(route, APIRoute):
            app.add_api_route(
                route.path,
                in_thread(route.endpoint),
                methods=sorted(route.methods or ()),
                summary=route.summary,
                tags=list(route.tags),
                include_in_schema=route.include_in_schema,
                dependencies=[Depends(check)],
            )
