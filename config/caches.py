"""Redis as a cache that may go away: what it knew is then not known, and nothing else fails.

It holds counts of attempts and copies of sessions of browsers, of which the database has the truth.
"""

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import RedisError

logger = logging.getLogger("config")
# Nobody waits longer for what can be done without.
PATIENCE_SECONDS = 1


def redis(address: str, **options: Any) -> dict[str, Any]:
    """The cache at an address, as Django's settings describe one."""
    return {
        "BACKEND": "config.caches.ForgivingRedis",
        "LOCATION": address,
        "KEY_PREFIX": "sessions",
        "OPTIONS": {
            "serializer": "config.caches.Json",
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            **options,
        },
    }


class Json:
    """Values as JSON, not as pickles: who can write to Redis must not run programs here."""

    def dumps(self, value: Any) -> Any:
        # Redis counts with bare numbers.
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


def _or(otherwise: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What a call gives where Redis does not answer."""

    def forgiving(ask: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(ask)
        def asked(self: RedisCacheClient, *args: Any, **kwargs: Any) -> Any:
            try:
                return ask(self, *args, **kwargs)
            except RedisError as error:
                logger.warning("Redis does not answer, and is done without: %s", error)
                return otherwise

        return asked

    return forgiving


class _Client(RedisCacheClient):
    """Each question of the cache, and what is answered when Redis is gone.

    `longest` is how many seconds anything is kept at most: what could not be deleted while Redis
    was gone is believed no longer than that.
    """

    def __init__(self, servers: list[str], *, longest: int | None = None, **options: Any) -> None:
        super().__init__(servers, **options)
        self._longest = longest

    # As if one was the first: nobody waits for a count that cannot be kept.
    add = _or(True)(RedisCacheClient.add)
    touch = _or(False)(RedisCacheClient.touch)
    delete = _or(False)(RedisCacheClient.delete)
    has_key = _or(False)(RedisCacheClient.has_key)
    get_many = _or({})(RedisCacheClient.get_many)
    set_many = _or(None)(RedisCacheClient.set_many)
    delete_many = _or(None)(RedisCacheClient.delete_many)
    clear = _or(False)(RedisCacheClient.clear)

    def get(self, key: Any, default: Any) -> Any:
        return _or(default)(RedisCacheClient.get)(self, key, default)

    @_or(None)
    def set(self, key: Any, value: Any, timeout: int | None) -> None:
        if self._longest is not None:
            timeout = self._longest if timeout is None else min(timeout, self._longest)
        super().set(key, value, timeout)

    def incr(self, key: Any, delta: int) -> Any:
        try:
            return super().incr(key, delta)
        except RedisError as error:
            # As for a count that nobody began.
            raise ValueError("Redis does not answer.") from error


class ForgivingRedis(RedisCache):
    """Django's Redis cache with that client."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
