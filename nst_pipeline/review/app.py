"""The app's addresses: its page, the scenes, their pictures, and decisions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from upath import UPath

from nst_pipeline.errors import NstError
from nst_pipeline.publish.gallery.pages import static_files
from nst_pipeline.review.desk import PICTURE_ASSETS, Desk, OutdatedError
from nst_pipeline.review.guard import Guard
from nst_pipeline.review.marking import MarkedByUser, Marker, Prompt
from nst_pipeline.review.pictures import preview
from nst_pipeline.storage.review import Decision

_STATIC = Path(__file__).parent / "static"
_FOREVER = "private, max-age=86400, immutable"
"""For pictures, whose addresses contain their digests."""


_OBJECTS = TypeAdapter(list[MarkedByUser])


class _Undone(BaseModel):
    """The body of an undo: the scene whose last decision it takes back; empty for the last one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scene: str = ""


class _Decided(BaseModel):
    """The body of a decision or a note."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scene: str
    kind: Decision | Literal["note"]
    result: str = ""
    note: str = ""


def _problem(request: Request, error: Exception) -> Response:
    del request
    return JSONResponse({"error": str(error)}, 409 if isinstance(error, OutdatedError) else 422)


def _unreadable(request: Request, error: Exception) -> Response:
    """Answer for a file that is gone, or a disk that is full."""
    del request
    assert isinstance(error, OSError)
    where = f"{error.filename}: " if error.filename else ""
    status = 404 if isinstance(error, FileNotFoundError) else 500
    return JSONResponse({"error": f"{where}{error.strerror or error}"}, status)


class _Api:
    """The functions behind the addresses. Starlette calls them in threads."""

    def __init__(self, root: UPath) -> None:
        self._desk = Desk(root)

    def version(self, request: Request) -> Response:
        del request
        return JSONResponse({"version": self._desk.version()})

    def scenes(self, request: Request) -> Response:
        del request
        version = self._desk.version()
        listed, counts = self._desk.scenes(), self._desk.counts()
        return JSONResponse({"version": version, "scenes": listed, "counts": counts})

    def scene(self, request: Request) -> Response:
        return JSONResponse(self._desk.scene(request.path_params["key"]))

    def picture(self, request: Request) -> Response:
        name, key = request.path_params["name"], request.path_params["key"]
        if name not in (*PICTURE_ASSETS, "photo"):
            raise HTTPException(404)
        close = "close" in request.query_params
        data = preview(self._desk.snapshot(), name, key, close=close)
        return Response(data, media_type="image/webp", headers={"cache-control": _FOREVER})

    async def decide(self, request: Request) -> Response:
        body = _Decided.model_validate_json(await request.body())
        return await run_in_threadpool(self._decide, body)

    def _decide(self, body: _Decided) -> Response:
        if body.kind == "note":
            self._desk.note(body.scene, body.note)
        else:
            self._desk.decide(body.scene, body.kind, body.result)
        return self._after(body.scene)

    async def undo(self, request: Request) -> Response:
        body = _Undone.model_validate_json(await request.body())
        return await run_in_threadpool(self._undo, body)

    def _undo(self, body: _Undone) -> Response:
        undone = self._desk.undo(body.scene)
        if undone is None:
            return JSONResponse({"undone": None})
        return self._after(undone.scene, undone=undone.kind)

    def _after(self, key: str, undone: str = "") -> Response:
        """Answer with what holds now."""
        answer = {"scene": self._desk.scene(key), "counts": self._desk.counts()}
        return JSONResponse({**answer, "undone": undone, "version": self._desk.version()})


class _MarkingApi:
    """The functions behind the addresses of the page for marking objects."""

    def __init__(self, root: UPath) -> None:
        self._marker = Marker(root)

    def photos(self, request: Request) -> Response:
        del request
        return JSONResponse({"photos": self._marker.photos()})

    def photo(self, request: Request) -> Response:
        return JSONResponse(self._marker.photo(request.path_params["key"]))

    def picture(self, request: Request) -> Response:
        return Response(self._marker.picture(request.path_params["key"]), media_type="image/webp")

    async def segment(self, request: Request) -> Response:
        prompt = Prompt.model_validate_json(await request.body())
        key = request.path_params["key"]
        return JSONResponse(await run_in_threadpool(self._marker.segment, key, prompt))

    async def save(self, request: Request) -> Response:
        objects = _OBJECTS.validate_json(await request.body())
        key = request.path_params["key"]
        return JSONResponse(await run_in_threadpool(self._marker.save, key, objects))


def _gallery_style(request: Request) -> Response:
    del request
    return Response(static_files()["static/gallery.css"], media_type="text/css")


def _page(name: str) -> Route:
    return Route(
        "/" if name == "review" else f"/{name}", lambda _: FileResponse(_STATIC / f"{name}.html")
    )


def review_app(root: UPath, *, hosts: Collection[str]) -> Starlette:
    """Make the app for a collection.

    Parameters
    ----------
    root
        The data root.
    hosts
        Its own addresses, such as `127.0.0.1:3100`; requests to others are refused.

    Raises
    ------
    SettingError
        A setting of the collection is unknown or has an unusable value.
    """
    api, marking = _Api(root), _MarkingApi(root)
    routes = [
        _page("review"),
        _page("mark"),
        Route("/static/gallery.css", _gallery_style),
        Mount("/static", StaticFiles(directory=_STATIC)),
        Route("/api/version", api.version),
        Route("/api/scenes", api.scenes),
        Route("/api/scenes/{key}", api.scene),
        Route("/api/decisions", api.decide, methods=["POST"]),
        Route("/api/undo", api.undo, methods=["POST"]),
        Route("/pictures/{name}/{key}", api.picture),
        Route("/api/photos", marking.photos),
        Route("/api/photos/{key}", marking.photo),
        Route("/api/photos/{key}/segment", marking.segment, methods=["POST"]),
        Route("/api/photos/{key}/objects", marking.save, methods=["POST"]),
        Route("/photos/{key}", marking.picture),
    ]
    handlers = {
        NstError: _problem,
        ValidationError: _problem,
        OSError: _unreadable,
    }
    guard = Middleware(Guard, hosts=hosts)
    return Starlette(routes=routes, middleware=[guard], exception_handlers=handlers)
