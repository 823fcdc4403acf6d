"""Everything the sandbox serves, put together."""

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from .api import api
from .checkout import checkout
from .config import Config
from .control import control
from .current import EXTENSION, Sandbox
from .errors import ApiError
from .events import keep_quiet, queue
from .faults import Faults, init_faults
from .settlement_pages import settlement_pages
from .store import Store
from .weather import pages as weather

ASSETS = "/v1/checkout/assets"


def create_app(config: Config, store: Store, faults: Faults) -> Flask:
    app = Flask(__name__, static_url_path=ASSETS)
    announce = queue if config.webhook_url else keep_quiet
    app.extensions[EXTENSION] = Sandbox(config, store, faults, announce)
    init_faults(app, faults)
    app.register_error_handler(ApiError, answer_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_blueprint(api)
    app.register_blueprint(checkout)
    app.register_blueprint(weather)
    app.register_blueprint(settlement_pages)
    if config.control:
        app.register_blueprint(control)
    return app


def answer_error(error: ApiError) -> Response:
    response = jsonify(error.body())
    response.status_code = error.status
    return response


def answer_http_error(error: HTTPException) -> Response:
    """An unknown address or method, in the API's form: the SDK reads every answer as JSON."""
    status = error.code or 500
    code = "SERVER_ERROR" if status >= 500 else "BAD_REQUEST_ERROR"
    return answer_error(ApiError(error.description or error.name, status=status, code=code))
