"""Scripts, styles, and the sign of life."""

from __future__ import annotations

from flask import Blueprint, Response, request

from webapp.errors import NotFound
from webapp.web.services import services

blueprint = Blueprint("static_files", __name__)


@blueprint.get("/static/<digest>/<path:name>")
def file(digest: str, name: str) -> Response:
    """Serve a file for a year. Of another version's tree there is nothing to be had."""
    assets = services().assets
    asset = assets.get(name) if digest == assets.digest else None
    if asset is None:
        raise NotFound
    response = Response(asset.content, content_type=asset.media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.vary.add("Accept-Encoding")
    if asset.compressed is not None and request.accept_encodings.quality("gzip") > 0:
        response.data = asset.compressed
        response.headers["Content-Encoding"] = "gzip"
    return response


@blueprint.get("/healthz")
def health() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")
