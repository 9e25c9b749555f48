"""One file an API resource: a module-level ``router: APIRouter``, mounted under /api/v1 by app.web."""
