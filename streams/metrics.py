"""The names of all Prometheus metrics, in one closed list; labels are bounded and carry no patient data."""

from enum import StrEnum


class Metric(StrEnum):
    """`wardline_<what>_<unit>`; counters get `_total` from the client library."""

    GATEWAY_MESSAGES = "wardline_gateway_messages"
    GATEWAY_BYTES = "wardline_gateway_received_bytes"
    GATEWAY_GARBAGE = "wardline_gateway_framing_errors"
    GATEWAY_CONNECTIONS = "wardline_gateway_open_connections"
    GATEWAY_CLOSED = "wardline_gateway_closed_connections"
    GATEWAY_DELIVERY = "wardline_gateway_delivery_seconds"
    GATEWAY_STATE = "wardline_gateway_log_open"
    GATEWAY_FILES = "wardline_gateway_files"
